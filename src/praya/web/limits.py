"""Rate limits by purpose and by person or network. With Redis all processes share the counts."""

import hashlib
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import structlog
from django.conf import settings
from django.contrib.sessions.serializers import JSONSerializer
from django.core import signing
from django.http import HttpRequest, parse_cookie
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from praya.kernel import plug
from praya.web import client_address

# Limits by network allow for an office of 2,000 people, or a district of a mobile network, behind one address: they
# bound the load that one network can cause. Guessing of codes is bounded elsewhere (identity/rules.py).
RATES = plug.merged("rates")
"""Purpose -> rate, of all plugs."""
_parsed = lru_cache(parse)
STRANGERS_BYTES = 2 * 1024 * 1024
"""What a browser in which nobody has signed in may send at once."""
PICTURE_BYTES = 8 * 1024 * 1024
"""Besides, the picture of a record that anybody may have verified."""
SWEEP_SECONDS = 60.0
SHARED_SECONDS, SHARED_AGAIN_SECONDS = 0.5, 10.0
TOLD_SECONDS = 60.0
log = structlog.get_logger("limits")
_shared_again_at = [0.0]
_told: dict[str, float] = {}


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


def largest_request() -> int:
    """The largest size of any request in bytes, including its files."""
    return int(settings.PRAYA.upload_max_mb * 1024 * 1024 + settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def largest_of(environment: Mapping[str, Any]) -> int:
    """The bytes that this request may bring: few from a browser in which nobody has signed in.

    The forms that are for everybody need no more, and a stranger must not make us read as much as a resident may send.
    The API reads a body only once it knows whose token came with it.
    """
    path = str(environment.get("PATH_INFO", ""))
    if path.startswith("/api/") or _has_signed_in(str(environment.get("HTTP_COOKIE", ""))):
        return largest_request()
    return STRANGERS_BYTES + (PICTURE_BYTES if path.endswith("/verify") else 0)


def _has_signed_in(cookie: str) -> bool:
    """Whether somebody is signed in in this browser, or was within the last year, by what we signed ourselves."""
    cookies = parse_cookie(cookie)
    with suppress(signing.BadSignature):
        known = signing.get_cookie_signer(salt=settings.KNOWN_COOKIE_NAME)
        return bool(known.unsign(cookies.get(settings.KNOWN_COOKIE_NAME, ""), max_age=settings.KNOWN_COOKIE_AGE))
    with suppress(Exception):  # as Django's own: whatever cannot be read is no session
        salt = "django.contrib.sessions.backends.signed_cookies"
        data = signing.loads(cookies.get(settings.SESSION_COOKIE_NAME, ""), serializer=JSONSerializer, salt=salt)
        return bool(data.get("person") or data.get("officer"))
    return False


def count(purpose: str, whom: str) -> None:
    """Count one request. Raises TooMany beyond the rate. `whom` is stored as a hash only."""
    rate = _parsed(RATES[purpose])
    key = hashlib.sha256(f"{settings.SECRET_KEY}:{whom}".encode()).hexdigest()[:24]
    seconds = _seconds_to_wait(rate, purpose, key)
    if seconds:
        if time.monotonic() - _told.get(purpose, -TOLD_SECONDS) >= TOLD_SECONDS:
            _told[purpose] = time.monotonic()
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
    """The key of limits by network: the network that a request comes from."""
    return client_address.of(request).network
