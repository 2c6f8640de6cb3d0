"""Operations without a token: track an application, verify a record."""

from django.http import HttpRequest, HttpResponse

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.definition.sandbox import is_trial
from praya.journey import load
from praya.kernel.ids import read_reference
from praya.kernel.text import html_language
from praya.web import display, pages, who
from praya.web.api import schemas
from praya.web.api.guards import answered, operation
from praya.web.api.refusals import Refused
from praya.web.api.services import all_languages

SUBJECT = "api.subject_open"


@operation("GET", "track/{ref}", audience="anyone", gives={200: schemas.Tracked}, refuses=[404], rate="track")
def track(request: HttpRequest, ref: str) -> HttpResponse:
    """Track an application: its milestones in the language of the request, nothing about the person."""
    written = read_reference(ref)
    try:
        case = cases.case(written or "")
    except cases.NoCase:
        raise Refused(404, "no_application") from None
    if is_trial(case.service):
        raise Refused(404, "no_application")  # cases of the sandbox are not public
    language, pack = pages.preferred(request), load.pack()
    service = load.compiled(case.service, case.version)
    milestones = [
        schemas.MilestoneSaid(title=row["title"], state=row["state"], date=row.get("date"), note=row.get("note"))
        for row in display.timeline(case, service, pack, language)
    ]
    body = schemas.Tracked(
        reference=case.ref,
        service=case.service,
        service_title=service.title.in_(language),
        department=case.department,
        due_date=pack.calendar.day_of(case.due_at) if case.due_at else None,
        milestones=milestones,
    )
    return answered(body, headers={"Content-Language": html_language(language), "Vary": "Accept-Language"})


@operation("POST", "records/verify", audience="anyone", gives={200: schemas.VerdictSaid}, rate="verify")
def verify_record(request: HttpRequest, record: schemas.RecordIn) -> HttpResponse:
    """Verify a record. Nothing of it is stored."""
    verdict = credentials.verify(record.record.rpartition("#")[2], at=who.now())
    facts = [
        schemas.RecordFact(
            name=fact.name,
            title=all_languages(fact.label),
            value=fact.value if isinstance(fact.value, str) else dict(fact.value),
        )
        for fact in verdict.facts
    ]
    return answered(
        schemas.VerdictSaid(
            state=verdict.state,
            reference=verdict.ref,
            service=verdict.service,
            name=verdict.name,
            title=all_languages(verdict.title) if verdict.title else None,
            facts=facts,
            issued_at=verdict.issued_at,
            valid_until=verdict.valid_until,
            revoked_at=verdict.revoked_at,
            replaced_by=verdict.replaced_by or None,
        )
    )
