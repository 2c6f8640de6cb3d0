"""The interface of bookings: list free places, hold, confirm, move and cancel. No place is ever given twice.

A booking is `held` until it is confirmed (`booked`), is `cancelled`, or its hold `expired`. A pool counts the places
taken in one session; the database refuses more than its capacity.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet, Sum

from praya.blocks.bookings import models, store
from praya.blocks.bookings.rules import (
    Session,
    Window,
    movable_until,
    narrowed,
    opening_for,
    reach,
    sessions,
    visit_days,
    window,
    window_of_all,
    window_to_move,
)
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.rounds import breathe
from praya.kernel.rows import one_or_none

HeldAlready = store.HeldAlready
Seat = store.Seat


class SlotTaken(Exception):
    """The requested places are no longer free."""


class NoSession(SlotTaken):
    """There is no pool for a requested session: it does not exist, or may not be booked."""


class Overlaps(HeldAlready):
    """One of those who book has another booking of this scheme at the same time."""


class NoBooking(Exception):
    """There is no such booking, or it has ended."""


class HoldExpired(Exception):
    """The hold expired and its places were freed."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A session with a pool, and the number of places left."""

    pool: int
    place: str
    day: date
    clock: str
    left: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a booking."""

    visit: str
    place: str
    day: date
    clock: str
    attended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """The places that a group of `size` persons holds or has booked, one set for each visit."""

    ref: str
    scheme: str
    person_ref: str
    status: str
    size: int
    expires_at: datetime | None
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """When a booking was made, its holders as `holder` encodes them, and those who have no other at its times."""

    made_at: datetime
    holders: frozenset[str]
    alone: frozenset[str]


@dataclass(frozen=True, slots=True)
class Apart:
    """Persons, as `holder` encodes them, who have no other booking of the scheme at these times (`Booking.ticks`)."""

    persons: tuple[str, ...] = ()
    times: tuple[str, ...] = ()

    @property
    def holders(self) -> list[store.Holder]:
        """The keys of each person at each time."""
        return [(holder(f"{person}|{time}"), person) for person in self.persons for time in self.times]


NOBODY = Apart()


def make_pools(*, scheme: str, wanted: Iterable[Session]) -> int:
    """Create the pools of the sessions that have none; return how many."""
    sessions = list(wanted)
    if not sessions:
        return 0
    days = min(s.day for s in sessions), max(s.day for s in sessions)
    there = set(models.Pool.objects.filter(scheme=scheme, day__range=days).values_list("place", "day", "clock"))
    missing = [s for s in sessions if (s.place, s.day, s.clock) not in there]
    store.make_pools(scheme, missing)
    return len(missing)


def slots(*, scheme: str, first: date, last: date, place: str = "") -> list[Slot]:
    """The sessions between two days, in order. For display only: `hold` decides whether places are free."""
    rows = models.Pool.objects.filter(scheme=scheme, day__gte=first, day__lte=last)
    if place:
        rows = rows.filter(place=place)
    return [
        Slot(row.id, row.place, row.day, row.clock, max(0, row.capacity - row.taken), row.closed)
        for row in rows.order_by("day", "clock", "place")[:5000]
    ]


def holder(identity: str) -> str:
    """The blind index of a person, by which a scheme limits each person to one active booking."""
    return vault.blind_index("booking", identity)


def respell_holders(ref: str, holders: Mapping[str, str]) -> None:
    """Replace blind indexes of a booking's holders, old -> new, except where the new one has another active booking."""
    for old, new in holders.items():
        with suppress(IntegrityError), transaction.atomic():
            models.Holder.objects.filter(booking_id=ref, holder=old).update(holder=new)


def hold(
    *,
    scheme: str,
    person_ref: str,
    seats: Sequence[Seat],
    size: int,
    holders: Sequence[str],
    hold_for: timedelta | None,
    once_key: str,
    at: datetime,
    by: str,
    apart: Apart = NOBODY,
) -> Booking:
    """Take places for the time `hold_for`, or permanently when it is None. The same `once_key` gives the same booking.

    Raises SlotTaken, NoSession, HeldAlready, Overlaps.
    """
    expires_at = at + hold_for if hold_for else None
    status = "held" if hold_for else "booked"
    # Holders are always inserted in sorted order, so that bookings with common holders cannot deadlock.
    unique = _holders(holders, apart)
    sale = store.Sale(opaque(), scheme, person_ref, status, size, tuple(seats), unique, at, expires_at, once_key, by)
    if not _take_places(store.sell, sale):
        return _booking(models.Booking.objects.get(once_key=once_key))
    return Booking(sale.ref, scheme, person_ref, status, size, expires_at, ())


def _holders(persons: Sequence[str], apart: Apart) -> tuple[store.Holder, ...]:
    return tuple(sorted({(person, "") for person in persons} | set(apart.holders)))


def _take_places(take: Callable[[store.Sale], bool], sale: store.Sale) -> bool:
    """Take the places; when they are full, free expired holds first and try once more."""
    with _telling_apart(sale):
        try:
            return _attempt(take, sale)
        except (SlotTaken, HeldAlready):
            # Another process may have freed them at the same moment: then there is room although we freed nothing.
            if not (_free_expired_holds(sale) or store.has_room(sale)):
                raise
            return _attempt(take, sale)


@contextmanager
def _telling_apart(sale: store.Sale) -> Iterator[None]:
    """Raise Overlaps where HeldAlready is about the times of the sale only."""
    try:
        yield
    except HeldAlready:
        if any(whose for _, whose in sale.holders) and not store.held_by_others(sale):
            raise Overlaps(sale.scheme) from None
        raise


def _attempt(take: Callable[[store.Sale], bool], sale: store.Sale) -> bool:
    try:
        return take(sale)
    except store.Full:
        complete = len(store.pools_of(sale)) == len(sale.sessions)
        raise (SlotTaken if complete else NoSession)(sale.scheme) from None


def _free_expired_holds(sale: store.Sale) -> int:
    """Free expired holds in the pools of the sale and of its holders; return how many."""
    pools = list(store.pools_of(sale).values())
    count = _expire(store.expired_holds(at=sale.at, pools=pools, limit=200), sale.at)
    if sale.holders:
        named = [holder for holder, _ in sale.holders]
        refs = store.expired_holds(at=sale.at, scheme=sale.scheme, holders=named, limit=20)
        count += _expire(refs, sale.at)
    return count


def booking(ref: str) -> Booking:
    """A booking, also one that has ended. Raises NoBooking."""
    row = one_or_none(models.Booking.objects.filter(ref=ref))
    if row is None:
        raise NoBooking(ref)
    return _booking(row)


def terms(ref: str) -> Terms:
    """When a booking was made and for whom. Raises NoBooking."""
    row = one_or_none(models.Booking.objects.filter(ref=ref))
    if row is None:
        raise NoBooking(ref)
    held = list(row.holders.values_list("holder", "whose"))
    persons = frozenset(one for one, whose in held if not whose)
    return Terms(row.created_at, persons, frozenset(whose for _, whose in held if whose))


def confirm(*, ref: str, at: datetime, by: str) -> Booking:
    """Turn a hold into a booking, also one past its time whose places were not freed yet.

    Raises HoldExpired, NoBooking.
    """
    with transaction.atomic():
        changed = models.Booking.objects.filter(ref=ref, status="held").update(status="booked", expires_at=None)
        row = one_or_none(models.Booking.objects.filter(ref=ref))
        if row is None:
            raise NoBooking(ref)
        if not changed and row.status != "booked":
            raise HoldExpired(ref)
        if changed:
            journal.record(event="booking_booked", at=at, by=by, subject=ref, service=row.scheme,
                           facts={"size": row.size})  # fmt: skip
    return _booking(row)


def cancel(*, ref: str, at: datetime, by: str) -> bool:
    """End a booking and free its places; False when it had already ended."""
    return store.give_back(ref, was=("held", "booked"), now="cancelled", at=at, by=by)


def move(*, ref: str, seats: Sequence[Seat], at: datetime, by: str, times: Sequence[str] = ()) -> bool:
    """Move all visits of a booking to other sessions, or none; False when it has exactly these sessions already.

    It keeps its reference, size and holders; whoever has no other booking at its times has none at `times`, those of
    the new sessions. Raises NoBooking; SlotTaken and Overlaps, and then the booking is unchanged.
    """
    old = booking(ref)
    if old.status != "booked":
        raise NoBooking(ref)
    holders = _holders((), Apart(tuple(terms(ref).alone), tuple(times)))
    sale = store.Sale(ref, old.scheme, old.person_ref, "booked", old.size, tuple(seats), holders, at, None, "", by)
    try:
        return _take_places(store.move, sale)
    except store.Ended:
        raise NoBooking(ref) from None


def replace(*, old: str, new: str, holders: Sequence[str], at: datetime, by: str, apart: Apart = NOBODY) -> None:
    """Cancel the booking `old` and give its right to an active booking, the `holders`, to `new`.

    The caller has held `new` before, without holders. So a person keeps the old places until the new ones are safe,
    and two people who exchange places never wait for each other. Raises HeldAlready, Overlaps, and then `old` is
    unchanged.
    """
    keys = _holders(holders, apart)
    before = booking(old)
    with _telling_apart(store.Sale(old, before.scheme, "", "", before.size, (), keys, at, None, "", by)):
        store.replace(old, new, keys, at=at, by=by)


def expire(*, at: datetime) -> int:
    """Free the places of every expired hold, one transaction each; return how many."""
    count = 0
    for ref in store.all_expired_holds(at=at):
        breathe()
        count += _expire([ref], at)
    return count


def oldest_hold() -> datetime | None:
    """The earliest moment at which a hold expires."""
    return store.earliest_expiry()


def _expire(refs: Sequence[str], at: datetime) -> int:
    return sum(
        store.give_back(ref, was=("held",), now="expired", at=at, by="system", expired_before=True) for ref in refs
    )


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

    parties: int
    persons: int
    come: int


def _seats_of_day(scheme: str, place: str, day: date) -> "QuerySet[models.Seat]":
    return models.Seat.objects.filter(pool__scheme=scheme, pool__place=place, pool__day=day, booking__status="booked")


def day_totals(*, scheme: str, place: str, day: date) -> DayTotals:
    """The totals of a day's list, by one query."""
    counted = _seats_of_day(scheme, place, day).aggregate(
        parties=Count("id"), persons=Sum("booking__size"), come=Count("attended_at")
    )
    return DayTotals(counted["parties"], counted["persons"] or 0, counted["come"])


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
    return [(_booking(s.booking, by_booking[s.booking_id]), s.visit, s.pool.clock) for s in seats]


def close_pools(*, scheme: str, place: str, day: date, closed: bool, at: datetime, by: str) -> int:
    """Close or open a place for a day (typhoon, maintenance); return how many sessions changed."""
    with transaction.atomic():
        rows = models.Pool.objects.filter(scheme=scheme, place=place, day=day).exclude(closed=closed)
        count = rows.update(closed=closed)
        if count:
            event = "place_closed" if closed else "place_opened"
            facts = {"place": place, "day": day.isoformat()}
            journal.record(event=event, at=at, by=by, service=scheme, facts=facts)
    return count


def miscounted() -> list[tuple[int, int, int]]:
    """Pools whose `taken` differs from the places of their active bookings: id, taken, counted. Must be empty."""
    counted = dict(
        models.Seat.objects.filter(booking__status__in=("held", "booked"))
        .values_list("pool_id")
        .annotate(n=Sum("booking__size"))
    )
    pools = models.Pool.objects.values_list("id", "taken")
    return [(pool, taken, counted.get(pool, 0)) for pool, taken in pools if taken != counted.get(pool, 0)]


def _booking(row: models.Booking, seats: Sequence[models.Seat] | None = None) -> Booking:
    booked_seats = row.seats.select_related("pool") if seats is None else seats
    visits = sorted(
        (Visit(s.visit, s.pool.place, s.pool.day, s.pool.clock, s.attended_at) for s in booked_seats),
        key=lambda v: (v.day, v.clock),
    )
    return Booking(row.ref, row.scheme, row.person_ref, row.status, row.size, row.expires_at, tuple(visits))


__all__ = [
    "NOBODY",
    "Apart",
    "Booking",
    "DayTotals",
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
    "Window",
    "attended",
    "booking",
    "cancel",
    "close_pools",
    "confirm",
    "day_list",
    "day_totals",
    "expire",
    "hold",
    "holder",
    "make_pools",
    "miscounted",
    "movable_until",
    "move",
    "narrowed",
    "opening_for",
    "reach",
    "replace",
    "respell_holders",
    "sessions",
    "slots",
    "terms",
    "visit_days",
    "window",
    "window_of_all",
    "window_to_move",
]
