"""What makes an address, a code and an officer's power: pure decisions."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from praya.kernel import reading

# Codes of one address that nobody used, within a day. Nobody is kept out for asking, as whoever asks may be a stranger:
# each network waits for itself, seconds at first, and the codes become longer. A guesser has five tries for each code,
# so, from however many networks, at most 15 × 5 in 10^6 and 985 × 5 in 10^10 a day: one chance in 13,200. Browsers that
# signed in with the address before are counted by themselves, with the same numbers.
SHORT_CODES, SHORT_DIGITS, LONG_DIGITS = 15, 6, 10
CODES_A_DAY = 1000
FREE_CODES = 5
"""Codes that one network may ask for without waiting."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=8), timedelta(minutes=30)
CLOCK_MAY_DIFFER = timedelta(minutes=5)
"""Between two machines that serve the same people."""
CODE_LIFE = timedelta(minutes=10)
TRIES = 5
MEMORY = timedelta(days=1)
"""How long a challenge is kept to be counted."""

LONGEST_TYPED = 200
"""More than anybody pastes with a code."""

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


def code_digits(unused: int) -> int:
    """How long the next code of an address is, by how many of the last day were not used."""
    return SHORT_DIGITS if unused < SHORT_CODES else LONG_DIGITS


def wait(unused: int) -> timedelta:
    """How long a network waits after its last code, by how many of the last day it did not use: it doubles."""
    if unused < FREE_CODES:
        return timedelta(0)
    doublings: int = min(unused - FREE_CODES, 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def retry_at(here: Sequence[datetime], everywhere: Sequence[datetime], at: datetime) -> datetime | None:
    """When another code may be asked for, given when the unused ones were, from this network and from all.

    None means now.
    """
    # Of requests at once, one may see the code of another that came a moment later than itself. What is further ahead
    # was asked for while the clock was, and would keep the address out until then.
    latest = at + CLOCK_MAY_DIFFER
    recent = [moment for moment in here if at - MEMORY < moment <= latest]
    moments = [max(recent) + wait(len(recent))] if len(recent) >= FREE_CODES else []
    total = sorted(moment for moment in everywhere if at - MEMORY < moment <= latest)
    if len(total) >= CODES_A_DAY:
        moments.append(total[-CODES_A_DAY] + MEMORY)
    return max((moment for moment in moments if moment > at), default=None)
