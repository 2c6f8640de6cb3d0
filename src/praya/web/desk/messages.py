"""Messages of applicants: the cases in which one waits for an answer, and the answer."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_safe

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.journey import load, messages
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.web import case_actions, display, texts, who
from praya.web.desk import reach
from praya.web.portal.messages import rows
from praya.web.words import translator


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
@reach.of_case
def show(request: HttpRequest, desk_case: reach.Reach, *, lang: str) -> HttpResponseBase:
    """The messages of a case, and the form that answers them. Only the department that decides has them."""
    case, t = desk_case.case, translator(lang)
    if not desk_case.owns:
        raise Http404(case.ref)
    by, base, problem = f"officer:{desk_case.officer.ref}", f"/{lang}/desk/cases/{case.ref}", ""
    given = texts.lines(request.POST, "message", lang, most=messages.LONGEST)
    if request.method == "POST":
        if request.POST.get("do") == "leave":
            messages.leave(case, at=desk_case.at, by=by)
            return HttpResponseRedirect(base)
        problem = given.error or ("" if given.text else t("desk.message_missing"))
        if not problem:
            once = case_actions.once_key(request, case.ref, "message")
            try:
                messages.answer(case, given.text, at=desk_case.at, by=by, once_key=once)
            except (vault.Forgotten, identity.Erased):
                problem = t("desk.erased")
            else:
                return HttpResponseRedirect(f"{base}?done=_answered")
    cases.note_read(ref=case.ref, service=case.service, by=by, at=desk_case.at, what="messages")
    written = cases.messages(case.ref)
    return reach.page(
        request, "desk/messages.html", lang, desk_case.officer, "", status=422 if problem else 200,
        case=case, base=base, service_title=desk_case.service.title.in_(lang),
        messages=rows(written, desk_case.pack, lang), waits=any(one.waits for one in written),
        department=desk_case.pack.departments[case.department].title.in_(lang),
        written_in=case.language, message=given.shown, most=messages.LONGEST, once=opaque(),
        errors=[{"href": "#message", "text": problem}] if problem else [],
    )  # fmt: skip


@require_safe
@who.open_to("officer")
def every(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The cases of the officer's departments in which a message waits, the longest first."""
    officer, pack, mark = who.officer(request), load.pack(), request.GET.get("after", "")
    page = cases.messages_waiting(reach.access(request), after=_mark(mark), limit=cases.MESSAGES_PAGE + 1)
    shown = page[: cases.MESSAGES_PAGE]
    of = {one.ref: one for one in cases.of_refs([one.case_ref for one in shown])}
    listed: list[dict[str, Any]] = [
        {
            "ref": one.case_ref,
            "url": f"/{lang}/desk/cases/{one.case_ref}/messages",
            "service": load.compiled(of[one.case_ref].service, of[one.case_ref].version).title.in_(lang),
            "mine": of[one.case_ref].assigned_to == officer.ref,
            "since": display.moment_words(one.since, pack, lang),
        }
        for one in shown
        if one.case_ref in of
    ]
    following = f"{shown[-1].since.isoformat()} {shown[-1].case_ref}" if len(page) > len(shown) else ""
    return reach.page(
        request, "desk/messages_waiting.html", lang, officer, "", rows=listed, later=bool(mark),
        next=f"?{urlencode({'after': following})}" if following else None,
    )  # fmt: skip


def _mark(typed: str) -> tuple[datetime, str] | None:
    """Where a page of the list begins, as its address says; None for the beginning, and for what is no mark."""
    at, _, ref = typed.partition(" ")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (moment, ref[:20]) if moment.tzinfo is not None else None
