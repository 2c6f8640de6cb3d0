"""Sessions and access: who sends a request, and who may use a view. Every view declares the latter by `open_to`."""

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
OFFICER, SESSION, ENDED = "praya.officer", "praya.session", "praya.session_ended"
View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Session:
    """The content of the signed session cookie: references only."""

    person_ref: str = ""
    officer_ref: str = ""
    epoch: int = 0
    trial: bool = False
    """Whether an officer tries a service of the sandbox as a made-up applicant."""
    ref: str = ""
    """The reference by which the session can be ended; empty for a session older than these references."""
    level: int = 0
    """The assurance level that the sign-in reached (see `assurance` of a service); 0 when nobody is signed in."""
    level_at: datetime | None = None
    """The moment at which the level was reached."""
    way: str = "code"
    """How somebody signed in: `code` or, with one that counts already, `passkey`."""

    @property
    def holder(self) -> str:
        """The person or officer who is signed in, as the journal names them; empty when nobody is."""
        if self.officer_ref:
            return f"officer:{self.officer_ref}"
        return f"person:{self.person_ref}" if self.person_ref else ""


def session(request: HttpRequest) -> Session:
    """The session of a request; empty when there is none, or when it was idle for too long."""
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
        # The session began while the clock was ahead, and would last until the clock reaches that moment.
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
    if level > 2 and moment - level_at > identity.FRESH.total_seconds():
        level = 2  # a confirmation is for what one does at once
    return Session(
        person, officer_ref, data.get("epoch", 0), data.get("trial", False), ref,
        level, datetime.fromtimestamp(level_at, UTC), data.get("way", "code"),
    )  # fmt: skip


def idle(*, officer: bool) -> timedelta:
    """After how long without a request a session ends."""
    return timedelta(minutes=settings.PRAYA.officer_session_minutes if officer else settings.PRAYA.session_minutes)


def session_ends_at(request: HttpRequest) -> datetime:
    """The moment at which the session ends if no other request comes."""
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
    way: identity.Way = "code",
) -> None:
    """Begin a session; nothing of an earlier one is carried over.

    Only an officer in a trial is officer and person at once. `level` is the assurance level of the sign-in,
    `way` how it was done.
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
    ref = data["ref"] = identity.begin_session(holder=holder, device=device, level=level, way=way, at=now)
    # A copy of a signed cookie must not live for ever, even if nobody ends the session.
    data["begun"] = data["seen"] = data["level_at"] = int(now.timestamp())
    data["level"], data["way"] = level, way
    # The rest of this request belongs to the new session.
    request.META[SESSION] = Session(
        person_ref, officer.ref if officer else "", officer.epoch if officer else 0, trial, ref, level, now, way
    )


def change_hat(request: HttpRequest, *, person_ref: str = "", officer: identity.Officer | None = None) -> None:
    """Continue as the resident, or the officer, who is the same human. The present session ends: each has one hat.

    The new session takes over the assurance level, the moment at which it was reached, and the latest end. Raises
    PermissionError in a trial, whose applicant is invented.
    """
    before, begun = session(request), request.session.get("begun")
    if before.trial or not before.holder:
        raise PermissionError("nobody is signed in, or an officer tries a service")
    # A passkey is of one hat, and is not shown with the other.
    begin_session(request, person_ref=person_ref, officer=officer, level=before.level)
    moment = before.level_at or clock.now()
    request.session["begun"], request.session["level_at"] = begun, int(moment.timestamp())
    request.META[SESSION] = replace(session(request), level_at=moment)


def step_up(request: HttpRequest) -> None:
    """Go on in a new session after a confirmation with a passkey; it ends no later than the one before.

    Raises PermissionError in a trial, or when nobody is signed in.
    """
    before, begun = session(request), request.session.get("begun")
    if before.trial or not before.holder:
        raise PermissionError("nobody is signed in, or an officer tries a service")
    officer = _officer(request) if before.officer_ref else None
    level = identity.passkey_level(before.holder, step_up=True)
    begin_session(request, person_ref=before.person_ref, officer=officer, level=level, way="passkey")
    request.session["begun"] = begun


def end_session(request: HttpRequest) -> None:
    """End this session, so that copies of its cookie are refused too."""
    kept = session(request)
    if kept.holder and not kept.ref:  # it has no reference, so it can only be ended with all others
        end_all_sessions(request)
        return
    _leave(request)
    _forget(request)


def _forget(request: HttpRequest) -> None:
    request.session.flush()
    rotate_token(request)
    request.META[SESSION], request.META[ENDED] = Session(), True


def _leave(request: HttpRequest) -> None:
    kept = session(request)
    if kept.ref:
        identity.end_session(session=kept.ref, holder=kept.holder, at=clock.now())


def end_all_sessions(request: HttpRequest) -> None:
    """End every session of whoever is signed in, on all devices."""
    kept, at = session(request), clock.now()
    if kept.officer_ref:
        identity.end_sessions(kept.officer_ref, at=at, by=kept.holder)
    elif kept.person_ref:
        identity.sign_out_everywhere(person_ref=kept.person_ref, at=at)
    _forget(request)


def person_ref(request: HttpRequest) -> str:
    """The reference of the resident who is signed in; never empty in a view that is open to residents."""
    return session(request).person_ref


def officer(request: HttpRequest) -> identity.Officer:
    """The officer who is signed in. Raises Http404 when there is none, or when the officer has left office."""
    asking = _officer(request)
    if asking is None:
        raise Http404
    return asking


def _officer(request: HttpRequest) -> identity.Officer | None:
    """The officer, read from the database once for each request, since an officer may leave office at any time."""
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
    """Whether the request may reach services in the sandbox: only officers may."""
    kept = session(request)
    return bool(kept.officer_ref) and _officer(request) is not None


class LevelMissing(Exception):
    """The session has a lower assurance level than needed; `web/errors` makes the page that explains it."""

    def __init__(self, needed: int) -> None:
        super().__init__(f"level {needed} is needed")
        self.needed = needed


def insist_on_level(request: HttpRequest, needed: int) -> None:
    """Refuse a session with a lower assurance level. Raises LevelMissing."""
    if session(request).level < needed:
        raise LevelMissing(needed)


def has_role(officer: identity.Officer, role: str) -> bool:
    """Whether an officer has a role, or one that includes it, in a department, a community or a system."""
    return role in load.pack().all_roles.with_included(held.role for held in officer.roles)


def open_to(
    audience: Audience, *, level: int = identity.CODE_LEVEL, may: Callable[[identity.Officer], object] | None = None
) -> Callable[[View], View]:
    """Decorator that declares who may use a view. Others are redirected to the sign-in page, or get a 404.

    `level` is the assurance level that a resident's session must have; a page explains what is missing. `may` is a
    function of the officer; when it returns False, the view responds with 404. The menu entry that leads to the view
    calls the same function (`MenuEntry.shows`), so that access to each face and system is decided in one place.
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
    """Redirect to the sign-in page. Afterwards the person returns to this page, with the input that they had sent."""
    back = kept_forms.page_of(request) if request.method == "POST" else request.get_full_path()
    response = HttpResponseRedirect(f"{url}?{urlencode({'next': back})}")
    if request.method == "POST":
        kept_forms.keep(request, response, why="session", owners=[*_last_marks(request), kept_forms.UNKNOWN])
    return response


def _last_marks(request: HttpRequest) -> list[str]:
    """The marks of the session that has ended, if the browser still sends its cookie."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return []
    data = request.session
    return kept_forms.marks(data.get("person", ""), data.get("officer", ""), at_desk="/desk/" in request.path)


def marks(request: HttpRequest) -> list[str]:
    """The pseudonyms of whoever is signed in, by which forms are bound to them."""
    asking = session(request)
    return kept_forms.marks(asking.person_ref, asking.officer_ref, at_desk="/desk/" in request.path)


def _answer(
    view: View, request: HttpRequest, audience: Audience, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> HttpResponseBase:
    """Call the view. Stored input is put back into its page first; a press of a language button redirects instead."""
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
    """The present moment."""
    return clock.now()
