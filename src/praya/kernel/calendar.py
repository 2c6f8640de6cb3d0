"""Lengths of time and working days on a territory's calendar."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

Span = tuple[datetime, datetime | None]
"""A time between two moments; without an end it lasts still."""
Unit = Literal["minutes", "hours", "days", "working days", "weeks", "months", "years"]
MORNING = time(9)
"""The time of day of automatic acts, so that nobody gets a letter at midnight."""
_LENGTH = re.compile(r"^(\d{1,4}) (minute|hour|day|working day|week|month|year)s?$")


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time as the law writes it: `10 working days`, `6 months`, `15 minutes`."""

    count: int
    unit: Unit

    @classmethod
    def read(cls, value: object) -> Self:
        """Read `10 working days`. Raises ValueError for anything else."""
        if isinstance(value, cls):
            return value
        match = _LENGTH.match(value.strip()) if isinstance(value, str) else None
        if match is None:
            raise ValueError("expected a length of time, like '10 working days', '15 minutes' or '6 months'")
        return cls(int(match[1]), match[2] + "s")  # type: ignore[arg-type]

    def __str__(self) -> str:
        return f"{self.count} {self.unit[:-1] if self.count == 1 else self.unit}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.read, serialization=core_schema.to_string_ser_schema(when_used="unless-none")
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": _LENGTH.pattern, "examples": ["10 working days", "15 minutes"]}


@dataclass(frozen=True)
class Calendar:
    """A territory's calendar: its time zone, weekly rest days and public holidays."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Hong_Kong"))
    rest: frozenset[int] = frozenset({5, 6})  # Monday is 0
    holidays: frozenset[date] = field(default_factory=frozenset)
    known_until: date | None = None

    @cached_property
    def until(self) -> date | None:
        """The last day for which holidays are known: `known_until`, or the end of the last year with a holiday."""
        if self.known_until is not None or not self.holidays:
            return self.known_until
        return date(max(self.holidays).year, 12, 31)

    def ends_before(self, day: date) -> bool:
        """Whether the calendar ends before `day`, so that working days up to it cannot be counted reliably."""
        return self.until is not None and day > self.until

    def works(self, day: date) -> bool:
        """Whether offices work on `day`."""
        return day.weekday() not in self.rest and day not in self.holidays

    def day_of(self, at: datetime) -> date:
        """The territory's calendar day at this moment."""
        return at.astimezone(self.zone).date()

    def moment(self, day: date, clock: time) -> datetime:
        """The moment of a time of day in the territory."""
        return datetime.combine(day, clock, tzinfo=self.zone)

    def working_days_after(self, day: date, count: int) -> date:
        """The last of `count` working days, counted from the day after `day` (Cap. 1 s.71)."""
        while count > 0:
            day += timedelta(days=1)
            if self.works(day):
                count -= 1
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """The number of working days after `start` up to and including `end`; negative when `end` is earlier."""
        if end < start:
            return -self.working_days_between(end, start)
        # Whole weeks are counted by division, so that the cost does not grow with the length of the time.
        weeks, days = divmod((end - start).days, 7)
        count = weeks * (7 - len(self.rest))
        count += sum((start.weekday() + n) % 7 not in self.rest for n in range(1, days + 1))
        return count - (bisect_right(self._days_off, end) - bisect_right(self._days_off, start))

    @cached_property
    def _days_off(self) -> list[date]:
        """The holidays that do not fall on a weekly rest day, in order."""
        return sorted(day for day in self.holidays if day.weekday() not in self.rest)

    def after(self, at: datetime, length: Length) -> datetime:
        """The moment `length` later; lengths of days and more end at the end of the territory's day."""
        if length.unit == "minutes":
            return at + timedelta(minutes=length.count)
        if length.unit == "hours":
            return at + timedelta(hours=length.count)
        day = self.date_after(self.day_of(at), length)
        return self.moment(day, time(23, 59, 59))

    def after_stops(self, at: datetime, length: Length, stops: Iterable[Span]) -> datetime | None:
        """When a time limit of `length` from `at` ends if it is suspended during `stops`; None while it is suspended.

        A stop postpones the end by its own duration, in the unit of the length: in working days for a length in working
        days, in days for a length in days or longer units. The day on which a stop begins counts, the day on which it
        ends does not, as for every length (Cap. 1 s.71). A stop that begins after the end has no effect.
        """
        end = self.after(at, length)
        for start, over in together(stops):
            if over is not None and over <= at:
                continue
            begun = max(start, at)
            if length.unit in {"minutes", "hours"}:
                if begun >= end:
                    break
                if over is None:
                    return None
                end += over - begun
                continue
            first, last = self.day_of(begun), self.day_of(end)
            if first >= last:
                break
            if over is None:
                return None
            stopped = self.day_of(over)
            if length.unit == "working days":
                last = self.working_days_after(last, self.working_days_between(first, stopped))
            else:
                last += stopped - first
            end = self.moment(last, time(23, 59, 59))
        return end

    def date_before(self, day: date, length: Length) -> date:
        """The day `length` earlier; a month that is too short ends on its last day."""
        match length.unit:
            case "days":
                return day - timedelta(days=length.count)
            case "weeks":
                return day - timedelta(weeks=length.count)
            case "working days":
                return self._working_days_before(day, length.count)
            case "months":
                return _months_after(day, -length.count)
            case "years":
                return _months_after(day, -length.count * 12)
            case _:
                return day

    def _working_days_before(self, day: date, count: int) -> date:
        while count > 0:
            day -= timedelta(days=1)
            if self.works(day):
                count -= 1
        return day

    def moment_after(self, at: datetime, length: Length) -> datetime:
        """The moment `length` later; for days and longer units, the beginning of that day in the territory."""
        if length.unit in {"minutes", "hours"}:
            return self.after(at, length)
        return self.moment(self.date_after(self.day_of(at), length), time())

    def date_after(self, day: date, length: Length) -> date:
        """The day `length` later; a month that is too short ends on its last day."""
        match length.unit:
            case "days":
                return day + timedelta(days=length.count)
            case "weeks":
                return day + timedelta(weeks=length.count)
            case "working days":
                return self.working_days_after(day, length.count)
            case "months":
                return _months_after(day, length.count)
            case "years":
                return _months_after(day, length.count * 12)
            case _:
                return day

    def last_day(self, first: date, length: Length) -> date:
        """The last day of a validity of `length` that begins on `first`: the day before the anniversary.

        A year from 12 March ends on 11 March. Where the last month has no such day (29 February, the 31st), it ends
        on that month's last day. Working days are counted from the day after `first` (Cap. 1 s.71).
        """
        following = self.date_after(first, length)
        short = length.unit in {"months", "years"} and following.day != first.day
        return following if short or length.unit == "working days" else max(first, following - timedelta(days=1))


def together(spans: Iterable[Span]) -> list[Span]:
    """Merge the spans that overlap or touch; return them in order of time. Empty spans are dropped."""
    merged: list[Span] = []
    for start, over in sorted(spans, key=lambda span: span[0]):
        if over is not None and over <= start:
            continue
        if merged and (merged[-1][1] is None or merged[-1][1] >= start):
            before, until = merged[-1]
            merged[-1] = (before, None if until is None or over is None else max(until, over))
        else:
            merged.append((start, over))
    return merged


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
