"""What makes an address, a code and an officer's power: pure decisions."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from praya.kernel import reading

CODE_DIGITS = 6
CODE_LIFE = timedelta(minutes=10)
TRIES = 5
# What one address may be asked for and not use. With five tries each, a guesser who asks all day long for one address
# has 75 guesses in a million.
CODES_AN_HOUR = 5
CODES_A_DAY = 15
MEMORY = timedelta(days=1)
"""How long a challenge is kept to be counted."""

LONGEST_TYPED = 200
"""More than anybody pastes with a code."""

ROLES = ("officer", "supervisor")

# Of a longer word only the beginning counts.
LONGEST_BEGINNING = 12
_HAN_LETTERS = r"\u3400-\u9fff\uf900-\ufaff\ue000-\uf8ff\U00020000-\U0010ffff"
_WORD = re.compile(rf"(?:[^\W\d_]|[{_HAN_LETTERS}])+")
_HAN = re.compile(f"[{_HAN_LETTERS}]")


class NotAnAddress(ValueError):
    """What was given is no e-mail address that we can write to (RFC 5321); `code` says why, as for an answer."""

    def __init__(self, code: str = "not_an_email") -> None:
        super().__init__("not an e-mail address")
        self.code = code


def address(typed: str) -> str:
    """The one written form of an e-mail address: trimmed, narrow, in lower case. Raises NotAnAddress.

    It is ASCII, a domain in other letters as mail servers know it: letters that other alphabets share with ours would
    let one person's address be found by another's (the trap of CVE-2019-19844).
    """
    try:
        return reading.email_address(typed).lower()
    except reading.NotAnAddress as wrong:
        raise NotAnAddress(wrong.code) from None
    except reading.NotText:
        raise NotAnAddress("control_character") from None


def typed_code(typed: str) -> str:
    """The digits of a code as a person typed or pasted it; spaces, hyphens and full stops are forgiven."""
    try:
        compact = reading.compact(typed[:LONGEST_TYPED])
    except reading.NotText:
        return ""
    digits = "".join(c for c in compact if unicodedata.category(c)[0] not in "ZP" and c not in "−ー")
    return digits if digits.isascii() and digits.isdecimal() else ""


def name_words(name: str) -> list[str]:
    """The words of a name as they are compared: in one width and without capitals, at most twelve letters of each."""
    return [word[:LONGEST_BEGINNING] for word in _WORD.findall(reading.searchable(name))]


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
