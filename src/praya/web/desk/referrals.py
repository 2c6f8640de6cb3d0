"""Replying for a department that was asked: no objection, conditions, or an objection."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from praya.blocks.cases import api as cases
from praya.journey import run
from praya.kernel.ids import opaque
from praya.web import who
from praya.web.desk import clocks, reach
from praya.web.words import translator

RESULTS = ("no-objection", "conditions", "objection")
MAX_COMMENT = 4000


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """The form of a reply, and taking it. A department replies once each time it is asked."""
    found = reach.case_or_404(request, ref)
    waiting = found.replies_for
    base = f"/{lang}/desk/cases/{ref}"
    typed = {name: request.POST.get(name, "").strip() for name in ("department", "result", "comment")}
    if not waiting:
        if request.method == "POST" and _replied_so(found, typed):
            return HttpResponseRedirect(f"{base}?done=_replied")
        if any(r.department in found.officer.departments for r in found.case.referrals):
            return _page(request, found, lang, typed, [], gone=True)
        raise Http404(ref)
    if typed["department"] not in waiting:
        typed["department"] = waiting[0] if len(waiting) == 1 else ""
    if request.method != "POST":
        return _page(request, found, lang, typed, [])
    errors = _errors(typed, lang)
    if errors:
        return _page(request, found, lang, typed, errors)
    by = f"officer:{found.officer.ref}"
    try:
        run.reply(
            case=found.case,
            department=typed["department"],
            result=typed["result"],
            comment=typed["comment"],
            by=by,
            at=found.at,
        )
    except run.NotAllowed:
        return _page(request, found, lang, typed, [{"href": "", "text": translator(lang)("desk.reply_stuck")}])
    except (cases.NotAsked, cases.CaseMoved):
        again = reach.case_or_404(request, ref)
        return _page(request, again, lang, typed, [], gone=not again.replies_for)
    return HttpResponseRedirect(f"{base}?done=_replied")


def _replied_so(found: reach.Reach, typed: dict[str, str]) -> bool:
    """Whether the same reply was taken already: a form that is sent twice replies once."""
    mine = [r for r in found.case.referrals if r.department in found.officer.departments and r.replied_at]
    same = [r for r in mine if r.result == typed["result"] and typed["department"] in {"", r.department}]
    comments = cases.comments(found.case.ref) if same else {}
    return any(comments.get(referral.department, "") == typed["comment"] for referral in same)


def _errors(typed: dict[str, str], lang: str) -> list[dict[str, str]]:
    t, errors = translator(lang), []
    if not typed["department"]:
        errors.append({"href": "#department", "text": t("desk.reply_which_missing")})
    if typed["result"] not in RESULTS:
        errors.append({"href": "#result", "text": t("desk.reply_result_missing")})
    elif typed["result"] != "no-objection" and not typed["comment"]:
        errors.append({"href": "#comment", "text": t("desk.reply_comment_missing")})
    if len(typed["comment"]) > MAX_COMMENT:
        errors.append({"href": "#comment", "text": t("desk.too_long", n=f"{MAX_COMMENT:,}")})
    return errors


def _page(
    request: HttpRequest,
    found: reach.Reach,
    lang: str,
    typed: dict[str, str],
    errors: list[dict[str, str]],
    *,
    gone: bool = False,
) -> HttpResponseBase:
    t, pack = translator(lang), found.pack
    open_referrals = [r for r in found.case.referrals if r.replied_at is None and r.department in found.replies_for]
    rows: list[dict[str, Any]] = [
        {
            "value": referral.department,
            "label": pack.departments[referral.department].title.in_(lang),
            "clock": clocks.of_referral(referral, pack, lang, at=found.at),
        }
        for referral in open_referrals
    ]
    return reach.page(
        request,
        "desk/reply.html",
        lang,
        found.officer,
        "",
        status=409 if gone else 422 if errors else 200,
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
        gone=gone,
        limit=MAX_COMMENT,
        once=opaque(),
        errors=errors,
        wrong={error["href"].removeprefix("#"): error["text"] for error in errors},
    )
