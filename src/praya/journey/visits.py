"""Visits that effects of a case book, such as an inspection, at a session that is chosen or free."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import transaction

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.definition.expression_context import worked_out_anew
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import draft_booking
from praya.journey.draft_progress import seen_while_held

Session = tuple[str, date, str]
"""Place, day, clock."""
OFFERED = 60


def offered(service: Service, pack: Pack, context: Mapping[str, Any], *, size: int, at: datetime) -> list[Session]:
    """The next sessions with room for the group, in order: from the service's notice on, as far ahead as it books."""
    free = (slot for slot in _ahead(service, pack, context, at) if slot.left >= size and not slot.closed)
    return [(slot.place, slot.day, slot.clock) for slot in islice(free, OFFERED)]


def _ahead(service: Service, pack: Pack, context: Mapping[str, Any], at: datetime) -> Sequence[bookings.Slot]:
    """The sessions that the department can give: of its own days, whenever people may book."""
    booking = service.booking
    if booking is None:
        return ()
    today = pack.calendar.day_of(at)
    first, last = (pack.calendar.date_after(today, length) for length in (booking.notice, booking.ahead))
    days = bookings.narrowed(bookings.Window(first, last), booking.first_day, booking.last_day, context)
    if days.first is None or days.last is None:
        return ()
    return bookings.slots(scheme=service.service, first=days.first, last=days.last)


def group_size(service: Service, context: Mapping[str, Any]) -> int:
    """The number of persons who come."""
    booking = service.booking
    return booking.size(context) if booking else 1


def give(
    case: cases.Case,
    service: Service,
    pack: Pack,
    context: Mapping[str, Any],
    *,
    session: Session | None,
    then: Callable[[], None],
    mark: str,
    at: datetime,
    by: str,
) -> None:
    """Book a visit for a case, at the session that was chosen or at the first with room; the old one is given back.

    The first with room is one at the place of the old booking, where there is any. `then` lets follow what follows from
    a booking; a session that it refuses, or at which the person has another booking, is passed over for the next.

    A session that an applicant chose, or a machine for them, is booked as on applying: in the same days, and for
    somebody who may have one booking only. Raises bookings.SlotTaken when there is none with room, bookings.NoSession
    when there is none at all, bookings.HeldAlready, bookings.Overlaps, draft_booking.BookingClosed,
    draft_booking.SessionRefused.
    """
    booking = service.booking
    if booking is None:
        return
    choice = draft_booking.choosing_of(booking, context, pack, at=at)
    name = booking.all_visits[0].name
    # A state gives a visit like an officer, whoever brought the case there.
    if session is not None and by.startswith(("person:", "token:")):
        draft_booking.check_seats(service, [(name, *session)], choice.window, visits=[booking.all_visits[0]])
        refused = draft_booking.rule_against(
            service, seen_with(service, pack, context, [(name, *session)], choice.size)
        )
        if refused is not None:
            raise draft_booking.SessionRefused(refused)
        wanted, holders = [session], choice.holders
    else:
        wanted, holders = _free(case, service, pack, context, choice.size, session, at), ()
    for number, one in enumerate(wanted, 1):
        try:
            with transaction.atomic():
                _book(case, service, pack, choice, [(name, *one)], holders,
                      mark=f"{mark}:{number}" if number > 1 else mark, at=at, by=by)  # fmt: skip
                then()
        except (bookings.Overlaps, bookings.SlotTaken, draft_booking.SessionRefused):
            if number == len(wanted):
                raise
        else:
            return


def seen_with(
    service: Service, pack: Pack, context: Mapping[str, Any], seats: Sequence[bookings.Seat], size: int
) -> dict[str, Any]:
    """What expressions of a case would see if these seats were booked."""
    seen = seen_while_held(service, seats, pack, size=size)
    return worked_out_anew(service, {**context, **seen}, context["today"].date())


def _free(
    case: cases.Case,
    service: Service,
    pack: Pack,
    context: Mapping[str, Any],
    size: int,
    session: Session | None,
    at: datetime,
) -> list[Session]:
    """The session that was chosen, or the next ones with room. Raises bookings.SlotTaken, bookings.NoSession."""
    ahead = {(slot.place, slot.day, slot.clock): slot for slot in _ahead(service, pack, context, at)}
    if session not in ahead if session else not ahead:
        raise bookings.NoSession(service.service)
    free = [which for which, slot in ahead.items() if slot.left >= size and not slot.closed]
    if not free or (session and session not in free):
        raise bookings.SlotTaken(service.service)
    if session:
        return [session]
    old = bookings.booking(case.booking_ref).visits if case.booking_ref else ()
    places = {visit.place for visit in old}
    return sorted(free, key=lambda one: one[0] not in places)[:OFFERED]


def _book(
    case: cases.Case,
    service: Service,
    pack: Pack,
    choice: draft_booking.Choosing,
    seats: Sequence[bookings.Seat],
    holders: Sequence[str],
    *,
    mark: str,
    at: datetime,
    by: str,
) -> None:
    apart = choice.kept_apart(seats, pack)
    old = bookings.booking(case.booking_ref) if case.booking_ref else None
    stands = old is not None and old.status in {"held", "booked"}
    made = bookings.hold(
        scheme=service.service, person_ref=case.person_ref, seats=seats, size=choice.size,
        # The new place is taken before the old one is given back, so the holders move over afterwards.
        holders=() if stands else holders, apart=bookings.NOBODY if stands else apart, hold_for=None,
        once_key=f"visit:{case.ref}:{mark}", at=at, by=by,
    )  # fmt: skip
    if stands and old is not None:
        bookings.replace(old=old.ref, new=made.ref, holders=holders, apart=apart, at=at, by=by)
    cases.set_booking(ref=case.ref, booking_ref=made.ref)


def seats_of(booking: bookings.Booking) -> list[bookings.Seat]:
    """The seats of a booking, in the form in which they are chosen."""
    return [(visit.visit, visit.place, visit.day, visit.clock) for visit in booking.visits]
