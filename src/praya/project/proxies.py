"""Misfits between the proxy's behaviour and our settings, as the web server sees them, kept for `praya doctor`."""

import ssl
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import structlog
from prometheus_client import Counter

from praya.web.client_address import CLAIM, MISFITS, Misfit

COUNTED = Counter("praya_proxy_misfits", "Requests whose X-Forwarded-For is not in order.", ["misfit"])
log = structlog.get_logger("proxy")
MARK_SECONDS, LOG_SECONDS = 60, 3600
_logged: dict[Misfit, float] = {}


def note(misfit: Misfit, *, folder: Path, connection: str) -> None:
    """Count a request that shows a misfit; write its kind down once a minute, and log it once an hour."""
    COUNTED.labels(misfit).inc()
    _mark(_folder(folder) / misfit, connection)
    now = time.monotonic()
    if now - _logged.get(misfit, -LOG_SECONDS) >= LOG_SECONDS:
        _logged[misfit] = now
        log.warning("the proxy and PRAYA_TRUSTED_PROXIES do not fit: see `praya doctor`", misfit=misfit)


def noted(folder: Path) -> dict[Misfit, tuple[datetime, str]]:
    """The kinds of misfits seen, each with its last moment and, when it was a machine of ours, the machine."""
    misfits: dict[Misfit, tuple[datetime, str]] = {}
    for misfit in MISFITS:
        path = _folder(folder) / misfit
        try:
            misfits[misfit] = datetime.fromtimestamp(path.stat().st_mtime, UTC), path.read_text()
        except OSError:
            continue
    return misfits


def claim(base_url: str) -> bool:
    """Request our own site through its proxy with CLAIM as the claimed source; return whether it was reached."""
    request = urllib.request.Request(f"{base_url}/", headers={"X-Forwarded-For": CLAIM})  # noqa: S310
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl.create_default_context())
    )
    try:
        with opener.open(request, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False


def _folder(data_dir: Path) -> Path:
    return data_dir / "proxy"


def _mark(path: Path, connection: str) -> None:
    try:
        if time.time() - path.stat().st_mtime < MARK_SECONDS:
            return
    except OSError:
        pass  # it is the first
    # An address of a private network is a machine's; any other may be a person's.
    try:
        machine = connection if ip_address(connection).is_private else ""
    except ValueError:
        machine = ""
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(machine)
    except OSError:  # a full disk: the counter and the log are left
        log.warning("a mark for `praya doctor` could not be kept")
