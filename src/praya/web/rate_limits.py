"""Rate limits by purpose and by person or network. With Redis all processes share the counts."""

import hashlib
import time
from functools import lru_cache

import structlog
from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from praya.kernel import plug
from praya.web import client_address

# Rates by network allow for an office of 2,000 people, or a district of a mobile network, behind one address: they
# bound the load that one network can cause. Guessing of codes is bounded elsewhere (identity/rules/sign_in_limits.py).
RATES = plug.merged("rates")
"""Purpose -> rate, of all plugs."""
_parsed = lru_cache(parse)
SWEEP_SECONDS = 60.0
SHARED_SECONDS, SHARED_AGAIN_SECONDS = 0.5, 10.0
TOLD_SECONDS = 60.0
log = structlog.get_logger("limits")
_shared_again_at = [0.0]
_logged_at: dict[str, float] = {}


class TooMany(Exception):
    """The rate of a purpose was exceeded; carries the seconds to wait."""

    def __init__(self, purpose: str, seconds: int) -> None:
        super().__init__(purpose)
        self.purpose, self.seconds = purpose, seconds


class _InProcess(MemoryStorage):
    """The library's storage in memory, which drops old counts once a minute.

    Unchanged, it starts a thread with nearly every request, and each thread goes through all counts.
    """

    _sweep_at = 0.0

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802
        now = time.monotonic()
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_SECONDS
            self._MemoryStorage__expire_events()  # type: ignore[attr-defined]


@lru_cache(maxsize=1)
def _limiter() -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(_InProcess())


@lru_cache(maxsize=1)
def _shared(url: str) -> SlidingWindowCounterRateLimiter:
    storage = storage_from_string(
        url, wrap_exceptions=True, socket_timeout=SHARED_SECONDS, socket_connect_timeout=SHARED_SECONDS
    )
    return SlidingWindowCounterRateLimiter(storage)


def count(purpose: str, whom: str) -> None:
    """Count one request. Raises TooMany beyond the rate. `whom` is stored as a hash only."""
    rate = _parsed(RATES[purpose])
    key = hashlib.sha256(f"{settings.SECRET_KEY}:{whom}".encode()).hexdigest()[:24]
    seconds = _seconds_to_wait(rate, purpose, key)
    if seconds:
        if time.monotonic() - _logged_at.get(purpose, -TOLD_SECONDS) >= TOLD_SECONDS:
            _logged_at[purpose] = time.monotonic()
            log.warning("a rate limit was reached", purpose=purpose, rate=RATES[purpose])
        raise TooMany(purpose, seconds)


def _seconds_to_wait(rate: RateLimitItem, purpose: str, key: str) -> int:
    """The seconds to wait; 0 when the request is allowed, and then it is counted."""
    shared = settings.PRAYA.redis_url
    if shared and time.monotonic() >= _shared_again_at[0]:
        try:
            return _hit(_shared(shared), rate, purpose, key)
        except (StorageError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            # Redis is gone or hangs, or what answers at its address is something else: for some seconds each process
            # counts by itself, and nobody waits for it.
            _shared_again_at[0] = time.monotonic() + SHARED_AGAIN_SECONDS
            log.warning("Redis does not answer: rate limits are counted in each process")
    return _hit(_limiter(), rate, purpose, key)


def _hit(limiter: SlidingWindowCounterRateLimiter, rate: RateLimitItem, purpose: str, key: str) -> int:
    if limiter.hit(rate, purpose, key):
        return 0
    reset = limiter.get_window_stats(rate, purpose, key).reset_time
    return max(1, int(reset - time.time()))


def address(request: HttpRequest) -> str:
    """The key of rates by network: the network that a request comes from."""
    return client_address.of(request).network
