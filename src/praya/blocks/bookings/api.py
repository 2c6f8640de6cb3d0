"""The interface of bookings: list free places, hold, confirm, move and cancel. No place is ever given twice.

A booking is `held` until it is confirmed (`booked`), is `cancelled`, or its hold `expired`. A pool counts the places
taken in one session; the database refuses more than its capacity.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet, Sum

from praya.blocks.bookings import models, store
from praya.blocks.bookings.days import VisitOfDay, visits_of_day
from praya.blocks.bookings.holds import confirm, expire, hold, oldest_hold, take_places, telling_apart
from praya.blocks.bookings.rules import (
    Session,
    Window,
    movable_until,
    narrowed,
    opening_for,
    openings,
    reach,
    released,
    sessions,
    visit_days,
    window,
    window_of_all,
    window_to_move,
)
from praya.blocks.bookings.values import (
    NOBODY,
    Apart,
    Booking,
    HeldAlready,
    HoldExpired,
    NoBooking,
    NoSession,
    Overlaps,
    Seat,
    Slot,
    SlotTaken,
    Terms,
    Visit,
    booking_from,
    holder,
    keys_of_holders,
)
from praya.kernel.journal import api as journal
from praya.kernel.rows import row_by, walk


def make_pools(*, scheme: str, wanted: Iterable[Session]) -> int:
    """Create the pools of the sessions that have none; return how many."""
    sessions = list(wanted)
    if not sessions:
        return 0
    missing = store.without_pool(scheme, sessions)
    store.make_pools(scheme, missing)
    return len(missing)


def release(*, scheme: str, wanted: Iterable[Session]) -> int:
    """Raise the pools of these sessions to their capacity, where they have less; return how many."""
    return store.raise_pools(scheme, list(wanted))


@dataclass(frozen=True, slots=True)
class FreeDay:
    """The free places of a place on a day, over all its sessions; `closed` when all of them are closed."""

    place: str
    day: date
    free: int
    closed: bool


def free_days(*, scheme: str, first: date, last: date) -> list[FreeDay]:
    """The free places of each place and day, in order; one query. For display only."""
    rows = models.Pool.objects.filter(scheme=scheme, day__gte=first, day__lte=last).values_list("place", "day")
    open_ = Q(closed=False)
    counted = rows.annotate(
        places=Sum("capacity", filter=open_), gone=Sum("taken", filter=open_), sessions=Count("id", filter=open_)
    ).order_by("day", "place")
    return [
        FreeDay(place, day, max(0, (places or 0) - (gone or 0)), not sessions)
        for place, day, places, gone, sessions in counted
    ]


def held_now(*, scheme: str) -> int:
    """How many groups hold places that they have not confirmed yet."""
    return models.Booking.objects.filter(scheme=scheme, status="held").count()


def slots(*, scheme: str, first: date, last: date, place: str = "") -> list[Slot]:
    """The sessions between two days, in order. For display only: `hold` decides whether places are free."""
    rows = models.Pool.objects.filter(scheme=scheme, day__gte=first, day__lte=last)
    if place:
        rows = rows.filter(place=place)
    return [
        Slot(row.id, row.place, row.day, row.clock, max(0, row.capacity - row.taken), row.closed)
        for row in rows.order_by("day", "clock", "place")[:5000]
    ]


def respell_holders(ref: str, holders: Mapping[str, str]) -> None:
    """Replace blind indexes of a booking's holders, old -> new, except where the new one has another active booking."""
    for old, new in holders.items():
        with suppress(IntegrityError), transaction.atomic():
            models.Holder.objects.filter(booking_id=ref, holder=old).update(holder=new)


def booking(ref: str) -> Booking:
    """A booking, also one that has ended. Raises NoBooking."""
    row = row_by(models.Booking, ref=ref)
    if row is None:
        raise NoBooking(ref)
    return booking_from(row)


def bookings(refs: Iterable[str]) -> list[Booking]:
    """These bookings, in any order; two queries for any number."""
    rows = list(models.Booking.objects.filter(ref__in=list(refs)))
    seats: dict[str, list[models.Seat]] = {row.ref: [] for row in rows}
    for seat in models.Seat.objects.filter(booking_id__in=list(seats)).select_related("pool"):
        seats[seat.booking_id].append(seat)
    return [booking_from(row, seats[row.ref]) for row in rows]


def booked_for(*, scheme: str, holders: Sequence[str]) -> list[Booking]:
    """The confirmed bookings of a scheme that these persons (`holder`) have; a query, and two more if there are any."""
    if not holders:
        return []
    rows = models.Holder.objects.filter(scheme=scheme, holder__in=list(holders), active=True, whose="")
    return bookings(rows.filter(booking__status="booked").values_list("booking_id", flat=True))


def terms(ref: str) -> Terms:
    """When a booking was made and for whom. Raises NoBooking."""
    row = row_by(models.Booking, ref=ref)
    if row is None:
        raise NoBooking(ref)
    held = list(row.holders.values_list("holder", "whose"))
    persons = frozenset(one for one, whose in held if not whose)
    return Terms(row.created_at, persons, frozenset(whose for _, whose in held if whose))


def cancel(*, ref: str, at: datetime, by: str) -> bool:
    """End a booking and free its places; False when it had already ended."""
    return store.give_back(ref, was=("held", "booked"), now="cancelled", at=at, by=by)


def move(*, ref: str, seats: Sequence[Seat], at: datetime, by: str, times: Sequence[str] = ()) -> bool:
    """Move all visits of a booking to other sessions, or none; False when it has exactly these sessions already.

    It keeps its reference, size and holders. `times` are the times of the new sessions: the persons who may have no
    other booking at the old times may have none at these. Raises NoBooking; SlotTaken and Overlaps, and then the
    booking is unchanged.
    """
    old = booking(ref)
    if old.status != "booked":
        raise NoBooking(ref)
    holders = keys_of_holders((), Apart(tuple(terms(ref).alone), tuple(times)))
    sale = store.Sale(ref, old.scheme, old.person_ref, "booked", old.size, tuple(seats), holders, at, None, "", by)
    try:
        return take_places(store.move, sale)
    except store.Ended:
        raise NoBooking(ref) from None


def replace(*, old: str, new: str, holders: Sequence[str], at: datetime, by: str, apart: Apart = NOBODY) -> None:
    """Cancel the booking `old` and give its right to an active booking, the `holders`, to `new`.

    The caller has already held the places of `new`, without holders. So a person keeps the old places until the new
    ones are secured, and two people who exchange places never wait for each other. Raises HeldAlready, Overlaps, and
    then `old` is unchanged.
    """
    keys = keys_of_holders(holders, apart)
    before = booking(old)
    with telling_apart(store.Sale(old, before.scheme, "", "", before.size, (), keys, at, None, "", by)):
        store.replace(old, new, keys, at=at, by=by)


def attended(*, ref: str, visit: str, at: datetime, by: str) -> bool:
    """Record that the group attended a visit; False when that was recorded before."""
    with transaction.atomic():
        rows = models.Seat.objects.filter(booking_id=ref, visit=visit, attended_at__isnull=True)
        if not rows.update(attended_at=at):
            return False
        row = models.Booking.objects.get(ref=ref)
        journal.record(event="visit_attended", at=at, by=by, subject=ref, service=row.scheme, facts={"visit": visit})
    return True


@dataclass(frozen=True, slots=True)
class DayTotals:
    """For a place and day: the number of booked groups, of persons in them, and of groups that have arrived."""

    groups: int
    persons: int
    come: int


def _seats_of_day(scheme: str, place: str, day: date) -> "QuerySet[models.Seat]":
    return models.Seat.objects.filter(pool__scheme=scheme, pool__place=place, pool__day=day, booking__status="booked")


def day_totals(*, scheme: str, place: str, day: date) -> DayTotals:
    """The totals of a day's list, by one query."""
    counted = _seats_of_day(scheme, place, day).aggregate(
        groups=Count("id"), persons=Sum("booking__size"), come=Count("attended_at")
    )
    return DayTotals(counted["groups"], counted["persons"] or 0, counted["come"])


def day_list(*, scheme: str, place: str, day: date, first: int = 0, limit: int = 100) -> list[tuple[Booking, str, str]]:
    """A page of the bookings of a place and day, in order: booking, visit, clock. Cancelled bookings are left out."""
    seats = (
        _seats_of_day(scheme, place, day)
        .select_related("booking", "pool")
        .order_by("pool__clock", "booking__created_at", "id")[first : first + limit]
    )
    refs = [seat.booking_id for seat in seats]
    all_seats = models.Seat.objects.filter(booking_id__in=refs).select_related("pool")
    by_booking: dict[str, list[models.Seat]] = {}
    for seat in all_seats:
        by_booking.setdefault(seat.booking_id, []).append(seat)
    return [(booking_from(s.booking, by_booking[s.booking_id]), s.visit, s.pool.clock) for s in seats]


def close_pools(
    *, scheme: str, place: str, day: date, closed: bool, from_clock: str = "", at: datetime, by: str
) -> int:
    """Close or open a place for a day (typhoon, maintenance), or from a time of day on (`18:00`).

    Return how many sessions changed. A session without a time of day lasts the whole day and is always among them.
    """
    with transaction.atomic():
        rows = models.Pool.objects.filter(scheme=scheme, place=place, day=day).exclude(closed=closed)
        if from_clock:
            rows = rows.filter(Q(clock="") | Q(clock__gte=from_clock))
        count = rows.update(closed=closed)
        if count:
            event = "place_closed" if closed else "place_opened"
            facts = {"place": place, "day": day.isoformat()} | ({"from": from_clock} if from_clock else {})
            journal.record(event=event, at=at, by=by, service=scheme, facts=facts)
    return count


def in_closed(*, scheme: str, first: date) -> Iterator[str]:
    """The confirmed bookings with a visit still to come in a closed session from a day on; who booked first, first."""
    closed = models.Seat.objects.filter(
        pool__scheme=scheme, pool__closed=True, pool__day__gte=first, attended_at__isnull=True
    )
    rows = models.Booking.objects.filter(status="booked", ref__in=closed.values("booking_id"))
    return (row.ref for row in walk(rows.only("ref", "created_at"), "created_at"))


def miscounted() -> list[tuple[int, int, int]]:
    """Pools whose `taken` differs from the places of their active bookings: id, taken, counted. Must be empty."""
    counted = dict(
        models.Seat.objects.filter(booking__status__in=("held", "booked"))
        .values_list("pool_id")
        .annotate(n=Sum("booking__size"))
    )
    pools = models.Pool.objects.values_list("id", "taken")
    return [(pool, taken, counted.get(pool, 0)) for pool, taken in pools if taken != counted.get(pool, 0)]


__all__ = [
    "NOBODY",
    "Apart",
    "Booking",
    "DayTotals",
    "FreeDay",
    "HeldAlready",
    "HoldExpired",
    "NoBooking",
    "NoSession",
    "Overlaps",
    "Seat",
    "Session",
    "Slot",
    "SlotTaken",
    "Terms",
    "Visit",
    "VisitOfDay",
    "Window",
    "attended",
    "booked_for",
    "booking",
    "bookings",
    "cancel",
    "close_pools",
    "confirm",
    "day_list",
    "day_totals",
    "expire",
    "free_days",
    "held_now",
    "hold",
    "holder",
    "in_closed",
    "make_pools",
    "miscounted",
    "movable_until",
    "move",
    "narrowed",
    "oldest_hold",
    "opening_for",
    "openings",
    "reach",
    "release",
    "released",
    "replace",
    "respell_holders",
    "sessions",
    "slots",
    "terms",
    "visit_days",
    "visits_of_day",
    "window",
    "window_of_all",
    "window_to_move",
]
