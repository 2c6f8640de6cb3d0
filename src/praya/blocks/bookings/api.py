"""The door of bookings: what is free, hold, confirm, cancel. Nothing is ever sold twice."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet, Sum

from praya.blocks.bookings import models, store
from praya.blocks.bookings.rules import (
    Session,
    Window,
    movable_until,
    opening_for,
    reach,
    sessions,
    visit_days,
    window,
    window_of_all,
)
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.rounds import breathe
from praya.kernel.rows import one_or_none

HeldAlready = store.HeldAlready
Seat = store.Seat


class SlotTaken(Exception):
    """The places asked for are not free any more."""


class NoSession(SlotTaken):
    """There is no such session, or it is not among those that may be booked."""


class NoBooking(Exception):
    """There is no such booking, or it has ended."""


class HoldExpired(Exception):
    """The hold ran out and its places were given to others."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A session that exists: its pool, and how many places are left."""

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
    """A party's places."""

    ref: str
    scheme: str
    person_ref: str
    status: str
    size: int
    expires_at: datetime | None
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """On what a booking was given: when, and for whom, as `holder` writes them."""

    made_at: datetime
    holders: frozenset[str]


def make_pools(*, scheme: str, wanted: Iterable[Session]) -> int:
    """Make the pools that do not exist; answers how many those were."""
    sessions = list(wanted)
    if not sessions:
        return 0
    days = min(s.day for s in sessions), max(s.day for s in sessions)
    there = set(models.Pool.objects.filter(scheme=scheme, day__range=days).values_list("place", "day", "clock"))
    missing = [s for s in sessions if (s.place, s.day, s.clock) not in there]
    store.make_pools(scheme, missing)
    return len(missing)


def slots(*, scheme: str, first: date, last: date, place: str = "") -> list[Slot]:
    """The sessions between two days, in order; for showing, never for deciding."""
    rows = models.Pool.objects.filter(scheme=scheme, day__gte=first, day__lte=last)
    if place:
        rows = rows.filter(place=place)
    return [
        Slot(row.id, row.place, row.day, row.clock, max(0, row.capacity - row.taken), row.closed)
        for row in rows.order_by("day", "clock", "place")[:5000]
    ]


def holder(identity: str) -> str:
    """The blind index under which one person's bookings of a scheme are counted."""
    return vault.blind_index("booking", identity)


def respell_holders(ref: str, holders: Mapping[str, str]) -> None:
    """Count a booking under other indexes of its holders, old -> new; one that stands for another booking is left."""
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
) -> Booking:
    """Take the places for a while, or for good with `hold_for=None`. The same `once_key` gives the same booking.

    Raises SlotTaken, NoSession, HeldAlready.
    """
    expires_at = at + hold_for if hold_for else None
    status = "held" if hold_for else "booked"
    # In one order everywhere, so that two parties with members in common never wait for each other.
    unique = tuple(sorted(set(holders)))
    sale = store.Sale(opaque(), scheme, person_ref, status, size, tuple(seats), unique, at, expires_at, once_key, by)
    if not _taken(store.sell, sale):
        return _booking(models.Booking.objects.get(once_key=once_key))
    return Booking(sale.ref, scheme, person_ref, status, size, expires_at, ())


def _taken(take: Callable[[store.Sale], bool], sale: store.Sale) -> bool:
    try:
        return _tried(take, sale)
    except (SlotTaken, HeldAlready):
        # Holds that ran out are given back before anybody is sent away, by us or by others at this moment.
        if not (_reclaimed(sale) or store.has_room(sale)):
            raise
        return _tried(take, sale)


def _tried(take: Callable[[store.Sale], bool], sale: store.Sale) -> bool:
    try:
        return take(sale)
    except store.Full:
        there = len(store.pools_of(sale)) == len(sale.sessions)
        raise (SlotTaken if there else NoSession)(sale.scheme) from None


def _reclaimed(sale: store.Sale) -> int:
    pools = list(store.pools_of(sale).values())
    given = _ended(store.run_out(at=sale.at, pools=pools, limit=200), sale.at)
    if sale.holders:
        given += _ended(store.run_out(at=sale.at, scheme=sale.scheme, holders=sale.holders, limit=20), sale.at)
    return given


def booking(ref: str) -> Booking:
    """The booking. Raises NoBooking."""
    row = one_or_none(models.Booking.objects.filter(ref=ref))
    if row is None:
        raise NoBooking(ref)
    return _booking(row)


def terms(ref: str) -> Terms:
    """On what the booking was given. Raises NoBooking."""
    row = one_or_none(models.Booking.objects.filter(ref=ref))
    if row is None:
        raise NoBooking(ref)
    return Terms(row.created_at, frozenset(row.holders.values_list("holder", flat=True)))


def confirm(*, ref: str, at: datetime, by: str) -> Booking:
    """Keep a hold for good; also one that ran out but that nobody took. Raises HoldExpired, NoBooking."""
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
    """Give the places back; False when the booking had ended already."""
    return store.give_back(ref, was=("held", "booked"), now="cancelled", at=at, by=by)


def move(*, ref: str, seats: Sequence[Seat], at: datetime, by: str) -> bool:
    """Give a booking other sessions for the same visits, all of them or none; False when it has just these already.

    It keeps its reference, size and holders. Raises SlotTaken, and then it stands as it was; NoBooking.
    """
    found = booking(ref)
    if found.status != "booked":
        raise NoBooking(ref)
    sale = store.Sale(ref, found.scheme, found.person_ref, "booked", found.size, tuple(seats), (), at, None, "", by)
    try:
        return _taken(store.move, sale)
    except store.Ended:
        raise NoBooking(ref) from None


def replace(*, old: str, new: str, holders: Sequence[str], at: datetime, by: str) -> None:
    """Give back `old` for `new`, which was held without holders; then the holders are those of `new`.

    The new places are taken before this, and the old ones given back here: nobody loses what they had, and no two
    people who change places wait for each other. Raises HeldAlready, and then `old` stands as it was.
    """
    store.replace(old, new, tuple(dict.fromkeys(holders)), at=at, by=by)


def expire(*, at: datetime) -> int:
    """Give back every hold that ran out, in slices; answers how many."""
    count = 0
    for ref in store.all_run_out(at=at):
        breathe()
        count += _ended([ref], at)
    return count


def oldest_hold() -> datetime | None:
    """When the first hold runs out."""
    return store.first_hold()


def _ended(refs: Sequence[str], at: datetime) -> int:
    return sum(
        store.give_back(ref, was=("held",), now="expired", at=at, by="system", expired_before=True) for ref in refs
    )


def attended(*, ref: str, visit: str, at: datetime, by: str) -> bool:
    """Note that the party came; False when it was noted before."""
    with transaction.atomic():
        rows = models.Seat.objects.filter(booking_id=ref, visit=visit, attended_at__isnull=True)
        if not rows.update(attended_at=at):
            return False
        row = models.Booking.objects.get(ref=ref)
        journal.record(event="visit_attended", at=at, by=by, subject=ref, service=row.scheme, facts={"visit": visit})
    return True


@dataclass(frozen=True, slots=True)
class DayTotals:
    """How many parties come to a place on a day, of how many persons, and how many parties have come."""

    parties: int
    persons: int
    come: int


def _seats_of_day(scheme: str, place: str, day: date) -> "QuerySet[models.Seat]":
    return models.Seat.objects.filter(pool__scheme=scheme, pool__place=place, pool__day=day, booking__status="booked")


def day_totals(*, scheme: str, place: str, day: date) -> DayTotals:
    """The whole day's list counted, in one query."""
    counted = _seats_of_day(scheme, place, day).aggregate(
        parties=Count("id"), persons=Sum("booking__size"), come=Count("attended_at")
    )
    return DayTotals(counted["parties"], counted["persons"] or 0, counted["come"])


def day_list(*, scheme: str, place: str, day: date, first: int = 0, limit: int = 100) -> list[tuple[Booking, str, str]]:
    """A page of who comes to a place on a day: booking, visit and clock, in order; what was cancelled is left out."""
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
    """Close or open a place for a day (typhoon, maintenance); answers how many sessions changed."""
    with transaction.atomic():
        rows = models.Pool.objects.filter(scheme=scheme, place=place, day=day).exclude(closed=closed)
        count = rows.update(closed=closed)
        if count:
            event = "place_closed" if closed else "place_opened"
            facts = {"place": place, "day": day.isoformat()}
            journal.record(event=event, at=at, by=by, service=scheme, facts=facts)
    return count


def miscounted() -> list[tuple[int, int, int]]:
    """Pools whose `taken` differs from the places of their bookings: id, taken, counted. Must be empty."""
    counted = dict(
        models.Seat.objects.filter(booking__status__in=("held", "booked"))
        .values_list("pool_id")
        .annotate(n=Sum("booking__size"))
    )
    pools = models.Pool.objects.values_list("id", "taken")
    return [(pool, taken, counted.get(pool, 0)) for pool, taken in pools if taken != counted.get(pool, 0)]


def _booking(row: models.Booking, seats: Sequence[models.Seat] | None = None) -> Booking:
    found = row.seats.select_related("pool") if seats is None else seats
    visits = sorted(
        (Visit(s.visit, s.pool.place, s.pool.day, s.pool.clock, s.attended_at) for s in found),
        key=lambda v: (v.day, v.clock),
    )
    return Booking(row.ref, row.scheme, row.person_ref, row.status, row.size, row.expires_at, tuple(visits))


__all__ = [
    "Booking",
    "DayTotals",
    "HeldAlready",
    "HoldExpired",
    "NoBooking",
    "NoSession",
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
]
