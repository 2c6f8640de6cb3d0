"""Clients at the desk: an officer registers one for the sandbox, a second one approves it for everybody."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel.text import Text
from praya.systems.openid import api as openid
from praya.systems.openid.desk import access
from praya.web import display, texts, who
from praya.web.desk import reach
from praya.web.words import translator

STATES = {"sandbox": "waiting", "live": "good"}
WHERE = {
    "title_missing": "title_en", "purpose_missing": "purpose_en", "uri_hosts": "redirect_uris",
    "uri_missing": "redirect_uris",
}  # fmt: skip
LONGEST = {"title": 100, "purpose": 600}
MOST_LINES = 10 * 501


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer", may=access.registers)
def every(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The clients of the officer's departments, and the form that registers one."""
    officer = who.officer(request)
    departments = access.departments(officer)
    typed: dict[str, Any] = _blank(departments[0])
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        typed, errors = _typed(request, lang)
        if typed["department"] not in departments:
            raise Http404(typed["department"])
        if not errors:
            try:
                made = openid.clients.register(
                    department=typed["department"], details=_details(typed), at=who.now(), by=f"officer:{officer.ref}"
                )
                return HttpResponseRedirect(f"/{lang}/desk/clients/{made.ref}")
            except openid.Unfit as unfit:
                errors = [_error(str(unfit), lang)]
    return reach.page(
        request, "openid/every.html", lang, officer, "clients", status=422 if errors else 200, errors=errors,
        typed=typed, rows=[_row(one, lang) for one in openid.clients.clients(departments)],
        departments=[{"value": n, "label": load.pack().departments[n].title.in_(lang)} for n in departments],
        **_choices(lang),
    )  # fmt: skip


def _blank(department: str) -> dict[str, Any]:
    return {
        "department": department, "title_en": "", "title_zh": "", "purpose_en": "", "purpose_zh": "",
        "redirect_uris": "", "logout_uris": "", "back_channel": "", "fields": [], "way": "private_key_jwt",
        "level": "1", "more": [],
    }  # fmt: skip


def _choices(lang: str) -> dict[str, Any]:
    t = translator(lang)
    return {
        "fields": [{"value": name, "label": t(f"openid.field_{name}")} for name in openid.FIELDS],
        "ways": [
            {"value": way, "label": t(f"openid.way_{way}"), "hint": t(f"openid.way_{way}_hint")} for way in openid.WAYS
        ],
        "levels": [{"value": str(level), "label": t(f"openid.level_{level}")} for level in openid.LEVELS],
        "mores": [
            {"value": name, "label": t(f"openid.more_{name}"), "hint": t(f"openid.more_{name}_hint")}
            for name in ("pushed", "bound")
        ],
    }


def _typed(request: HttpRequest, lang: str) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """What was typed, and what of it cannot be taken."""
    typed, errors = _blank(request.POST.get("department", "")[:60]), []
    for name in ("title_en", "title_zh", "purpose_en", "purpose_zh"):
        given = texts.searched(request.POST, name, lang, most=LONGEST[name.partition("_")[0]])
        typed[name] = given.shown if given.error else given.text
        errors += [{"href": f"#{name}", "text": given.error}] if given.error else []
    for name in ("redirect_uris", "logout_uris"):
        given = texts.lines(request.POST, name, lang, most=MOST_LINES)
        typed[name] = given.shown if given.error else given.text
        errors += [{"href": f"#{name}", "text": given.error}] if given.error else []
    back = texts.searched(request.POST, "back_channel", lang, most=500)
    typed["back_channel"] = back.shown if back.error else back.text
    errors += [{"href": "#back_channel", "text": back.error}] if back.error else []
    typed["fields"] = [name[:40] for name in request.POST.getlist("fields")[:50]]
    typed["more"] = [name[:10] for name in request.POST.getlist("more")[:5]]
    typed["way"], typed["level"] = request.POST.get("way", "")[:20], request.POST.get("level", "")[:1]
    return typed, errors


def _details(typed: dict[str, Any]) -> openid.Details:
    return openid.Details(
        title={"en": typed["title_en"], "zh-hant": typed["title_zh"]},
        purpose={"en": typed["purpose_en"], "zh-hant": typed["purpose_zh"]},
        redirect_uris=tuple(typed["redirect_uris"].split()),
        logout_uris=tuple(typed["logout_uris"].split()),
        back_channel=typed["back_channel"],
        fields=tuple(name for name in openid.FIELDS if name in typed["fields"]),
        way=typed["way"],
        level=int(typed["level"]) if typed["level"].isdecimal() else 0,
        pushed="pushed" in typed["more"],
        bound="bound" in typed["more"],
    )


def _of(details: openid.Details, department: str) -> dict[str, Any]:
    return {
        "department": department,
        "title_en": details.title["en"],
        "title_zh": details.title["zh-hant"],
        "purpose_en": details.purpose["en"],
        "purpose_zh": details.purpose["zh-hant"],
        "redirect_uris": "\n".join(details.redirect_uris),
        "logout_uris": "\n".join(details.logout_uris),
        "back_channel": details.back_channel,
        "fields": list(details.fields),
        "way": details.way,
        "level": str(details.level),
        "more": [name for name in ("pushed", "bound") if getattr(details, name)],
    }


def _error(code: str, lang: str) -> dict[str, str]:
    return {"href": f"#{WHERE.get(code, 'redirect_uris')}", "text": translator(lang)(f"openid.{code}")}


def _row(one: openid.clients.Client, lang: str) -> dict[str, Any]:
    pack, t = load.pack(), translator(lang)
    state = "proposed" if one.proposed is not None else one.state
    return {
        "ref": one.ref,
        "page": f"/{lang}/desk/clients/{one.ref}",
        "title": Text(dict(one.details.title)).in_(lang),
        "department": pack.departments[one.department].title.in_(lang),
        "state": t(f"openid.state_{state}"),
        "kind": STATES.get(state, "warning"),
        "since": display.moment_words(one.created_at, pack, lang),
    }


@require_safe
@who.open_to("officer", may=access.registers)
def one(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """A client: its details, keys and secrets, and what waits for approval."""
    return _page(request, ref, lang)


def _page(request: HttpRequest, ref: str, lang: str, *, secret: str = "", **more: Any) -> HttpResponse:
    officer, pack, t = who.officer(request), load.pack(), translator(lang)
    departments = access.departments(officer)
    try:
        client = openid.clients.client(ref, departments=departments)
        credentials = openid.clients.credentials(ref, departments=departments)
    except openid.clients.NoClient:
        raise Http404(ref) from None
    at = who.now()
    rows = [
        {
            "ref": row.ref,
            "name": row.name,
            "kind": t(f"openid.kind_{row.kind}"),
            "until": display.moment_words(row.expires_at, pack, lang),
            "look": _look(row.expires_at - at),
            "days": max(0, (row.expires_at - at).days),
        }
        for row in credentials
    ]
    may_approve = access.approves(officer, client.department)
    errors = more.pop("errors", [])
    response = reach.page(
        request, "openid/one.html", lang, officer, "clients", status=422 if errors else 200, client=client,
        row=_row(client, lang), credentials=rows, secret=secret, errors=errors, jwk=more.pop("jwk", ""),
        typed=more.pop("typed", None) or _of(client.proposed or client.details, client.department),
        facts=_facts(client.details, lang),
        proposed=_facts(client.proposed, lang) if client.proposed is not None else [],
        may_approve=may_approve and client.proposed_by != f"officer:{officer.ref}",
        own_proposal=client.proposed_by == f"officer:{officer.ref}", **_choices(lang),
    )  # fmt: skip
    response["Cache-Control"] = "no-store"
    return response


def _look(left: timedelta) -> str:
    return "bad" if left <= timedelta(0) else "warning" if left < timedelta(days=60) else "good"


def _facts(details: openid.Details, lang: str) -> list[dict[str, Any]]:
    t = translator(lang)
    pairs = [
        ("title", list(details.title.values())),
        ("purpose", list(details.purpose.values())),
        ("redirect_uris", list(details.redirect_uris)),
        ("logout_uris", list(details.logout_uris)),
        ("back_channel", [details.back_channel] if details.back_channel else []),
        ("fields", [t(f"openid.field_{name}") for name in details.fields]),
        ("way", [t(f"openid.way_{details.way}")]),
        ("level", [t(f"openid.level_{details.level}")]),
        ("more", [t(f"openid.more_{name}") for name in ("pushed", "bound") if getattr(details, name)]),
    ]
    return [{"key": t(f"openid.label_{name}"), "value": lines} for name, lines in pairs if lines]


@require_POST
@who.open_to("officer", may=access.registers)
def change(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Change, propose, approve, refuse or close a client; add or end a key or a secret."""
    officer = who.officer(request)
    departments = access.departments(officer)
    try:
        return _done(request, officer, departments, lang, ref)
    except openid.clients.NoClient:
        raise Http404(ref) from None
    except openid.clients.NotAnother:
        return _page(request, ref, lang, errors=[_error("not_another", lang)])
    except openid.Unfit as unfit:
        jwk = request.POST.get("jwk", "")[:4000]
        typed = _typed(request, lang)[0] if request.POST.get("do") == "change" else None
        error = _error(str(unfit), lang)
        error["href"] = "#jwk" if request.POST.get("do") == "add_key" else error["href"]
        return _page(request, ref, lang, errors=[error], jwk=jwk, typed=typed)


def _done(
    request: HttpRequest, officer: identity.Officer, departments: list[str], lang: str, ref: str
) -> HttpResponseBase:
    more: dict[str, Any] = {"departments": departments, "at": who.now(), "by": f"officer:{officer.ref}"}
    page = f"/{lang}/desk/clients/{ref}"
    client = openid.clients.client(ref, departments=departments)
    may_approve = access.approves(officer, client.department)
    match request.POST.get("do", ""):
        case "change":
            typed, errors = _typed(request, lang)
            if errors:
                return _page(request, ref, lang, errors=errors, typed=typed)
            openid.clients.change(ref, details=_details(typed), **more)
        case "ask_live":
            openid.clients.ask_live(ref, **more)
        case "approve" if may_approve:
            openid.clients.approve(ref, **more)
        case "refuse" if may_approve or client.proposed_by == more["by"]:
            openid.clients.refuse(ref, **more)
        case "close" if may_approve or client.state == "sandbox":
            openid.clients.close(ref, **more)
            return HttpResponseRedirect(f"/{lang}/desk/clients")
        case "add_secret":
            _, secret = openid.clients.add_secret(ref, **more)
            return _page(request, ref, lang, secret=secret)
        case "add_key":
            openid.clients.add_key(ref, jwk=request.POST.get("jwk", "")[:4000], **more)
        case "end_credential":
            openid.clients.end_credential(ref, request.POST.get("credential", "")[:32], **more)
        case _:
            raise Http404(ref)
    return HttpResponseRedirect(page)
