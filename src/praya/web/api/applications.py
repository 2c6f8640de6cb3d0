"""Operations on applications for machines of departments: open a whole application in one call, check, list, read."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Header

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.tokens import api as access
from praya.definition.expression_context import derived
from praya.definition.questions import FileQuestion
from praya.definition.service import Service
from praya.journey import (
    acting,
    application_steps,
    draft_booking,
    draft_progress,
    entries,
    explanations,
    load,
)
from praya.journey.chapters import fees
from praya.journey.register_lookups import Finder
from praya.kernel import jsontext
from praya.kernel.crypto import vault
from praya.kernel.ids import read_reference
from praya.kernel.journal import api as journal
from praya.kernel.text import Text, spoken
from praya.web import case_actions, display, pages, who
from praya.web.api import answer_shapes, bodies, schemas
from praya.web.api.application_reading import access_of
from praya.web.api.application_schemas import explanation_schemas, fee_schemas, short_schema
from praya.web.api.guards import answered, operation, own_service, token_of
from praya.web.api.refusals import Reason, Refused, Wrong
from praya.web.words import translator

SUBJECT = "api.subject_applications"

Sent = dict[str, list[tuple[str, bytes]]]

# A string as in the Internet-Draft (Structured Fields), or the same characters without quotation marks.
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r'^("[!#-\[\]-~]{1,126}"|[!#-\[\]-~]{1,128})$',
        description="A new one for each new request, such as a UUID; the same one when a request is repeated.",
    ),
]


@operation(
    "POST", "services/{service}/applications", audience="machine", scope="apply", files=True,
    gives={201: schemas.Application}, refuses=[404, 409],
)  # fmt: skip
def apply(
    request: HttpRequest, service: str, application: schemas.ApplicationIn, idempotency_key: IdempotencyKey
) -> HttpResponse:
    """Open a whole application, with answers, files and places: all of it or nothing.

    Repeating the Idempotency-Key with the same body gives the same response and opens nothing. Refusals are not stored.
    """
    token, definition = token_of(request), own_service(request, service)
    length = sum(len(file.content_base64) for files in application.files.values() for file in files)
    bodies.insist_on_size_without(length, request)
    payload = journal.canonical({"service": service, **application.model_dump()})
    answer = _once(
        token, idempotency_key, payload, lambda: (201, _opened(definition, application, token, key=idempotency_key)),
    )  # fmt: skip
    headers = {"Location": f"/api/v1/applications/{_reference_in(answer.body)}"}
    return answered(answer.body, status=answer.status, headers=headers)


def _reference_in(body: str) -> str:
    return str(schemas.Application.model_validate_json(body).reference)


def _once(token: access.Token, key: str, payload: str, do: Callable[[], tuple[int, str]]) -> access.Answer:
    try:
        return access.once(token=token.name, key=plain(key), payload=payload, at=who.now(), do=do)
    except access.KeyReused:
        raise Refused(422, "key_reused") from None
    except application_steps.Incomplete as incomplete:
        raise Refused(422, "incomplete", fields=incomplete.refusals) from None
    except application_steps.NotEligible as not_eligible:
        raise _not_eligible(not_eligible.found) from None
    except application_steps.Closed as closed:
        raise Refused(409, "closed", sentence=display.closed_words(closed.standing, load.pack())) from None
    except application_steps.LimitReached as over:
        raise Refused(409, "limit_reached", sentence=over.reached.sentence) from None
    except entries.NoSubject:
        raise Refused(422, "no_subject", fields=[Wrong("subject", "no_subject")]) from None
    except entries.TooEarly as early:
        raise Refused(409, "too_early", day=early.opens_on.isoformat()) from None
    except draft_booking.BookingClosed as closed:
        raise Refused(409, "booking_closed", sentence=closed_until(closed.window)) from None
    except draft_booking.SessionRefused as refused:
        raise Refused(409, "time_refused", sentence=refused.sentence) from None
    except bookings.SlotTaken:
        raise Refused(409, "slot_taken") from None
    except bookings.Overlaps:
        raise Refused(409, "overlaps") from None
    except bookings.HeldAlready:
        raise Refused(409, "booked_already") from None
    except cases.KeyReused:
        raise Refused(422, "key_reused") from None
    except acting.NotAllowed:
        raise Refused(409, "not_carried_out") from None
    except identity.NotAnAddress as wrong:
        raise Refused(422, "invalid", fields=[Wrong("applicant.email", wrong.code)]) from None


def _not_eligible(shut_out: draft_progress.ShutOut) -> Refused:
    def explanation(language: str) -> list[schemas.Explained]:
        return explanation_schemas(shut_out.why(language))

    return Refused(422, "not_eligible", sentence=shut_out.rule.refuse, explanation=explanation)


def insist_on_level(service: Service) -> None:
    """Refuse for a service that asks for more than an address: a machine cannot show who the person is."""
    if service.level_for("apply") > identity.CODE_LEVEL:
        raise Refused(403, "level_missing")


def plain(key: str) -> str:
    """The key without its quotation marks."""
    return key[1:-1] if len(key) > 1 and key[0] == key[-1] == '"' else key


def closed_until(window: bookings.Window) -> Text | None:
    """When booking opens, if that is known."""
    if window.opens_at is None:
        return None
    return Text({lang: _opens(window, lang) for lang in spoken()})


def _opens(window: bookings.Window, lang: str) -> str:
    assert window.opens_at is not None  # noqa: S101 (the caller looked)
    when = display.moment_words(window.opens_at, load.pack(), lang)
    return translator(lang)("portal.booking_opens", when=when)


def _opened(service: Service, application: schemas.ApplicationIn, token: access.Token, *, key: str) -> str:
    """Open the application in the caller's transaction; returns the body of the response."""
    at, pack, who_for = who.now(), load.pack(), application.applicant
    insist_on_level(service)
    files = _files(service, application.files)
    looked = answer_shapes.look(
        service,
        application.answers,
        language=who_for.language,
        today=pack.calendar.day_of(at),
        files={name: len(sent) for name, sent in files.items()},
        subject={
            **entries.seen_by(service, application.subject),
            # Whose entries are meant is known when the application is opened, which looks again.
            "lookups": Finder(service, "", pack.calendar.day_of(at)),
            "applicant": {"email": who_for.email, "language": who_for.language},
        },
    )
    if looked.misshapen:
        if looked.shut_out is not None:
            raise _not_eligible(looked.shut_out)
        raise Refused(422, "incomplete", fields=looked.reasons)
    seats = seats_of(service, application.seats)
    person = identity.enrol(
        email=who_for.email, name=who_for.name, language=who_for.language, at=at, by=token.actor
    )  # fmt: skip
    try:
        with acting.allowed("apply", service=service.service):
            case = application_steps.apply_at_once(
                service, person=person, language=who_for.language, answers=looked.answers, files=files, seats=seats,
                once_key=vault.blind_index("api", f"{token.name}:{plain(key)}"), at=at,
                subject_ref=application.subject,
            )  # fmt: skip
    except forms.Unwelcome as unwelcome:
        raise Refused(422, "incomplete", fields=[_unwelcome(service, files, unwelcome)]) from None
    return jsontext.dumps(short_schema(case, service).model_dump())


def seats_of(service: Service, seats: Sequence[schemas.SeatIn]) -> list[bookings.Seat]:
    """The seats in the order of the service's visits. Raises Refused when their visits differ from the service's."""
    booking = service.booked_on_applying
    if booking is None:
        if seats:
            raise Refused(422, "invalid", fields=[Wrong("seats", "no_booking")])
        return []
    wanted = [visit.name for visit in booking.all_visits]
    needed = {visit.name for visit in booking.all_visits if visit.when is None}
    by_visit = {seat.visit: (seat.visit, seat.place, seat.day, seat.time) for seat in seats}
    if len(by_visit) < len(seats) or not needed <= by_visit.keys() <= set(wanted):
        raise Refused(422, "invalid", fields=[Wrong("seats", "visits", {"visits": ", ".join(wanted)})])
    return [by_visit[name] for name in wanted if name in by_visit]


# Files


def _files(service: Service, sent: Mapping[str, Sequence[schemas.FileIn]]) -> Sent:
    files_of: Sent = {}
    reasons: list[Reason] = []
    for name, files in sent.items():
        question = service.questions.get(name)
        if not isinstance(question, FileQuestion):
            reasons.append(Wrong(f"files.{name[:60]}", "no_file_question"))
            continue
        if len(files) > question.max_files:
            reasons.append(case_actions.unwelcome_file(question, f"files.{name}", forms.Unwelcome("too_many_files")))
            continue
        for index, file in enumerate(files):
            try:
                data = base64.b64decode(file.content_base64, validate=True)
            except (binascii.Error, ValueError):
                reasons.append(Wrong(f"files.{name}.{index}.content_base64", "not_base64"))
                continue
            files_of.setdefault(name, []).append((file.name, data))
    if reasons:
        raise Refused(422, "incomplete", fields=reasons)
    return files_of


def _unwelcome(service: Service, files: Sent, unwelcome: forms.Unwelcome) -> Reason:
    """The refusal of a file. The question is known when only one question has files."""
    name = next(iter(files))
    question = service.questions[name]
    assert isinstance(question, FileQuestion)  # noqa: S101 (`_files` looked)
    if len(files) == 1:
        return case_actions.unwelcome_file(question, f"files.{name}", unwelcome)
    return Wrong("files", "unwelcome_file")


# The time that an application asks for


@operation(
    "POST", "applications/{ref}/time", audience="machine", scope="book", gives={200: schemas.Application},
    refuses=[404, 409],
)  # fmt: skip
def choose_time(request: HttpRequest, ref: str, time: schemas.TimeIn, idempotency_key: IdempotencyKey) -> HttpResponse:
    """Choose, for the applicant, the time that their application asks them for, by one of their actions that books.

    It obeys the rules that the applicant obeys. Repeating the Idempotency-Key with the same body changes nothing.
    """
    token, written = token_of(request), read_reference(ref)
    try:
        case = cases.visible(written or "", within=access_of(token))
    except cases.NoCase:
        raise Refused(404, "no_application") from None
    if case.department != token.department:
        raise Refused(404, "no_application")
    payload = journal.canonical({"application": case.ref, **time.model_dump(mode="json")})
    answer = _once(token, idempotency_key, payload, lambda: (200, _time_chosen(case, time, token, idempotency_key)))
    return answered(answer.body, status=answer.status)


def _time_chosen(case: cases.Case, time: schemas.TimeIn, token: access.Token, key: str) -> str:
    """Do the action with the session that was chosen, in the caller's transaction; returns the body of the response."""
    at, by = who.now(), acting.By(token.actor, ("applicant",))
    offered = case_actions.action_named(acting.open_actions(case, by, at=at), time.action)
    if offered is None or not offered.book:
        raise Refused(409, "no_time_asked")
    once_key = f"api:{vault.blind_index('api', f'{token.name}:{plain(key)}')}"
    try:
        done = acting.act(
            case=case, action=time.action, by=by, answers={}, reason="", once_key=once_key, at=at,
            session=(time.seat.place, time.seat.day, time.seat.time),
        )  # fmt: skip
    except (acting.NotAnswered, acting.NoReason) as missing:
        fields: Sequence[Reason] = getattr(missing, "refusals", None) or [Wrong("reason", "missing")]
        raise Refused(422, "incomplete", fields=fields) from None
    except cases.CaseMoved:
        raise Refused(409, "moved_meanwhile") from None
    return jsontext.dumps(short_schema(done, load.compiled(done.service, done.version)).model_dump())


# Checking


@operation(
    "POST", "services/{service}/check", audience="machine", scope="apply", gives={200: schemas.Checked},
    refuses=[404, 409],
)  # fmt: skip
def check(request: HttpRequest, service: str, answers: schemas.CheckIn) -> HttpResponse:
    """Check answers as an application would be checked. Nothing is stored."""
    definition, pack, language = own_service(request, service), load.pack(), pages.preferred(request)
    today = pack.calendar.day_of(who.now())
    subject = {**entries.seen_by(definition, answers.subject), "lookups": Finder(definition, "", today)}
    looked = answer_shapes.look(definition, answers.answers, language=language, today=today, subject=subject)
    if answers.seats:
        seats, booking = seats_of(definition, answers.seats), definition.booked_on_applying
        size = booking.size(looked.context) if booking else 0
        subject |= draft_progress.seen_while_held(definition, seats, pack, size=size)
        looked = answer_shapes.look(definition, answers.answers, language=language, today=today, subject=subject)
    try:
        with acting.allowed("check", service=definition.service):
            due = [] if looked.reasons else fees.first(definition, looked.context, pack, today)
    except acting.NotAllowed:
        raise Refused(409, "not_carried_out") from None
    known_answers = {**looked.answers, **derived(definition, looked.context)}
    why = looked.shut_out.why(language) if looked.shut_out else ()
    why += explanations.worked_out(definition, known_answers, looked.context, due, pack, day=today, language=language)
    questions = [q for page in definition.form for q in page.questions]
    asked = {q.name for q in questions if q.when is None or q.when.holds(looked.context)}
    return answered(
        schemas.Checked(
            complete=not looked.reasons,
            eligible=looked.shut_out is None,
            reason=looked.shut_out.rule.refuse.in_(language) if looked.shut_out else None,
            fields=[
                schemas.FieldError(path=r.path, code=r.code, message=r.message(language)) for r in looked.reasons[:100]
            ],
            fees=fee_schemas(due, pack.currency),
            files=sorted(answer_shapes.files_needed(definition) & asked),
            explanation=explanation_schemas(why),
        )
    )
