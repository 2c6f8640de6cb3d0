"""A letter that was sent in a case, as its receiver got it. Each reading is noted, like that of the case."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from praya.blocks.cases import api as cases
from praya.blocks.notices import api as notices
from praya.kernel.text import html_language
from praya.web import display, who
from praya.web.desk import reach


def may_open(desk_case: reach.Reach, name: str) -> bool:
    """Whether officers can read the text of a letter: one that the definition writes.

    An invitation has the address of a page that is its receiver's only.
    """
    return desk_case.owns and name in desk_case.service.notices


@require_safe
@who.open_to("officer")
@reach.of_case
def show(request: HttpRequest, desk_case: reach.Reach, *, lang: str, letter: str) -> HttpResponseBase:
    """The page of a letter. Only the department that sent it reads it."""
    case, pack = desk_case.case, desk_case.pack
    try:
        sent = notices.in_case(letter, case_ref=case.ref)
    except notices.NoNotice:
        raise Http404(letter) from None
    if not may_open(desk_case, sent.name):
        raise Http404(letter)
    by = f"officer:{desk_case.officer.ref}"
    cases.note_read(ref=case.ref, service=case.service, by=by, at=desk_case.at, what="letter")
    return reach.page(
        request, "desk/letter.html", lang, desk_case.officer, "",
        case=case,
        base=f"/{lang}/desk/cases/{case.ref}",
        service_title=desk_case.service.title.in_(lang),
        letter=sent,
        paper_none=request.GET.get("paper") == "none",
        html_language=html_language(sent.language),
        at=display.moment_words(sent.created_at, pack, lang),
    )  # fmt: skip
