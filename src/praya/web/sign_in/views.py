"""Signing in with a code by e-mail, and the list of sessions; in a demonstration also as an invented person."""

import math
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe
from markupsafe import Markup

from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.journey import load, sign_in
from praya.kernel.text import html_language
from praya.web import client_address, devices, display, kept_forms, pages, rate_limits, who
from praya.web.words import Translator, translator

CHALLENGE = "challenge"
MARKS = 5


def next_page(request: HttpRequest, lang: str, *, desk: bool) -> str:
    """The address to return to after signing in: only a path of this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if safe else f"/{lang}/{'desk/' if desk else 'me'}"


@who.open_to("anyone")
def ask(request: HttpRequest, *, lang: str, desk: bool = False) -> HttpResponseBase:
    """Ask for the e-mail address and send a code to it."""
    if _wants_level(request):
        # Somebody is signed in, and is sent here for a higher level: they confirm, and need not sign in anew.
        return HttpResponseRedirect(f"/{lang}/sign-in/confirm?{request.GET.urlencode()}")
    errors: list[dict[str, str]] = []
    email, seconds = request.POST.get("email", ""), 0
    t = translator(lang)
    if request.method == "POST":
        rate_limits.count("sign_in_code", rate_limits.address(request))
        try:
            challenge = sign_in.ask_code(
                email=email, language=lang, for_officer=desk, at=who.now(), browser=frozenset(_marks(request)),
                network=client_address.of(request).site,
            )  # fmt: skip
        except identity.NotAnAddress as wrong:
            errors = [{"href": "#email", "text": t(f"identity.{wrong.code}")}]
        except identity.TooManyCodes as many:
            seconds = max(2, math.ceil((many.retry_at - who.now()).total_seconds()))
            wait = (
                t("identity.seconds", n=seconds) if seconds < 120 else t("identity.minutes", n=math.ceil(seconds / 60))
            )
            errors = [{"href": "#email", "text": t("identity.too_many_codes", wait=wait)}]
        else:
            request.session[CHALLENGE] = challenge
            request.session["next"] = next_page(request, lang, desk=desk)
            return HttpResponseRedirect(f"{request.path}/code")
    response = ask_page(request, lang, desk=desk, errors=errors, status=429 if seconds else 200)
    if seconds:
        response["Retry-After"] = str(seconds)
    return response


def _wants_level(request: HttpRequest) -> bool:
    current = who.session(request)
    return request.method == "GET" and "level" in request.GET and bool(current.person_ref) and not current.trial


def ask_page(
    request: HttpRequest, lang: str, *, desk: bool, errors: list[dict[str, str]], status: int = 200
) -> HttpResponse:
    """The page that asks for a passkey or an address."""
    return pages.page(
        request, "identity/ask.html", lang, status, email=request.POST.get("email", ""), errors=errors, desk=desk,
        next=next_page(request, lang, desk=desk), people=_invented(lang, desk=desk),
        passkeys=identity.can_have_passkeys(),
    )  # fmt: skip


@who.open_to("anyone")
def code(request: HttpRequest, *, lang: str, desk: bool = False) -> HttpResponseBase:
    """Check the code, and sign in."""
    base = f"/{lang}/desk/sign-in" if desk else f"/{lang}/sign-in"
    challenge = request.session.get(CHALLENGE)
    if not challenge:
        return HttpResponseRedirect(base)
    errors: list[dict[str, str]] = []
    t = translator(lang)
    if request.method == "POST":
        rate_limits.count("sign_in_try", rate_limits.address(request))
        given = request.POST.get("code", "")
        target = request.session.get("next") or f"/{lang}/me"
        try:
            if desk:
                officer = identity.officer_sign_in(challenge=challenge, code=given, at=who.now())
                email = officer.email
                who.begin_session(request, officer=officer)
            else:
                person = identity.sign_in(challenge=challenge, code=given, at=who.now())
                email = person.email
                who.begin_session(request, person_ref=person.ref)
        except identity.WrongCode as wrong:
            errors = [{"href": "#code", "text": t("identity.wrong_code", left=wrong.left)}]
        except (identity.CodeExpired, identity.TooManyTries):
            errors = [{"href": "#code", "text": t("identity.code_over")}]
        else:
            return signed_in(request, HttpResponseRedirect(target), email)
    email = identity.challenged(challenge, at=who.now())
    return pages.page(request, "identity/code.html", lang, errors=errors, desk=desk, again=base, email=email)


def _marks(request: HttpRequest) -> list[str]:
    """Marks of the e-mail addresses that this browser has signed in with, the newest first."""
    cookie = request.get_signed_cookie(settings.KNOWN_COOKIE_NAME, "", max_age=settings.KNOWN_COOKIE_AGE) or ""
    return [mark for mark in cookie.split(".") if mark]


def signed_in(request: HttpRequest, response: HttpResponse, email: str) -> HttpResponse:
    """Finish a sign-in: tell whoever it was if this browser is new to the account, and recognise it next time."""
    current, at = who.session(request), who.now()
    is_new = current.person_ref and identity.enrolled_just_now(current.person_ref, at=at)
    if not is_new and identity.browser_mark(email) not in _marks(request):
        sign_in.tell(current.holder, "new_device", at=at)
    return _marked(request, response, email)


def _marked(request: HttpRequest, response: HttpResponse, email: str) -> HttpResponse:
    """Set a cookie that recognises the browser for this address. A shared browser has marks of several addresses."""
    marks = dict.fromkeys([identity.browser_mark(email), *_marks(request)])
    response.set_signed_cookie(
        settings.KNOWN_COOKIE_NAME,
        ".".join(list(marks)[:MARKS]),
        max_age=settings.KNOWN_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@require_POST
@who.open_to("anyone")
def out(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Sign out, here or on every device."""
    if "everywhere" in request.POST:
        who.end_all_sessions(request)
    else:
        who.end_session(request)
    response = HttpResponseRedirect(f"/{lang}/")
    kept_forms.drop_all(request, response)
    return response


@require_safe
@who.open_to("anyone")
def session(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Extend the session while somebody is typing; responds with the seconds that are left."""
    left = pages.session_end(request, lang)["seconds"] if who.session(request) != who.Session() else 0
    return JsonResponse({"seconds": left}, headers={"Cache-Control": "no-store"})


def _sessions(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The list of the person's sessions, to end one of them or all."""
    current, desk = who.session(request), bool(who.session(request).officer_ref)
    if request.method == "POST":
        chosen = request.POST.get("session", "")
        if chosen == current.ref:
            who.end_session(request)
            return HttpResponseRedirect(f"/{lang}/")
        identity.end_session(session=chosen[:32], holder=current.holder, at=who.now())
        return HttpResponseRedirect(request.path)
    pack, t, idle = load.pack(), translator(lang), who.idle(officer=desk)
    rows = [
        {
            "ref": one.ref,
            "device": _device(one.device, t),
            "since": display.moment_words(one.began_at, pack, lang),
            "seen": display.moment_words(one.seen_at, pack, lang),
            "this": one.ref == current.ref,
            "way": t(f"identity.way_{one.way}"),
        }
        for one in identity.sessions(holder=current.holder, idle=idle, at=who.now())
    ]
    minutes = int(idle.total_seconds() // 60)
    return pages.page(
        request, "identity/sessions.html", lang, rows=rows, minutes=minutes, desk=desk and not current.trial
    )


residents_sessions = who.open_to("resident")(_sessions)
officers_sessions = who.open_to("officer")(_sessions)


@require_POST
@who.open_to("officer")
def as_resident(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Go on as a resident, without another code: both sign in with the same address."""
    if who.session(request).trial:
        raise Http404
    person = identity.resident_for(officer_ref=who.officer(request).ref, language=lang, at=who.now())
    who.change_hat(request, person_ref=person.ref)
    return HttpResponseRedirect(f"/{lang}/me")


@require_POST
@who.open_to("resident")
def as_officer(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Go on as an officer. A code that is older than an officer may be idle is not enough: it leads to a new one."""
    officer, current = identity.officer_for(person_ref=who.person_ref(request)), who.session(request)
    if officer is None or current.trial:
        raise Http404
    if current.level_at is None or who.now() - current.level_at > who.idle(officer=True):
        return HttpResponseRedirect(f"/{lang}/desk/sign-in")
    identity.note_officer_signed_in(officer.ref, at=who.now())
    who.change_hat(request, officer=officer)
    return HttpResponseRedirect(f"/{lang}/desk/")


def offer_desk(request: HttpRequest, language: str, **_: Any) -> Markup:
    """The slot of a person's page: the button that leads an officer from there to the desk."""
    current = who.session(request)
    if current.trial or identity.officer_for(person_ref=current.person_ref) is None:
        return Markup("")
    return Markup(pages.part(request, "identity/offer_desk.html", language))  # noqa: S704 (a template's markup)


def device_words(request: HttpRequest, lang: str) -> str:
    """The browser and operating system of a request, as people call them."""
    return _device(devices.named(request.headers.get("User-Agent", "")), translator(lang))


def _device(written: str, t: Translator) -> str:
    browser, _, system = written.partition("/")
    if browser and system:
        return t("identity.session_device", browser=browser, system=system)
    return browser or system or t("identity.session_unknown")


@require_POST
@who.open_to("demo")
def as_invented(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Sign in as an invented person, in a demonstration only."""
    ref, desk = request.POST.get("ref", ""), request.POST.get("desk") == "1"
    target = next_page(request, lang, desk=desk)
    try:
        if desk:
            who.begin_session(request, officer=identity.officer(ref))
        else:
            who.begin_session(request, person_ref=identity.person(ref).ref)
    except (identity.NoOfficer, identity.NoPerson):
        raise Http404 from None
    return HttpResponseRedirect(target)


@who.open_to("demo")
def messages(request: HttpRequest, *, lang: str) -> HttpResponse:
    """The messages that a demonstration did not send."""
    letters = notices.shown_in_demo(limit=100)
    pack = load.pack()
    rows = [{"message": m, "when": display.moment_words(m.created_at, pack, lang),
             "html_language": html_language(m.language)} for m in letters]  # fmt: skip
    return pages.page(request, "identity/messages.html", lang, rows=rows)


def _invented(lang: str, *, desk: bool) -> list[dict[str, Any]]:
    if not settings.PRAYA.demo:
        return []
    pack = load.pack()
    titles = {name: department.title for name, department in pack.departments.items()}
    titles |= {f"{identity.COMMUNITY}{name}": community.title for name, community in pack.communities.items()}
    if desk:
        return [
            {
                "ref": officer.ref,
                "name": officer.name,
                "note": "; ".join(
                    f"{titles[r.department].in_(lang)} – {display.role_title(r.role, pack, lang)}"
                    for r in sorted(officer.roles, key=lambda r: (r.department, r.role))
                    if r.department in titles
                ),
            }
            for officer in identity.officers(limit=100)
        ]
    # A person who signed in by e-mail has no name here, and is not offered to others.
    return [{"ref": p.ref, "name": p.name, "note": ""} for p in identity.residents() if p.name]
