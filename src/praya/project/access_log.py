"""The access log: who requested what, and from where. One file a day, deleted after some days.

Operators use it to investigate an attack or a misuse. The ordinary log contains none of these data.
"""

import json
import os
import re
import sys
import threading
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from prometheus_client import Counter

from praya.kernel import disk
from praya.project.config import Configuration

LOST = Counter("praya_access_log_lost", "Requests that the access log had no room for.")
log = structlog.get_logger("access")
FOLDER = "access"
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})\.log")
LOOK_SECONDS = 10
"""How often the free space is looked at."""


class _Writer:
    """The file of today, opened by this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._path: Path | None = None
        self._file = -1
        self._room_until: datetime | None = None

    def write(self, line: bytes, configuration: Configuration, at: datetime) -> bool:
        """Append a line; return False when the disk has no room for it. Raises OSError."""
        path = configuration.data_dir / FOLDER / f"{at:%Y-%m-%d}.log"
        with self._lock:
            if path != self._path:
                self._open(path)
                forget(configuration, at=at)
            if not self._has_room(configuration, at):
                return False
            # Several processes append to one file: a short line is written whole.
            os.write(self._file, line)
        return True

    def _open(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if self._file >= 0:
            os.close(self._file)
        self._path, self._file, self._room_until = path, opened, None

    def _has_room(self, configuration: Configuration, at: datetime) -> bool:
        if self._room_until is None or at >= self._room_until:
            if os.fstat(self._file).st_size > configuration.access_log_mb * 1_000_000 or disk.space().low:
                return False
            self._room_until = at + timedelta(seconds=LOOK_SECONDS)
        return True


_writer = _Writer()
_logged_days: list[date] = []


def write(*, at: datetime, source: str, actor: str, **seen: Any) -> None:
    """Log one request. `actor` is a reference such as `officer:1f…`, or empty; `seen` holds no path and no query.

    Never raises: a request that cannot be logged is answered all the same, and the failure is counted and logged.
    """
    configuration = settings.PRAYA
    if configuration.access_log == "off" or configuration.throwaway:
        return
    entry = {"at": at.isoformat(timespec="milliseconds"), "from": source, "actor": actor, **seen}
    line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
    try:
        if configuration.access_log == "stdout":
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            return
        written = _writer.write(line, configuration, at)
    except OSError:
        written = False
    if not written:
        LOST.inc()
        if at.date() not in _logged_days:
            _logged_days[:] = [at.date()]
            log.error("the access log has no room: requests are not written down")


def forget(configuration: Configuration, *, at: datetime) -> int:
    """Delete the files that are older than the setting allows; return how many."""
    oldest = (at - timedelta(days=configuration.access_log_days)).date()
    old = [path for day, path in days(configuration).items() if day < oldest]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def days(configuration: Configuration) -> Mapping[date, Path]:
    """The files by their day (UTC)."""
    files = {}
    for path in sorted((configuration.data_dir / FOLDER).glob("*.log")):
        if match := _DAY.fullmatch(path.name):
            files[date.fromisoformat(match[1])] = path
    return files


def forget_old(*, at: datetime) -> int:
    """`forget` as a part of the worker, so that old files are deleted even if no request arrives."""
    return forget(settings.PRAYA, at=at)
