"""The booking of a draft: which sessions may be chosen now, and the hold of places until the draft is submitted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from praya.blocks.bookings import api as bookings
from praya.blocks.forms import api as forms
from praya.definition.chapters.booking import Booking, Visit
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import limits, load
from praya.journey.draft_progress import Walk, seen_while_held
from praya.journey.limits import counted_as, each
from praya.kernel.expression import Expression
from praya.kernel.text import Text


class NotBooked(Exception):
    """The service needs a booking, and the draft holds no places."""


class BookingClosed(Exception):
    """Booking is not open now; carries the window."""

    def __init__(self, window: bookings.Window) -> None:
        super().__init__("closed")
        self.window = window


class SessionRefused(Exception):
    """A rule or a limit of the service refuses these sessions; carries the sentence that says so."""

    def __init__(self, sentence: Text) -> None:
        super().__init__(sentence.in_("en"))
        self.sentence = sentence


@dataclass(frozen=True)
class Choosing:
    """What may be booked: the visits, the window, the number of persons, and who may have no other booking.

    `holders` have one booking only, `apart` none that overlaps.
    """

    booking: Booking
    visits: tuple[Visit, ...]
    window: bookings.Window
    size: int
    holders: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()

    def kept_apart(self, seats: Sequence[bookings.Seat], pack: Pack) -> bookings.Apart:
        """Who has no other booking while these seats last."""
        return bookings.Apart(self.apart, self.booking.ticks(seats, pack.calendar.holidays) if self.apart else ())


def choosing(service: Service, context: Mapping[str, Any], pack: Pack, *, at: datetime) -> Choosing:
    """What this person may book now, on applying."""
    if service.booked_on_applying is None:
        raise NotBooked(service.service)
    return choosing_of(service.booked_on_applying, context, pack, at=at)


def choosing_of(booking: Booking, context: Mapping[str, Any], pack: Pack, *, at: datetime) -> Choosing:
    """What the person who is described by `context` may book now."""
    return Choosing(
        booking,
        booking.visits_for(context),
        bookings.window(booking, at=at, calendar=pack.calendar, context=context),
        booking.size(context),
        _named(booking.once_per, context),
        _named(booking.one_at_a_time, context),
    )


def kept_apart(booking: Booking, context: Mapping[str, Any]) -> tuple[str, ...]:
    """Who has no two bookings that overlap, as `bookings.holder` encodes them."""
    return _named(booking.one_at_a_time, context)


def _named(expression: Expression | None, context: Mapping[str, Any]) -> tuple[str, ...]:
    named = each(expression, context) if expression is not None else []
    return tuple(dict.fromkeys(bookings.holder(counted_as(one)) for one in named))


def choosing_for(step: Walk, *, at: datetime) -> Choosing:
    """What the person of a draft may book at a moment, by the answers that would be submitted now."""
    return choosing(step.service, step.known(step.asked_answers), step.pack, at=at)


def with_seats(step: Walk, seats: Sequence[bookings.Seat], size: int) -> Walk:
    """The draft as it would be with these seats; without any, as it is while nothing is chosen."""
    seen = seen_while_held(step.service, seats, step.pack, size=size)
    booked = replace(step, subject={**step.subject, **seen})
    return replace(booked, context=booked.known(step.draft.answers))


def rule_against(service: Service, context: Mapping[str, Any]) -> Text | None:
    """The sentence of the first rule of eligibility that reads what is booked and refuses it; None where none does."""
    for rule in service.eligibility:
        if service.rests_on_booking(rule.unless) and rule.unless.truth(context) is False:
            return rule.refuse
    return None


def refusal_of(step: Walk, seats: Sequence[bookings.Seat], size: int, *, at: datetime) -> Text | None:
    """The sentence of the rule or limit that refuses these seats; None where none does."""
    if not step.service.reads_booking:
        return None
    seen = with_seats(step, seats, size)
    refusal = seen.shut_out()
    if refusal is not None:
        return refusal.rule.refuse
    over = limits.reached_by(seen, at=at)
    return over.sentence if over else None


def make_pools(service: Service, pack: Pack, *, at: datetime) -> int:
    """Make the pools for all days that can be reached from now, and release the places that are due."""
    booking = service.booking
    if booking is None:
        return 0
    today = pack.calendar.day_of(at)
    last = pack.calendar.date_after(today, booking.ahead) + timedelta(days=bookings.reach(booking) + 14)
    sessions = bookings.sessions(booking, today, last, pack.calendar)
    wanted = [replace(one, capacity=bookings.released(booking, one, at=at, calendar=pack.calendar)) for one in sessions]
    made = bookings.make_pools(scheme=service.service, wanted=wanted)
    if booking.release is not None:
        bookings.release(scheme=service.service, wanted=wanted)
    return made


def check_seats(
    service: Service,
    seats: Sequence[bookings.Seat],
    window: bookings.Window,
    *,
    visits: Sequence[Visit] | None = None,
    kept: Sequence[bookings.Seat] = (),
    apart: bool = False,
) -> None:
    """Raise BookingClosed or bookings.NoSession unless the seats are this service's visits, in its window.

    `visits` are those that are chosen, when not all; days are counted also from the others, which are `kept`. No two
    visits are in one session. Raises bookings.Overlaps when visits overlap of people who are kept `apart`.
    """
    booking = service.booking
    if booking is None or window.first is None:
        raise BookingClosed(window)
    wanted = booking.all_visits if visits is None else visits
    chosen = {seat[0]: seat[2] for seat in kept}
    if [seat[0] for seat in seats] != [visit.name for visit in wanted]:
        raise bookings.NoSession(service.service)
    everything = [*kept, *seats]
    if len({seat[1:] for seat in everything}) < len(everything):
        raise bookings.NoSession(service.service)
    if apart:
        holidays = load.pack().calendar.holidays
        times = [booking.ticks([seat], holidays) for seat in everything]
        if len({time for one in times for time in one}) < sum(map(len, times)):
            raise bookings.Overlaps(service.service)
    for visit, (_, _, day, _) in zip(wanted, seats, strict=True):
        days = bookings.visit_days(visit, chosen, window)
        if days is None or not days[0] <= day <= days[1]:
            raise bookings.NoSession(service.service)
        chosen[visit.name] = day


def hold(step: Walk, seats: Sequence[bookings.Seat], *, once_key: str, at: datetime) -> bookings.Booking:
    """Hold the seats for the draft in place of what it held before; what it holds already stays held.

    Raises BookingClosed, SessionRefused, bookings.SlotTaken, bookings.HeldAlready, forms.NoDraft.
    """
    choice = choosing_for(step, at=at)
    check_seats(step.service, seats, choice.window, visits=choice.visits, apart=bool(choice.apart))
    refused = refusal_of(step, seats, choice.size, at=at)
    if refused is not None:
        raise SessionRefused(refused)
    draft, by = step.draft, f"person:{step.draft.person_ref}"
    before = bookings.booking(draft.booking_ref) if draft.booking_ref else None
    if before is not None and _is_just_that(before, seats, choice, at):
        return before
    try:
        new = bookings.hold(
            scheme=step.service.service,
            person_ref=draft.person_ref,
            seats=seats,
            size=choice.size,
            # The new places are taken before the old ones are given back, so the holders move over afterwards.
            holders=() if before is not None else choice.holders,
            apart=bookings.NOBODY if before is not None else choice.kept_apart(seats, step.pack),
            hold_for=step.pack.calendar.after(at, choice.booking.hold) - at,
            # What ended is never given back for a key that was used for it.
            once_key=f"{draft.ref}:{sha256(f'{draft.booking_ref}:{once_key}'.encode()).hexdigest()}",
            at=at,
            by=by,
            hot=choice.booking.hot,
        )
        _take_over(step, new, seats, choice, at)
    except (forms.HeldMeanwhile, bookings.HeldAlready):
        # Sent twice at once: what came first is what the draft holds.
        first = forms.draft(draft.ref, person_ref=draft.person_ref).booking_ref
        if not first or first == draft.booking_ref:
            raise
        return bookings.booking(first)
    return new


def _take_over(
    step: Walk, new: bookings.Booking, seats: Sequence[bookings.Seat], choice: Choosing, at: datetime
) -> None:
    """Let the draft hold `new` in place of what it held; when it cannot, `new` is given back and the rest stands."""
    draft, by = step.draft, f"person:{step.draft.person_ref}"
    try:
        if draft.booking_ref:
            bookings.replace(
                old=draft.booking_ref, new=new.ref, holders=choice.holders, apart=choice.kept_apart(seats, step.pack),
                at=at, by=by,
            )  # fmt: skip
        forms.hold_booking(
            ref=draft.ref, person_ref=draft.person_ref, booking_ref=new.ref, instead_of=draft.booking_ref, at=at
        )
    except (forms.HeldMeanwhile, bookings.HeldAlready):
        bookings.cancel(ref=new.ref, at=at, by=by)
        raise


def _is_just_that(before: bookings.Booking, seats: Sequence[bookings.Seat], choice: Choosing, at: datetime) -> bool:
    """Whether the booking stands and is for the same seats, number of persons and holders."""
    if before.status != "held" or before.size != choice.size or (before.expires_at or at) <= at:
        return False
    same = {(visit.visit, visit.place, visit.day, visit.clock) for visit in before.visits} == set(seats)
    return same and _are_theirs(bookings.terms(before.ref), choice)


def _are_theirs(terms: bookings.Terms, choice: Choosing) -> bool:
    return terms.holders == frozenset(choice.holders) and terms.alone == frozenset(choice.apart)


def still_theirs(step: Walk, booking: bookings.Booking) -> bool:
    """Whether the answers as they now are would have been given these seats when they were held.

    Answers may change after a hold: nobody may hold as one person, or by the rule of one group, and submit as another.
    """
    given = bookings.terms(booking.ref)
    choice = choosing_for(step, at=given.made_at)
    if booking.size != choice.size or not _are_theirs(given, choice):
        return False
    chosen = {visit.visit: (visit.visit, visit.place, visit.day, visit.clock) for visit in booking.visits}
    seats = [chosen[visit.name] for visit in choice.visits if visit.name in chosen]
    if len(seats) < len(chosen):
        return False
    try:
        check_seats(step.service, seats, choice.window, visits=choice.visits)
    except (BookingClosed, bookings.SlotTaken):
        return False
    return True


def booked_already(step: Walk) -> list[bookings.Booking]:
    """The bookings, of anybody, of those for whom this draft would book and who may have one only.

    Nobody is looked for before the pages are done that say who it is.
    """
    booking = step.service.booked_on_applying
    if booking is None or booking.once_per is None:
        return []
    names = step.service.answers_behind(booking.once_per)
    if any(not step.done(page) for page in step.pages if any(q.name in names for q in page.questions)):
        return []
    holders = _named(booking.once_per, step.known(step.asked_answers))
    return bookings.booked_for(scheme=step.service.service, holders=holders)


def held(step: Walk) -> bookings.Booking | None:
    """What the draft holds, if it still holds it with the right number of places."""
    if not step.draft.booking_ref:
        return None
    booking = bookings.booking(step.draft.booking_ref)
    return booking if booking.status in {"held", "booked"} else None
