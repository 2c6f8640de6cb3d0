"""Opening times of a service: first and last day, hours of the day, and closures."""

import re
from calendar import isleap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from praya.definition.model import WEEKDAYS, Model
from praya.kernel.calendar import Calendar
from praya.kernel.expression import nearest
from praya.kernel.text import Text

_HOURS = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$")
_LOOK_AHEAD = 400
_DAY = timedelta(days=1)


YearDay = Annotated[str, StringConstraints(pattern=r"^\d\d-\d\d(T([01]\d|2[0-3]):[0-5]\d)?$")]
"""A day of every year, `12-24`, or a moment of it, `12-24T18:00`."""
Span = tuple[datetime, datetime]
"""When a closure begins, and the first moment after it, by the territory's clock."""


class Closure(Model):
    """A period in which the service is closed, once or every year, and the notice for people.

    The last day is included.
    """

    every: Literal["year"] | None = None
    from_moment: date | datetime | YearDay = Field(alias="from")
    until: date | datetime | YearDay
    say: Text

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        for word, moment in (("from", self.from_moment), ("until", self.until)):
            if isinstance(moment, str) != (self.every == "year"):
                example = "like 12-24, a month and a day" if self.every else "with its year, or add 'every: year'"
                raise ValueError(f"'{word}' is '{moment}': write a day {example}")
        (begins, ends), (again, _) = (self.in_year(year) for year in (2025, 2026))
        if self.every and ends >= again:
            raise ValueError("it is closed the whole year: 'until' reaches the next 'from'")
        if begins >= ends:
            raise ValueError("'until' lies before 'from'")
        return self

    def in_year(self, year: int) -> Span:
        """The period that begins in a year and may end in the next; for a closure that happens once, that one."""
        if isinstance(self.from_moment, str) or isinstance(self.until, str):
            begins, until = _begins(_in_year(str(self.from_moment), year)), str(self.until)
            ends = _ends(_in_year(until, year))
            return begins, ends if ends > begins else _ends(_in_year(until, year + 1))
        return _begins(self.from_moment), _ends(self.until)

    def around(self, day: date) -> list[Span]:
        """The periods that can concern a day or the year after it."""
        return [self.in_year(year) for year in range(day.year - 1, day.year + 3)] if self.every else [self.in_year(0)]


class OpeningTimes(Model):
    """When the service accepts applications. The server decides, in the territory's time zone."""

    from_day: date | None = Field(None, alias="from")
    until: date | None = None
    hours: dict[str, str] = {}
    on_holidays: bool = True
    closed: tuple[Closure, ...] = ()
    say: Text | None = None

    @field_validator("hours")
    @classmethod
    def _can_be_read(cls, hours: dict[str, str]) -> dict[str, str]:
        for days, clock in hours.items():
            _weekdays(days)
            _minutes(clock)
        return hours

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.from_day and self.until and self.until < self.from_day:
            raise ValueError("'until' lies before 'from'")
        return self

    @cached_property
    def by_weekday(self) -> dict[int, tuple[int, int]]:
        """By weekday (Monday is 0), the first minute of opening and the minute of closing; empty if always open."""
        return {day: _minutes(clock) for days, clock in self.hours.items() for day in _weekdays(days)}


@dataclass(frozen=True)
class Standing:
    """Whether a service is open; if not, why, and when it opens again (None: never, or unknown)."""

    is_open: bool
    opens_at: datetime | None = None
    say: Text | None = None
    over: bool = False


OPEN = Standing(is_open=True)


def standing(times: OpeningTimes | None, at: datetime, calendar: Calendar) -> Standing:
    """Whether a service is open at a moment. Without opening times it always is."""
    if times is None or _is_open(times, at, calendar):
        return OPEN
    closure = next((one for one in times.closed if _covers(one, at, calendar)), None)
    opens_at = next((moment for moment in _openings(times, at, calendar) if _is_open(times, moment, calendar)), None)
    over = times.until is not None and calendar.day_of(at) > times.until
    return Standing(False, opens_at, closure.say if closure else times.say, over)


def closes(times: OpeningTimes | None, at: datetime, calendar: Calendar) -> datetime | None:
    """When an open service closes next; None when it does not within the time that is searched."""
    if times is None:
        return None
    today = calendar.day_of(at)
    moments = [begins for closure in times.closed for begins, _ in closure.around(today)]
    for day in (*(today + number * _DAY for number in range(_LOOK_AHEAD)), *([times.until] if times.until else [])):
        end = times.by_weekday.get(day.weekday(), (0, 24 * 60))[1]
        moments += [datetime.combine(day, time()), datetime.combine(day, time()) + timedelta(minutes=end)]
    later = sorted(m for m in (moment.replace(tzinfo=calendar.zone) for moment in moments) if m > at)
    return next((moment for moment in later if not _is_open(times, moment, calendar)), None)


def _is_open(times: OpeningTimes, at: datetime, calendar: Calendar) -> bool:
    day = calendar.day_of(at)
    if (times.from_day and day < times.from_day) or (times.until and day > times.until):
        return False
    if not times.on_holidays and day in calendar.holidays:
        return False
    if any(_covers(closure, at, calendar) for closure in times.closed):
        return False
    if not times.by_weekday:
        return True
    first, end = times.by_weekday.get(day.weekday(), (0, 0))
    local = at.astimezone(calendar.zone)
    return first <= local.hour * 60 + local.minute < end


def _openings(times: OpeningTimes, at: datetime, calendar: Calendar) -> Iterator[datetime]:
    """The moments after `at` at which the service could open, in order: ends of closures, and openings of days."""
    today = calendar.day_of(at)
    start = max(today, times.from_day or today)
    moments = [ends.replace(tzinfo=calendar.zone) for closure in times.closed for _, ends in closure.around(today)]
    for number in range(_LOOK_AHEAD):
        day = start + number * _DAY
        first = times.by_weekday.get(day.weekday(), (0, 0))[0]
        moments.append(datetime.combine(day, time(first // 60, first % 60), tzinfo=calendar.zone))
    return iter(sorted(moment for moment in moments if moment > at))


def _covers(closure: Closure, at: datetime, calendar: Calendar) -> bool:
    local = at.astimezone(calendar.zone).replace(tzinfo=None)
    return any(begins <= local < ends for begins, ends in closure.around(local.date()))


def _in_year(text: str, year: int) -> date | datetime:
    """A day or a moment of that year; 02-29 is the last day of February in each. Raises ValueError."""
    day, _, clock = text.partition("T")
    if day == "02-29" and not isleap(year):
        day = "02-28"
    try:
        return datetime.fromisoformat(f"{year}-{day}T{clock}") if clock else date.fromisoformat(f"{year}-{day}")
    except ValueError:
        raise ValueError(f"there is no day '{day}' in a year; write the month, then the day, like 12-24") from None


def _begins(moment: date | datetime) -> datetime:
    return moment.replace(tzinfo=None) if isinstance(moment, datetime) else datetime.combine(moment, time())


def _ends(moment: date | datetime) -> datetime:
    return moment.replace(tzinfo=None) if isinstance(moment, datetime) else datetime.combine(moment + _DAY, time())


def _weekdays(text: str) -> list[int]:
    first, _, last = text.partition("-")
    for name in (first, last or first):
        if name not in WEEKDAYS:
            raise ValueError(f"there is no weekday '{name}'{nearest(name, WEEKDAYS)}; write mon, or mon-fri")
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    if end < begin:
        raise ValueError(f"'{text}' ends before it begins; the week begins with mon")
    return list(range(begin, end + 1))


def _minutes(clock: str) -> tuple[int, int]:
    match = _HOURS.match(clock)
    if match is None:
        raise ValueError(f"'{clock}' is no time from and until; write it like '09:00-17:30'")
    first = int(match[1]) * 60 + int(match[2])
    end = int(match[3]) * 60 + int(match[4]) if match[3] else 24 * 60
    if end <= first:
        raise ValueError(f"'{clock}' ends before it begins")
    return first, end
