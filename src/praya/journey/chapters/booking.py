"""Bookings: the visit that an effect gives, and the places that one gives back."""

from collections.abc import Container, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.definition.chapters.booking import OfEffects, Seat, facts_of
from praya.definition.model import WEEKDAYS
from praya.definition.own_words import WORDS
from praya.definition.pack import Pack
from praya.definition.questions import clock_said, shown_date
from praya.definition.service import Service
from praya.journey import draft_booking, limits, visits
from praya.journey.chapter import Chapter, Effect, Moment, Occasion, Picture, Reading
from praya.journey.chapters import fees
from praya.kernel.text import Text, spoken


def _give(_effects: OfEffects, now: Occasion) -> None:
    """Give a visit, and let what is owed and counted follow.

    Raises bookings.SlotTaken, bookings.HeldAlready, draft_booking.SessionRefused when somebody acts and it cannot be.
    """
    before = now.seen()

    def then() -> None:
        now.case = cases.case(now.case.ref)
        follow(before, now.seen(), now.pack, at=now.at, by=now.by)

    try:
        with transaction.atomic():
            visits.give(
                now.case,
                now.service,
                now.pack,
                before.context,
                session=now.session,
                then=then,
                mark=now.mark,
                at=now.at,
                by=now.by,
            )
    except (bookings.SlotTaken, bookings.HeldAlready, draft_booking.SessionRefused):
        # Time and ways wait for nobody: the case goes on, and sees `booking.status == 'none'`.
        if now.by != "system":
            raise
        now.case = cases.case(now.case.ref)


def follow(before: Picture, now: Picture, pack: Pack, *, at: datetime, by: str) -> None:
    """Let fees that are owed, and limits, be those of a booking that has changed; what was paid stays.

    Raises draft_booking.SessionRefused where a limit has less left; ExpressionFailed.
    """
    service, case = now.service, now.case
    if not service.reads_booking:
        return
    fees.work_out_anew(service, case, now.context, pack, at=at, by=by)
    try:
        limits.count_anew(service, case, before.context, now.context, pack, at=at)
    except cases.OverLimit as over:
        raise draft_booking.SessionRefused(limits.reached(service, now.context, now.answers, over).sentence) from None


def _give_back(_effects: OfEffects, now: Occasion) -> None:
    if now.case.booking_ref:
        bookings.cancel(ref=now.case.booking_ref, at=now.at, by=now.by)


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    booking, rules, holidays = reading.booking, reading.service.booking, reading.pack.calendar.holidays
    seen = facts_of(rules, (), holidays)
    if booking is not None:
        seats = visits.seats_of(booking)
        seen = facts_of(rules, seats, holidays, ref=booking.ref, size=booking.size, status=booking.status)
    return {"booking": seen}, texts_of(reading.service, booking, holidays)


def texts_of(service: Service, booking: bookings.Booking | None, holidays: Container[date]) -> dict[str, Text]:
    """What `{booking.visits}` and what else people write in words say in every language."""
    if booking is None or not booking.visits or service.booking is None:
        return {}
    first = booking.visits[0]
    place = service.booking.place_named(first.place)
    block = service.booking.block_of(first.place, first.day, first.clock, holidays)
    weekday = WORDS[f"weekday_{WEEKDAYS[first.day.weekday()]}"]
    clock = {language: clock_said(first.clock, language) if first.clock else "" for language in spoken()}
    lines = {
        language: "\n".join(visit_said(service, visit, language) for visit in booking.visits) for language in spoken()
    }
    return {
        "booking.visits": Text(lines),
        "booking.place": place.label if place else Text({"en": first.place}),
        "booking.weekday": Text({language: weekday.in_(language) for language in spoken()}),
        "booking.time": Text(clock),
        "booking.class": (block.label if block else None) or Text({"en": (block.class_name if block else None) or ""}),
    }


def visit_said(service: Service, visit: bookings.Visit, language: str) -> str:
    """One visit as a line: what, when, where."""
    booking = service.booking
    named = next((v for v in booking.all_visits if v.name == visit.visit), None) if booking else None
    place = booking.place_named(visit.place) if booking else None
    where = place.label.in_(language) if place else visit.place
    when = shown_date(visit.day, language)
    if visit.clock:
        clock = clock_said(visit.clock, language)
        when = WORDS["day_and_clock"].in_(language).format(day=when, clock=clock)
    what = named.label.in_(language) if named else visit.visit
    return WORDS["visit"].in_(language).format(what=what, when=when, where=where)


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
    """The seats of a booking that stands, a line each, in order."""
    booking = _booking(moment)
    seats = visits.seats_of(booking) if booking and booking.status in {"held", "booked"} else []
    return sorted(" ".join((visit, place, day.isoformat(), clock)).strip() for visit, place, day, clock in seats)


def _as_lines(seats: Sequence[Seat]) -> list[str]:
    lines = ((s.visit, s.place, s.day.isoformat(), f"{s.time:%H:%M}" if s.time else "") for s in seats)
    return sorted(" ".join(line).strip() for line in lines)


CHAPTER = Chapter(
    effects=(Effect(10, ("book",), _give), Effect(20, ("release",), _give_back)),
    facts=_facts,
    expectations={"booking": _status, "visits": _visits},
    written={"visits": _as_lines},
)
