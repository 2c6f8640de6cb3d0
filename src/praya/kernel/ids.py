"""References that people read aloud, and references that machines keep."""

import secrets
import uuid

from stdnum import luhn

# No 0/O, 1/I/L and no U: a reference survives the telephone, handwriting and a bad screen.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CONFUSED = str.maketrans({" ": "", "-": "", "–": "", "—": "", "－": ""})


def reference(prefix: str) -> str:
    """A new public reference such as `RL-4K7P-9QXW`: 34 random bits and a check character (Luhn mod 30)."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(7))
    body += luhn.calc_check_digit(body, ALPHABET)
    return f"{prefix}-{body[:4]}-{body[4:]}"


def read_reference(typed: str) -> str | None:
    """The reference that a person typed, in its written form; None when its check character is wrong."""
    compact = typed.strip().upper().translate(_CONFUSED)
    prefix, body = compact[:-8], compact[-8:]
    if not prefix.isascii() or not prefix.isalnum() or len(prefix) > 6 or len(body) != 8:
        return None
    if any(c not in ALPHABET for c in body) or not luhn.is_valid(body, ALPHABET):
        return None
    return f"{prefix}-{body[:4]}-{body[4:]}"


def opaque() -> str:
    """A new reference for machines: 128 random bits, 32 hexadecimal characters."""
    return uuid.uuid4().hex
