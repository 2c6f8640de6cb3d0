"""When a service takes applications: from a day until another, at certain hours, but for maintenance and closing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Self

from pydantic import Field, field_validator, model_validator

from praya.definition.booking import WEEKDAYS
from praya.definition.model import Model
from praya.kernel.calendar import Calendar
from praya.kernel.expression import nearest
from praya.kernel.text import Text

_HOURS = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$")
_LOOK_AHEAD = 400
_DAY = timedelta(days=1)


class Closure(Model):
    """A time in which the service is closed, and what people read meanwhile. A day counts to its end."""

    from_moment: date | datetime = Field(alias="from")
    until: date | datetime
    say: Text

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if _begins(self.from_moment) >= _ends(self.until):
            raise ValueError("'until' lies before 'from'")
        return self


class OpeningTimes(Model):
    """When the service takes applications; what is open is decided on the server, by the territory's time zone."""

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
        """By weekday (Monday is 0) the first minute of the day, and the first that is none; empty when always."""
        return {day: _minutes(clock) for days, clock in self.hours.items() for day in _weekdays(days)}


@dataclass(frozen=True)
class Standing:
    """Whether a service is open; when it is not, why and when it opens again, None when it does not or nobody knows."""

    is_open: bool
    opens_at: datetime | None = None
    say: Text | None = None
    over: bool = False


OPEN = Standing(is_open=True)


def standing(times: OpeningTimes | None, at: datetime, calendar: Calendar) -> Standing:
    """How a service stands at a moment. Nothing said is always open."""
    if times is None or _is_open(times, at, calendar):
        return OPEN
    closure = next((one for one in times.closed if _covers(one, at, calendar)), None)
    opens_at = next((moment for moment in _openings(times, at, calendar) if _is_open(times, moment, calendar)), None)
    over = times.until is not None and calendar.day_of(at) > times.until
    return Standing(False, opens_at, closure.say if closure else times.say, over)


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
    """The moments after `at` at which it might open, in order: ends of closures, and beginnings of days."""
    today = calendar.day_of(at)
    start = max(today, times.from_day or today)
    moments = [_ends(closure.until).replace(tzinfo=calendar.zone) for closure in times.closed]
    for number in range(_LOOK_AHEAD):
        day = start + number * _DAY
        first = times.by_weekday.get(day.weekday(), (0, 0))[0]
        moments.append(datetime.combine(day, time(first // 60, first % 60), tzinfo=calendar.zone))
    return iter(sorted(moment for moment in moments if moment > at))


def _covers(closure: Closure, at: datetime, calendar: Calendar) -> bool:
    local = at.astimezone(calendar.zone).replace(tzinfo=None)
    return _begins(closure.from_moment) <= local < _ends(closure.until)


def _begins(moment: date | datetime) -> datetime:
    return moment.replace(tzinfo=None) if isinstance(moment, datetime) else datetime.combine(moment, time())


def _ends(moment: date | datetime) -> datetime:
    return moment.replace(tzinfo=None) if isinstance(moment, datetime) else datetime.combine(moment + _DAY, time())


def _weekdays(said: str) -> list[int]:
    first, _, last = said.partition("-")
    for name in (first, last or first):
        if name not in WEEKDAYS:
            raise ValueError(f"there is no weekday '{name}'{nearest(name, WEEKDAYS)}; write mon, or mon-fri")
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    if end < begin:
        raise ValueError(f"'{said}' ends before it begins; the week begins with mon")
    return list(range(begin, end + 1))


def _minutes(clock: str) -> tuple[int, int]:
    found = _HOURS.match(clock)
    if found is None:
        raise ValueError(f"'{clock}' is no time from and until; write it like '09:00-17:30'")
    first = int(found[1]) * 60 + int(found[2])
    end = int(found[3]) * 60 + int(found[4]) if found[3] else 24 * 60
    if end <= first:
        raise ValueError(f"'{clock}' ends before it begins")
    return first, end
