"""Taking places. On PostgreSQL one statement in one round trip; on SQLite the same steps in one transaction."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import F
from psycopg import Cursor

from praya.blocks.bookings import models
from praya.blocks.bookings.rules import Session, in_order
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none, walk

# Locks are always taken in this order: holders, then pools, each sorted. So bookings cannot deadlock. The last line
# divides by zero when a pool is missing or has too few places left: the whole statement then fails and is undone.
_SELL = """
WITH wanted AS (
  SELECT s.visit, p.id AS pool
  FROM json_to_recordset(%(seats)s::json) AS s(visit text, place text, day date, clock text)
  JOIN bookings_pool p ON p.scheme = %(scheme)s AND p.place = s.place AND p.day = s.day AND p.clock = s.clock
), booked AS (
  INSERT INTO bookings_booking (ref, scheme, person_ref, status, size, created_at, expires_at, once_key)
  VALUES (%(ref)s, %(scheme)s, %(person)s, %(status)s, %(size)s::int, %(at)s, %(expires)s::timestamptz, %(once)s)
  ON CONFLICT (once_key) DO NOTHING RETURNING ref
), holders AS (
  INSERT INTO bookings_holder (booking_id, scheme, holder, whose, active)
  SELECT b.ref, %(scheme)s, h.holder, h.whose, true
  FROM booked b, json_to_recordset(%(holders)s::json) AS h(holder text, whose text) ORDER BY h.holder RETURNING 1
), seats AS (
  INSERT INTO bookings_seat (booking_id, pool_id, visit)
  SELECT b.ref, w.pool, w.visit FROM booked b, wanted w RETURNING 1
), fact AS (
  INSERT INTO journal_entry (at, event, service, subject, actor, facts)
  SELECT %(at)s, %(event)s, %(scheme)s, b.ref, %(actor)s, %(facts)s FROM booked b RETURNING 1
), locked AS (
  SELECT p.id FROM bookings_pool p
  WHERE p.id IN (SELECT pool FROM wanted) AND (SELECT count(*) FROM holders) >= 0 AND EXISTS (SELECT 1 FROM booked)
  ORDER BY p.id FOR UPDATE OF p
), taken AS (
  UPDATE bookings_pool p SET taken = p.taken + %(size)s::int FROM locked l
  WHERE p.id = l.id AND NOT p.closed AND p.taken + %(size)s::int <= p.capacity RETURNING 1
)
SELECT b.n, 1 / CASE WHEN b.n = 0 OR t.n = %(pools)s::int THEN 1 ELSE 0 END
FROM (SELECT count(*) AS n FROM booked) b, (SELECT count(*) AS n FROM taken) t
"""
# The same for many sales at once: all of them are made, or none.
_SELL_MANY = """
WITH sale AS (
  SELECT * FROM json_to_recordset(%(sales)s::json) AS s(ref text, person text, status text, size int, pools int,
    at timestamptz, expires timestamptz, once text, event text, actor text, facts text)
), wanted AS (
  SELECT s.ref, s.visit, p.id AS pool
  FROM json_to_recordset(%(seats)s::json) AS s(ref text, visit text, place text, day date, clock text)
  JOIN bookings_pool p ON p.scheme = %(scheme)s AND p.place = s.place AND p.day = s.day AND p.clock = s.clock
), booked AS (
  INSERT INTO bookings_booking (ref, scheme, person_ref, status, size, created_at, expires_at, once_key)
  SELECT ref, %(scheme)s, person, status, size, at, expires, once FROM sale
  ON CONFLICT (once_key) DO NOTHING RETURNING ref, size
), holders AS (
  INSERT INTO bookings_holder (booking_id, scheme, holder, whose, active)
  SELECT b.ref, %(scheme)s, h.holder, h.whose, true
  FROM booked b JOIN json_to_recordset(%(holders)s::json) AS h(ref text, holder text, whose text) ON h.ref = b.ref
  ORDER BY h.holder RETURNING 1
), seats AS (
  INSERT INTO bookings_seat (booking_id, pool_id, visit)
  SELECT b.ref, w.pool, w.visit FROM booked b JOIN wanted w ON w.ref = b.ref RETURNING 1
), fact AS (
  INSERT INTO journal_entry (at, event, service, subject, actor, facts)
  SELECT s.at, s.event, %(scheme)s, s.ref, s.actor, s.facts FROM sale s JOIN booked b ON b.ref = s.ref RETURNING 1
), each AS (
  SELECT DISTINCT b.ref, b.size, w.pool FROM booked b JOIN wanted w ON w.ref = b.ref
), needed AS (
  SELECT pool, sum(size)::int AS n FROM each GROUP BY pool
), locked AS (
  SELECT p.id FROM bookings_pool p
  WHERE p.id IN (SELECT pool FROM needed) AND (SELECT count(*) FROM holders) >= 0
  ORDER BY p.id FOR UPDATE OF p
), taken AS (
  UPDATE bookings_pool p SET taken = p.taken + n.n FROM locked l JOIN needed n ON n.pool = l.id
  WHERE p.id = l.id AND NOT p.closed AND p.taken + n.n <= p.capacity RETURNING 1
)
SELECT (SELECT array_agg(ref) FROM booked), 1 / CASE
  WHEN (SELECT count(*) FROM taken) = (SELECT count(*) FROM needed)
    AND (SELECT count(*) FROM each) = (SELECT coalesce(sum(s.pools), 0) FROM sale s JOIN booked b ON b.ref = s.ref)
  THEN 1 ELSE 0 END
"""
_DIVISION_BY_ZERO = "22012"
_POOLS_BETWEEN = "SELECT place, day, clock FROM bookings_pool WHERE scheme = %s AND day BETWEEN %s AND %s"
# Another process may be creating the same pools.
_MAKE_POOL = """
INSERT INTO bookings_pool (scheme, place, day, clock, capacity, taken, closed) VALUES (%s, %s, %s, %s, %s, 0, false)
ON CONFLICT DO NOTHING
"""

_RAISE_POOL = """
UPDATE bookings_pool SET capacity = %s WHERE scheme = %s AND place = %s AND day = %s AND clock = %s AND capacity < %s
"""

Seat = tuple[str, str, date, str]
"""Visit, place, day, clock."""
Holder = tuple[str, str]
"""The blind index of a person, and ""; or that of a person at a time, and that of the person."""


class Full(Exception):
    """A pool has too few places left."""


class Ended(Exception):
    """The booking has meanwhile ended."""


class HeldAlready(Exception):
    """One of the holders has an active booking of this scheme."""


@dataclass(frozen=True, slots=True)
class Sale:
    """The places to take: `size` places in every session of `seats`. `holders` are sorted."""

    ref: str
    scheme: str
    person_ref: str
    status: str
    size: int
    seats: tuple[Seat, ...]
    holders: tuple[Holder, ...]
    at: datetime
    expires_at: datetime | None
    once_key: str
    by: str

    @property
    def sessions(self) -> set[tuple[str, date, str]]:
        """The distinct sessions: place, day, clock."""
        return {(place, day, clock) for _, place, day, clock in self.seats}

    @property
    def facts(self) -> dict[str, Any]:
        """The facts that the journal records."""
        seats = [[visit, place, day.isoformat(), clock] for visit, place, day, clock in self.seats]
        return {"size": self.size, "seats": seats}


def without_pool(scheme: str, sessions: Sequence[Session]) -> list[Session]:
    """Those of the sessions that have no pool. Thousands are compared, so the rows are read without the ORM."""
    day = connection.ops.adapt_datefield_value
    days = [session.day for session in sessions]
    with connection.cursor() as cursor:
        cursor.execute(_POOLS_BETWEEN, [scheme, day(min(days)), day(max(days))])
        there = set(cursor.fetchall())
    return [s for s in sessions if (s.place, s.day, s.clock) not in there]


def make_pools(scheme: str, sessions: Iterable[Session]) -> None:
    """Create the pools that do not exist, in one transaction.

    There are thousands: the ORM takes two to ten times as long, and separate transactions would each sync the disk.
    """
    day = connection.ops.adapt_datefield_value
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(_MAKE_POOL, [(scheme, s.place, day(s.day), s.clock, s.capacity) for s in sessions])


def raise_pools(scheme: str, sessions: Iterable[Session]) -> int:
    """Raise the capacity of pools that have less than their session; return how many. Nothing is lowered."""
    adapt, wanted = connection.ops.adapt_datefield_value, {(s.place, s.day, s.clock): s.capacity for s in sessions}
    if not wanted:
        return 0
    days = [day for _, day, _ in wanted]
    pools = models.Pool.objects.filter(scheme=scheme, day__gte=min(days), day__lte=max(days))
    # In one order, so that two workers never wait for each other.
    rows = pools.order_by("place", "day", "clock").values_list("place", "day", "clock", "capacity")
    less: list[tuple[Any, ...]] = [
        (wanted[place, day, clock], scheme, place, adapt(day), clock, wanted[place, day, clock])
        for place, day, clock, capacity in rows
        if capacity < wanted.get((place, day, clock), 0)
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(_RAISE_POOL, less)
    return len(less)


def sell(sale: Sale) -> bool:
    """Take all places or none; False when the `once_key` was used before. Raises Full, HeldAlready."""
    return _sell_at_once(sale) if connection.vendor == "postgresql" else _sell_in_steps(sale)


def _sell_at_once(sale: Sale) -> bool:
    seats = [{"visit": v, "place": p, "day": day.isoformat(), "clock": clock} for v, p, day, clock in sale.seats]
    values: dict[str, Any] = {
        "ref": sale.ref, "scheme": sale.scheme, "person": sale.person_ref, "status": sale.status,
        "size": sale.size, "at": sale.at, "expires": sale.expires_at, "once": sale.once_key,
        "holders": json.dumps([{"holder": holder, "whose": whose} for holder, whose in sale.holders]),
        "seats": json.dumps(seats), "pools": len(sale.sessions),
        "event": f"booking_{sale.status}", "actor": sale.by, "facts": journal.canonical(sale.facts),
    }  # fmt: skip
    try:
        # Within the caller's transaction, a savepoint: a failure must undo this statement only.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            connection.ensure_connection()
            row = _prepared(values)
    except DataError as error:
        if getattr(error.__cause__, "sqlstate", "") != _DIVISION_BY_ZERO:
            raise
        raise Full from error
    except IntegrityError as error:
        raise _reason(error) from error
    return bool(row and row[0])


def sell_many(sales: Sequence[Sale]) -> set[str]:
    """Make all sales of one scheme or none; the references of those whose `once_key` was not used before.

    For PostgreSQL, outside a transaction. Raises Full, HeldAlready when any of them cannot be made.
    """
    rows = [
        {
            "ref": sale.ref, "person": sale.person_ref, "status": sale.status, "size": sale.size,
            "pools": len(sale.sessions), "at": sale.at.isoformat(), "once": sale.once_key,
            "expires": sale.expires_at.isoformat() if sale.expires_at else None,
            "event": f"booking_{sale.status}", "actor": sale.by, "facts": journal.canonical(sale.facts),
        }
        for sale in sales
    ]  # fmt: skip
    seats = [
        {"ref": sale.ref, "visit": visit, "place": place, "day": day.isoformat(), "clock": clock}
        for sale in sales
        for visit, place, day, clock in sale.seats
    ]
    holders = [{"ref": sale.ref, "holder": h, "whose": whose} for sale in sales for h, whose in sale.holders]
    values = {
        "scheme": sales[0].scheme, "sales": json.dumps(rows), "seats": json.dumps(seats), "holders": json.dumps(holders)
    }  # fmt: skip
    connection.ensure_connection()
    try:
        row = _prepared(values, _SELL_MANY)
    except DataError as error:
        if getattr(error.__cause__, "sqlstate", "") != _DIVISION_BY_ZERO:
            raise
        raise Full from error
    except IntegrityError as error:
        raise _reason(error) from error
    return set(row[0] or ())


def _prepared(values: Mapping[str, Any], statement: LiteralString = _SELL) -> Any:
    """Run it as a prepared statement: Django would write values into its text, whose planning costs the most."""
    with connection.wrap_database_errors:
        return Cursor(connection.connection).execute(statement, values, prepare=True).fetchone()


def _sell_in_steps(sale: Sale) -> bool:
    with transaction.atomic():
        if models.Booking.objects.filter(once_key=sale.once_key).exists():
            return False
        booking = models.Booking.objects.create(
            ref=sale.ref,
            scheme=sale.scheme,
            person_ref=sale.person_ref,
            status=sale.status,
            size=sale.size,
            created_at=sale.at,
            expires_at=sale.expires_at,
            once_key=sale.once_key,
        )
        _hold_as(booking.ref, sale.scheme, sale.holders)
        pools = pools_of(sale)
        if len(pools) < len(sale.sessions):
            raise Full
        seats = [models.Seat(booking=booking, pool_id=pools[seat[1:]], visit=seat[0]) for seat in sale.seats]
        models.Seat.objects.bulk_create(seats)
        event = f"booking_{sale.status}"
        journal.record(event=event, at=sale.at, by=sale.by, subject=sale.ref, service=sale.scheme, facts=sale.facts)
        for pool in in_order(list(pools.values())):
            room = models.Pool.objects.filter(id=pool, closed=False, taken__lte=F("capacity") - sale.size)
            if room.update(taken=F("taken") + sale.size) != 1:
                raise Full
    return True


def _hold_as(ref: str, scheme: str, holders: Iterable[Holder]) -> None:
    """Store the holders of a booking. Raises HeldAlready."""
    rows = [models.Holder(booking_id=ref, scheme=scheme, holder=holder, whose=whose) for holder, whose in holders]
    try:
        with transaction.atomic():
            models.Holder.objects.bulk_create(rows)
    except IntegrityError as error:
        raise _reason(error) from error


def held_by_others(sale: Sale) -> bool:
    """Whether a person among the holders has an active booking, whatever its time."""
    persons = [holder for holder, whose in sale.holders if not whose]
    rows = models.Holder.objects.filter(scheme=sale.scheme, holder__in=persons, active=True)
    return rows.exclude(booking_id=sale.ref).exists()


def _reason(error: IntegrityError) -> Exception:
    text = str(error)
    if "bookings_one_active" in text or "bookings_holder.holder" in text:
        return HeldAlready()
    if "bookings_no_oversell" in text:
        return Full()
    return error


def pools_of(sale: Sale) -> dict[tuple[str, date, str], int]:
    """The existing pools of the sessions of a sale, by place, day and clock."""
    places, days, clocks = (set(column) for column in zip(*sale.sessions, strict=True))
    rows = models.Pool.objects.filter(scheme=sale.scheme, place__in=places, day__in=days, clock__in=clocks)
    pools = {(row.place, row.day, row.clock): row.id for row in rows}
    return {session: pools[session] for session in sale.sessions if session in pools}


def has_room(sale: Sale) -> bool:
    """Whether all pools of a sale have enough places now."""
    pools = pools_of(sale).values()
    room = models.Pool.objects.filter(id__in=pools, closed=False, taken__lte=F("capacity") - sale.size)
    return room.count() == len(sale.sessions)


def expired_holds(
    *, at: datetime, pools: Sequence[int] = (), scheme: str = "", holders: Sequence[str] = (), limit: int
) -> list[str]:
    """Holds that expired before `at`, the oldest first; only those in `pools`, or those of `holders` of a scheme."""
    rows = models.Booking.objects.filter(status="held", expires_at__lt=at)
    if pools:
        rows = rows.filter(seats__pool_id__in=list(pools))
    if holders:
        rows = rows.filter(holders__scheme=scheme, holders__holder__in=list(holders), holders__active=True)
    return list(dict.fromkeys(rows.order_by("expires_at").values_list("ref", flat=True)[:limit]))


def all_expired_holds(*, at: datetime) -> Iterator[str]:
    """Every hold that expired before `at`, the oldest first, each once even if it is not freed."""
    rows = models.Booking.objects.filter(status="held", expires_at__lt=at).only("ref", "expires_at")
    return (row.ref for row in walk(rows, "expires_at"))


def earliest_expiry() -> datetime | None:
    """The earliest moment at which a hold expires."""
    rows = models.Booking.objects.filter(status="held", expires_at__isnull=False).order_by("expires_at")
    return rows.values_list("expires_at", flat=True).first()


def give_back(ref: str, *, was: Sequence[str], now: str, at: datetime, by: str, expired_before: bool = False) -> bool:
    """End a booking that is in one of the states `was`: set the state `now` and free its places. False if it is not."""
    with transaction.atomic():
        rows = models.Booking.objects.filter(ref=ref, status__in=list(was))
        if expired_before:
            rows = rows.filter(expires_at__lt=at)
        if rows.update(status=now) != 1:
            return False
        booking = models.Booking.objects.get(ref=ref)
        models.Holder.objects.filter(booking_id=ref).update(active=False)
        for pool in in_order(list(booking.seats.values_list("pool_id", flat=True))):
            models.Pool.objects.filter(id=pool).update(taken=F("taken") - booking.size)
        journal.record(event=f"booking_{now}", at=at, by=by, subject=ref, service=booking.scheme,
                       facts={"size": booking.size})  # fmt: skip
    return True


def move(sale: Sale) -> bool:
    """Exchange the places of a booking for those of `sale`, all or none; False when it has exactly these already.

    The holders of `sale` replace those that stand for a person and a time. The booking is locked before its holders and
    pools, in the same order as in `give_back`. Raises Full, Ended, HeldAlready.
    """
    with transaction.atomic():
        booking = one_or_none(models.Booking.objects.select_for_update().filter(ref=sale.ref, status="booked"))
        if booking is None:
            raise Ended(sale.ref)
        seats = {seat.visit: seat for seat in booking.seats.all()}
        pools = pools_of(sale)
        if len(pools) < len(sale.sessions):
            raise Full
        wanted = {visit: pools[place, day, clock] for visit, place, day, clock in sale.seats}
        if wanted.keys() != seats.keys():
            raise Full
        before, after = {seat.pool_id for seat in seats.values()}, set(wanted.values())
        if all(seats[visit].pool_id == pool for visit, pool in wanted.items()):
            return False
        models.Holder.objects.filter(booking_id=sale.ref).exclude(whose="").delete()
        _hold_as(sale.ref, sale.scheme, sale.holders)
        for pool in in_order([*(before ^ after)]):
            room = models.Pool.objects.filter(id=pool)
            if pool in before:
                room.update(taken=F("taken") - booking.size)
            elif not room.filter(closed=False, taken__lte=F("capacity") - booking.size).update(
                taken=F("taken") + booking.size
            ):
                raise Full
        for visit, pool in wanted.items():
            models.Seat.objects.filter(id=seats[visit].id).update(pool_id=pool)
        journal.record(event="booking_moved", at=sale.at, by=sale.by, subject=sale.ref, service=sale.scheme,
                       facts=sale.facts)  # fmt: skip
    return True


def replace(old: str, new: str, holders: Sequence[Holder], *, at: datetime, by: str) -> None:
    """End `old` and give the holders to `new`. Raises HeldAlready, and then nothing is changed."""
    with transaction.atomic():
        give_back(old, was=("held", "booked"), now="cancelled", at=at, by=by)
        scheme = models.Booking.objects.values_list("scheme", flat=True).get(ref=new)
        _hold_as(new, scheme, sorted(holders))
