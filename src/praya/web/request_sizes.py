"""How large a request may be: little from a browser in which nobody has signed in."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.sessions.serializers import JSONSerializer
from django.core import signing
from django.http import parse_cookie

STRANGERS_BYTES = 2 * 1024 * 1024
"""The largest request from a browser in which nobody has signed in."""
PICTURE_BYTES = 8 * 1024 * 1024
"""What the page that verifies a picture of a record accepts in addition."""


def largest_request() -> int:
    """The largest size of any request in bytes, including its files."""
    return int(settings.PRAYA.upload_max_mb * 1024 * 1024 + settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def largest_of(environment: Mapping[str, Any]) -> int:
    """The largest size of this request in bytes.

    Pages for everybody need no more than STRANGERS_BYTES, and a stranger must not make the server read as much as a
    resident may send. The API is excepted because it verifies the token before it reads the body.
    """
    path = str(environment.get("PATH_INFO", ""))
    if path.startswith("/api/") or _has_signed_in(str(environment.get("HTTP_COOKIE", ""))):
        return largest_request()
    return STRANGERS_BYTES + (PICTURE_BYTES if path.endswith("/verify") else 0)


def _has_signed_in(cookie: str) -> bool:
    """Whether a cookie that this installation signed shows that somebody signed in here within the last year."""
    cookies = parse_cookie(cookie)
    with suppress(signing.BadSignature):
        known = signing.get_cookie_signer(salt=settings.KNOWN_COOKIE_NAME)
        return bool(known.unsign(cookies.get(settings.KNOWN_COOKIE_NAME, ""), max_age=settings.KNOWN_COOKIE_AGE))
    with suppress(Exception):  # as Django's own session backend does: a cookie that cannot be read is no session
        salt = "django.contrib.sessions.backends.signed_cookies"
        data = signing.loads(cookies.get(settings.SESSION_COOKIE_NAME, ""), serializer=JSONSerializer, salt=salt)
        return bool(data.get("person") or data.get("officer"))
    return False
