"""Questions answered with a date or a month."""

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any, ClassVar, Literal

from praya.definition.own_words import WORDS
from praya.definition.questions.question import (
    Asking,
    Look,
    Posted,
    Question,
    Refusal,
    Unreadable,
    evaluated,
    first,
)
from praya.kernel.expression import Expression
from praya.kernel.reading import NotText, compact

_MONTHS = [WORDS[f"month_{number}"].words["en"] for number in range(1, 13)]
# A whole date in one box, in those orders that are unambiguous.
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4}) ?(?:[-/.]|年) ?(?P<month>\d{1,2}) ?(?:[-/.]|月) ?(?P<day>\d{1,2}) ?[日號号]?"
)
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})(?:st|nd|rd|th)? ?[- ]? ?(?P<month>[a-z]{3,9})\.?,? ?[- ]? ?(?P<year>\d{4})")
_MONTH_FIRST = re.compile(r"(?P<month>[a-z]{3,9})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})")
_WHOLE = (_YEAR_FIRST, _DAY_FIRST, _MONTH_FIRST)
_PRECISIONS = ("year", "month", "day")
_LENGTHS = {"year": 4, "month": 7, "day": 10}
"""Characters of an answer that is known so far."""
_UNITS = {"year": "年", "month": "月", "day": "日號号"}


@lru_cache(maxsize=4096)
def shown_date(day: date, language: str) -> str:
    """A date as text for people: 5 January 2023, 2023年1月5日."""
    return _date_words("date", day.year, day.month, language, day=day.day)


def month_said(month: str, language: str) -> str:
    """`2027-03` as March 2027, 2027年3月."""
    year, number = (int(part) for part in month.split("-"))
    return _date_words("month_of_year", year, number, language)


def _date_words(form: str, year: int, number: int, language: str, **day: int) -> str:
    month = WORDS[f"month_{number}"].in_(language)
    return WORDS[form].in_(language).format(year=year, month=month, number=number, **day)


class DateQuestion(Question):
    """A date in three boxes; the answer is YYYY-MM-DD.

    If `precision` allows a month or a year, people who do not know the day leave it empty, and the answer is YYYY-MM or
    YYYY. Expressions then get the first day that it can be, or the last.
    """

    codes: ClassVar[tuple[str, ...]] = (
        "not_a_date",
        "date_incomplete",
        "date_incomplete_month",
        "date_incomplete_year",
        "too_early",
        "too_late",
    )
    type: Literal["date"]
    earliest: Expression | None = None
    latest: Expression | None = None
    precision: Literal["day", "month", "year"] = "day"
    counts_as: Literal["first", "last"] = "first"

    def posted(self, form: Posted, at: str) -> str | None:
        parts = _parts(form, at, ("year", "month", "day"))
        if not any(parts.values()):
            return None
        whole = [text for text in parts.values() if text]
        if len(whole) == 1:
            parts = next((match.groupdict() for one in _WHOLE if (match := one.fullmatch(whole[0].lower()))), parts)
        given = [name for name in _PRECISIONS if parts[name]]
        if not self._is_enough(given):
            raise Unreadable(self._incomplete)
        year, month, day = parts["year"], parts["month"] or "1", parts["day"] or "1"
        try:
            written = date(_number(year), _month(month), _number(day)).isoformat()
        except (ValueError, OverflowError):
            raise Unreadable("not_a_date") from None
        return written[: _LENGTHS[given[-1]]]

    def _is_enough(self, given: Sequence[str]) -> bool:
        return _PRECISIONS.index(self.precision) < len(given) and tuple(given) == _PRECISIONS[: len(given)]

    @property
    def _incomplete(self) -> str:
        return "date_incomplete" if self.precision == "day" else f"date_incomplete_{self.precision}"

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        days = _days_of(value)
        if days is None or not 1850 <= days[0].year <= 2200:
            yield self.refuse(at, "not_a_date")
            return
        if not self._is_enough(_PRECISIONS[: value.count("-") + 1]):
            yield self.refuse(at, self._incomplete)
            return
        first, last = days
        earliest, latest = _day(evaluated(self.earliest, asking)), _day(evaluated(self.latest, asking))
        # A date of which only the month or the year is known is refused if every day of it would be refused.
        if earliest and last < earliest:
            yield self.refuse(at, "too_early", limit=_Day(earliest))
        if latest and first > latest:
            yield self.refuse(at, "too_late", limit=_Day(latest))

    def json_schema(self) -> dict[str, Any]:
        if self.precision == "day":
            return {"type": "string", "format": "date"}
        month = r"-(0[1-9]|1[0-2])(-\d{2})?"
        return {"type": "string", "pattern": rf"^\d{{4}}{month if self.precision == 'month' else f'({month})?'}$"}

    def shown(self, value: Any, language: str) -> str:
        if len(value) == _LENGTHS["day"]:
            return shown_date(date.fromisoformat(value), language)
        if len(value) == _LENGTHS["month"]:
            return month_said(value, language)
        return WORDS["year_alone"].in_(language).format(year=value)

    def known(self, value: Any, look: Look | None = None) -> Any:
        days = _days_of(value)
        # An invalid date has no value; `refused` reports it.
        return datetime.combine(days[self.counts_as == "last"], time(), tzinfo=UTC) if days else None


class MonthQuestion(Question):
    """A month of a year; the answer is YYYY-MM. Expressions get its first day."""

    codes: ClassVar[tuple[str, ...]] = ("not_a_month", "too_early", "too_late")
    type: Literal["month"]
    earliest: Expression | None = None
    latest: Expression | None = None

    def posted(self, form: Posted, at: str) -> str | None:
        parts = _parts(form, at, ("year", "month"))
        if not any(parts.values()):
            return None
        try:
            return date(_number(parts["year"]), _month(parts["month"]), 1).isoformat()[:7]
        except (ValueError, OverflowError):
            raise Unreadable("not_a_month") from None

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        month = _read_day(f"{value}-01") if isinstance(value, str) else None
        if month is None or not 1850 <= month.year <= 2200:
            yield self.refuse(at, "not_a_month")
            return
        earliest, latest = _day(evaluated(self.earliest, asking)), _day(evaluated(self.latest, asking))
        if earliest and month < earliest.replace(day=1):
            yield self.refuse(at, "too_early", limit=_Month(earliest))
        if latest and month > latest:
            yield self.refuse(at, "too_late", limit=_Month(latest))

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"}

    def shown(self, value: Any, language: str) -> str:
        return month_said(value, language)

    def known(self, value: Any, look: Look | None = None) -> Any:
        day = _read_day(f"{value}-01") if isinstance(value, str) else None
        return datetime.combine(day, time(), tzinfo=UTC) if day else None


def _month(typed: str) -> int:
    """A month by its number or its English name. Raises ValueError."""
    month = typed.lower()
    named = [n for n, name in enumerate(_MONTHS, 1) if len(month) > 2 and name.lower().startswith(month.rstrip("."))]
    return named[0] if named else 9 if month == "sept" else _number(month)


def _number(typed: str) -> int:
    """A number of digits only; int() would also accept signs and underscores. Raises ValueError."""
    if not typed.isdecimal():
        raise ValueError("no number")
    return int(typed)


def _parts(form: Posted, at: str, parts: Sequence[str]) -> dict[str, str]:
    """The texts in the boxes of a date, without the unit that some people write after a number. Raises Unreadable."""
    by_part = {}
    for part in parts:
        try:
            text = compact(first(form, f"{at}-{part}"))
        except NotText as wrong:
            raise Unreadable("control_character", part=part, character=wrong.character) from None
        bare = text.rstrip(_UNITS[part]).rstrip()
        by_part[part] = bare if bare.isdecimal() else text
    return by_part


def _read_day(value: Any) -> date | None:
    """A day written YYYY-MM-DD; None for any other text, also for other forms of ISO 8601."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


class _Day:
    """A limit in a message, in the reader's language if possible, else as ISO 8601."""

    def __init__(self, day: date) -> None:
        self.day = day

    def in_(self, language: str) -> str:
        return shown_date(self.day, language)

    def __str__(self) -> str:
        return self.day.isoformat()


class _Month(_Day):
    """A limit in a message of which only the month counts."""

    def in_(self, language: str) -> str:
        return month_said(self.day.isoformat()[:7], language)

    def __str__(self) -> str:
        return self.day.isoformat()[:7]


def _days_of(value: Any) -> tuple[date, date] | None:
    """The first and the last day of an answer that is a day, a month or a year."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", value):
        return None
    first = _read_day(f"{value}-01-01"[: _LENGTHS["day"]])
    if first is None:
        return None
    if len(value) == _LENGTHS["day"]:
        return first, first
    month = first.month if len(value) == _LENGTHS["month"] else 12
    return first, date(first.year, month, monthrange(first.year, month)[1])


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None
