"""Bookings: the visit that an effect gives, and the places that one gives back."""

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.definition.flow import Effects
from praya.journey import visits
from praya.journey.chapter import Chapter, Effect, Moment, Occasion


def _give(_effects: Effects, now: Occasion) -> None:
    """Give a visit. Raises bookings.SlotTaken when somebody acts and there is no room."""
    context = now.seen().context
    try:
        visits.give(now.case, now.service, now.pack, context, session=now.session, mark=now.mark, at=now.at, by=now.by)
    except bookings.SlotTaken:
        # Time and ways wait for nobody: the case goes on, and sees `booking.status == 'none'`.
        if now.by != "system":
            raise
    now.case = cases.case(now.case.ref)


def _give_back(_effects: Effects, now: Occasion) -> None:
    if now.case.booking_ref:
        bookings.cancel(ref=now.case.booking_ref, at=now.at, by=now.by)


def _booking(moment: Moment) -> bookings.Booking | None:
    """The booking of the case as it is now."""
    if moment.case is None or moment.service.booking is None:
        return None
    ref = cases.case(moment.case.ref).booking_ref
    return bookings.booking(ref) if ref else None


def _status(moment: Moment, _expected: object) -> str:
    booking = _booking(moment)
    return booking.status if booking else "none"


def _visits(moment: Moment, _expected: object) -> list[str]:
    """The seats of a booking that stands, a line each."""
    booking = _booking(moment)
    seats = visits.seats_of(booking) if booking and booking.status in {"held", "booked"} else []
    return [" ".join((visit, place, day.isoformat(), clock)).strip() for visit, place, day, clock in seats]


CHAPTER = Chapter(
    effects=(Effect(10, ("book",), _give), Effect(20, ("release",), _give_back)),
    expectations={"booking": _status, "visits": _visits},
)
