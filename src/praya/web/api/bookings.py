"""Bare bookings (without an application) by departments on behalf of people: book, move, give back."""

import re
import time
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse

from praya.blocks.bookings import api as bookings
from praya.blocks.identity import api as identity
from praya.blocks.tokens import api as access
from praya.definition.chapters.booking import Booking
from praya.definition.service import Service
from praya.journey import draft_booking, load, visits
from praya.journey.limits import counted_as
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.web import who
from praya.web.api import schemas
from praya.web.api.applications import IdempotencyKey, closed_until, insist_on_level, plain, seats_of
from praya.web.api.guards import answered, operation, own_service, token_of
from praya.web.api.refusals import Refused, Wrong

SUBJECT = "api.subject_bookings"

REMEMBER_SECONDS = 30.0
_REF = re.compile(r"[0-9a-f]{32}")
_known: dict[str, float] = {}


@operation(
    "POST", "services/{service}/bookings", audience="machine", scope="book", gives={201: schemas.BookingSaid},
    refuses=[404, 409],
)  # fmt: skip
def book(
    request: HttpRequest, service: str, booking: schemas.BookingIn, idempotency_key: IdempotencyKey
) -> HttpResponse:
    """Book places for a person whom the department names. The department decides whose turn it is.

    Repeating the Idempotency-Key with the same body gives the same response and books nothing.
    """
    token, definition = token_of(request), own_service(request, service)
    rules = definition.booking
    if rules is None:
        raise Refused(409, "no_booking")
    insist_on_level(definition)
    if booking.size > rules.max_party:
        raise Refused(422, "invalid", fields=[Wrong("size", "too_big", {"max": rules.max_party})])
    seats = seats_of(definition, booking.seats)
    at = who.now()
    _insist_on_window(definition, rules, seats)
    person_ref = _person(booking.applicant, by=token.actor)
    holders = tuple(bookings.holder(counted_as(holder)) for holder in booking.holders)
    try:
        held = bookings.hold(
            scheme=service,
            person_ref=person_ref,
            seats=seats,
            size=booking.size,
            holders=holders if rules.once_per is not None or rules.one_at_a_time is None else (),
            apart=bookings.Apart(holders, rules.ticks(seats, load.pack().calendar.holidays))
            if rules.one_at_a_time is not None
            else bookings.NOBODY,
            hold_for=None,
            once_key=f"api:{vault.blind_index('api', f'{token.name}:{plain(idempotency_key)}')}",
            at=at,
            by=token.actor,
        )
    except bookings.SlotTaken:
        raise Refused(409, "slot_taken") from None
    except bookings.Overlaps:
        raise Refused(409, "overlaps") from None
    except bookings.HeldAlready:
        raise Refused(409, "booked_already") from None
    # A booking without visits is new; one with visits was made earlier under this key, and may have been moved since.
    if held.visits:
        if not _same(held, service, person_ref, booking.size, seats):
            raise Refused(422, "key_reused")
        now = {seat[0]: seat for seat in visits.seats_of(held)}
        seats = [now[visit] for visit, *_ in seats]
    body = _response_body(held, seats)
    return answered(body, status=201, headers={"Location": body.links["self"]})


def _response_body(booking: bookings.Booking, seats: Sequence[bookings.Seat]) -> schemas.BookingSaid:
    return schemas.BookingSaid(
        reference=booking.ref,
        service=booking.scheme,
        applicant=booking.person_ref,
        size=booking.size,
        visits=[schemas.VisitSaid(visit=v, place=p, day=day, time=clock) for v, p, day, clock in seats],
        links={"self": f"/api/v1/bookings/{booking.ref}"},
    )


def _insist_on_window(service: Service, rules: Booking, seats: Sequence[bookings.Seat]) -> None:
    """Raise Refused unless the days can be booked now. The department checks which group's turn it is."""
    window = bookings.window_of_all(rules, at=who.now(), calendar=load.pack().calendar)
    chosen = {seat[0] for seat in seats}
    try:
        draft_booking.check_seats(
            service, seats, window, visits=[visit for visit in rules.all_visits if visit.name in chosen]
        )
    except draft_booking.BookingClosed:
        raise Refused(409, "booking_closed", sentence=closed_until(window)) from None
    except bookings.SlotTaken:
        raise Refused(409, "slot_taken") from None


def _person(named: schemas.BookedFor, *, by: str) -> str:
    """The reference of the person, who is enrolled when they are new; known addresses are cached for 30 seconds."""
    if named.email is not None:
        try:
            person = identity.find(email=named.email)
            if person is None:
                person = identity.enrol(email=named.email, name=None, language=named.language, at=who.now(), by=by)
        except identity.NotAnAddress as wrong:
            raise Refused(422, "invalid", fields=[Wrong("applicant.email", wrong.code)]) from None
        return person.ref
    ref = named.ref or ""
    if _known.get(ref, 0.0) > time.monotonic():
        return ref
    try:
        identity.person(ref)
    except identity.NoPerson:
        raise Refused(422, "invalid", fields=[Wrong("applicant.ref", "no_person")]) from None
    if len(_known) > 10_000:
        _known.clear()
    _known[ref] = time.monotonic() + REMEMBER_SECONDS
    return ref


def _same(
    booked: bookings.Booking, service: str, person_ref: str, size: int, seats: Sequence[bookings.Seat]
) -> bool:  # fmt: skip
    """Whether the original request of a booking was the same, even if the booking has been moved since."""
    (first,) = journal.about(booked.ref, events=["booking_booked"], limit=1)
    asked = sorted([visit, place, day.isoformat(), clock] for visit, place, day, clock in seats)
    before = (booked.scheme, booked.person_ref, booked.size, sorted(first.facts["seats"]))
    return before == (service, person_ref, size, asked)


@operation(
    "PUT", "bookings/{ref}", audience="machine", scope="book", gives={200: schemas.BookingSaid}, refuses=[404, 409]
)  # fmt: skip
def move(request: HttpRequest, ref: str, booking: schemas.SeatsIn) -> HttpResponse:
    """Move a bare booking to other sessions: it takes all of them and gives the old ones back, or changes nothing.

    Repeating the request changes nothing. A booking of an application is moved by its applicant.
    """
    token = token_of(request)
    current, service = _bare(ref, token)
    seats = seats_of(service, booking.seats)
    if service.booking is not None and sorted(seats) != sorted(visits.seats_of(current)):
        _insist_on_window(service, service.booking, seats)
    try:
        times = service.booking.ticks(seats, load.pack().calendar.holidays) if service.booking else ()
        bookings.move(ref=current.ref, seats=seats, at=who.now(), by=token.actor, times=times)
    except bookings.SlotTaken:
        raise Refused(409, "slot_taken") from None
    except bookings.Overlaps:
        raise Refused(409, "overlaps") from None
    except bookings.NoBooking:
        raise Refused(404, "no_such_booking") from None
    return answered(_response_body(current, seats))


@operation("DELETE", "bookings/{ref}", audience="machine", scope="book", gives={204: None}, refuses=[404, 409])
def give_back(request: HttpRequest, ref: str) -> HttpResponse:
    """Cancel a bare booking. Repeating the request changes nothing.

    A booking of an application ends with the application.
    """
    token = token_of(request)
    current, _ = _bare(ref, token)
    bookings.cancel(ref=current.ref, at=who.now(), by=token.actor)
    return HttpResponse(status=204)


def _bare(ref: str, token: access.Token) -> tuple[bookings.Booking, Service]:
    """A bare booking of the token's department, and its service. Raises Refused."""
    try:
        booking = bookings.booking(ref if _REF.fullmatch(ref) else "")
    except bookings.NoBooking:
        raise Refused(404, "no_such_booking") from None
    service = load.territory().services.get(booking.scheme)
    if service is None or service.department != token.department:
        raise Refused(404, "no_such_booking")
    facts = journal.about(booking.ref, events=["booking_booked"], limit=1)
    if not facts or not facts[0].actor.startswith("token:"):
        raise Refused(409, "belongs_to_application")
    return booking, service
