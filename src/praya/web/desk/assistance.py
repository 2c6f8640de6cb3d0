"""Applying on behalf of a person who is at the counter or on the telephone, and for services that only staff open.

The officer who began an application goes on with it in the same session; nobody else opens it, and the person has it
once it is sent.
"""

from dataclasses import dataclass, fields
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect

from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition.card import Card
from praya.journey import acting, application_steps, assistance, draft_progress, entries, load
from praya.kernel.ids import opaque
from praya.web import texts, who
from praya.web.desk import reach
from praya.web.portal import apply, check_answers
from praya.web.words import translator

BEGUN = "assisting"
"""The key of the session: for each draft that the officer began its person, service and the reason."""
MOST_BEGUN, MAX_REASON = 20, 500


@dataclass(frozen=True)
class Assisted(draft_progress.Walk):
    """An application that an officer fills in for a person."""

    @property
    def path(self) -> str:
        """Where its pages are: at the desk."""
        return f"desk/assist/{self.draft.ref}"

    @property
    def start(self) -> str:
        """Where one comes from."""
        return "desk/assist"

    def again(self, draft: forms.Draft, *, at: datetime) -> "Assisted":
        """The application as it stands after something was saved."""
        return _assisted(draft_progress.walk(draft, at=at))


def services_of(officer: identity.Officer) -> list[Card]:
    """The live services of the officer's departments in which staff open cases."""
    live = load.territory().live
    return [
        card for card in reach.services_of(officer)
        if card.opened_by in {"staff", "both"} and card.department in officer.departments and card.service in live
    ]  # fmt: skip


@who.open_to("officer")
def begin(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Choose the service, and say for whom it is and how they asked."""
    officer, t = who.officer(request), translator(lang)
    cards = {card.service: card for card in services_of(officer)}
    typed = {name: request.POST.get(name, "").strip()[:254] for name in ("service", "email", "entry")}
    reason = texts.lines(request.POST, "reason", lang, most=MAX_REASON)
    errors: dict[str, str] = {}
    if request.method == "POST":
        if typed["service"] not in cards:
            errors["service"] = t("desk.assist_no_service")
        if reason.error or not reason.text:
            errors["reason"] = reason.error or t("desk.assist_no_reason")
        draft = None if errors else _begun(cards[typed["service"]], typed, officer, lang, errors)
        if draft is not None:
            begun = dict(list(request.session.get(BEGUN, {}).items())[1 - MOST_BEGUN :])
            begun[draft.ref] = [draft.person_ref, reason.text]
            request.session[BEGUN] = begun
            return HttpResponseRedirect(f"/{lang}/desk/assist/{draft.ref}")
    return reach.page(
        request, "desk/assist.html", lang, officer, "assist", status=422 if errors else 200, typed=typed,
        reason=reason.shown, wrong=errors, limit=MAX_REASON,
        errors=[{"href": f"#{name}", "text": text} for name, text in errors.items()],
        options=[{"value": card.service, "label": card.title.in_(lang), "hint": None} for card in cards.values()],
        about_entries=any(card.subject for card in cards.values()),
    )  # fmt: skip


def _begun(
    card: Card, typed: dict[str, str], officer: identity.Officer, lang: str, errors: dict[str, str]
) -> forms.Draft | None:
    """The application for the person with the address or, of a service about an entry, for the entry's holder.

    What is wrong is put into `errors`; then None.
    """
    t, by = translator(lang), f"officer:{officer.ref}"
    try:
        if card.subject is not None:
            return assistance.begin_about(
                service=card.service, number=typed["entry"], once=opaque(), at=who.now(), by=by
            )
        return assistance.begin(
            service=card.service, email=typed["email"], language=lang, once=opaque(), at=who.now(), by=by
        )
    except identity.NotAnAddress as wrong:
        errors["email"] = t(f"identity.{wrong.code}")
    except (entries.NoSubject, entries.TooEarly):
        errors["entry"] = t("desk.assist_no_entry")
    except assistance.NoHolder:
        errors["entry"] = t("desk.assist_no_holder")
    return None


def _walk_or_404(request: HttpRequest, ref: str) -> tuple[Assisted, str]:
    """The application that the officer began in this session, with the reason. Raises Http404."""
    officer = who.officer(request)
    person_ref, reason = request.session.get(BEGUN, {}).get(ref, ("", ""))
    try:
        draft = forms.draft(ref, person_ref=person_ref)
    except forms.NoDraft:
        raise Http404(ref) from None
    if draft.service not in {card.service for card in services_of(officer)}:
        raise Http404(ref)
    return _assisted(draft_progress.walk(draft, at=who.now())), reason


def _assisted(walk: draft_progress.Walk) -> Assisted:
    return Assisted(**{one.name: getattr(walk, one.name) for one in fields(walk)})


@who.open_to("officer")
def onward(request: HttpRequest, *, lang: str, draft: str) -> HttpResponseBase:
    """Go on with the application."""
    walk, _ = _walk_or_404(request, draft)
    return HttpResponseRedirect(apply.onward(walk, lang, None))


@who.open_to("officer")
def page(request: HttpRequest, *, lang: str, draft: str, page: str) -> HttpResponseBase:
    """One page of the application."""
    walk, _ = _walk_or_404(request, draft)
    return HttpResponseRedirect(_case(walk, lang)) if walk.draft.case_ref else apply.one_page(request, walk, page, lang)


@who.open_to("officer")
def stop(request: HttpRequest, *, lang: str, draft: str) -> HttpResponseBase:
    """Why the person cannot use the service."""
    walk, _ = _walk_or_404(request, draft)
    return apply.stopped(request, walk, lang)


@who.open_to("officer")
def check(request: HttpRequest, *, lang: str, draft: str) -> HttpResponseBase:
    """Look at the answers with the person, and send them."""
    walk, reason = _walk_or_404(request, draft)
    if walk.draft.case_ref:
        return HttpResponseRedirect(_case(walk, lang))
    if request.method == "POST":
        return _sent(request, walk, reason, lang)
    target = apply.onward(walk, lang, None)
    return check_answers.show_check(request, walk, lang) if target.endswith("/check") else HttpResponseRedirect(target)


def _sent(request: HttpRequest, walk: Assisted, reason: str, lang: str) -> HttpResponseBase:
    officer = who.officer(request)
    try:
        case = assistance.submit(
            walk, reason=reason, department=walk.service.department, at=who.now(), by=f"officer:{officer.ref}"
        )
    except (application_steps.Incomplete, application_steps.NotEligible, application_steps.LimitReached):
        return HttpResponseRedirect(apply.onward(walk, lang, None))
    except (acting.NotAllowed, application_steps.Closed):
        return HttpResponseRedirect(f"/{lang}/{walk.path}/check?stuck=1")
    return HttpResponseRedirect(f"/{lang}/desk/cases/{case.ref}")


def _case(walk: Assisted, lang: str) -> str:
    return f"/{lang}/desk/cases/{walk.draft.case_ref}"
