"""The format of tokens, their scopes, and when they are valid. Pure."""

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
    """The text of a secret of 32 bytes: `praya_` and 43 letters and digits."""
    number, digits = int.from_bytes(secret), ""
    for _ in range(_LENGTH):
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    return PREFIX + digits


def digest(token: str) -> str | None:
    """The SHA-256 by which a token is stored; None for a text that cannot be a token.

    A token has 256 random bits, so a fast hash without salt resists a brute-force search.
    """
    return hashlib.sha256(token.encode()).hexdigest() if _SECRET.fullmatch(token) else None


def scopes(wanted: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    """The wanted scopes, all of which must be known. Raises NoScope."""
    chosen, every = frozenset(wanted), sorted(known)
    if not chosen or not chosen <= set(every):
        raise NoScope(f"a token needs one or more of {', '.join(every)}")
    return chosen


def insist_on_name(name: str) -> None:
    """Check the name of a token. Raises BadName."""
    if not _NAME.fullmatch(name):
        raise BadName(BadName.__doc__)


def opens(*, revoked_at: datetime | None, expires_at: datetime | None, at: datetime) -> bool:
    """Whether a token is valid at this moment."""
    return revoked_at is None and (expires_at is None or at < expires_at)
