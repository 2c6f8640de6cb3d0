"""What makes an address, a code and an officer's power: pure decisions."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

CODE_DIGITS = 6
CODE_LIFE = timedelta(minutes=10)
TRIES = 5
# What one address may be asked for and not use. With five tries each, a guesser who asks all day long for one address
# has 75 guesses in a million.
CODES_AN_HOUR = 5
CODES_A_DAY = 15
MEMORY = timedelta(days=1)
"""How long a challenge is kept to be counted."""

ROLES = ("officer", "supervisor")

# Of a longer word only the beginning counts.
LONGEST_BEGINNING = 12
_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

# ASCII only: letters that other alphabets share with ours would let one person's address be found by another's
# (the trap of CVE-2019-19844).
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
_NOT_DIGITS = re.compile(r"[\s\-–—－]+")


class NotAnAddress(ValueError):
    """What was given is no e-mail address that we can write to (ASCII, at most 254 characters, RFC 5321)."""


def address(typed: str) -> str:
    """The one written form of an e-mail address: trimmed, in lower case. Raises NotAnAddress."""
    trimmed = typed.strip().replace("＠", "@")
    if len(trimmed) > 254 or not _ADDRESS.fullmatch(trimmed) or trimmed.index("@") > 64:
        raise NotAnAddress("not an e-mail address")
    return trimmed.lower()


def typed_code(typed: str) -> str:
    """The digits of a code as a person typed or pasted it: full-width digits and spaces are forgiven."""
    compact = _NOT_DIGITS.sub("", typed[:40])
    try:
        return "".join(str(int(c)) for c in compact)
    except ValueError:
        return ""


def name_words(name: str) -> list[str]:
    """The words of a name as they are compared: in one width and without capitals, at most twelve letters of each."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return [word[:LONGEST_BEGINNING] for word in _WORD.findall(folded)]


def beginnings(name: str) -> set[str]:
    """What a name is found by: each beginning of each word, of Chinese from any of its characters on."""
    found = set()
    for word in name_words(name):
        starts = range(len(word)) if _HAN.match(word) else (0,)
        found |= {word[start:end] for start in starts for end in range(start + 1, len(word) + 1)}
    return found


def retry_at(asked: Sequence[datetime], at: datetime) -> datetime | None:
    """When another code may be asked for, given when the unused ones were; None means now."""
    waits = []
    for most, window in ((CODES_AN_HOUR, timedelta(hours=1)), (CODES_A_DAY, timedelta(days=1))):
        recent = sorted(moment for moment in asked if moment > at - window)
        if len(recent) >= most:
            waits.append(recent[-most] + window)
    return max(waits, default=None)


def may(roles: Iterable[tuple[str, str]], department: str, role: str) -> bool:
    """Whether (department, role) pairs allow `role` in `department`. A supervisor may what an officer may."""
    enough = ROLES[ROLES.index(role) :]
    return any(d == department and r in enough for d, r in roles)
