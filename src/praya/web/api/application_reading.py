"""Read applications: the list of a department's applications, and one of them with its answers."""

import base64
import binascii
import re
from collections.abc import Container
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.parties import api as invitations
from praya.blocks.tokens import api as access
from praya.definition.service import Service
from praya.journey import (
    case_context,
    explanations,
    load,
    matters,
    referrals,
)
from praya.kernel.crypto import vault
from praya.kernel.ids import read_reference
from praya.web import who
from praya.web.api import schemas
from praya.web.api.application_schemas import explanation_schemas, fee_schemas, visit_schemas
from praya.web.api.guards import answered, operation, token_of
from praya.web.api.refusals import Refused, Wrong

SUBJECT = "api.subject_reading"
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
        within=access_of(token_of(request)), service=service, state=state, which="closed" if closed else "seen",
        mark=_mark(after), limit=limit,
    )  # fmt: skip
    lines = [schemas.ApplicationLine(**_line(row.case)) for row in queue.rows]
    following = base64.urlsafe_b64encode(queue.next_mark.encode()).decode() if queue.next_mark else None
    return answered(schemas.ApplicationList(applications=lines, next=following))


def access_of(token: access.Token) -> cases.Access:
    """What a machine reaches: it belongs to no person, so no case is its own."""
    return cases.Access((token.department,))


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
        case = cases.visible(written or "", within=access_of(token))
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
    given = invitations.answers_of_case(case.ref)
    states = [
        (one, {n: v for n, v in given.get(one.ref, {}).items() if only is None or (one.party, n) in only})
        for one in invitations.newest(invitations.of_case(case.ref))
    ]
    return [
        schemas.PartySaid(party=one.party, number=one.number, state=one.state, answers=answers)
        for one, answers in states
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
