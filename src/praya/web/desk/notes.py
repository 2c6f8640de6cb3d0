"""Notes on a case, and who works on it."""

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST

from praya.blocks.cases import api as cases
from praya.web import acting, who
from praya.web.desk import case as case_page
from praya.web.desk import reach
from praya.web.words import translator

MAX_NOTE = 4000


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
def add(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Add a note that officers read and the applicant does not."""
    found = reach.case_or_404(request, ref)
    if request.method != "POST":
        return HttpResponseRedirect(f"/{lang}/desk/cases/{ref}#note")
    text = request.POST.get("note", "").replace("\r\n", "\n").strip()
    t = translator(lang)
    problem = (
        t("desk.note_missing") if not text else t("desk.too_long", n=f"{MAX_NOTE:,}") if len(text) > MAX_NOTE else ""
    )
    if problem:
        return case_page.shown(request, found, lang, errors=[{"href": "#note", "text": problem}], note=text)
    cases.note(
        ref=ref,
        text=text,
        at=found.at,
        by=f"officer:{found.officer.ref}",
        department=found.department,
        once_key=acting.once_key(request, ref, "note"),
    )
    return HttpResponseRedirect(f"/{lang}/desk/cases/{ref}?done=_noted#note")


@require_POST
@who.open_to("officer")
def assign(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Take an open case, or give it back. Only the department that owns it works on it."""
    found = reach.case_or_404(request, ref)
    me = found.officer.ref
    if not found.owns or found.case.closed_at:
        raise Http404(ref)
    held_by, base = found.case.assigned_to, f"/{lang}/desk/cases/{ref}"
    giving = request.POST.get("to") == "nobody"
    if request.POST.get("held_by", "") != held_by and held_by != me:
        return HttpResponseRedirect(f"{base}?done=_taken-by-other")
    wanted = "" if giving else me
    if wanted != held_by and not (giving and held_by != me):
        cases.assign(ref=ref, officer_ref=wanted, at=found.at, by=f"officer:{me}")
    return HttpResponseRedirect(f"{base}?done={'_given-back' if giving else '_taken'}")
