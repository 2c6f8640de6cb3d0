"""Limits of sign-in codes: their length and life, the tries, and how long a network waits for the next one. Pure."""

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


def typed_code(typed: str) -> str:
    """The digits of a code that a person typed or pasted, without spaces, hyphens and full stops."""
    try:
        compact = reading.compact(typed[:LONGEST_TYPED])
    except reading.NotText:
        return ""
    digits = "".join(c for c in compact if unicodedata.category(c)[0] not in "ZP" and c not in "−ー")
    return digits if digits.isascii() and digits.isdecimal() else ""


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
