"""The cases that are a person's own."""

from django.http import Http404, HttpRequest

from praya.blocks.cases import api as cases
from praya.journey import joint
from praya.web import who


def case_or_404(request: HttpRequest, ref: str) -> cases.Case:
    """A case of the person: they applied, or have it together with the applicant."""
    try:
        case = cases.case(ref)
    except cases.NoCase:
        raise Http404(ref) from None
    if not joint.has(case, who.person_ref(request)):
        raise Http404(ref)
    return case


def applied_or_404(request: HttpRequest, ref: str) -> cases.Case:
    """A case for which the person applied."""
    case = case_or_404(request, ref)
    if case.person_ref != who.person_ref(request):
        raise Http404(ref)
    return case
