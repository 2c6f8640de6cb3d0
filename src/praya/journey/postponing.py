"""Postponing: visits in sessions that were closed, such as by a typhoon, move to the next ones with room.

One pass over those who are booked, the first to book first, each in a transaction of its own. A booking that was moved
is no longer in a closed session, so a pass that was interrupted goes on where it stopped, and nobody is moved or told
twice. Whoever finds no room stays on the closed day's list, and the next pass tries again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import structlog
from django.db import transaction

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.definition.chapters.booking import Booking, Postpone
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import acting, case_context, load, matters, visits
from praya.journey.chapters.notices import send_notice
from praya.kernel.rounds import by_itself

Session = tuple[str, date, str]
LOG_EVERY = 500
log = structlog.get_logger("bookings")


@dataclass
class _Free:
    """The sessions of a service from a day on, and how many places were left when they were read."""

    scheme: str
    first: date
    last: date
    left: dict[Session, int] = field(default_factory=dict)
    closed: set[Session] = field(default_factory=set)

    def read(self) -> None:
        """Read them again."""
        slots = bookings.slots(scheme=self.scheme, first=self.first, last=self.last)
        self.left = {(one.place, one.day, one.clock): one.left for one in slots if not one.closed}
        self.closed = {(one.place, one.day, one.clock) for one in slots if one.closed}

    def next(self, place: str, first: date, last: date, clock: str, size: int) -> Session | None:
        """The first day with room at a place, at the nearest time of day."""
        found = [
            (day, abs(_minutes(at) - _minutes(clock)), at)
            for (where, day, at), left in self.left.items()
            if where == place and first <= day <= last and left >= size
        ]
        return (place, min(found)[0], min(found)[2]) if found else None


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:]) if clock else 0


def run(*, at: datetime) -> int:
    """Postpone what is in closed sessions, in every service that says so; return how many bookings were moved."""
    territory = load.territory()
    live = [card for card in (*territory.live.values(), *territory.trials.values()) if card.postpones]
    return sum(postpone(load.definition(card), territory.pack, at=at) for card in live)


def postpone(service: Service, pack: Pack, *, at: datetime) -> int:
    """Postpone the visits of a service that are in closed sessions from today on; return how many bookings moved."""
    booking = service.booking
    if booking is None or booking.postpone is None:
        return 0
    today = pack.calendar.day_of(at)
    ahead = pack.calendar.date_after(today, booking.ahead)
    last = ahead + timedelta(days=bookings.reach(booking) + booking.postpone.days)
    free, moved, tried = _Free(service.service, today, last), 0, 0
    for ref in bookings.in_closed(scheme=service.service, first=today):
        if not tried:
            free.read()
        tried += 1
        with by_itself("postpone_visits", service=service.service):
            moved += _moved(ref, free, at=at)
        if tried % LOG_EVERY == 0:
            log.info("visits are being postponed", service=service.service, tried=tried, moved=moved)
    if tried:
        log.info("visits were postponed", service=service.service, tried=tried, moved=moved)
    return moved


def _moved(ref: str, free: _Free, *, at: datetime) -> bool:
    """Move one booking to the next sessions with room; False when there are none, or its case is over."""
    case = cases.of_bookings([ref]).get(ref)
    if case is None or case.closed_at:
        return False
    # What was read may have been taken meanwhile: it is read anew once.
    for again in (False, True):
        if again:
            free.read()
        try:
            return _move(case.ref, free, at=at)
        except bookings.SlotTaken:
            continue
    return False


def _move(case_ref: str, free: _Free, *, at: datetime) -> bool:
    with transaction.atomic():
        matters.lock(case_ref)
        case = cases.case(case_ref)
        # The words are those of the law that the case is under.
        service, pack = load.compiled(case.service, case.version), load.pack()
        rules, booking = service.booking, bookings.booking(case.booking_ref)
        if rules is None or rules.postpone is None or booking.status != "booked" or case.closed_at:
            return False
        seats = later_seats(rules, rules.postpone, booking, free)
        if seats is None:
            return False
        times = rules.ticks(seats, pack.calendar.holidays) if rules.one_at_a_time else ()
        if not bookings.move(ref=booking.ref, seats=seats, at=at, by="system", times=times):
            return False
        case = cases.note_event(ref=case.ref, kind="rebooked", party="", at=at, by="system")
        acting.set_timers_anew(case, service, pack, at=at)
        seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
        for name in rules.postpone.notify:
            send_notice(service.notices[name], seen, mark=str(case.revision), reason="", at=at)
    for seat in set(seats) - set(visits.seats_of(booking)):
        free.left[seat[1:]] -= booking.size
    return True


def later_seats(rules: Booking, words: Postpone, booking: bookings.Booking, free: _Free) -> list[bookings.Seat] | None:
    """The seats of a booking without its closed sessions; later visits move only when their days ask for it.

    None when there is no room, or nothing is closed.
    """
    before: Mapping[str, bookings.Visit] = {visit.visit: visit for visit in booking.visits}
    chosen: dict[str, date] = {}
    seats: list[bookings.Seat] = []
    for visit in rules.all_visits:
        old = before.get(visit.name)
        if old is None:
            continue
        day, session = chosen.get(visit.after or ""), (old.place, old.day, old.clock)
        first, last = (day + timedelta(visit.days[0]), day + timedelta(visit.days[1])) if day and visit.days else (
            date.min, date.max
        )  # fmt: skip
        closed = session in free.closed
        if old.attended_at is None and (closed or not first <= old.day <= last):
            if closed:
                last = min(last, max(old.day, first) + timedelta(words.days))
                first = max(first, old.day + timedelta(1))
            found = free.next(old.place, first, last, old.clock, booking.size)
            if found is None:
                return None
            session = found
        chosen[visit.name] = session[1]
        seats.append((visit.name, *session))
    return seats if set(seats) != set(visits.seats_of(booking)) else None
