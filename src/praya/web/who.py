"""Who is asking, and who may. Every view says so with `open_to`; a test walks all routes to see that it does."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, Literal
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import rotate_token

from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel import clock
from praya.web import devices, kept_forms

Audience = Literal["anyone", "resident", "officer", "demo", "machine"]
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
    ref: str = ""
    """By which it is ended; "" of a session that began before sessions had one."""
    level: int = 0
    """How sure the platform is who it is (see `assurance` of a service); 0 of nobody."""
    level_at: datetime | None = None
    """When this level was reached."""

    @property
    def holder(self) -> str:
        """Who is signed in, as the journal writes it; "" of nobody."""
        if self.officer_ref:
            return f"officer:{self.officer_ref}"
        return f"person:{self.person_ref}" if self.person_ref else ""


def session(request: HttpRequest) -> Session:
    """The session, empty when there is none or when nothing was done for too long."""
    known: Session | None = request.META.get(SESSION)
    if known is None:
        known = request.META[SESSION] = _session(request)
    return known


def _session(request: HttpRequest) -> Session:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return Session()
    data, now = request.session, clock.now()
    officer_ref, person, ref = data.get("officer", ""), data.get("person", ""), data.get("ref", "")
    if not officer_ref and not person:
        return Session()
    seen_at, moment = data.get("seen", 0), int(now.timestamp())
    if seen_at - moment > identity.CLOCK_MAY_DIFFER.total_seconds():
        # It began while the clock was ahead, and would last until then.
        return Session()
    if moment - seen_at > idle(officer=bool(officer_ref)).total_seconds():
        return Session()
    if moment - data.get("begun", 0) > identity.SESSION_LIFE.total_seconds():
        return Session()
    if person:
        epoch, goes_on = identity.person_session(person, ref, at=now)
        if epoch != data.get("person_epoch", 0):
            return Session()
    if officer_ref:
        goes_on = not ref or identity.officer_session(officer_ref, ref, at=now)
    if ref and not goes_on:
        return Session()
    if moment - seen_at > 60:
        data["seen"] = moment
    # A session that began before sessions had levels began with a code by e-mail.
    level, level_at = data.get("level", identity.CODE_LEVEL), data.get("level_at", data.get("begun", 0))
    return Session(
        person, officer_ref, data.get("epoch", 0), data.get("trial", False), ref,
        level, datetime.fromtimestamp(level_at, UTC),
    )  # fmt: skip


def idle(*, officer: bool) -> timedelta:
    """How long somebody stays signed in without doing anything."""
    return timedelta(minutes=settings.PRAYA.officer_session_minutes if officer else settings.PRAYA.session_minutes)


def session_ends_at(request: HttpRequest) -> datetime:
    """When the session ends if nothing more is done."""
    data = request.session
    begun_at = datetime.fromtimestamp(data.get("begun", 0), UTC)
    return min(now() + idle(officer=bool(data.get("officer"))), begun_at + identity.SESSION_LIFE)


def begin_session(
    request: HttpRequest,
    *,
    person_ref: str = "",
    officer: identity.Officer | None = None,
    trial: bool = False,
    level: int = identity.CODE_LEVEL,
) -> None:
    """Start afresh: nothing of an earlier session is carried over. Both at once only for an officer in a trial.

    `level` is what the way of signing in reaches.
    """
    _leave(request)
    request.session.flush()
    rotate_token(request)
    data, now = request.session, clock.now()
    if person_ref:
        data["person"], data["person_epoch"] = person_ref, identity.epoch(person_ref) or 0
    if officer is not None:
        data["officer"], data["epoch"] = officer.ref, officer.epoch
    if trial:
        data["trial"] = True
    holder = f"officer:{officer.ref}" if officer else f"person:{person_ref}"
    device = devices.named(request.headers.get("User-Agent", ""))
    ref = data["ref"] = identity.begin_session(holder=holder, device=device, level=level, at=now)
    # A copy of a signed cookie must not live for ever, even if nobody ends the session.
    data["begun"] = data["seen"] = data["level_at"] = int(now.timestamp())
    data["level"] = level
    # The rest of this request is asked by whoever has just signed in.
    request.META[SESSION] = Session(
        person_ref, officer.ref if officer else "", officer.epoch if officer else 0, trial, ref, level, now
    )


def change_hat(request: HttpRequest, *, person_ref: str = "", officer: identity.Officer | None = None) -> None:
    """Go on as the resident, or the officer, that the same human also is. One session has one hat: the other is over.

    What the session proved goes on: its level, when that was reached, and its latest end. Raises PermissionError in a
    trial, whose applicant is made up.
    """
    before, begun = session(request), request.session.get("begun")
    if before.trial or not before.holder:
        raise PermissionError("nobody is signed in, or an officer tries a service")
    begin_session(request, person_ref=person_ref, officer=officer, level=before.level)
    moment = before.level_at or clock.now()
    request.session["begun"], request.session["level_at"] = begun, int(moment.timestamp())
    request.META[SESSION] = replace(session(request), level_at=moment)


def end_session(request: HttpRequest) -> None:
    """Sign out here: the session itself is over, not only this browser's cookie."""
    kept = session(request)
    if kept.holder and not kept.ref:  # it cannot be ended by itself
        end_all_sessions(request)
        return
    _leave(request)
    _forget(request)


def _forget(request: HttpRequest) -> None:
    request.session.flush()
    rotate_token(request)
    request.META[SESSION] = Session()


def _leave(request: HttpRequest) -> None:
    kept = session(request)
    if kept.ref:
        identity.end_session(session=kept.ref, holder=kept.holder, at=clock.now())


def end_all_sessions(request: HttpRequest) -> None:
    """Sign out on every device."""
    kept, at = session(request), clock.now()
    if kept.officer_ref:
        identity.end_sessions(kept.officer_ref, at=at, by=kept.holder)
    elif kept.person_ref:
        identity.sign_out_everywhere(person_ref=kept.person_ref, at=at)
    _forget(request)


def person_ref(request: HttpRequest) -> str:
    """The resident who is asking; a view that is open to residents can rely on it."""
    return session(request).person_ref


def officer(request: HttpRequest) -> identity.Officer:
    """The officer who is asking. Raises Http404 when there is none (any more)."""
    asking = _officer(request)
    if asking is None:
        raise Http404
    return asking


def _officer(request: HttpRequest) -> identity.Officer | None:
    """Read once a request: that an officer is still in office is never remembered for longer."""
    known = request.META.get(OFFICER)
    if known is None:
        known = request.META[OFFICER] = (_officer_of(session(request)),)
    asking: identity.Officer | None = known[0]
    return asking


def _officer_of(kept: Session) -> identity.Officer | None:
    if not kept.officer_ref:
        return None
    try:
        holder = identity.officer(kept.officer_ref)
    except identity.NoOfficer:
        return None
    return holder if holder.epoch == kept.epoch else None


def may_try(request: HttpRequest) -> bool:
    """Whether services of the sandbox are there for whoever is asking: they are for officers only."""
    kept = session(request)
    return bool(kept.officer_ref) and _officer(request) is not None


class LevelMissing(Exception):
    """The session has not reached the assurance level that is needed; web/errors makes the page that says so."""

    def __init__(self, needed: int) -> None:
        super().__init__(f"level {needed} is needed")
        self.needed = needed


def insist_on_level(request: HttpRequest, needed: int) -> None:
    """Let only sessions go on that reached an assurance level. Raises LevelMissing."""
    if session(request).level < needed:
        raise LevelMissing(needed)


def has_role(officer: identity.Officer, role: str) -> bool:
    """Whether an officer has a role, or one that includes it, in any department or in the system that brings it."""
    return role in load.pack().all_roles.with_included(held.role for held in officer.roles)


def open_to(
    audience: Audience, *, level: int = identity.CODE_LEVEL, may: Callable[[identity.Officer], object] | None = None
) -> Callable[[View], View]:
    """Declare who may use a view; others are sent to sign in, or find nothing.

    `level` is the assurance level that a resident's session must have reached: who has not is told what is missing.
    `may` is asked of the officer: to one of whom it does not hold the view does not exist. The entry of the menu that
    leads to the view asks the same function (`MenuEntry.shows`), so that each face and system decides in one place.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            refusal = _refusal(request, audience, str(kwargs.get("lang", "en")))
            if refusal is not None:
                return refusal
            if audience == "resident":
                insist_on_level(request, level)
            if may is not None and not may(officer(request)):
                raise Http404
            return _answer(view, request, audience, args, kwargs)

        guarded.open_to, guarded.may = audience, may  # type: ignore[attr-defined]
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
    back = kept_forms.page_of(request) if request.method == "POST" else request.get_full_path()
    response = HttpResponseRedirect(f"{url}?{urlencode({'next': back})}")
    if request.method == "POST":
        kept_forms.keep(request, response, why="session", owners=[*_last_marks(request), kept_forms.UNKNOWN])
    return response


def _last_marks(request: HttpRequest) -> list[str]:
    """Those of the session that is over, as long as the browser still names it."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return []
    data = request.session
    return kept_forms.marks(data.get("person", ""), data.get("officer", ""), at_desk="/desk/" in request.path)


def marks(request: HttpRequest) -> list[str]:
    """The names under which forms are made for whoever is asking."""
    asking = session(request)
    return kept_forms.marks(asking.person_ref, asking.officer_ref, at_desk="/desk/" in request.path)


def _answer(
    view: View, request: HttpRequest, audience: Audience, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> HttpResponseBase:
    """The view's answer. What was typed before and not taken stands in the page; a press of a language comes first."""
    if request.method == "POST":
        if audience in {"resident", "officer"}:
            kept_forms.insist_on_owner(request, marks(request))
        if kept_forms.LANGUAGE not in request.POST:
            response = view(request, *args, **kwargs)
            if response.status_code < 500:
                kept_forms.drop(request, kept_forms.page_of(request))
            return response
    elif kept_forms.LANGUAGE not in request.GET:
        kept_forms.restore(request, marks(request), by_address=audience == "resident")
        return view(request, *args, **kwargs)
    switched = kept_forms.switch_language(request, load.pack().languages, marks(request))
    return switched if switched is not None else view(request, *args, **kwargs)


def now() -> datetime:
    """The moment of this request."""
    return clock.now()
