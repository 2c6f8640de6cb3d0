"""The functions of expressions. Their arguments are known values; lists may contain unknown items."""

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR
from fractions import Fraction
from functools import lru_cache
from inspect import signature
from typing import Any

import re2

from praya.kernel import geo
from praya.kernel.number import exact, rounded, within, written
from praya.kernel.reading import searchable


class Failed(ValueError):
    """A function cannot be computed with these values; the text gives the reason without quoting a value."""


class Unknown:
    """An unknown value: `missing` is the path of the answer or fact that is missing."""

    __slots__ = ("missing",)

    def __init__(self, missing: tuple[str | int, ...]) -> None:
        self.missing = missing


Exact = int | Fraction
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONGEST_PATTERN = 500
_LONGEST_COMPARED = 500


def kind(value: Any) -> str:
    """The type of a value, as a word for messages."""
    if isinstance(value, bool):
        return "yes or no"
    for types, word in _KINDS:
        if isinstance(value, types):
            return word
    return type(value).__name__


_KINDS: tuple[tuple[Any, str], ...] = (
    (int | Fraction, "number"), (str, "text"), (datetime, "day"), (timedelta, "duration"), (list | tuple, "list"),
    (Mapping, "mapping"), (type(None), "nothing"), (Unknown, "nothing"),
)  # fmt: skip


def number(value: Any) -> Exact:
    """A number to compute with. Raises Failed for anything else."""
    if type(value) is int or type(value) is Fraction:
        return value
    raise Failed(f"a {kind(value)} is no number")


def text(value: Any) -> str:
    """A text. Raises Failed for anything else."""
    if isinstance(value, str):
        return value
    raise Failed(f"a {kind(value)} is no text")


def moment(value: Any) -> datetime:
    """A day, or the text of one. Raises Failed."""
    if isinstance(value, datetime):
        return value
    try:
        return datetime.combine(date.fromisoformat(text(value)), time(), tzinfo=UTC)
    except ValueError:
        raise Failed("a text that is no day, like '2026-03-01'") from None


def items(value: Any) -> Sequence[Any]:
    """A list. Raises Failed for anything else."""
    if isinstance(value, list | tuple):
        return value
    raise Failed(f"a {kind(value)} is no list")


def _whole(value: Any) -> int:
    return int(rounded(number(value), 0, ROUND_FLOOR) if value >= 0 else rounded(value, 0, ROUND_CEILING))


def _known_items(*values: Any) -> list[Any] | Unknown:
    """The items of one list, or the arguments, without None; Unknown when one of them is unknown."""
    listed = items(values[0]) if len(values) == 1 else values
    unknown = next((value for value in listed if isinstance(value, Unknown)), None)
    return unknown or [value for value in listed if value is not None]


def _over(work: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def function(*values: Any) -> Any:
        given = _known_items(*values)
        return given if isinstance(given, Unknown) else work(given)

    return function


def _sum(values: list[Any]) -> Exact:
    total: Exact = 0
    for value in values:
        total = within(total + number(value))
    return total


def _average(values: list[Any]) -> Exact | None:
    return within(Fraction(_sum(values)) / len(values)) if values else None


def _alike(values: list[Any]) -> list[Any]:
    """Return the values if all are numbers, all days, or all texts. Raises Failed for a mixture."""
    kinds = {kind(value) for value in values}
    if len(kinds) > 1 or kinds - {"number", "day", "text", "duration"}:
        raise Failed(f"{' and '.join(sorted(kinds))} cannot be compared")
    return values


def size_within(value: Any, most: int, *, mappings: bool = True) -> int:
    """The number of values in nested lists, and in mappings unless excluded; counting stops soon after `most`."""
    count, todo = 0, [value]
    while todo and count <= most:
        value = todo.pop()
        count += 1
        if isinstance(value, list | tuple):
            todo += value
        elif mappings and isinstance(value, Mapping):
            todo += value.values()
    return count


def _flat(values: Any) -> list[Any]:
    flat: list[Any] = []
    todo = list(reversed(items(values)))
    while todo:
        value = todo.pop()
        if isinstance(value, list | tuple):
            todo += reversed(value)
        else:
            flat.append(value)
    return flat


def _years(start: Any, end: Any) -> int:
    born, on = moment(start), moment(end)
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _days(start: Any, end: Any) -> int:
    return (moment(end).date() - moment(start).date()).days


def _days_after(start: Any, days: Any) -> datetime:
    return datetime.combine(moment(start).date() + timedelta(days=_whole(days)), time(), tzinfo=UTC)


def _months_after(start: Any, months: Any) -> datetime:
    """The same day of a later month; the last one where that month is shorter."""
    day, count = moment(start).date(), _whole(months)
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    if not MINYEAR <= year <= MAXYEAR:
        raise Failed("a day that no calendar has")
    last = monthrange(year, month + 1)[1]
    return datetime(year, month + 1, min(day.day, last), tzinfo=UTC)


def _months_between(start: Any, end: Any) -> int:
    """Whole months, counted as `_years` counts years; below 0 when the end is before the start."""
    first, last = moment(start), moment(end)
    if last < first:
        return -_months_between(end, start)
    return (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)


def _size(value: Any) -> int:
    if isinstance(value, str | list | tuple | Mapping):
        return len(value)
    raise Failed(f"a {kind(value)} has no size")


def _round(value: Any, decimals: Any = 0) -> Exact:
    return exact(rounded(number(value), _whole(decimals)))


def _string(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        day = value.time() == time()
        return value.date().isoformat() if day else value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return f"{written(Fraction(value // timedelta(microseconds=1), 1_000_000))}s"
    return value if isinstance(value, str) else written(number(value))


def _read(value: Any) -> Exact:
    if isinstance(value, str):
        if not re.fullmatch(r"[-+]?\d{1,40}(\.\d{1,40})?", value.strip(), re.ASCII):
            raise Failed("a text that is no number")
        return exact(Fraction(value.strip()))
    return int(value) if isinstance(value, bool) else number(value)


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise Failed(f"a {kind(value)} is neither yes nor no")


def _timestamp(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        parsed = datetime.fromisoformat(text(value))
    except ValueError:
        raise Failed("a text that is no moment, like '2026-03-01T09:00:00Z'") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


_UNITS: dict[str, Exact] = {"h": 3600, "m": 60, "s": 1, "ms": Fraction(1, 1000)}
_SPAN = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(h|ms|m|s)", re.ASCII)


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    written_so = text(value)
    if not re.fullmatch(rf"-?(?:{_SPAN.pattern})+", written_so, re.ASCII):
        raise Failed("a text that is no duration, like '72h' or '30m'")
    seconds = sum((Fraction(amount) * _UNITS[unit] for amount, unit in _SPAN.findall(written_so)), Fraction())
    return timedelta(microseconds=int(seconds * 1_000_000)) * (-1 if written_so[0] == "-" else 1)


@lru_cache(maxsize=512)
def pattern(source: str) -> Any:
    """Compile an RE2 pattern, which matches in time linear in the text. Raises Failed."""
    if len(source) > _LONGEST_PATTERN:
        raise Failed(f"a pattern of more than {_LONGEST_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(source, options)
    except re2.error:
        raise Failed("a pattern that cannot be read (see https://github.com/google/re2/wiki/Syntax)") from None


def _distance(one: Any, other: Any) -> int | None:
    """Metres between two places; None where one of them has no point."""
    for place in (one, other):
        if not isinstance(place, Mapping):
            raise Failed(f"a {kind(place)} is no place")
    return geo.metres(one, other) if geo.is_point(one) and geo.is_point(other) else None


def _similar(one: Any, other: Any) -> Fraction:
    """How alike two texts are, from 0 to 1: the share of the pairs of letters that both have (Dice's coefficient)."""
    pairs, others = _pairs(text(one)), _pairs(text(other))
    both = pairs.total() + others.total()
    return Fraction(round(200 * (pairs & others).total() / both), 100) if both else Fraction(0)


@lru_cache(maxsize=1024)
def _pairs(value: str) -> Counter[str]:
    words = searchable(value[:_LONGEST_COMPARED]).split()
    return Counter(word[at : at + 2] for word in words for at in range(max(len(word) - 1, 1)))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "date": moment,
    "years_between": _years,
    "age": _years,
    "days_between": _days,
    "days_after": _days_after,
    "months_between": _months_between,
    "months_after": _months_after,
    "years_after": lambda value, years: _months_after(value, 12 * _whole(years)),
    "weekday": lambda value: WEEKDAYS[moment(value).weekday()],
    "week": lambda value: moment(value).isocalendar().week,
    "year": lambda value: moment(value).year,
    "month": lambda value: moment(value).month,
    "day_of_month": lambda value: moment(value).day,
    "distance": _distance,
    "similar": _similar,
    "sum": _over(_sum),
    "count": _over(lambda values: sum(1 for value in values if value is not False)),
    "average": _over(_average),
    "highest": _over(lambda values: max(_alike(values), default=None)),
    "lowest": _over(lambda values: min(_alike(values), default=None)),
    "max": _over(lambda values: max(_alike(values), default=None)),
    "min": _over(lambda values: min(_alike(values), default=None)),
    "flatten": _flat,
    "round": _round,
    "floor": lambda value: exact(rounded(number(value), 0, ROUND_FLOOR)),
    "ceil": lambda value: exact(rounded(number(value), 0, ROUND_CEILING)),
}
# The standard functions of CEL, by their names.
STANDARD: dict[str, Callable[..., Any]] = {
    "size": _size,
    "contains": lambda value, part: text(part) in text(value),
    "startsWith": lambda value, part: text(value).startswith(text(part)),
    "endsWith": lambda value, part: text(value).endswith(text(part)),
    "matches": lambda value, source: pattern(text(source)).search(text(value)) is not None,
    "string": _string,
    "int": lambda value: _whole(_read(value)),
    "uint": lambda value: _whole(_read(value)),
    "double": _read,
    "bool": _truth,
    "timestamp": _timestamp,
    "duration": _duration,
    "getFullYear": lambda value: moment(value).year,
    "getMonth": lambda value: moment(value).month - 1,
    "getDate": lambda value: moment(value).day,
    "getDayOfWeek": lambda value: moment(value).isoweekday() % 7,
    "getHours": lambda value: moment(value).hour,
    "getMinutes": lambda value: moment(value).minute,
}


def _takes(function: Callable[..., Any]) -> tuple[int, int]:
    given = signature(function).parameters.values()
    least = sum(one.default is one.empty and one.kind is not one.VAR_POSITIONAL for one in given)
    return (1, 50) if any(one.kind is one.VAR_POSITIONAL for one in given) else (least, len(given))


ALL = {**FUNCTIONS, **STANDARD}
# The least and greatest number of arguments of each function.
TAKES = {name: _takes(function) for name, function in ALL.items()}
