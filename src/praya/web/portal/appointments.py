"""The appointments of a person: those that come, and the file by which a calendar takes those of a case."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.notices import api as notices
from praya.journey import appointments, case_context, load
from praya.journey.chapter import Picture
from praya.journey.chapters.booking import visit_said
from praya.kernel import calendar_file
from praya.web import who
from praya.web.portal.own_cases import case_or_404

MOST_SHOWN = 20


@require_safe
@who.open_to("resident")
def file(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """The calendar file of a case, for whoever has the case; 404 where it has no appointment and no deadline."""
    case, pack, at = case_or_404(request, ref), load.pack(), who.now()
    service = load.compiled(case.service, case.version)
    seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    visits = appointments.of_case(seen, pack, lang, at=at)
    if not visits:
        raise Http404(ref)
    media = calendar_file.media(cancelled=all(one.cancelled for one in visits))
    response = HttpResponse(appointments.file(case, pack, visits, lang, at=at), content_type=media)
    response["Content-Disposition"] = f'attachment; filename="{case.ref}.ics"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def url(seen: Picture, lang: str, *, at: datetime) -> str:
    """The address of the calendar file of a case; empty where nothing in it is still to come."""
    visits = appointments.of_case(seen, load.pack(), lang, at=at)
    return f"/{lang}/cases/{seen.case.ref}/calendar.ics" if any(_is_ahead(one, at) for one in visits) else ""


def url_of_letter(request: HttpRequest, letter: notices.Notice, lang: str) -> str:
    """The address of the calendar file of a letter's case, if the case is the reader's and has what is to come."""
    try:
        own_case = case_or_404(request, letter.case_ref) if letter.case_ref else None
    except Http404:  # a party's letter, or one about the case of somebody else
        own_case = None
    if own_case is None or own_case.closed_at is not None:
        return ""
    service, pack, at = load.compiled(own_case.service, own_case.version), load.pack(), who.now()
    if not own_case.booking_ref and not service.flow.states[own_case.state].waits_for_applicant:
        return ""
    return url(case_context.of_case(own_case, service, pack, today=pack.calendar.day_of(at)), lang, at=at)


def _is_ahead(one: appointments.Appointment, at: datetime) -> bool:
    zone = load.pack().calendar.zone
    ends = one.ends if isinstance(one.ends, datetime) else datetime.combine(one.ends, time(), tzinfo=zone)
    return ends > at and not one.cancelled


def lines(mine: Sequence[cases.Case], lang: str, *, at: datetime) -> list[dict[str, Any]]:
    """The visits of a person's cases that are still to come, the next first; a query for any number of cases."""
    pack, timed = load.pack(), []
    of_ref = {case.booking_ref: case for case in mine if case.booking_ref}
    for booking in bookings.bookings(of_ref):
        case = of_ref[booking.ref]
        service = load.compiled(case.service, case.version)
        visits = zip(booking.visits, appointments.visits_of(service, pack, booking, lang), strict=False)
        for visit, one in visits:
            if _is_ahead(one, at):
                line = {
                    "title": service.title.in_(lang),
                    "ref": case.ref,
                    "day": visit.day,
                    "place": one.place,
                    "url": f"/{lang}/cases/{case.ref}",
                    "when": visit_said(service, visit, lang),
                    "file": f"/{lang}/cases/{case.ref}/calendar.ics",
                }
                timed.append(((visit.day, visit.clock), line))
    return [line for _, line in sorted(timed, key=lambda pair: pair[0])[:MOST_SHOWN]]
