"""Rate limits, by purpose and by whom. With Redis they hold over all processes; without, in each."""

import hashlib
import time
from functools import lru_cache
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from limits import parse
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

RATES = {
    "sign_in_code": "10/hour",
    "sign_in_try": "30/hour",
    "track": "60/minute",
    "verify": "120/minute",
    "picture": "30/minute",
    "search": "240/minute",
    "submit": "60/minute",
    "invite": "20/hour",
    "keep_form": "60/hour",
    "api": "60000/minute",
}
_parsed = lru_cache(parse)
SWEEP_SECONDS = 60.0


class TooMany(Exception):
    """More requests than the purpose allows; carries the seconds to wait."""

    def __init__(self, purpose: str, seconds: int) -> None:
        super().__init__(purpose)
        self.purpose, self.seconds = purpose, seconds


class _InProcess(MemoryStorage):
    """The library's storage, which forgets old counts once a minute.

    As it comes it starts a thread with nearly every request, and each thread looks through all counts.
    """

    _sweep_at = 0.0

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802
        now = time.monotonic()
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_SECONDS
            self._MemoryStorage__expire_events()  # type: ignore[attr-defined]


@lru_cache(maxsize=1)
def _limiter() -> SlidingWindowCounterRateLimiter:
    url = settings.PRAYA.redis_url
    return SlidingWindowCounterRateLimiter(storage_from_string(url) if url else _InProcess())


def largest_request() -> int:
    """The bytes that one request may bring, its files included."""
    return int(settings.PRAYA.upload_max_mb * 1024 * 1024 + settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def count(purpose: str, whom: str) -> None:
    """Count one request. Raises TooMany beyond the rate. `whom` is hashed: no address is kept."""
    rate = _parsed(RATES[purpose])
    key = hashlib.sha256(f"{settings.SECRET_KEY}:{whom}".encode()).hexdigest()[:24]
    if not _limiter().hit(rate, purpose, key):
        reset = _limiter().get_window_stats(rate, purpose, key).reset_time
        raise TooMany(purpose, max(1, int(reset - time.time())))


def address(request: HttpRequest) -> str:
    """Where a request comes from: the proxy's word for it when there is one, else the connection."""
    if settings.PRAYA.behind_proxy and settings.PRAYA.secure:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
        if forwarded:
            # The last address is the one that our own proxy saw; those before it are anybody's claim.
            return _network(str(forwarded.rsplit(",", 1)[-1].strip()))
    return _network(str(request.META.get("REMOTE_ADDR", "")))


def _network(found: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 address: one household has all of a /64 to itself."""
    try:
        parsed = ip_address(found)
    except ValueError:
        return found
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed.ipv4_mapped or parsed) if parsed.version == 6 else str(parsed)
