"""Which sessions there are, and when they may be booked. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from praya.definition.booking import WEEKDAYS, Booking, Opening, Visit
from praya.kernel.calendar import Calendar


@dataclass(frozen=True, slots=True)
class Session:
    """A place at a day and time; `clock` is `HH:MM`, empty for a whole day."""

    place: str
    day: date
    clock: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Window:
    """The days that may be booked now; closed when `first` is None, and then when it opens next, if known."""

    first: date | None
    last: date | None
    opens_at: datetime | None = None
    closes_at: datetime | None = None


def window(booking: Booking, *, at: datetime, calendar: Calendar, context: Mapping[str, Any]) -> Window:
    """Which days this person may book at that moment."""
    opening = opening_for(booking, context)
    today = calendar.day_of(at)
    if booking.opens and (opening is None or opening.from_date > today):
        opens_at = calendar.moment(opening.from_date, time()) if opening else None
        return Window(None, None, opens_at=opens_at)
    return window_of_all(booking, at=at, calendar=calendar)


def window_of_all(booking: Booking, *, at: datetime, calendar: Calendar) -> Window:
    """Which days can be booked at that moment, whosever turn it is."""
    found = _weekly(booking, at, calendar) if booking.weekly else _rolling(booking, at, calendar)
    return _within_run(booking, found)


def opening_for(booking: Booking, context: Mapping[str, Any]) -> Opening | None:
    """The earliest opening for which this person qualifies."""
    open_to = [o for o in booking.opens if o.when is None or o.when.holds(context)]
    return min(open_to, key=lambda o: o.from_date, default=None)


def _rolling(booking: Booking, at: datetime, calendar: Calendar) -> Window:
    today = calendar.day_of(at)
    return Window(calendar.date_after(today, booking.notice), calendar.date_after(today, booking.ahead))


def _weekly(booking: Booking, at: datetime, calendar: Calendar) -> Window:
    weekly = booking.weekly
    assert weekly is not None  # noqa: S101 (the caller looked)
    today = calendar.day_of(at)
    monday = today - timedelta(days=today.weekday())
    opens = calendar.moment(monday + timedelta(days=WEEKDAYS.index(weekly.opens)), weekly.opens_at)
    closes = calendar.moment(monday + timedelta(days=WEEKDAYS.index(weekly.closes)), weekly.closes_at)
    if opens <= at < closes:
        return Window(monday + timedelta(days=7), monday + timedelta(days=13), closes_at=closes)
    return Window(None, None, opens_at=opens if at < opens else opens + timedelta(days=7))


def _within_run(booking: Booking, found: Window) -> Window:
    if found.first is None or found.last is None:
        return found
    first = max(found.first, booking.runs_from or found.first)
    last = min(found.last, booking.runs_until or found.last)
    if first > last:
        return Window(None, None)
    return Window(first, last, closes_at=found.closes_at)


def visit_days(visit: Visit, chosen: Mapping[str, date], found: Window) -> tuple[date, date] | None:
    """The days on which a visit may be, given the days chosen for earlier visits."""
    if found.first is None or found.last is None:
        return None
    if visit.after is None or visit.days is None:
        return found.first, found.last
    earlier = chosen.get(visit.after)
    if earlier is None:
        return None
    return earlier + timedelta(days=visit.days[0]), earlier + timedelta(days=visit.days[1])


def movable_until(booking: Booking, day: date, clock: str, calendar: Calendar) -> datetime | None:
    """Until when a visit on that day can be moved; None when the service does not allow it."""
    if booking.move is None:
        return None
    before = booking.move.before or booking.notice
    begins = calendar.moment(day, time.fromisoformat(clock) if clock else time())
    if before.unit in {"minutes", "hours"}:
        return begins - (calendar.after(begins, before) - begins)
    return calendar.moment(calendar.date_before(day, before), time(23, 59, 59))


def sessions(booking: Booking, first: date, last: date, calendar: Calendar) -> Iterator[Session]:
    """Every session between two days."""
    rules = booking.sessions
    clocks = [f"{clock:%H:%M}" for clock in rules.times] or [""]
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        if WEEKDAYS[day.weekday()] not in rules.weekdays:
            continue
        if not rules.on_holidays and day in calendar.holidays:
            continue
        if (booking.runs_from and day < booking.runs_from) or (booking.runs_until and day > booking.runs_until):
            continue
        for place in booking.places:
            capacity = rules.places_in(place.value)
            if capacity:
                for clock in clocks:
                    yield Session(place.value, day, clock, capacity)


def reach(booking: Booking) -> int:
    """How many days ahead of a first visit the last one may lie."""
    days = 0
    by_name: dict[str, int] = {}
    for visit in booking.all_visits:
        by_name[visit.name] = (by_name.get(visit.after or "", 0)) + (visit.days[1] if visit.days else 0)
        days = max(days, by_name[visit.name])
    return days


def in_order(pools: Sequence[int]) -> list[int]:
    """The order in which pools are locked everywhere: two bookings of the same pools never wait for each other."""
    return sorted(set(pools))
