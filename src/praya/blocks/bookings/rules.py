"""Which sessions exist, and when they may be booked. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from praya.definition.chapters.booking import Booking, Opening, Visit
from praya.definition.model import WEEKDAYS
from praya.kernel.calendar import Calendar
from praya.kernel.expression import Expression, ExpressionFailed


@dataclass(frozen=True, slots=True)
class Session:
    """A place at a day and time; `clock` is `HH:MM`, empty for a whole day."""

    place: str
    day: date
    clock: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Window:
    """The days that may be booked now. If `first` is None, booking is closed until `opens_at`, if that is known."""

    first: date | None
    last: date | None
    opens_at: datetime | None = None
    closes_at: datetime | None = None


def window(booking: Booking, *, at: datetime, calendar: Calendar, context: Mapping[str, Any]) -> Window:
    """The days that the person described by `context` may book at this moment."""
    opening = opening_for(booking, context)
    today = calendar.day_of(at)
    if booking.opens and (opening is None or opening.from_date > today):
        opens_at = calendar.moment(opening.from_date, time()) if opening else None
        return Window(None, None, opens_at=opens_at)
    days = window_of_all(booking, at=at, calendar=calendar)
    return narrowed(days, booking.first_day, booking.last_day, context)


def window_to_move(booking: Booking, *, at: datetime, calendar: Calendar, context: Mapping[str, Any]) -> Window:
    """The days to which the person described by `context` may move a booking at this moment."""
    move = booking.move
    first, last = (move.first_day, move.last_day) if move else (None, None)
    other = booking.model_copy(update={"first_day": first or booking.first_day, "last_day": last or booking.last_day})
    return window(other, at=at, calendar=calendar, context=context)


def narrowed(days: Window, first: Expression | None, last: Expression | None, context: Mapping[str, Any]) -> Window:
    """The window, limited by the days that two expressions give. It is empty when a value is not a day."""
    if days.first is None or days.last is None or (first is None and last is None):
        return days
    try:
        begin = max(days.first, _day(first, context) or days.first)
        end = min(days.last, _day(last, context) or days.last)
    except ExpressionFailed:
        return Window(None, None)
    return Window(begin, end, closes_at=days.closes_at) if begin <= end else Window(None, None)


def _day(expression: Expression | None, context: Mapping[str, Any]) -> date | None:
    """The value of an expression as a day; None without an expression, or when an answer that it needs is missing.

    Raises ExpressionFailed.
    """
    try:
        value = expression.value(context) if expression else None
    except ExpressionFailed as failed:
        if failed.missing:
            return None
        raise
    if value is not None and not isinstance(value, datetime):
        raise ExpressionFailed(f"'{expression.source if expression else ''}' is no day")
    return value.date() if value is not None else None


def window_of_all(booking: Booking, *, at: datetime, calendar: Calendar) -> Window:
    """The days that may be booked at this moment, for a person to whom booking is open."""
    days = _weekly(booking, at, calendar) if booking.weekly else _rolling(booking, at, calendar)
    return _within_run(booking, days)


def opening_for(booking: Booking, context: Mapping[str, Any]) -> Opening | None:
    """The earliest opening for which this person qualifies."""
    open_to = [o for o in booking.opens if o.when is None or o.when.holds(context)]
    return min(open_to, key=lambda o: o.from_date, default=None)


def _rolling(booking: Booking, at: datetime, calendar: Calendar) -> Window:
    today = calendar.day_of(at)
    return Window(calendar.date_after(today, booking.notice), calendar.date_after(today, booking.ahead))


def _weekly(booking: Booking, at: datetime, calendar: Calendar) -> Window:
    weekly = booking.weekly
    assert weekly is not None  # noqa: S101 (the caller has checked it)
    today = calendar.day_of(at)
    monday = today - timedelta(days=today.weekday())
    opens = calendar.moment(monday + timedelta(days=WEEKDAYS.index(weekly.opens)), weekly.opens_at)
    closes = calendar.moment(monday + timedelta(days=WEEKDAYS.index(weekly.closes)), weekly.closes_at)
    if opens <= at < closes:
        return Window(monday + timedelta(days=7), monday + timedelta(days=13), closes_at=closes)
    return Window(None, None, opens_at=opens if at < opens else opens + timedelta(days=7))


def _within_run(booking: Booking, days: Window) -> Window:
    """The window, limited to the days on which the scheme runs."""
    if days.first is None or days.last is None:
        return days
    first = max(days.first, booking.runs_from or days.first)
    last = min(days.last, booking.runs_until or days.last)
    if first > last:
        return Window(None, None)
    return Window(first, last, closes_at=days.closes_at)


def visit_days(visit: Visit, chosen: Mapping[str, date], bookable: Window) -> tuple[date, date] | None:
    """The first and last day on which a visit may take place, given the days chosen for earlier visits."""
    if bookable.first is None or bookable.last is None:
        return None
    if visit.after is None or visit.days is None:
        return bookable.first, bookable.last
    earlier = chosen.get(visit.after)
    if earlier is None:
        return None
    return earlier + timedelta(days=visit.days[0]), earlier + timedelta(days=visit.days[1])


def movable_until(booking: Booking, day: date, clock: str, calendar: Calendar) -> datetime | None:
    """The last moment at which a visit on that day may be moved; None when the service does not allow it."""
    if booking.move is None:
        return None
    before = booking.move.before or booking.notice
    begins = calendar.moment(day, time.fromisoformat(clock) if clock else time())
    if before.unit in {"minutes", "hours"}:
        return begins - (calendar.after(begins, before) - begins)
    return calendar.moment(calendar.date_before(day, before), time(23, 59, 59))


def sessions(booking: Booking, first: date, last: date, calendar: Calendar) -> Iterator[Session]:
    """Every session from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        if (booking.runs_from and day < booking.runs_from) or (booking.runs_until and day > booking.runs_until):
            continue
        open_then = [block for block in booking.blocks if block.on(day, calendar.holidays)]
        for place in booking.places:
            seen: set[str] = set()
            for block in open_then:
                capacity = block.places_in(place.value)
                for clock in block.clocks if capacity else ():
                    if clock not in seen:
                        seen.add(clock)
                        yield Session(place.value, day, clock, capacity)


def reach(booking: Booking) -> int:
    """The most days that can lie between the first visit of a booking and its last."""
    days = 0
    by_name: dict[str, int] = {}
    for visit in booking.all_visits:
        by_name[visit.name] = (by_name.get(visit.after or "", 0)) + (visit.days[1] if visit.days else 0)
        days = max(days, by_name[visit.name])
    return days


def in_order(pools: Sequence[int]) -> list[int]:
    """The order in which pools are always locked, so that two bookings of the same pools cannot deadlock."""
    return sorted(set(pools))


def openings(booking: Booking, *, at: datetime, calendar: Calendar) -> tuple[datetime | None, datetime | None]:
    """The last moment, and the next one, at which booking opens to somebody or places are released."""
    today = calendar.day_of(at)
    moments = [calendar.moment(one.from_date, time()) for one in booking.opens]
    if booking.weekly:
        opens = today - timedelta(days=(today.weekday() - WEEKDAYS.index(booking.weekly.opens)) % 7)
        moments += [calendar.moment(opens + timedelta(days=days), booking.weekly.opens_at) for days in (-7, 0, 7)]
    if booking.release:
        moments += [calendar.moment(today + timedelta(days=days), booking.release.at) for days in (-1, 0, 1)]
    past, later = [one for one in moments if one <= at], [one for one in moments if one > at]
    return max(past, default=None), min(later, default=None)


def released(booking: Booking, session: Session, *, at: datetime, calendar: Calendar) -> int:
    """How many places of a session are released at a moment."""
    if booking.release is None:
        return session.capacity
    today = calendar.day_of(at)
    first = session.day - timedelta(days=booking.ahead.count)
    steps = (today - first).days + (at >= calendar.moment(today, booking.release.at))
    return min(session.capacity, max(0, steps) * booking.release.places)
