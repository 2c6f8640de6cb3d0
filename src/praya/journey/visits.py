"""Visits that a case gives by itself: an inspection, a hearing, at a session that an officer chose or that is free."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.definition.pack import Pack
from praya.definition.service import Service

Session = tuple[str, date, str]
"""Place, day, clock."""
OFFERED = 60


def offered(service: Service, pack: Pack, *, size: int, at: datetime) -> list[Session]:
    """The next sessions with room for a party, in order: from the service's notice on, as far ahead as it books."""
    free = (slot for slot in _ahead(service, pack, at) if slot.left >= size and not slot.closed)
    return [(slot.place, slot.day, slot.clock) for slot in islice(free, OFFERED)]


def _ahead(service: Service, pack: Pack, at: datetime) -> Sequence[bookings.Slot]:
    booking = service.booking
    if booking is None:
        return ()
    today = pack.calendar.day_of(at)
    first, last = (pack.calendar.date_after(today, length) for length in (booking.notice, booking.ahead))
    return bookings.slots(scheme=service.service, first=first, last=last)


def party(service: Service, context: Mapping[str, Any]) -> int:
    """How many persons come."""
    booking = service.booking
    return booking.size(context) if booking else 1


def give(
    case: cases.Case,
    service: Service,
    pack: Pack,
    context: Mapping[str, Any],
    *,
    session: Session | None,
    mark: str,
    at: datetime,
    by: str,
) -> None:
    """Book a visit for a case, at the session that was chosen or at the first with room; the old one is given back.

    Raises bookings.SlotTaken when there is none with room, bookings.NoSession when there is none at all.
    """
    booking, size = service.booking, party(service, context)
    if booking is None:
        return
    ahead = {(slot.place, slot.day, slot.clock): slot for slot in _ahead(service, pack, at)}
    if session not in ahead if session else not ahead:
        raise bookings.NoSession(service.service)
    free = [which for which, slot in ahead.items() if slot.left >= size and not slot.closed]
    wanted = session or (free[0] if free else None)
    if wanted is None or wanted not in free:
        raise bookings.SlotTaken(service.service)
    place, day, clock = wanted
    made = bookings.hold(
        scheme=service.service,
        person_ref=case.person_ref,
        seats=[(booking.all_visits[0].name, place, day, clock)],
        size=size,
        holders=(),
        hold_for=None,
        once_key=f"visit:{case.ref}:{mark}",
        at=at,
        by=by,
    )
    if case.booking_ref:
        bookings.cancel(ref=case.booking_ref, at=at, by=by)
    cases.set_booking(ref=case.ref, booking_ref=made.ref)


def seats_of(booking: bookings.Booking) -> list[bookings.Seat]:
    """The seats of a booking, as one would choose them."""
    return [(visit.visit, visit.place, visit.day, visit.clock) for visit in booking.visits]
