"""Who is asking, and who may. Every view says so with `open_to`; a test walks all routes to see that it does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Literal
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect

from praya.blocks.identity import api as identity
from praya.kernel import clock

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
            return refusal if refusal is not None else view(request, *args, **kwargs)

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
    """After signing in the person comes back; what was being sent is asked again, so only reading pages are kept."""
    back = request.get_full_path() if request.method == "GET" else request.path
    return HttpResponseRedirect(f"{url}?{urlencode({'next': back})}")


def now() -> datetime:
    """The moment of this request."""
    return clock.now()
