"""Who is asking, and who may. Every view says so with `open_to`; a test walks all routes to see that it does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, Literal
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect

from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel import clock
from praya.web import typed

Audience = Literal["anyone", "resident", "officer", "demo", "machine"]
LONGEST_SESSION_HOURS = 12
OFFICER, SESSION = "praya.officer", "praya.session"
View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Session:
    """What the signed cookie says: references only."""

    person_ref: str = ""
    officer_ref: str = ""
    epoch: int = 0
    trial: bool = False
    """Whether an officer tries a service of the sandbox as a made-up applicant."""


def session(request: HttpRequest) -> Session:
    """The session, empty when there is none or when nothing was done for too long."""
    known: Session | None = request.META.get(SESSION)
    if known is None:
        known = request.META[SESSION] = _session(request)
    return known


def _session(request: HttpRequest) -> Session:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return Session()
    data = request.session
    seen_at, kind = data.get("seen", 0), "officer" if data.get("officer") else "person"
    person = data.get("person", "")
    if person and identity.epoch(person) != data.get("person_epoch", 0):
        return Session()
    minutes = settings.PRAYA.officer_session_minutes if kind == "officer" else settings.PRAYA.session_minutes
    moment = int(clock.now().timestamp())
    if moment - seen_at > minutes * 60 or moment - data.get("begun", 0) > LONGEST_SESSION_HOURS * 3600:
        return Session()
    if moment - seen_at > 60:
        data["seen"] = moment
    return Session(person, data.get("officer", ""), data.get("epoch", 0), data.get("trial", False))


def session_ends_at(request: HttpRequest) -> datetime:
    """When the session ends if nothing more is done."""
    data, moment = request.session, now()
    minutes = settings.PRAYA.officer_session_minutes if data.get("officer") else settings.PRAYA.session_minutes
    begun_at = datetime.fromtimestamp(data.get("begun", 0), UTC)
    return min(moment + timedelta(minutes=minutes), begun_at + timedelta(hours=LONGEST_SESSION_HOURS))


def begin_session(
    request: HttpRequest, *, person_ref: str = "", officer: identity.Officer | None = None, trial: bool = False
) -> None:
    """Start afresh: nothing of an earlier session is carried over. Both at once only for an officer in a trial."""
    request.session.flush()
    data = request.session
    if person_ref:
        data["person"], data["person_epoch"] = person_ref, identity.epoch(person_ref) or 0
    if officer is not None:
        data["officer"], data["epoch"] = officer.ref, officer.epoch
    if trial:
        data["trial"] = True
    # A copy of a signed cookie must not live for ever, even if nobody ends the epoch.
    data["begun"] = data["seen"] = int(clock.now().timestamp())
    # The rest of this request is asked by whoever has just signed in.
    request.META[SESSION] = Session(person_ref, officer.ref if officer else "", officer.epoch if officer else 0, trial)


def person_ref(request: HttpRequest) -> str:
    """The resident who is asking; a view that is open to residents can rely on it."""
    return session(request).person_ref


def officer(request: HttpRequest) -> identity.Officer:
    """The officer who is asking. Raises Http404 when there is none (any more)."""
    found = _officer(request)
    if found is None:
        raise Http404
    return found


def _officer(request: HttpRequest) -> identity.Officer | None:
    """Read once a request: that an officer is still in office is never remembered for longer."""
    known = request.META.get(OFFICER)
    if known is None:
        known = request.META[OFFICER] = (_officer_of(session(request)),)
    found: identity.Officer | None = known[0]
    return found


def _officer_of(kept: Session) -> identity.Officer | None:
    if not kept.officer_ref:
        return None
    try:
        found = identity.officer(kept.officer_ref)
    except identity.NoOfficer:
        return None
    return found if found.epoch == kept.epoch else None


def may_try(request: HttpRequest) -> bool:
    """Whether services of the sandbox are there for whoever is asking: they are for officers only."""
    kept = session(request)
    return bool(kept.officer_ref) and _officer(request) is not None


def open_to(audience: Audience) -> Callable[[View], View]:
    """Declare who may use a view; others are sent to sign in, or find nothing."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            refusal = _refusal(request, audience, str(kwargs.get("lang", "en")))
            return refusal if refusal is not None else _answer(view, request, audience, args, kwargs)

        guarded.open_to = audience  # type: ignore[attr-defined]
        return guarded

    return declare


def _refusal(request: HttpRequest, audience: Audience, language: str) -> HttpResponseBase | None:
    if audience == "demo" and not settings.PRAYA.demo:
        raise Http404
    if audience == "resident" and not session(request).person_ref:
        return _to_sign_in(request, f"/{language}/sign-in")
    if audience == "officer" and _officer(request) is None:
        return _to_sign_in(request, f"/{language}/desk/sign-in")
    return None


def _to_sign_in(request: HttpRequest, url: str) -> HttpResponseRedirect:
    """After signing in the person comes back to the page, and what was being sent stands in it again."""
    back = typed.page_of(request) if request.method == "POST" else request.get_full_path()
    response = HttpResponseRedirect(f"{url}?{urlencode({'next': back})}")
    if request.method == "POST":
        typed.keep(request, response, why="session", owners=[*_last_marks(request), typed.UNKNOWN])
    return response


def _last_marks(request: HttpRequest) -> list[str]:
    """Those of the session that is over, as long as the browser still names it."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return []
    data = request.session
    return typed.marks(data.get("person", ""), data.get("officer", ""), at_desk="/desk/" in request.path)


def marks(request: HttpRequest) -> list[str]:
    """The names under which forms are made for whoever is asking."""
    asking = session(request)
    return typed.marks(asking.person_ref, asking.officer_ref, at_desk="/desk/" in request.path)


def _answer(
    view: View, request: HttpRequest, audience: Audience, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> HttpResponseBase:
    """The view's answer. What was typed before and not taken stands in the page; a press of a language comes first."""
    if request.method == "POST":
        if audience in {"resident", "officer"}:
            typed.insist_on_owner(request, marks(request))
        if typed.LANGUAGE not in request.POST:
            response = view(request, *args, **kwargs)
            if response.status_code < 500:
                typed.drop(request, typed.page_of(request))
            return response
    elif typed.LANGUAGE not in request.GET:
        typed.restore(request, marks(request), by_address=audience == "resident")
        return view(request, *args, **kwargs)
    switched = typed.switched(request, load.pack().languages, marks(request))
    return switched if switched is not None else view(request, *args, **kwargs)


def now() -> datetime:
    """The moment of this request."""
    return clock.now()
