"""Operations that describe services: the list, the details, the schema of answers, the sessions. All have an ETag."""

import hashlib
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query

from praya.blocks.bookings import api as bookings
from praya.definition import opening
from praya.definition.card import Card
from praya.definition.chapters.booking import Booking
from praya.definition.expression_context import facts
from praya.definition.pack import Pack
from praya.definition.questions import FileQuestion
from praya.definition.service import Service
from praya.journey import load
from praya.kernel import jsontext
from praya.kernel.memory import Memory
from praya.kernel.text import Text
from praya.web import display, who
from praya.web.api import schemas
from praya.web.api.guards import MAX_AGE, answered, operation, service_named
from praya.web.api.refusals import Refused, Wrong

SUBJECT = "api.subject_services"

MOST_DAYS = 62


@dataclass(frozen=True, slots=True)
class _Body:
    """A cached response, valid while the same edition of services is live and the service's `standing` is the same."""

    edition: int
    standing: schemas.Opening | None
    text: str
    etag: str


_bodies: Memory[str, _Body] = Memory(4 * 1024 * 1024)


def _steady(
    request: HttpRequest, make: Callable[[], str], standing: schemas.Opening | None = None, *, key: str = ""
) -> HttpResponse:
    """The cached response for this address or `key`; it is made again when it is no longer valid."""
    edition, key = load.territory().edition, key or request.path
    body = _bodies.get(key)
    if body is None or (body.edition, body.standing) != (edition, standing):
        text = make()
        body = _Body(edition, standing, text, f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"')
        _bodies.put(key, body, len(text))
    headers = {"ETag": body.etag}
    if request.headers.get("If-None-Match") == body.etag:
        response = HttpResponse(status=304, headers=headers)
        response["Cache-Control"] = MAX_AGE
        return response
    return answered(body.text, headers=headers, keep=MAX_AGE)


@operation("GET", "services", audience="anyone", gives={200: schemas.ServiceList, 304: None})
def list_services(
    request: HttpRequest,
    after: Annotated[str, Query(max_length=60, pattern="^[a-z0-9-]*$")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> HttpResponse:
    """The live services by name, a page at a time, each with its links. `Link` has the address of the next page."""
    live = load.territory().offered
    names = list(live)
    start = bisect_right(names, after)
    page = names[start : start + limit]
    following = page[-1] if start + limit < len(names) else None

    def made() -> str:
        lines = [schemas.ServiceLine(**_line(live[name])) for name in page]
        return schemas.ServiceList(services=lines, next=following).model_dump_json()

    # Two cursors that point at the same service share one cached page.
    response = _steady(request, made, key=f"{request.path}?{start}+{limit}")
    if following is not None:
        response["Link"] = f'<{request.path}?after={following}&limit={limit}>; rel="next"'
    return response


@operation(
    "GET", "services/{service}", audience="anyone", gives={200: schemas.ServiceFull, 304: None}, refuses=[404]
)  # fmt: skip
def read_service(request: HttpRequest, service: str) -> HttpResponse:
    """One service: whether it is open now, what it is for, what it needs, which files it takes, what it books."""
    definition = service_named(service)
    stands = _opening(definition)
    return _steady(request, lambda: _full(definition, stands).model_dump_json(), stands)


def _opening(service: Service) -> schemas.Opening:
    at, pack = who.now(), load.pack()
    state = opening.standing(service.open_times, at, pack.calendar)
    return schemas.Opening(
        now=state.is_open,
        opens_at=state.opens_at,
        closes_at=opening.closes(service.open_times, at, pack.calendar) if state.is_open else None,
        reason=None if state.is_open else all_languages(display.closed_words(state, pack)),
    )


@operation(
    "GET", "services/{service}/answers-schema", audience="anyone", gives={200: schemas.Schema, 304: None}, refuses=[404]
)  # fmt: skip
def read_answers_schema(request: HttpRequest, service: str) -> HttpResponse:
    """The JSON Schema (2020-12) of a whole set of answers; files are sent beside the answers, so they are not in it."""
    definition = service_named(service)
    return _steady(request, lambda: jsontext.dumps(answers_schema(definition)))


def answers_schema(service: Service) -> dict[str, Any]:
    """The JSON Schema of an application's answers."""
    schema = service.answers_schema()
    files = {name for name, question in service.questions.items() if isinstance(question, FileQuestion)}
    properties = {name: asked for name, asked in schema["properties"].items() if name not in files}
    required = [name for name in schema["required"] if name not in files]
    return {**schema, "properties": properties, "required": required}


def all_languages(text: Text) -> dict[str, str]:
    """A text in every language."""
    return {language: text.in_(language) for language in load.pack().languages}


def links_of(service: Card) -> dict[str, str]:
    """The links to a service's other resources."""
    base = f"/api/v1/services/{service.service}"
    links = {
        "self": base,
        "answers_schema": f"{base}/answers-schema",
        "check": f"{base}/check",
        "applications": f"{base}/applications",
        "statistics": f"/api/v1/statistics/{service.service}",
        "page": f"/en/services/{service.service}",
    }
    return {**links, "slots": f"{base}/slots", "bookings": f"{base}/bookings"} if service.books_on_applying else links


def _line(service: Card) -> dict[str, Any]:
    pack = load.pack()
    return {
        "name": service.service,
        "version": service.version,
        "title": all_languages(service.title),
        "summary": all_languages(service.summary),
        "drafted": sorted(service.title.drafts | service.summary.drafts),
        "department": schemas.Named(
            name=service.department, title=all_languages(pack.departments[service.department].title)
        ),
        "topic": schemas.Named(name=service.topic, title=all_languages(pack.topics[service.topic].title)),
        "links": links_of(service),
    }


def _full(service: Service, stands: schemas.Opening) -> schemas.ServiceFull:
    return schemas.ServiceFull(
        open=stands,
        **_line(load.territory().live[service.service]),
        who=all_languages(service.who),
        needs=[all_languages(text) for text in service.needs],
        minutes=service.minutes,
        legal_basis=all_languages(service.legal.basis),
        purpose=all_languages(service.legal.purpose),
        departments_asked=sorted(service.departments - {service.department}),
        files=[
            schemas.FilesAsked(
                question=question.name,
                title=all_languages(question.label),
                required=not question.optional and question.when is None,
                kinds=list(question.accept),
                max_mb=question.max_mb,
                max_files=question.max_files,
            )
            for question in service.questions.values()
            if isinstance(question, FileQuestion)
        ],
        booking=_booking(service.booked_on_applying) if service.booked_on_applying else None,
        subject=_subject(service),
    )


def _subject(service: Service) -> schemas.SubjectAsked | None:
    subject, about = service.subject, service.about
    if about is not None:
        return schemas.SubjectAsked(service=about.service, register_name=about.publication, who="anyone")
    if subject is None:
        return None
    return schemas.SubjectAsked(
        service=subject.service or service.service, register_name=subject.register_in, who=subject.who
    )


def _booking(booking: Booking) -> schemas.BookingAsked:
    return schemas.BookingAsked(
        visits=[
            schemas.VisitAsked(
                name=visit.name,
                title=all_languages(visit.label),
                after=visit.after,
                days=list(visit.days) if visit.days else None,
            )
            for visit in booking.all_visits
        ],
        places=[schemas.Named(name=place.value, title=all_languages(place.label)) for place in booking.places],
        max_size=booking.max_party,
    )


@operation(
    "GET", "services/{service}/slots", audience="anyone", gives={200: schemas.Slots}, refuses=[404, 422], rate="search"
)  # fmt: skip
def list_slots(
    request: HttpRequest,
    service: str,
    from_: Annotated[schemas.Day | None, Query(alias="from")] = None,
    to: Annotated[schemas.Day | None, Query()] = None,
    place: Annotated[str, Query(max_length=60)] = "",
) -> HttpResponse:
    """The sessions between two days (at most 62), with what is left. For showing: only booking decides."""
    definition = service_named(service)
    booking = definition.booking
    if booking is None:
        raise Refused(404, "no_booking")
    if place and booking.place_named(place) is None:
        raise Refused(422, "invalid", fields=[Wrong("place", "no_place")])
    pack, at = load.pack(), who.now()
    today = pack.calendar.day_of(at)
    window = bookings.window(booking, at=at, calendar=pack.calendar, context=facts(definition, {}, today=today))
    first = from_ or window.first or today
    last = to or min(first + timedelta(days=MOST_DAYS - 1), max(first, window.last or date.max))
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Refused(422, "invalid", fields=[Wrong("to", "not_in_reach", {"days": MOST_DAYS})])
    shown = bookings.slots(scheme=service, first=first, last=last, place=place)
    body = schemas.Slots(
        service=service,
        from_=first,
        to=last,
        bookable_from=window.first,
        bookable_to=window.last,
        opens_at=window.opens_at,
        closes_at=window.closes_at,
        slots=[_slot(booking, slot, pack) for slot in shown],
    )
    return answered(body)


def _slot(booking: Booking, slot: bookings.Slot, pack: Pack) -> schemas.Slot:
    block = booking.block_of(slot.place, slot.day, slot.clock, pack.calendar.holidays)
    return schemas.Slot(
        place=slot.place,
        day=slot.day,
        time=slot.clock,
        left=slot.left,
        closed=slot.closed,
        minutes=block.minutes if block and slot.clock else None,
        class_name=block.class_name if block else None,
        title=all_languages(block.label) if block and block.label else None,
    )
