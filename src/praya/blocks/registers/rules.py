"""Rules for entries: how they are searched and sorted, and what they may contain. Pure."""

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
# A run of Chinese characters, or a word of other letters.
_RUN = re.compile(r"[\u2e80-\u2fff\u3041-\U0010ffff]+|[^\W\u2e80-\U0010ffff]+")


class NotEnterable(ValueError):
    """An entry without facts, or one that ends before it begins."""


def searched(facts: Mapping[str, Value]) -> str:
    """The text that is searched: every value in every language, one per line, in the form of `folded`."""
    return "\n".join(folded(text) for value in facts.values() for text in _texts(value))


def order(facts: Mapping[str, Value]) -> str:
    """The sort key of an entry in its register: its first fact."""
    first = next(iter(facts.values()), "")
    return folded(next(iter(_texts(first)), ""))[:ORDER_LENGTH]


def words(query: str) -> list[str]:
    """The words of a query, all of which an entry must contain; at most eight, within 100 characters."""
    return folded(query[:QUERY_LENGTH]).split()[:8]


def marks(text: str) -> list[str]:
    """The units by which a private text is searched: whole words, and pairs of adjacent Chinese characters."""
    units: list[str] = []
    for run in _RUN.findall(folded(text)):
        pairs = run[0] >= "\u2e80" and len(run) > 1
        units += [run[at : at + 2] for at in range(len(run) - 1)] if pairs else [run]
    return list(dict.fromkeys(units))


def marks_of(facts: Mapping[str, Value]) -> list[str]:
    """The marks of every value in every language."""
    return marks(" ".join(text for value in facts.values() for text in _texts(value)))


def fitted(facts: Mapping[str, Value]) -> tuple[dict[str, Value], list[str]]:
    """The facts, shortened to the permitted lengths, and the names of those that were shortened."""
    texts = [without_controls(text) for value in facts.values() for text in _texts(value)]
    short = together(
        texts, lambda some: max(map(len, some), default=0) <= VALUE_LENGTH and sum(map(len, some)) <= FACTS_LENGTH
    )
    given, wanted, result, cut = iter(short), iter(texts), {}, []
    for name, value in facts.items():
        fitting: Value = next(given) if isinstance(value, str) else {language: next(given) for language in value}
        if _texts(fitting) != [next(wanted) for _ in _texts(fitting)]:
            cut.append(name)
        result[name] = fitting
    return result, cut


def check(facts: Mapping[str, Value], from_date: date, until_date: date | None) -> None:
    """Check the content of an entry. Raises NotEnterable."""
    if not facts:
        raise NotEnterable("an entry needs at least one fact")
    check_days(from_date, until_date)


def check_days(from_date: date, until_date: date | None) -> None:
    """Check the days of an entry. Raises NotEnterable."""
    if until_date is not None and until_date < from_date:
        raise NotEnterable("an entry does not end before it begins")


def day_after(on: date, zone: str) -> datetime:
    """The end of a day in the time zone."""
    return datetime.combine(on + timedelta(days=1), time(), ZoneInfo(zone))


def _texts(value: Value) -> list[str]:
    return [value] if isinstance(value, str) else list(value.values())
