"""The way of a person: from the client's request over signing in to the page of consent, and the list of consents."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from praya.journey import load
from praya.kernel.text import Text
from praya.systems.openid import api as openid
from praya.systems.openid.pages.endpoints import issuer
from praya.web import display, pages, rate_limits, who
from praya.web.words import translator

asking = openid.authorizing


# What a client sends here holds no cookie's rights: it only stores a question for the person.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("anyone")
def authorize(request: HttpRequest) -> HttpResponseBase:
    """The authorization endpoint: take the request, and lead to its page in the person's language."""
    rate_limits.count("openid_browser", rate_limits.address(request))
    parameters = dict((request.POST if request.method == "POST" else request.GET).lists())
    try:
        ref, languages = asking.begin(parameters, issuer=issuer(), at=who.now())
    except openid.ProtocolError as problem:
        return _refused(request, pages.preferred(request), problem)
    except asking.Answered as answered:
        return _away(answered.url)
    return _away(f"/{_language(request, languages)}/openid/{ref}")


def _language(request: HttpRequest, wished: tuple[str, ...]) -> str:
    if not wished:
        return pages.preferred(request)
    asking_so = HttpRequest()
    asking_so.META["HTTP_ACCEPT_LANGUAGE"] = ",".join(wished)
    return pages.preferred(asking_so)


def _away(url: str) -> HttpResponse:
    """A redirect that a browser follows with GET, whatever it sent here."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    response["Cache-Control"] = "no-store"
    return response


def _refused(request: HttpRequest, lang: str, problem: openid.ProtocolError) -> HttpResponse:
    """What only the person may be told: where the client is not known for sure, nothing is sent to it."""
    return pages.page(request, "openid/refused.html", lang, 400, sentence=problem.sentence)


def _session(request: HttpRequest) -> asking.Session | None:
    now = who.session(request)
    if not now.person_ref or now.level_at is None:
        return None
    return asking.Session(now.person_ref, now.ref, now.level, now.level_at, now.trial)


def _go_on(request: HttpRequest, lang: str, url: str, *, silent: bool = False) -> HttpResponse:
    """Lead the browser to the client.

    It may have come here by a form (of signing in, or of consent), whose page permits no other site as its end; a page
    that goes on by itself ends that chain.
    """
    if silent:
        return _away(url)
    response = pages.page(request, "openid/go_on.html", lang, url=url)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD"])
@who.open_to("anyone")
def arrive(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Ask the person, unless there is nothing to ask; to sign in, first."""
    session = _session(request)
    try:
        asked, sign_in = asking.look(ref, session, issuer=issuer(), at=who.now())
        if sign_in:
            wanted = asked.request.wanted(asked.client.details.level)
            query = {"next": request.path, **({"level": str(wanted.aim)} if wanted.aim > 1 else {})}
            return HttpResponseRedirect(f"/{lang}/sign-in?{urlencode(query)}")
        if asked.settled and session is not None:
            url = asking.agree(ref, session, given=asked.given, issuer=issuer(), at=who.now())
            return _go_on(request, lang, url, silent="none" in asked.request.prompts)
    except asking.NotAsked:
        return pages.page(request, "openid/gone.html", lang, 404)
    except asking.Sandboxed:
        return pages.page(request, "openid/sandboxed.html", lang, 403)
    except asking.Answered as answered:
        return _go_on(request, lang, answered.url, silent=answered.silent)
    client, pack = asked.client, load.pack()
    department = pack.departments.get(client.department)
    return pages.page(
        request, "openid/ask.html", lang,
        title=_said(client.details.title, lang), purpose=_said(client.details.purpose, lang),
        department=department.title.in_(lang) if department else client.department,
        host=asked.request.redirect_uri.split("/")[2], action=f"{request.path}/answer",
        essential=[_field(name, lang) for name in asked.request.essential],
        voluntary=[_field(name, lang) for name in asked.request.voluntary], given=sorted(asked.given),
        offline="offline_access" in asked.request.scopes, sandbox=client.state != "live",
    )  # fmt: skip


def _said(words: Any, lang: str) -> str:
    return Text(dict(words)).in_(lang)


def _field(name: str, lang: str) -> dict[str, str]:
    t = translator(lang)
    return {"value": name, "label": t(f"openid.field_{name}"), "hint": t(f"openid.field_{name}_hint")}


@require_POST
@who.open_to("resident")
def decide(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Take the person's answer, and lead them back to the client."""
    session, at = _session(request), who.now()
    page = f"/{lang}/openid/{ref}"
    if session is None:
        return HttpResponseRedirect(page)
    try:
        if request.POST.get("do") == "agree":
            url = asking.agree(ref, session, given=request.POST.getlist("fields"), issuer=issuer(), at=at)
        else:
            url = asking.decline(ref, issuer=issuer(), at=at)
    except asking.NotAsked:
        return pages.page(request, "openid/gone.html", lang, 404)
    except asking.Sandboxed:
        return pages.page(request, "openid/sandboxed.html", lang, 403)
    except asking.Answered as answered:
        url = answered.url
    return _go_on(request, lang, url)


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("resident")
def every(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """What the person agreed to, for whom and why; each can be withdrawn."""
    person = who.person_ref(request)
    if request.method == "POST":
        client, field = request.POST.get("client", "")[:32], request.POST.get("field", "")[:40]
        openid.consents.withdraw(person, client, field=field, at=who.now())
        return HttpResponseRedirect(request.path)
    rows = [_connection(one, lang) for one in openid.consents.connections(person)]
    return pages.page(request, "openid/consents.html", lang, rows=rows)


def _connection(one: openid.consents.Connection, lang: str) -> dict[str, Any]:
    pack = load.pack()
    department = pack.departments.get(one.department)
    return {
        "client": one.client,
        "title": _said(one.title, lang),
        "department": department.title.in_(lang) if department else one.department,
        "open": one.open,
        "now": [_receipt(row, lang) for row in one.now],
        "before": [_receipt(row, lang) for row in one.before],
    }


def _receipt(row: openid.consents.Receipt, lang: str) -> dict[str, str]:
    pack, t = load.pack(), translator(lang)
    return {
        "field": row.field,
        "label": t(f"openid.field_{row.field}"),
        "answer": row.answer,
        "said": t(f"openid.said_{row.answer}"),
        "purpose": _said(row.purpose, lang) if row.purpose else "",
        "when": display.moment_words(row.at, pack, lang),
        "over": display.moment_words(row.over_at, pack, lang) if row.over_at else "",
    }


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("anyone")
def end_session(request: HttpRequest) -> HttpResponseBase:
    """The logout endpoint: read a client's wish, and lead to the page that asks the person."""
    rate_limits.count("openid_browser", rate_limits.address(request))
    parameters = dict((request.POST if request.method == "POST" else request.GET).lists())
    try:
        values = openid.single(parameters)
        logout = openid.logouts.wished(values, issuer=issuer(), at=who.now())
    except openid.ProtocolError as problem:
        return _refused(request, pages.preferred(request), problem)
    if not who.session(request).person_ref and logout.back:
        return _away(logout.back)
    kept: dict[str, str] = {
        name: values[name] for name in ("client_id", "post_logout_redirect_uri", "state") if name in values
    }
    # The hint itself stays out of the address.
    if client := openid.logouts.client_of_hint(values, at=who.now()):
        kept["client_id"] = client
    language = _language(request, tuple(values.get("ui_locales", "").split()[:5]))
    return _away(f"/{language}/end-session?{urlencode(kept)}")


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("anyone")
def leave(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Ask the person whether to sign out here too, and then lead back to the client."""
    try:
        values = openid.single(dict(request.GET.lists()))
        logout = openid.logouts.wished(values, issuer=issuer(), at=who.now())
    except openid.ProtocolError as problem:
        return _refused(request, lang, problem)
    signed_in = bool(who.session(request).person_ref)
    if request.method == "POST" and signed_in:
        who.end_session(request)
        signed_in = False
    if not signed_in:
        return _go_on(request, lang, logout.back) if logout.back else HttpResponseRedirect(f"/{lang}/")
    title = _said(logout.title, lang) if logout.title else ""
    return pages.page(request, "openid/leave.html", lang, title=title, back=logout.back)
