"""Operations on applications for machines of departments: open a whole application in one call, check, list, read."""

import base64
import binascii
import re
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Header, Query

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.parties import api as invitations
from praya.blocks.tokens import api as access
from praya.definition.explain import Line
from praya.definition.expression_context import derived
from praya.definition.questions import FileQuestion
from praya.definition.service import Service
from praya.journey import (
    acting,
    application_steps,
    case_context,
    draft_booking,
    draft_progress,
    entries,
    explanations,
    load,
    matters,
    referrals,
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
from praya.web.api.guards import answered, operation, own_service, token_of
from praya.web.api.refusals import Reason, Refused, Wrong
from praya.web.api.services import all_languages
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
        raise Refused(409, "limit_reached", sentence=over.reached.said) from None
    except entries.NoSubject:
        raise Refused(422, "no_subject", fields=[Wrong("subject", "no_subject")]) from None
    except entries.TooEarly as early:
        raise Refused(409, "too_early", day=early.opens_on.isoformat()) from None
    except draft_booking.BookingClosed as closed:
        raise Refused(409, "booking_closed", sentence=closed_until(closed.window)) from None
    except draft_booking.SessionRefused as refused:
        raise Refused(409, "time_refused", sentence=refused.said) from None
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
    return jsontext.dumps(_said_of(case, service).model_dump())


def _said_of(case: cases.Case, service: Service) -> schemas.Application:
    pack = load.pack()
    return schemas.Application(
        reference=case.ref,
        service=case.service,
        version=case.version,
        applicant=case.person_ref,
        state=case.state,
        state_title=all_languages(service.flow.states[case.state].label),
        due_date=pack.calendar.day_of(case.due_at) if case.due_at else None,
        fees=fee_schemas(case.fees, pack.currency),
        fee=amount(fees.sums(case.fees)["total"]),
        currency=pack.currency,
        booking=case.booking_ref or None,
        links={
            "self": f"/api/v1/applications/{case.ref}",
            "track": f"/api/v1/track/{case.ref}",
            "page": f"/{case.language}/cases/{case.ref}",
        },
    )


def fee_schemas(fees: Sequence[cases.Fee], currency: str) -> list[schemas.FeeSaid]:
    """The fees of a response, exact to the cent."""
    return [
        schemas.FeeSaid(
            title=all_languages(Text(fee.label)),
            amount=amount(fee.cents),
            returned=amount(fee.returned),
            currency=currency,
            reference=all_languages(Text(fee.reference)) if fee.reference else None,
            name=fee.name or None,
            kind=fee.kind,
            state=fee.state,
        )
        for fee in fees
    ]


def explanation_schemas(lines: Sequence[Line]) -> list[schemas.Explained]:
    """The lines of an explanation, with the lines within them."""
    return [
        schemas.Explained(words=line.words, value=line.value, law=line.law, within=explanation_schemas(line.within))
        for line in lines
    ]


def amount(cents: int) -> str:
    """Convert cents to a decimal number, such as 5250.00."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


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
        case = cases.visible(written or "", departments=[token.department])
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
    return jsontext.dumps(_said_of(done, load.compiled(done.service, done.version)).model_dump())


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


# Reading

_MARK = re.compile(r"(\d{4}-\d{2}-\d{2}T[0-9:.]{5,15}([+-]\d{2}:\d{2}|Z)?)?\|[A-Z]{1,6}-[0-9A-Z]{4}-[0-9A-Z]{4}")


@operation(
    "GET", "applications", audience="machine", scope="read", gives={200: schemas.ApplicationList}, refuses=[422]
)  # fmt: skip
def list_applications(
    request: HttpRequest,
    after: Annotated[str, Query(max_length=120)] = "",
    service: Annotated[str, Query(max_length=60, pattern="^[a-z0-9-]*$")] = "",
    state: Annotated[str, Query(max_length=60, pattern="^[a-z0-9-]*$")] = "",
    closed: Annotated[bool, Query()] = False,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> HttpResponse:
    """List the department's applications, open or closed, by due date, without personal data.

    The open ones include those referred to it by another department, by the date when its reply is due.
    """
    queue = cases.queue(
        departments=[token_of(request).department], service=service, state=state, which="closed" if closed else "seen",
        mark=_mark(after), limit=limit,
    )  # fmt: skip
    lines = [schemas.ApplicationLine(**_line(row.case)) for row in queue.rows]
    following = base64.urlsafe_b64encode(queue.next_mark.encode()).decode() if queue.next_mark else None
    return answered(schemas.ApplicationList(applications=lines, next=following))


def _mark(after: str) -> str:
    if not after:
        return ""
    try:
        mark = base64.urlsafe_b64decode(after.encode("ascii")).decode("ascii")
    except (binascii.Error, ValueError):
        mark = ""
    if not _MARK.fullmatch(mark):
        raise Refused(422, "invalid", fields=[Wrong("after", "not_a_mark")])
    return mark


def _line(case: cases.Case) -> dict[str, Any]:
    return {
        "reference": case.ref,
        "service": case.service,
        "version": case.version,
        "department": case.department,
        "language": case.language,
        "state": case.state,
        "state_since": case.state_since,
        "due_at": case.due_at,
        "promise_at": case.promise_at,
        "stopped_at": case.stopped_at,
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "result": case.result,
        "links": {"self": f"/api/v1/applications/{case.ref}", "track": f"/api/v1/track/{case.ref}"},
    }


@operation(
    "GET", "applications/{ref}", audience="machine", scope="read", gives={200: schemas.ApplicationFull}, refuses=[404]
)  # fmt: skip
def read_application(request: HttpRequest, ref: str) -> HttpResponse:
    """Read an application of the department, or referred to it. The journal notes the reading; the applicant sees it.

    A department that is asked reads the answers that the referral names, not the applicant, until it has replied.
    An application of another department gives 404, as one that does not exist.
    """
    token, written = token_of(request), read_reference(ref)
    try:
        case = cases.visible(written or "", departments=[token.department])
    except cases.NoCase:
        raise Refused(404, "no_application") from None
    cases.note_read(ref=case.ref, service=case.service, by=token.actor, at=who.now(), what="application")
    service = load.compiled(case.service, case.version)
    if case.department != token.department:
        return answered(_shared_with(case, service, token.department))
    content, person = _personal(case)
    booking = bookings.booking(case.booking_ref) if case.booking_ref else None
    pack = load.pack()
    picture = case_context.of_case(case, service, pack, today=pack.calendar.day_of(who.now()))
    return answered(
        schemas.ApplicationFull(
            **_line(case),
            applicant=person,
            answers=content.answers,
            files=[_file(u) for u in forms.uploads_of_case(case.ref, with_parts=True)] if person else [],
            fees=fee_schemas(case.fees, load.pack().currency),
            visits=visit_schemas(booking.visits) if booking else [],
            explanation=explanation_schemas(
                explanations.of_case(picture, pack, language=case.language) if person else ()
            ),
            referrals=[_referral(r) for r in case.referrals],
            findings=content.findings,
            parties=_parties(case, service),
            **_around(case, token.department),
        )
    )


def _around(case: cases.Case, department: str) -> dict[str, Any]:
    """The case that this one is about, and those about it, as far as they are of the department."""
    matter = matters.matter_of(case)
    ours = [one.ref for one in matters.about(case) if one.department == department]
    return {"matter": matter.ref if matter and matter.department == department else None, "about": ours}


def _shared_with(case: cases.Case, service: Service, department: str) -> schemas.ApplicationFull:
    """The application for a department that is asked: the answers that the referral names, not the applicant."""
    shared = referrals.shared_with(case, service, [department])
    content, person = _personal(case)
    files = referrals.files(case, service, shared) if person else set()
    return schemas.ApplicationFull(
        **_line(case),
        applicant=None,
        answers={name: value for name, value in content.answers.items() if name in shared.answers},
        files=[_file(u) for u in forms.uploads_of_case(case.ref, with_parts=True) if u.ref in files] if files else [],
        fees=[],
        visits=[],
        explanation=[],
        referrals=[_referral(r) for r in case.referrals if r.department == department],
        findings={name: value for name, value in content.findings.items() if name in shared.findings},
        parties=_parties(case, service, shared.of_parties),
        matter=None,
        about=[],
    )


def _parties(
    case: cases.Case, service: Service, only: Container[tuple[str, str]] | None = None
) -> list[schemas.PartySaid]:
    """What each party gave; `only` limits it to these pairs of party and question, and to who gave one of them."""
    if not service.parties:
        return []
    given = invitations.given(case.ref)
    found = [
        (one, {n: v for n, v in given.get(one.ref, {}).items() if only is None or (one.party, n) in only})
        for one in invitations.newest(invitations.of_case(case.ref))
    ]
    return [
        schemas.PartySaid(party=one.party, number=one.number, state=one.state, answers=answers)
        for one, answers in found
        if only is None or answers
    ]


def _referral(referral: cases.Referral) -> schemas.ReferralSaid:
    return schemas.ReferralSaid(
        department=referral.department,
        asked_at=referral.asked_at,
        due_at=referral.due_at,
        replied_at=referral.replied_at,
        result=referral.result,
        arbiter=referral.arbiter,
        belongs_to=referral.belongs_to or None,
    )


def _personal(case: cases.Case) -> tuple[cases.Content, schemas.Person | None]:
    try:
        content, person = cases.content(case.ref), identity.person(case.person_ref)
    except (identity.NoPerson, vault.Forgotten):
        return cases.Content({}, {}), None
    return content, schemas.Person(reference=person.ref, email=person.email, name=person.name)


def _file(upload: forms.Upload) -> schemas.FileSaid:
    return schemas.FileSaid(
        question=upload.question, name=upload.name, kind=upload.kind, size=upload.size, state=upload.state
    )


def visit_schemas(visits: Sequence[bookings.Visit]) -> list[schemas.VisitSaid]:
    """The visits of a booking."""
    return [schemas.VisitSaid(visit=v.visit, place=v.place, day=v.day, time=v.clock) for v in visits]
