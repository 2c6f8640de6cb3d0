"""What a token looks like, and when it opens anything. Pure."""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime

PREFIX = "praya_"
SECRET_BYTES = 32
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# 62 ** 43 is the first power of 62 beyond 2 ** 256.
_LENGTH = 43
_SECRET = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_LENGTH}}}")
_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")


class NoScope(ValueError):
    """There is no such scope, or none was given."""


class BadName(ValueError):
    """A token's name is 2 to 40 small letters, digits and hyphens, and begins with a letter."""


def written(secret: bytes) -> str:
    """A secret of 32 bytes as it is handed over: `praya_` and 43 letters and digits."""
    number, digits = int.from_bytes(secret), ""
    for _ in range(_LENGTH):
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    return PREFIX + digits


def digest(token: str) -> str | None:
    """The SHA-256 under which a token is known; None for what cannot be one of ours.

    A token is machine-made with 256 random bits, so a plain fast hash cannot be searched through.
    """
    return hashlib.sha256(token.encode()).hexdigest() if _SECRET.fullmatch(token) else None


def scopes(wanted: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    """The scopes among those that are known. Raises NoScope."""
    found, every = frozenset(wanted), sorted(known)
    if not found or not found <= set(every):
        raise NoScope(f"a token needs one or more of {', '.join(every)}")
    return found


def insist_on_name(name: str) -> None:
    """Raise BadName unless the name can stand in the journal for ever."""
    if not _NAME.fullmatch(name):
        raise BadName(BadName.__doc__)


def opens(*, revoked_at: datetime | None, expires_at: datetime | None, at: datetime) -> bool:
    """Whether a token opens anything at that moment."""
    return revoked_at is None and (expires_at is None or at < expires_at)
