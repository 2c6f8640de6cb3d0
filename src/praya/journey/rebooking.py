"""Moving a booking that stands: which of its visits, until when, and to which sessions, all of it or nothing."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.definition.chapters.booking import Visit
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import acting, case_context, draft_booking, load, visits
from praya.journey.chapter import Picture
from praya.journey.chapters.notices import send_notice
from praya.kernel.expression import ExpressionFailed


class NotMovable(Exception):
    """The booking cannot be moved now: it is too late, the service does not allow it, or there is none."""


@dataclass(frozen=True)
class Moving:
    """What may be chosen anew: these visits, from that window. Visits whose time has come are kept as they are."""

    booking: bookings.Booking
    visits: tuple[Visit, ...]
    kept: tuple[bookings.Seat, ...]
    until: datetime
    choice: draft_booking.Choosing


def movable(seen: Picture, pack: Pack, *, at: datetime) -> Moving | None:
    """What the applicant may choose anew for the booking of a case; None when nothing."""
    booking, rules = seen.booking, seen.service.booking
    if booking is None or booking.status != "booked" or rules is None or rules.move is None or seen.case.closed_at:
        return None
    if rules.move.when is not None and not rules.move.when.holds(seen.context):
        return None
    ends = {v.visit: bookings.movable_until(rules, v.day, v.clock, pack.calendar) for v in booking.visits}
    open_until = {name: until for name, until in ends.items() if until is not None and at <= until}
    if not open_until:
        return None
    return Moving(
        booking,
        visits=tuple(visit for visit in rules.all_visits if visit.name in open_until),
        kept=tuple(seat for seat in visits.seats_of(booking) if seat[0] not in open_until),
        until=min(open_until.values()),
        choice=draft_booking.Choosing(
            bookings.window(rules, at=at, calendar=pack.calendar, context=seen.context), booking.size, ()
        ),
    )


def move(case_ref: str, seats: Sequence[bookings.Seat], *, at: datetime) -> cases.Case:
    """Let the applicant's case have these seats for the visits that may be moved; the same seats again change nothing.

    Raises NotMovable, reserving.BookingClosed, bookings.SlotTaken; then the booking stands as it was.
    """
    with suppress(cases.CaseMoved, ExpressionFailed):
        # What time had asked for by now goes before: afterwards only what is still to come is waited for.
        acting.fire_timers(cases.case(case_ref), at=at)
    with transaction.atomic():
        case = cases.case(case_ref)
        service, pack = load.compiled(case.service, case.version), load.pack()
        found = movable(case_context.of_case(case, service, pack, today=pack.calendar.day_of(at)), pack, at=at)
        if found is None:
            raise NotMovable(case_ref)
        draft_booking.check_seats(service, seats, found.choice.window, visits=found.visits, kept=found.kept)
        by = acting.applicant(case.person_ref).ref
        if bookings.move(ref=found.booking.ref, seats=[*found.kept, *seats], at=at, by=by):
            case = cases.note_event(ref=case.ref, kind="rebooked", party="", at=at, by=by)
            acting.set_timers_anew(case, service, pack, at=at)
            _tell(case, service, pack, at=at)
    return cases.case(case.ref)


def _tell(case: cases.Case, service: Service, pack: Pack, *, at: datetime) -> None:
    if service.booking is not None and service.booking.move is not None:
        seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
        for name in service.booking.move.notify:
            send_notice(service.notices[name], seen, mark=str(case.revision), reason="", at=at)
