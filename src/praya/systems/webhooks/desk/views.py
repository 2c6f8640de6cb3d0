"""Webhooks at the desk: the endpoints of the departments that an officer supervises, and their deliveries."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from praya.journey import load
from praya.systems.webhooks import api as webhooks
from praya.systems.webhooks.desk import access
from praya.web import display, texts, who
from praya.web.desk import reach
from praya.web.words import translator

ON_A_PAGE = 50
STATES = ("", "waiting", "delivered", "failed")
KIND = {"waiting": "waiting", "delivered": "good", "failed": "bad"}


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer", may=access.supervises)
def every(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The endpoints, and the form that registers one; its secret is shown on the page that answers, and never again."""
    officer, t = who.officer(request), translator(lang)
    departments = reach.supervised_by(officer)
    typed = {"department": departments[0], "url": "", "services": []}
    error, where, secret = "", "", ""
    if request.method == "POST":
        url = texts.searched(request.POST, "url", lang, most=webhooks.LONGEST_URL)
        department = request.POST.get("department", departments[0])[:60]
        if department not in departments:
            raise Http404(department)
        services = [name[:60] for name in request.POST.getlist("services")[:200]]
        typed = {"department": department, "url": url.shown, "services": services}
        error, where = url.error or "", "url"
        if not error:
            try:
                _, secret = webhooks.register(
                    department=department, url=url.text, services=services, at=who.now(), by=f"officer:{officer.ref}"
                )
            except webhooks.Unfit as unfit:
                error, where = t(f"webhooks.{unfit}"), "services" if str(unfit) == "services_unknown" else "url"
            except webhooks.TooMany:
                error = t("webhooks.too_many")
            else:
                typed = {"department": department, "url": "", "services": []}
    response = reach.page(
        request,
        "webhooks/every.html",
        lang,
        officer,
        "webhooks",
        status=422 if error else 200,
        rows=[_row(one, lang) for one in webhooks.endpoints(departments)],
        departments=[{"value": name, "label": load.pack().departments[name].title.in_(lang)} for name in departments],
        services=_services(departments, lang),
        typed=typed,
        secret=secret,
        error=error,
        where=where,
        errors=[{"href": f"#{where}", "text": error}] if error else [],
    )
    response["Cache-Control"] = "no-store"
    return response


def _services(departments: list[str], lang: str) -> list[dict[str, str]]:
    """The services that an endpoint may be limited to, by title."""
    known = [card for card in load.territory().known.values() if card.department in departments]
    options = [{"value": card.service, "label": card.title.in_(lang)} for card in known]
    return sorted(options, key=lambda option: option["label"])[:200]


@require_safe
@who.open_to("officer", may=access.supervises)
def one(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """An endpoint with its deliveries."""
    return _page(request, ref, lang)


def _page(request: HttpRequest, ref: str, lang: str, *, secret: str = "", error: str = "") -> HttpResponse:
    officer, pack, t = who.officer(request), load.pack(), translator(lang)
    departments = reach.supervised_by(officer)
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    before, sent = request.GET.get("before", ""), _number(request.GET.get("sent", ""))
    try:
        endpoint = webhooks.endpoint(ref, departments=departments)
        found = webhooks.deliveries(
            ref, departments=departments, state=state, before=_number(before), limit=ON_A_PAGE + 1
        )
    except webhooks.NoEndpoint:
        raise Http404(ref) from None
    more = f"?state={state}&before={found[ON_A_PAGE - 1].sequence}" if len(found) > ON_A_PAGE else None
    rows = [
        {
            "sequence": one.sequence,
            "event": t(f"webhooks.event_{one.event.replace('.', '_')}"),
            "name": one.event,
            "reference": one.reference,
            "at": display.moment_words(one.at, pack, lang),
            "state": t(f"webhooks.state_{one.state}"),
            "kind": KIND[one.state],
            "answer": _answer(one, t),
            "attempts": one.attempts,
            "next": display.moment_words(one.due_at, pack, lang) if one.state == "waiting" and one.attempts else "",
        }
        for one in found[:ON_A_PAGE]
    ]
    response = reach.page(
        request, "webhooks/one.html", lang, officer, "webhooks", status=422 if error else 200, endpoint=endpoint,
        row=_row(endpoint, lang), rows=rows, more=more, first="?" if before else None, secret=secret, state=state,
        states=[{"value": name, "label": t(f"webhooks.state_{name or 'any'}")} for name in STATES],
        errors=[{"href": "#since", "text": error}] if error else [], error=error,
        done=t("webhooks.replayed", number=sent) if sent is not None else "",
    )  # fmt: skip
    response["Cache-Control"] = "no-store"
    return response


def _answer(one: webhooks.Delivery, t: Callable[..., str]) -> str:
    if one.status:
        return str(one.status)
    return t(f"webhooks.failure_{one.failure}") if one.failure else ""


def _number(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 16 else None


def _row(one: webhooks.Endpoint, lang: str) -> dict[str, Any]:
    pack, t = load.pack(), translator(lang)
    known = load.territory().known
    look, words = "good", "active"
    if one.state == "paused":
        look, words = "bad" if one.why != "asked" else "neutral", f"paused_{one.why}"
    elif one.failures:
        look, words = "warning", "failing"
    return {
        "ref": one.ref,
        "department": pack.departments[one.department].title.in_(lang),
        "page": f"/{lang}/desk/webhooks/{one.ref}",
        "address": one.url,
        "services": [known[name].title.in_(lang) if name in known else name for name in one.services],
        "kind": look,
        "state": t(f"webhooks.is_{words}"),
        "waiting": one.waiting,
        "since": display.moment_words(one.waiting_since, pack, lang) if one.waiting_since else "",
        "delivered": display.moment_words(one.delivered_at, pack, lang) if one.delivered_at else "",
        "failed_since": display.moment_words(one.failed_since, pack, lang) if one.failed_since else "",
        "retry": display.moment_words(one.retry_at, pack, lang) if one.retry_at and one.state == "active" else "",
        "overlap": display.moment_words(one.overlap_until, pack, lang)
        if one.overlap_until and one.overlap_until > who.now()
        else "",
    }


@require_POST
@who.open_to("officer", may=access.supervises)
def change(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Pause, resume, remove, test, rotate the secret, or send again."""
    officer, at = who.officer(request), who.now()
    which: Mapping[str, Any] = {"departments": reach.supervised_by(officer)}
    by, page = f"officer:{officer.ref}", f"/{lang}/desk/webhooks/{ref}"
    try:
        match request.POST.get("do", ""):
            case "pause":
                webhooks.pause(ref, **which, at=at, by=by)
            case "resume":
                webhooks.resume(ref, **which, at=at, by=by)
            case "test":
                webhooks.test(ref, **which, at=at)
            case "rotate":
                return _page(request, ref, lang, secret=webhooks.rotate(ref, **which, at=at, by=by))
            case "again":
                sequence = _number(request.POST.get("sequence", ""))
                if sequence is None:
                    raise Http404(ref)
                sent = webhooks.replay(ref, **which, sequence=sequence, at=at, by=by)
                return HttpResponseRedirect(f"{page}?sent={sent}")
            case "again_since":
                since = _day(request.POST)
                if since is None:
                    return _page(request, ref, lang, error=translator(lang)("webhooks.no_day"))
                sent = webhooks.replay(ref, **which, since=since, at=at, by=by)
                return HttpResponseRedirect(f"{page}?sent={sent}")
            case "remove":
                webhooks.remove(ref, **which, at=at, by=by)
                return HttpResponseRedirect(f"/{lang}/desk/webhooks")
            case _:
                raise Http404(ref)
    except webhooks.NoEndpoint:
        raise Http404(ref) from None
    return HttpResponseRedirect(page)


def _day(post: Mapping[str, str]) -> datetime | None:
    """The beginning of the day that was typed in three fields."""
    try:
        year, month, day = (int(post.get(f"since-{part}", "")[:4]) for part in ("year", "month", "day"))
        return load.pack().calendar.moment(date(year, month, day), time())
    except ValueError:
        return None
