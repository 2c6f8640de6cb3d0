"""Bare bookings that a department makes on behalf of people, moving them and giving them back."""

import re
import time
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse

from praya.blocks.bookings import api as bookings
from praya.blocks.identity import api as identity
from praya.blocks.tokens import api as access
from praya.definition.booking import Booking
from praya.definition.service import Service
from praya.journey import draft_booking, load, rebooking
from praya.journey.limits import counted_as
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.web import who
from praya.web.api import schemas
from praya.web.api.applications import IdempotencyKey, closed_until, plain, seats_of
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
    """Take places for good, for a person whom the department names; the department answers for whose turn it is.

    The same Idempotency-Key with the same body gives the same answer and takes nothing again.
    """
    token, found = token_of(request), own_service(request, service)
    rules = found.booking
    if rules is None:
        raise Refused(409, "no_booking")
    if booking.size > rules.max_party:
        raise Refused(422, "invalid", fields=[Wrong("size", "too_big", {"max": rules.max_party})])
    seats = seats_of(found, booking.seats)
    at = who.now()
    _insist_on_window(found, rules, seats)
    person_ref = _person(booking.applicant, by=token.actor)
    try:
        made = bookings.hold(
            scheme=service,
            person_ref=person_ref,
            seats=seats,
            size=booking.size,
            holders=[bookings.holder(counted_as(holder)) for holder in booking.holders],
            hold_for=None,
            once_key=f"api:{vault.blind_index('api', f'{token.name}:{plain(idempotency_key)}')}",
            at=at,
            by=token.actor,
        )
    except bookings.SlotTaken:
        raise Refused(409, "slot_taken") from None
    except bookings.HeldAlready:
        raise Refused(409, "booked_already") from None
    # A booking without its visits is new; one with them was made before under this key, and may have been moved since.
    if made.visits:
        if not _same(made, service, person_ref, booking.size, seats):
            raise Refused(422, "key_reused")
        now = {seat[0]: seat for seat in rebooking.seats_of(made)}
        seats = [now[visit] for visit, *_ in seats]
    said = _said(made, seats)
    return answered(said, status=201, headers={"Location": said.links["self"]})


def _said(made: bookings.Booking, seats: Sequence[bookings.Seat]) -> schemas.BookingSaid:
    return schemas.BookingSaid(
        reference=made.ref,
        service=made.scheme,
        applicant=made.person_ref,
        size=made.size,
        visits=[schemas.VisitSaid(visit=v, place=p, day=day, time=clock) for v, p, day, clock in seats],
        links={"self": f"/api/v1/bookings/{made.ref}"},
    )


def _insist_on_window(service: Service, rules: Booking, seats: Sequence[bookings.Seat]) -> None:
    """Raise Refused unless the days can be booked now. Which group's turn it is, is the department's to know."""
    window = bookings.window_of_all(rules, at=who.now(), calendar=load.pack().calendar)
    try:
        draft_booking.check_seats(service, seats, window)
    except draft_booking.BookingClosed:
        raise Refused(409, "booking_closed", said=closed_until(window)) from None
    except bookings.SlotTaken:
        raise Refused(409, "slot_taken") from None


def _person(named: schemas.BookedFor, *, by: str) -> str:
    """The reference of a person who exists; one who is known is remembered for 30 seconds."""
    if named.email is not None:
        try:
            found = identity.find(email=named.email)
            if found is None:
                found = identity.enrol(email=named.email, name=None, language=named.language, at=who.now(), by=by)
        except identity.NotAnAddress as wrong:
            raise Refused(422, "invalid", fields=[Wrong("applicant.email", wrong.code)]) from None
        return found.ref
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
    made: bookings.Booking, service: str, person_ref: str, size: int, seats: Sequence[bookings.Seat]
) -> bool:  # fmt: skip
    """Whether this is what was asked for when it was booked, wherever it was moved since."""
    (first,) = journal.about(made.ref, events=["booking_booked"], limit=1)
    asked = sorted([visit, place, day.isoformat(), clock] for visit, place, day, clock in seats)
    return (made.scheme, made.person_ref, made.size, sorted(first.facts["seats"])) == (service, person_ref, size, asked)


@operation(
    "PUT", "bookings/{ref}", audience="machine", scope="book", gives={200: schemas.BookingSaid}, refuses=[404, 409]
)  # fmt: skip
def move(request: HttpRequest, ref: str, booking: schemas.SeatsIn) -> HttpResponse:
    """Move a bare booking to other sessions: all of them are taken and the old ones given back, or nothing changes.

    The same sessions again change nothing. A booking that belongs to an application is moved by its applicant.
    """
    token = token_of(request)
    found, service = _bare(ref, token)
    seats = seats_of(service, booking.seats)
    if service.booking is not None and sorted(seats) != sorted(rebooking.seats_of(found)):
        _insist_on_window(service, service.booking, seats)
    try:
        bookings.move(ref=found.ref, seats=seats, at=who.now(), by=token.actor)
    except bookings.SlotTaken:
        raise Refused(409, "slot_taken") from None
    except bookings.NoBooking:
        raise Refused(404, "no_such_booking") from None
    return answered(_said(found, seats))


@operation("DELETE", "bookings/{ref}", audience="machine", scope="book", gives={204: None}, refuses=[404, 409])
def give_back(request: HttpRequest, ref: str) -> HttpResponse:
    """Give the places of a bare booking back. Giving back twice is as once.

    A booking that belongs to an application is ended with the application, not here.
    """
    token = token_of(request)
    found, _ = _bare(ref, token)
    bookings.cancel(ref=found.ref, at=who.now(), by=token.actor)
    return HttpResponse(status=204)


def _bare(ref: str, token: access.Token) -> tuple[bookings.Booking, Service]:
    """A booking that a machine of the department made, and its service. Raises Refused."""
    try:
        found = bookings.booking(ref if _REF.fullmatch(ref) else "")
    except bookings.NoBooking:
        raise Refused(404, "no_such_booking") from None
    service = load.territory().services.get(found.scheme)
    if service is None or service.department != token.department:
        raise Refused(404, "no_such_booking")
    made = journal.about(found.ref, events=["booking_booked"], limit=1)
    if not made or not made[0].actor.startswith("token:"):
        raise Refused(409, "belongs_to_application")
    return found, service
