"""References for people to read aloud, and references for machines."""

import secrets
import unicodedata
import uuid

from stdnum import luhn

from praya.kernel.reading import NotText, compact

# No 0/O, 1/I/L and no U: a reference survives the telephone, handwriting and a bad screen.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
# Separators that are ignored, besides the spaces and punctuation of any script.
_BETWEEN = "−ー|"
LONGEST_TYPED = 200


def reference(prefix: str) -> str:
    """A new public reference such as `RL-4K7P-9QXW`: 34 random bits and a check character (Luhn mod 30)."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(7))
    body += luhn.calc_check_digit(body, ALPHABET)
    return f"{prefix}-{body[:4]}-{body[4:]}"


def read_reference(typed: str) -> str | None:
    """The canonical form of a reference that a person typed; None when its check character is wrong.

    Case, full-width letters, spaces, hyphens, full stops and invisible characters are ignored.
    """
    try:
        narrow = compact(typed[: LONGEST_TYPED + 1]).upper()
    except NotText:
        return None
    written = "".join(c for c in narrow if unicodedata.category(c)[0] not in "ZP" and c not in _BETWEEN)
    prefix, body = written[:-8], written[-8:]
    if len(typed) > LONGEST_TYPED or not prefix.isascii() or not prefix.isalnum() or len(prefix) > 6 or len(body) != 8:
        return None
    if any(c not in ALPHABET for c in body) or not luhn.is_valid(body, ALPHABET):
        return None
    return f"{prefix}-{body[:4]}-{body[4:]}"


def opaque() -> str:
    """A new reference for machines: 128 random bits, 32 hexadecimal characters."""
    return uuid.uuid4().hex
