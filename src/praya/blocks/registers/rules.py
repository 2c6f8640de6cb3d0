"""How an entry is found, in what order it stands, and what it may say: pure decisions."""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from praya.kernel.text import simplified

Value = str | Mapping[str, str]

VALUE_LENGTH = 2000
FACTS_LENGTH = 20_000
QUERY_LENGTH = 100
ORDER_LENGTH = 120


class NotEnterable(ValueError):
    """An entry that says nothing, says too much, or ends before it begins."""


def folded(text: str) -> str:
    """Text as it is searched: one form for wide and narrow, large and small, Traditional and Simplified letters.

    Each letter is simplified by itself: within a phrase it may become another (乾 in 乾隆), and a part of the text
    would no longer be found in the whole.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(_letter(c) for c in plain)


def _letter(letter: str) -> str:
    if not letter.isprintable():
        return " "
    return letter if letter < "\u2e80" else simplified(letter)


def searched(facts: Mapping[str, Value]) -> str:
    """The text in which an entry is found: every value in every language, a line each."""
    return "\n".join(folded(text) for value in facts.values() for text in _texts(value))


def order(facts: Mapping[str, Value]) -> str:
    """By what an entry stands in its register: the first fact that it says."""
    first = next(iter(facts.values()), "")
    return folded(next(iter(_texts(first)), ""))[:ORDER_LENGTH]


def words(query: str) -> list[str]:
    """The words of a query, each of which an entry must hold; at most eight, of 100 characters in all."""
    return folded(query[:QUERY_LENGTH]).split()[:8]


def check(facts: Mapping[str, Value], from_date: date, until_date: date | None) -> None:
    """Raises NotEnterable."""
    if not facts:
        raise NotEnterable("an entry says at least one thing")
    if until_date is not None and until_date < from_date:
        raise NotEnterable("an entry does not end before it begins")
    texts = [text for value in facts.values() for text in _texts(value)]
    if any(len(text) > VALUE_LENGTH for text in texts) or sum(map(len, texts)) > FACTS_LENGTH:
        raise NotEnterable("an entry says too much")
    if any("\x00" in text for text in texts):
        raise NotEnterable("an entry holds a character that no text has")


def day_after(on: date, zone: str) -> datetime:
    """The end of a day in the territory."""
    return datetime.combine(on + timedelta(days=1), time(), ZoneInfo(zone))


def _texts(value: Value) -> list[str]:
    return [value] if isinstance(value, str) else list(value.values())
