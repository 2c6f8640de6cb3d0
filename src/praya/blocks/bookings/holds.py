"""Holds: places that are reserved until they are confirmed, or until the hold expires and its places are freed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction

from praya.blocks.bookings import batches, models, store
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
    SlotTaken,
    booking_from,
    keys_of_holders,
)
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.rounds import breathe
from praya.kernel.rows import one_or_none


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
    hot: bool = False,
) -> Booking:
    """Take places for the time `hold_for`, or permanently when it is None. The same `once_key` gives the same booking.

    With `hot`, threads of this process that take places at the same time share one commit.

    Raises SlotTaken, NoSession, HeldAlready, Overlaps.
    """
    expires_at = at + hold_for if hold_for else None
    status = "held" if hold_for else "booked"
    # Holders are always inserted in sorted order, so that bookings with common holders cannot deadlock.
    unique = keys_of_holders(holders, apart)
    sale = store.Sale(opaque(), scheme, person_ref, status, size, tuple(seats), unique, at, expires_at, once_key, by)
    if not take_places(batches.sell if hot else store.sell, sale):
        return booking_from(models.Booking.objects.get(once_key=once_key))
    return Booking(sale.ref, scheme, person_ref, status, size, expires_at, ())


def take_places(take: Callable[[store.Sale], bool], sale: store.Sale) -> bool:
    """Take the places; when they are full, free expired holds first and try once more."""
    with telling_apart(sale):
        try:
            return _attempt(take, sale)
        except (SlotTaken, HeldAlready):
            # Another process may have freed them at the same moment: then there is room although we freed nothing.
            if not (_free_expired_holds(sale) or store.has_room(sale)):
                raise
            return _attempt(take, sale)


@contextmanager
def telling_apart(sale: store.Sale) -> Iterator[None]:
    """Raise Overlaps instead of HeldAlready when the conflict concerns only the times of the sale."""
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


def confirm(*, ref: str, at: datetime, by: str) -> Booking:
    """Turn a hold into a booking; an expired hold too, as long as its places were not freed.

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
    return booking_from(row)


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
