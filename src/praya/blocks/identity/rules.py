"""Rules for addresses, codes and roles. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from praya.kernel import reading

# Limits of unused codes for one address within a day. The address itself is never locked, because anybody can request
# codes for it: instead each network has to wait, seconds at first, and the codes become longer. A guesser has five
# tries for each code; so, from any number of networks, at most 15 × 5 in 10^6 and 985 × 5 in 10^10 a day: one chance
# in 13,200. Browsers that signed in with the address before are counted separately, with the same limits.
SHORT_CODES, SHORT_DIGITS, LONG_DIGITS = 15, 6, 10
CODES_A_DAY = 1000
FREE_CODES = 5
"""Codes that one network may request without waiting."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=8), timedelta(minutes=30)
CLOCK_MAY_DIFFER = timedelta(minutes=5)
"""How far the clocks of two machines of one installation may differ."""
CODE_LIFE = timedelta(minutes=10)
TRIES = 5
MEMORY = timedelta(days=1)
"""How long a challenge is stored and counted."""

LONGEST_TYPED = 200
"""Longer than any text that somebody pastes with a code."""

# Only this many characters of a word are indexed.
LONGEST_BEGINNING = 12
_HAN_LETTERS = r"\u3400-\u9fff\uf900-\ufaff\ue000-\uf8ff\U00020000-\U0010ffff"
_WORD = re.compile(rf"(?:[^\W\d_]|[{_HAN_LETTERS}])+")
_HAN = re.compile(f"[{_HAN_LETTERS}]")


class NotAnAddress(ValueError):
    """The text is not an e-mail address that can receive mail (RFC 5321); `code` gives the reason, as for an answer."""

    def __init__(self, code: str = "not_an_email") -> None:
        super().__init__("not an e-mail address")
        self.code = code


def address(typed: str) -> str:
    """The canonical form of an e-mail address: trimmed, half-width, lower case. Raises NotAnAddress.

    It is ASCII, with other domains in their encoded form (IDNA): look-alike letters of other alphabets would let one
    person's address match another's (CVE-2019-19844).
    """
    try:
        return reading.email_address(typed).lower()
    except reading.NotAnAddress as wrong:
        raise NotAnAddress(wrong.code) from None
    except reading.NotText:
        raise NotAnAddress("control_character") from None


def typed_code(typed: str) -> str:
    """The digits of a code that a person typed or pasted, without spaces, hyphens and full stops."""
    try:
        compact = reading.compact(typed[:LONGEST_TYPED])
    except reading.NotText:
        return ""
    digits = "".join(c for c in compact if unicodedata.category(c)[0] not in "ZP" and c not in "−ー")
    return digits if digits.isascii() and digits.isdecimal() else ""


def name_words(name: str) -> list[str]:
    """The words of a name in the form that is compared: half-width, lower case, at most twelve letters each."""
    return [word[:LONGEST_BEGINNING] for word in _WORD.findall(reading.searchable(name))]


def beginnings(name: str) -> set[str]:
    """The index entries of a name: each beginning of each word; of a Chinese word, from every character on."""
    entries = set()
    for word in name_words(name):
        starts = range(len(word)) if _HAN.match(word) else (0,)
        entries |= {word[start:end] for start in starts for end in range(start + 1, len(word) + 1)}
    return entries


def code_digits(unused: int) -> int:
    """The number of digits of the next code, given the number of unused codes of the last day."""
    return SHORT_DIGITS if unused < SHORT_CODES else LONG_DIGITS


def wait(unused: int) -> timedelta:
    """How long a network waits after its last code. It doubles with each unused code of the last day."""
    if unused < FREE_CODES:
        return timedelta(0)
    doublings: int = min(unused - FREE_CODES, 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def retry_at(here: Sequence[datetime], everywhere: Sequence[datetime], at: datetime) -> datetime | None:
    """The moment at which another code may be requested, given the moments of unused codes of this network and of all.

    None means now.
    """
    # With concurrent requests, one may see a code that was created a moment after its own `at`. Codes further ahead
    # were created while the clock was wrong, and would lock the address until then.
    latest = at + CLOCK_MAY_DIFFER
    recent = [moment for moment in here if at - MEMORY < moment <= latest]
    moments = [max(recent) + wait(len(recent))] if len(recent) >= FREE_CODES else []
    total = sorted(moment for moment in everywhere if at - MEMORY < moment <= latest)
    if len(total) >= CODES_A_DAY:
        moments.append(total[-CODES_A_DAY] + MEMORY)
    return max((moment for moment in moments if moment > at), default=None)
