"""Notes on a case, and its assignment to an officer."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.journey import absences, conflicts
from praya.kernel.ids import opaque
from praya.web import case_actions, texts, who
from praya.web.desk import case as case_page
from praya.web.desk import mentions, reach, referrals
from praya.web.words import translator

MAX_NOTE = 4000
COLLEAGUES = 25


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
def add(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Add a note, which officers can read and the applicant cannot."""
    try:
        return _add(request, lang=lang, ref=ref)
    except Http404:
        if request.method != "POST":
            raise
        # A colleague of the asked department replied while this officer was writing.
        title = translator(lang)("desk.note_title")
        return referrals.over(request, lang, ref, title=title, written=request.POST.get("note", "").strip())


@reach.of_case
def _add(request: HttpRequest, desk_case: reach.Reach, *, lang: str) -> HttpResponseBase:
    ref = desk_case.case.ref
    if request.method != "POST":
        return HttpResponseRedirect(f"/{lang}/desk/cases/{ref}#note")
    note = texts.lines(request.POST, "note", lang, most=MAX_NOTE)
    problem = note.error or ("" if note.text else translator(lang)("desk.note_missing"))
    if problem:
        return case_page.shown(request, desk_case, lang, errors=[{"href": "#note", "text": problem}], note=note.shown)
    chosen = [request.POST.get(name, "") for name in request.POST if name.startswith("tell-")]
    named = mentions.resolve(desk_case, note.text, chosen, lang)
    if named.problem:
        href = f"#{named.choices[0]['name']}" if named.choices else "#note"
        return case_page.shown(
            request, desk_case, lang, errors=[{"href": href, "text": named.problem}], note=note.shown,
            choices=named.choices,
        )  # fmt: skip
    cases.note(
        ref=ref,
        text=named.text,
        names=named.officers,
        at=desk_case.at,
        by=f"officer:{desk_case.officer.ref}",
        department=desk_case.department,
        once_key=case_actions.once_key(request, ref, "note"),
    )
    return HttpResponseRedirect(f"/{lang}/desk/cases/{ref}?done=_noted#note")


@require_POST
@who.open_to("officer")
@reach.of_case
def assign(request: HttpRequest, desk_case: reach.Reach, *, lang: str) -> HttpResponseBase:
    """Take an open case, or give it back. Only officers of the department that owns it can."""
    me, ref = desk_case.officer.ref, desk_case.case.ref
    if not desk_case.owns or desk_case.case.closed_at:
        raise Http404(ref)
    held_by, base = desk_case.case.assigned_to, f"/{lang}/desk/cases/{ref}"
    giving = request.POST.get("to") == "nobody"
    if request.POST.get("held_by", "") != held_by and held_by != me:
        return HttpResponseRedirect(f"{base}?done=_taken-by-other")
    wanted = "" if giving else me
    if wanted != held_by and not (giving and held_by != me):
        cases.assign(ref=ref, officer_ref=wanted, at=desk_case.at, by=f"officer:{me}")
    return HttpResponseRedirect(f"{base}?done={'_given-back' if giving else '_taken'}")


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
@reach.of_case
def give(request: HttpRequest, desk_case: reach.Reach, *, lang: str) -> HttpResponseBase:
    """Assign a case to a colleague, searched by name or address. The search is posted, so it is in no URL."""
    case, base = desk_case.case, f"/{lang}/desk/cases/{desk_case.case.ref}"
    if not reach.may_give(desk_case):
        raise Http404(case.ref)
    t, asked = translator(lang), texts.searched(request.POST, "q", lang)
    typed, error = asked.shown, asked.error
    chosen = request.POST.get("to", "")[:32]
    if chosen:
        if request.POST.get("held_by", "") != case.assigned_to:
            return HttpResponseRedirect(f"{base}?done=_taken-by-other")
        if not identity.serves(chosen, case.department):
            error = t("desk.give_gone")
        elif conflicts.concerns(case, chosen):
            error = t("desk.give_own")
        else:
            got = absences.stand_in(case, chosen, at=desk_case.at)
            if got != case.assigned_to:
                cases.assign(ref=case.ref, officer_ref=got, at=desk_case.at, by=f"officer:{desk_case.officer.ref}")
            return HttpResponseRedirect(f"{base}?done={'_given' if got == chosen else '_given-away'}")
    colleagues: list[Any] = []
    if asked.text:
        colleagues = identity.colleagues(case.department, asked.text, limit=COLLEAGUES + 1)
        if not colleagues:
            error = t("desk.give_none")
    elif request.method == "POST" and not error:
        error = t("desk.give_missing")
    return reach.page(
        request,
        "desk/give.html",
        lang,
        desk_case.officer,
        "",
        status=422 if error else 200,
        case=case,
        base=base,
        service_title=desk_case.service.title.in_(lang),
        owner=desk_case.pack.departments[case.department].title.in_(lang),
        typed=typed,
        colleagues=[one for one in colleagues[:COLLEAGUES] if one.ref != case.assigned_to],
        more=len(colleagues) > COLLEAGUES,
        once=opaque(),
        errors=[{"href": "#colleague", "text": error}] if error else [],
    )
