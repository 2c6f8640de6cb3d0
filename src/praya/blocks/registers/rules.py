"""How an entry is found, in what order it stands, and what it may say: pure decisions."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from praya.kernel.reading import searchable as folded
from praya.kernel.reading import together, without_controls

Value = str | Mapping[str, str]

VALUE_LENGTH = 2000
FACTS_LENGTH = 20_000
QUERY_LENGTH = 100
ORDER_LENGTH = 120
# A run of Chinese letters, or a word of any others.
_RUN = re.compile(r"[\u2e80-\u2fff\u3041-\U0010ffff]+|[^\W\u2e80-\U0010ffff]+")


class NotEnterable(ValueError):
    """An entry that says nothing, or ends before it begins."""


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


def marks(text: str) -> list[str]:
    """By what a text is found that is not stored as it is said: whole words, and Chinese by two letters at a time."""
    found: list[str] = []
    for run in _RUN.findall(folded(text)):
        pairs = run[0] >= "\u2e80" and len(run) > 1
        found += [run[at : at + 2] for at in range(len(run) - 1)] if pairs else [run]
    return list(dict.fromkeys(found))


def marks_of(facts: Mapping[str, Value]) -> list[str]:
    """The marks of every value in every language."""
    return marks(" ".join(text for value in facts.values() for text in _texts(value)))


def fitted(facts: Mapping[str, Value]) -> tuple[dict[str, Value], list[str]]:
    """What an entry can say of what people typed, and the names of the facts that were shortened to fit."""
    texts = [without_controls(text) for value in facts.values() for text in _texts(value)]
    short = together(
        texts, lambda some: max(map(len, some), default=0) <= VALUE_LENGTH and sum(map(len, some)) <= FACTS_LENGTH
    )
    given, wanted, found, cut = iter(short), iter(texts), {}, []
    for name, value in facts.items():
        said: Value = next(given) if isinstance(value, str) else {language: next(given) for language in value}
        if _texts(said) != [next(wanted) for _ in _texts(said)]:
            cut.append(name)
        found[name] = said
    return found, cut


def check(facts: Mapping[str, Value], from_date: date, until_date: date | None) -> None:
    """Raises NotEnterable."""
    if not facts:
        raise NotEnterable("an entry says at least one thing")
    check_days(from_date, until_date)


def check_days(from_date: date, until_date: date | None) -> None:
    """Raises NotEnterable."""
    if until_date is not None and until_date < from_date:
        raise NotEnterable("an entry does not end before it begins")


def day_after(on: date, zone: str) -> datetime:
    """The end of a day in the territory."""
    return datetime.combine(on + timedelta(days=1), time(), ZoneInfo(zone))


def _texts(value: Value) -> list[str]:
    return [value] if isinstance(value, str) else list(value.values())
