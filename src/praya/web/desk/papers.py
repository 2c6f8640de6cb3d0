"""A case and its letters as PDF for the officers of the department that decides. Each is noted like a reading."""

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_safe

from praya.blocks.cases import api as cases
from praya.blocks.notices import api as notices
from praya.journey import case_context
from praya.web import papers, who
from praya.web.desk import letters, reach


@require_safe
@who.open_to("officer")
@reach.of_case
def letter(request: HttpRequest, desk_case: reach.Reach, *, lang: str, letter: str) -> HttpResponseBase:
    """A letter that was sent in the case."""
    case = desk_case.case
    try:
        sent = notices.in_case(letter, case_ref=case.ref)
    except notices.NoNotice:
        raise Http404(letter) from None
    if not letters.may_open(desk_case, sent.name):
        raise Http404(letter)
    by = f"officer:{desk_case.officer.ref}"
    cases.note_read(ref=case.ref, service=case.service, by=by, at=desk_case.at, what="letter")
    try:
        return papers.letter(sent, case, whom=by)
    except papers.NoFont:
        return HttpResponseRedirect(f"/{lang}/desk/cases/{case.ref}/letters/{letter}?paper=none")


@require_safe
@who.open_to("officer")
@reach.of_case
def copy(request: HttpRequest, desk_case: reach.Reach, *, lang: str) -> HttpResponseBase:
    """What was handed in, to be printed. A department that is only asked reads its part on the page."""
    case = desk_case.case
    if not desk_case.owns:
        raise Http404(case.ref)
    by = f"officer:{desk_case.officer.ref}"
    cases.note_read(ref=case.ref, service=case.service, by=by, at=desk_case.at, what="print")
    picture = case_context.of_case(
        case, desk_case.service, desk_case.pack, today=desk_case.pack.calendar.day_of(desk_case.at)
    )
    try:
        return papers.copy(case, desk_case.service, picture, lang, whom=by)
    except papers.NoFont:
        return HttpResponseRedirect(f"/{lang}/desk/cases/{case.ref}?paper=none")
