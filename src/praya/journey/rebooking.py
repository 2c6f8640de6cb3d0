"""Moving the booking of a case: which visits may be moved, until when, and to which sessions; all of them or none."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.definition.own_words import WORDS
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import acting, case_context, draft_booking, load, matters, visits
from praya.journey.chapter import Picture
from praya.journey.chapters import fees
from praya.journey.chapters.booking import follow
from praya.journey.chapters.notices import send_notice
from praya.kernel.expression import ExpressionFailed
from praya.kernel.text import Text


class NotMovable(Exception):
    """The booking cannot be moved now: it is too late, the service does not allow it, or there is none."""


@dataclass(frozen=True)
class Moving:
    """The visits that may be moved, and the days that may be chosen. Visits that have taken place stay as they are."""

    booking: bookings.Booking
    fixed_seats: tuple[bookings.Seat, ...]
    until: datetime
    choice: draft_booking.Choosing


def movable(seen: Picture, pack: Pack, *, at: datetime) -> Moving | None:
    """What the applicant may move in the booking of a case; None when nothing can be moved."""
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
        fixed_seats=tuple(seat for seat in visits.seats_of(booking) if seat[0] not in open_until),
        until=min(open_until.values()),
        choice=draft_booking.Choosing(
            rules,
            tuple(visit for visit in rules.all_visits if visit.name in open_until),
            bookings.window_to_move(rules, at=at, calendar=pack.calendar, context=seen.context),
            booking.size,
            apart=tuple(bookings.terms(booking.ref).alone) if rules.one_at_a_time else (),
        ),
    )


def move(case_ref: str, seats: Sequence[bookings.Seat], *, at: datetime) -> cases.Case:
    """Let the applicant's case have these seats for the visits that may be moved; the same seats again change nothing.

    What rests on the booking is worked out anew: the rules of eligibility and the limits that read it must allow the
    new seats, and fees that are still owed become those of the new seats. Where a fee that was paid would be another
    one, the move is refused. Raises NotMovable, draft_booking.BookingClosed, draft_booking.SessionRefused,
    bookings.SlotTaken, bookings.Overlaps; then the booking stands as it was.
    """
    with suppress(cases.CaseMoved, ExpressionFailed):
        # Timers that are due by now fire first: afterwards only those that are still to come are scheduled.
        acting.fire_timers(cases.case(case_ref), at=at)
    with transaction.atomic():
        # A payment that is noted at this moment goes before, or comes after.
        matters.lock(case_ref)
        case = cases.case(case_ref)
        service, pack = load.compiled(case.service, case.version), load.pack()
        offer = movable(case_context.of_case(case, service, pack, today=pack.calendar.day_of(at)), pack, at=at)
        if offer is None:
            raise NotMovable(case_ref)
        choice, everything = offer.choice, [*offer.fixed_seats, *seats]
        draft_booking.check_seats(
            service, seats, choice.window, visits=choice.visits, kept=offer.fixed_seats, apart=bool(choice.apart)
        )
        by, times = acting.applicant(case.person_ref).ref, choice.kept_apart(everything, pack).times
        before = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
        if bookings.move(ref=offer.booking.ref, seats=everything, at=at, by=by, times=times):
            _insist_on_rules(case, before, service, pack, at=at)
            case = cases.note_event(ref=case.ref, kind="rebooked", party="", at=at, by=by)
            acting.set_timers_anew(case, service, pack, at=at)
            _tell(case, service, pack, at=at)
    return cases.case(case.ref)


def refusal_of(seen: Picture, pack: Pack, seats: Sequence[bookings.Seat]) -> Text | None:
    """The sentence of the rule by which a booking cannot be moved to these seats; None where none stands against it."""
    service = seen.service
    if not service.reads_booking or seen.booking is None:
        return None
    context = case_context.with_seats(seen, pack, seats)
    refused = draft_booking.rule_against(service, context)
    if refused is not None:
        return refused
    try:
        return fees.refusal_of_change(service, seen.case, context, pack)
    except ExpressionFailed:
        return WORDS["move_not_worked_out"]


def _insist_on_rules(case: cases.Case, before: Picture, service: Service, pack: Pack, *, at: datetime) -> None:
    """Let fees and limits follow a booking that was moved. Raises draft_booking.SessionRefused."""
    if not service.reads_booking:
        return
    seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    refused = refusal_of(before, pack, visits.seats_of(seen.booking) if seen.booking else ())
    if refused is not None:
        raise draft_booking.SessionRefused(refused)
    follow(before, seen, pack, at=at, by=acting.applicant(case.person_ref).ref)


def _tell(case: cases.Case, service: Service, pack: Pack, *, at: datetime) -> None:
    if service.booking is not None and service.booking.move is not None:
        seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
        for name in service.booking.move.notify:
            send_notice(service.notices[name], seen, mark=str(case.revision), reason="", at=at)
