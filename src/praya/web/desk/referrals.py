"""Replying for a department that was asked: no objection, conditions, or an objection."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_safe

from praya.blocks.cases import api as cases
from praya.journey import conflicts, load, run
from praya.kernel.ids import opaque
from praya.web import texts, who
from praya.web.desk import clocks, reach
from praya.web.words import translator

RESULTS = ("no-objection", "conditions", "objection")
MAX_COMMENT = 4000


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """The form of a reply, and taking it. A department replies once each time it is asked."""
    try:
        return _show(request, lang=lang, ref=ref)
    except Http404:
        return _over(request, lang, ref)


@reach.of_case
def _show(request: HttpRequest, found: reach.Reach, *, lang: str) -> HttpResponseBase:
    waiting = found.replies_for
    if not waiting:
        raise Http404(found.case.ref)
    typed, comment = _typed(request), texts.lines(request.POST, "comment", lang, most=MAX_COMMENT)
    if typed["department"] not in waiting:
        typed["department"] = waiting[0] if len(waiting) == 1 else ""
    if request.method != "POST":
        return _page(request, found, lang, typed, [])
    errors = _errors(typed, comment, lang)
    if errors:
        return _page(request, found, lang, typed, errors)
    try:
        run.reply(
            case=found.case,
            department=typed["department"],
            result=typed["result"],
            comment=comment.kept,
            by=f"officer:{found.officer.ref}",
            at=found.at,
        )
    except (cases.NotAsked, cases.CaseMoved):
        return _over(request, lang, found.case.ref)
    except run.NotAllowed:
        return _page(request, found, lang, typed, [{"href": "", "text": translator(lang)("desk.reply_stuck")}])
    return HttpResponseRedirect(f"/{lang}/desk/replies?done=1")


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "").strip() for name in ("department", "result", "comment")}


def _over(request: HttpRequest, lang: str, ref: str) -> HttpResponseBase:
    """What a department meets that is asked no more: the same reply sent twice is taken once, and no word is lost.

    Raises Http404 when none of the officer's departments was asked.
    """
    officer, typed = who.officer(request), _typed(request)
    before = cases.asked_before(ref, departments=sorted(officer.departments))
    if not before:
        raise Http404(ref)
    if request.method == "POST" and any(_same(reply, typed) for reply in before):
        return HttpResponseRedirect(f"/{lang}/desk/replies?done=1")
    owner = load.pack().departments[before[0].owner].title.in_(lang)
    title = translator(lang)("desk.reply_to", department=owner)
    return over(request, lang, ref, title=title, written=typed["comment"])


def over(request: HttpRequest, lang: str, ref: str, *, title: str, written: str) -> HttpResponseBase:
    """The page that keeps what was written by a department that is asked no more. Raises Http404 when it never was."""
    officer = who.officer(request)
    before = cases.asked_before(ref, departments=sorted(officer.departments))
    if not before:
        raise Http404(ref)
    service = load.compiled(before[0].service, before[0].version)
    return reach.page(
        request, "desk/reply_over.html", lang, officer, "asked", status=409, ref=ref, title=title, written=written,
        service_title=service.title.in_(lang),
    )  # fmt: skip


def _same(reply: cases.Reply, typed: dict[str, str]) -> bool:
    given = reply.referral
    return (
        given.replied_at is not None
        and given.result == typed["result"]
        and typed["department"] in {"", given.department}
        and reply.comment == typed["comment"].replace("\r\n", "\n").strip()
    )


@require_safe
@who.open_to("officer")
def replies(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """What the officer's departments answered, the newest first. The cases themselves are closed to them."""
    officer, pack = who.officer(request), load.pack()
    found = cases.replies(departments=sorted(officer.departments), mark=request.GET.get("mark", "")[:80])
    rows = [
        {
            "ref": reply.case_ref,
            "url": f"/{lang}/desk/replies/{reply.number}",
            "service": load.compiled(reply.service, reply.version).title.in_(lang),
            "owner": pack.departments[reply.owner].title.in_(lang),
            "clock": clocks.of_referral(reply.referral, pack, lang, at=who.now()),
        }
        for reply in found.rows
    ]
    return reach.page(
        request, "desk/replies.html", lang, officer, "asked", rows=rows, later=bool(request.GET.get("mark")),
        next=f"?{urlencode({'mark': found.next_mark})}" if found.next_mark else None,
        done=translator(lang)("desk.done_replied") if request.GET.get("done") == "1" else None,
    )  # fmt: skip


@require_safe
@who.open_to("officer")
def reply(request: HttpRequest, *, lang: str, number: int) -> HttpResponseBase:
    """One reply with what was written, and nothing else of the case. That it was read is journalled."""
    officer, pack, at = who.officer(request), load.pack(), who.now()
    try:
        found = cases.reply_of(number, departments=sorted(officer.departments))
    except cases.NoCase:
        raise Http404(str(number)) from None
    service = load.compiled(found.service, found.version)
    if conflicts.concerns(cases.case(found.case_ref), officer.ref):
        return reach.own(request, lang, officer, found.case_ref, service)
    cases.note_read(ref=found.case_ref, service=found.service, by=f"officer:{officer.ref}", at=at, what="reply")
    return reach.page(
        request, "desk/reply_given.html", lang, officer, "asked", reply=found,
        service_title=service.title.in_(lang),
        owner=pack.departments[found.owner].title.in_(lang),
        department=pack.departments[found.referral.department].title.in_(lang),
        clock_then=clocks.of_referral(found.referral, pack, lang, at=at), lines=found.comment.splitlines(),
    )  # fmt: skip


def _errors(typed: dict[str, str], comment: texts.Typed, lang: str) -> list[dict[str, str]]:
    t, errors = translator(lang), []
    if not typed["department"]:
        errors.append({"href": "#department", "text": t("desk.reply_which_missing")})
    if typed["result"] not in RESULTS:
        errors.append({"href": "#result", "text": t("desk.reply_result_missing")})
    elif typed["result"] != "no-objection" and not comment.kept and not comment.error:
        errors.append({"href": "#comment", "text": t("desk.reply_comment_missing")})
    if comment.error:
        errors.append({"href": "#comment", "text": comment.error})
    return errors


def _page(
    request: HttpRequest, found: reach.Reach, lang: str, typed: dict[str, str], errors: list[dict[str, str]]
) -> HttpResponseBase:
    t, pack = translator(lang), found.pack
    rows: list[dict[str, Any]] = [
        {
            "value": referral.department,
            "label": pack.departments[referral.department].title.in_(lang),
            "clock": clocks.of_referral(referral, pack, lang, at=found.at),
        }
        for referral in found.asked
    ]
    return reach.page(
        request,
        "desk/reply.html",
        lang,
        found.officer,
        "",
        status=422 if errors else 200,
        case=found.case,
        base=f"/{lang}/desk/cases/{found.case.ref}",
        service_title=found.service.title.in_(lang),
        owner=pack.departments[found.case.department].title.in_(lang),
        departments=rows,
        results=[
            {"value": result, "label": t(f"desk.reply_{result}"), "hint": t(f"desk.reply_{result}_hint")}
            for result in RESULTS
        ],
        typed=typed,
        limit=MAX_COMMENT,
        once=opaque(),
        errors=errors,
        wrong={error["href"].removeprefix("#"): error["text"] for error in errors},
    )
