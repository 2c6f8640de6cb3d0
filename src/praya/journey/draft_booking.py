"""Booking on the way: what may be booked now, and holding it for a draft until it is submitted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from praya.blocks.bookings import api as bookings
from praya.blocks.forms import api as forms
from praya.definition.chapters.booking import Visit
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey.draft_progress import Walk
from praya.journey.limits import counted_as, each


class NotBooked(Exception):
    """The service books, and nothing is held."""


class BookingClosed(Exception):
    """Booking is not open now; carries the window."""

    def __init__(self, window: bookings.Window) -> None:
        super().__init__("closed")
        self.window = window


@dataclass(frozen=True)
class Choosing:
    """What may be booked: the window, the size of the party, and who may have one booking only."""

    window: bookings.Window
    size: int
    holders: tuple[str, ...]


def choosing(service: Service, context: Mapping[str, Any], pack: Pack, *, at: datetime) -> Choosing:
    """What this person may book now."""
    booking = service.booked_on_applying
    if booking is None:
        raise NotBooked(service.service)
    size, identities = booking.size(context), list[str]()
    if booking.once_per is not None:
        identities = [counted_as(one) for one in each(booking.once_per, context)]
    holders = tuple(bookings.holder(identity) for identity in identities)
    return Choosing(bookings.window(booking, at=at, calendar=pack.calendar, context=context), size, holders)


def choosing_for(step: Walk, *, at: datetime) -> Choosing:
    """What the person of a draft may book at a moment, by the answers that would be submitted now."""
    return choosing(step.service, step.known(step.asked_answers), step.pack, at=at)


def make_pools(service: Service, pack: Pack, *, at: datetime) -> int:
    """Make the pools for all days that can be reached from now."""
    booking = service.booking
    if booking is None:
        return 0
    today = pack.calendar.day_of(at)
    last = pack.calendar.date_after(today, booking.ahead) + timedelta(days=bookings.reach(booking) + 14)
    wanted = bookings.sessions(booking, today, last, pack.calendar)
    return bookings.make_pools(scheme=service.service, wanted=wanted)


def check_seats(
    service: Service,
    seats: Sequence[bookings.Seat],
    found: bookings.Window,
    *,
    visits: Sequence[Visit] | None = None,
    kept: Sequence[bookings.Seat] = (),
) -> None:
    """Raise BookingClosed or bookings.NoSession unless the seats are this service's visits, in its window.

    `visits` are those that are chosen, when not all; days are counted also from the others, which are `kept`.
    """
    booking = service.booking
    if booking is None or found.first is None:
        raise BookingClosed(found)
    wanted = booking.all_visits if visits is None else visits
    chosen = {seat[0]: seat[2] for seat in kept}
    if [seat[0] for seat in seats] != [visit.name for visit in wanted]:
        raise bookings.NoSession(service.service)
    for visit, (_, _, day, _) in zip(wanted, seats, strict=True):
        days = bookings.visit_days(visit, chosen, found)
        if days is None or not days[0] <= day <= days[1]:
            raise bookings.NoSession(service.service)
        chosen[visit.name] = day


def hold(step: Walk, seats: Sequence[bookings.Seat], *, once_key: str, at: datetime) -> bookings.Booking:
    """Hold the seats for the draft in place of what it held before; what it holds already stays held.

    Raises BookingClosed, bookings.SlotTaken, bookings.HeldAlready, forms.NoDraft.
    """
    booking = step.service.booking
    if booking is None:
        raise NotBooked(step.service.service)
    choice = choosing_for(step, at=at)
    check_seats(step.service, seats, choice.window)
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
            hold_for=step.pack.calendar.after(at, booking.hold) - at,
            # What ended is never given back for a key that was used for it.
            once_key=f"{draft.ref}:{sha256(f'{draft.booking_ref}:{once_key}'.encode()).hexdigest()}",
            at=at,
            by=by,
        )
        _take_over(draft, new, choice, at)
    except (forms.HeldMeanwhile, bookings.HeldAlready):
        # Sent twice at once: what came first is what the draft holds.
        first = forms.draft(draft.ref, person_ref=draft.person_ref).booking_ref
        if not first or first == draft.booking_ref:
            raise
        return bookings.booking(first)
    return new


def _take_over(draft: forms.Draft, new: bookings.Booking, choice: Choosing, at: datetime) -> None:
    """Let the draft hold `new` in place of what it held; when it cannot, `new` is given back and the rest stands."""
    by = f"person:{draft.person_ref}"
    try:
        if draft.booking_ref:
            bookings.replace(old=draft.booking_ref, new=new.ref, holders=choice.holders, at=at, by=by)
        forms.hold_booking(
            ref=draft.ref, person_ref=draft.person_ref, booking_ref=new.ref, instead_of=draft.booking_ref, at=at
        )
    except (forms.HeldMeanwhile, bookings.HeldAlready):
        bookings.cancel(ref=new.ref, at=at, by=by)
        raise


def _is_just_that(before: bookings.Booking, seats: Sequence[bookings.Seat], choice: Choosing, at: datetime) -> bool:
    """Whether the booking stands and is for the same seats, party and holders."""
    if before.status != "held" or before.size != choice.size or (before.expires_at or at) <= at:
        return False
    same = {(visit.visit, visit.place, visit.day, visit.clock) for visit in before.visits} == set(seats)
    return same and bookings.terms(before.ref).holders == frozenset(choice.holders)


def still_theirs(step: Walk, found: bookings.Booking) -> bool:
    """Whether the answers as they now are would have been given these seats when they were held.

    Answers may change after a hold: nobody may hold as one person, or by the rule of one group, and submit as another.
    """
    given = bookings.terms(found.ref)
    choice = choosing_for(step, at=given.made_at)
    if found.size != choice.size or given.holders != frozenset(choice.holders) or step.service.booking is None:
        return False
    chosen = {visit.visit: (visit.visit, visit.place, visit.day, visit.clock) for visit in found.visits}
    seats = [chosen[visit.name] for visit in step.service.booking.all_visits if visit.name in chosen]
    try:
        check_seats(step.service, seats, choice.window)
    except (BookingClosed, bookings.SlotTaken):
        return False
    return True


def held(step: Walk) -> bookings.Booking | None:
    """What the draft holds, if it still holds it with the right number of places."""
    if not step.draft.booking_ref:
        return None
    found = bookings.booking(step.draft.booking_ref)
    return found if found.status in {"held", "booked"} else None
