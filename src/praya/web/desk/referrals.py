"""Replying for a department that was asked: no objection, conditions, or an objection."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_safe

from praya.blocks.cases import api as cases
from praya.definition.chapters.referrals import may_refuse
from praya.definition.chapters.replies import departments_asked, name_of
from praya.journey import acting, load
from praya.journey import referrals as journey_referrals
from praya.kernel.ids import opaque
from praya.web import texts, who
from praya.web.desk import clocks, reach
from praya.web.words import translator

VIEWS = ("no-objection", "conditions", "objection")
MAX_COMMENT = 4000


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Show the form of a reply, and save the reply. A department replies once to each referral."""
    try:
        return _show(request, lang=lang, ref=ref)
    except Http404:
        return _over(request, lang, ref)


@reach.of_case
def _show(request: HttpRequest, desk_case: reach.Reach, *, lang: str) -> HttpResponseBase:
    waiting = desk_case.replies_for
    if not waiting:
        raise Http404(desk_case.case.ref)
    typed, comment = _typed(request), texts.lines(request.POST, "comment", lang, most=MAX_COMMENT)
    if typed["department"] not in waiting:
        typed["department"] = waiting[0] if len(waiting) == 1 else ""
    if request.method != "POST":
        return _page(request, desk_case, lang, typed, [])
    errors = _errors(typed, comment, desk_case, lang)
    if errors:
        return _page(request, desk_case, lang, typed, errors)
    try:
        acting.reply(
            case=desk_case.case,
            department=typed["department"],
            result=typed["result"],
            comment=comment.text,
            belongs_to=typed["belongs_to"],
            by=f"officer:{desk_case.officer.ref}",
            at=desk_case.at,
        )
    except cases.CannotRefuse:
        return _page(request, desk_case, lang, typed, [{"href": "", "text": translator(lang)("desk.reply_binding")}])
    except (cases.NotAsked, cases.CaseMoved):
        return _over(request, lang, desk_case.case.ref)
    except acting.NotAllowed:
        return _page(request, desk_case, lang, typed, [{"href": "", "text": translator(lang)("desk.reply_stuck")}])
    return HttpResponseRedirect(f"/{lang}/desk/replies?done=1")


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "").strip() for name in ("department", "result", "comment", "belongs_to")}


def _results(desk_case: reach.Reach, department: str) -> tuple[str, ...]:
    """What a department can reply: its view, and, where it may refuse, that it is not its matter; an arbiter decides.

    Whoever replies for several departments is offered what any of them can say.
    """
    results: list[str] = []
    refusable = may_refuse(desk_case.service, desk_case.service.flow.states[desk_case.case.state])
    for referral in desk_case.open_referrals:
        if department in {"", referral.department}:
            also = ("not-ours",) if refusable and not referral.binding else ()
            results += ("decided",) if referral.arbiter else (*VIEWS, *also)
    return tuple(dict.fromkeys(results))


def _over(request: HttpRequest, lang: str, ref: str) -> HttpResponseBase:
    """The response when the referral is not open any more: the same reply sent twice counts once, and no text is lost.

    Raises Http404 when none of the officer's departments was asked.
    """
    typed = _typed(request)
    before = cases.asked_before(ref, within=reach.access(request))
    if not before:
        raise Http404(ref)
    if request.method == "POST" and any(_same(reply, typed) for reply in before):
        return HttpResponseRedirect(f"/{lang}/desk/replies?done=1")
    owner = load.pack().departments[before[0].owner].title.in_(lang)
    title = translator(lang)("desk.reply_to", department=owner)
    return over(request, lang, ref, title=title, written=typed["comment"])


def over(request: HttpRequest, lang: str, ref: str, *, title: str, written: str) -> HttpResponseBase:
    """The page that shows the unsaved text when the referral is closed. Raises Http404 where there never was one."""
    officer = who.officer(request)
    before = cases.asked_before(ref, within=reach.access(request))
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
    """The replies of the officer's departments, the newest first. They cannot open the cases any more."""
    officer, pack = who.officer(request), load.pack()
    page_of_replies = cases.replies(within=reach.access(request), mark=request.GET.get("mark", "")[:80])
    rows = [
        {
            "ref": reply.case_ref,
            "url": f"/{lang}/desk/replies/{reply.number}",
            "service": load.compiled(reply.service, reply.version).title.in_(lang),
            "owner": pack.departments[reply.owner].title.in_(lang),
            "clock": clocks.of_referral(reply.referral, pack, lang, at=who.now()),
        }
        for reply in page_of_replies.rows
    ]
    return reach.page(
        request, "desk/replies.html", lang, officer, "asked", rows=rows, later=bool(request.GET.get("mark")),
        next=f"?{urlencode({'mark': page_of_replies.next_mark})}" if page_of_replies.next_mark else None,
        done=translator(lang)("desk.done_replied") if request.GET.get("done") == "1" else None,
    )  # fmt: skip


@require_safe
@who.open_to("officer")
def reply(request: HttpRequest, *, lang: str, number: int) -> HttpResponseBase:
    """One reply with its comment, and nothing else of the case. The journal notes the reading."""
    officer, pack, at = who.officer(request), load.pack(), who.now()
    try:
        answer = cases.reply_of(number, within=reach.access(request))
    except cases.NoCase:
        raise Http404(str(number)) from None
    service = load.compiled(answer.service, answer.version)
    cases.note_read(ref=answer.case_ref, service=answer.service, by=f"officer:{officer.ref}", at=at, what="reply")
    return reach.page(
        request, "desk/reply_given.html", lang, officer, "asked", reply=answer,
        service_title=service.title.in_(lang),
        owner=pack.departments[answer.owner].title.in_(lang),
        department=pack.departments[answer.referral.department].title.in_(lang),
        clock_then=clocks.of_referral(answer.referral, pack, lang, at=at), lines=answer.comment.splitlines(),
    )  # fmt: skip


def _errors(typed: dict[str, str], comment: texts.Typed, desk_case: reach.Reach, lang: str) -> list[dict[str, str]]:
    t, errors = translator(lang), []
    results = _results(desk_case, typed["department"])
    if results == ("decided",):
        typed["result"] = "decided"
    if typed["result"] != "decided":
        typed["belongs_to"] = ""
    elif typed["belongs_to"] not in journey_referrals.may_be_named(typed["department"], desk_case.pack):
        errors.append({"href": "#belongs_to", "text": t("desk.reply_belongs_to_missing")})
    if not typed["department"]:
        errors.append({"href": "#department", "text": t("desk.reply_which_missing")})
    if typed["result"] not in results:
        errors.append({"href": "#result", "text": t("desk.reply_result_missing")})
    elif typed["result"] in {"conditions", "objection"} and not comment.text and not comment.error:
        errors.append({"href": "#comment", "text": t("desk.reply_comment_missing")})
    if comment.error:
        errors.append({"href": "#comment", "text": comment.error})
    return errors


def _page(
    request: HttpRequest, desk_case: reach.Reach, lang: str, typed: dict[str, str], errors: list[dict[str, str]]
) -> HttpResponseBase:
    t, pack, departments = translator(lang), desk_case.pack, desk_case.replies_for
    rows: list[dict[str, Any]] = [
        {
            "value": referral.department,
            "label": pack.departments[referral.department].title.in_(lang),
            "clock": clocks.of_referral(referral, pack, lang, at=desk_case.at),
        }
        for referral in desk_case.open_referrals
    ]
    return reach.page(
        request,
        "desk/reply.html",
        lang,
        desk_case.officer,
        "",
        status=422 if errors else 200,
        case=desk_case.case,
        base=f"/{lang}/desk/cases/{desk_case.case.ref}",
        service_title=desk_case.service.title.in_(lang),
        owner=pack.departments[desk_case.case.department].title.in_(lang),
        departments=rows,
        results=[
            {"value": result, "label": t(f"desk.reply_{result}"), "hint": t(f"desk.reply_{result}_hint")}
            for result in _results(desk_case, departments[0] if len(departments) == 1 else "")
            if result != "decided"
        ],
        decides=[
            {"value": name, "label": pack.departments[name].title.in_(lang)}
            for referral in desk_case.open_referrals
            if referral.arbiter
            for name in journey_referrals.may_be_named(referral.department, pack)
        ],
        binding=any(referral.binding for referral in desk_case.open_referrals),
        typed=typed,
        public=any(departments_asked(desk_case.service).get(name_of(r.department)) for r in desk_case.open_referrals),
        limit=MAX_COMMENT,
        once=opaque(),
        errors=errors,
        wrong={error["href"].removeprefix("#"): error["text"] for error in errors},
    )
