"""The page on which people check their answers and what they cost, and the submission."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect

from praya.blocks.bookings import api as bookings
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition.opening import standing
from praya.journey import (
    acting,
    application_steps,
    draft_booking,
    draft_progress,
    entries,
    explanations,
    lookups,
    party_invitations,
)
from praya.journey.chapters import fees
from praya.kernel.money import Money
from praya.web import (
    display,
    pages,
    rate_limits,
    who,
)
from praya.web.portal import entries as choosing
from praya.web.portal import steps
from praya.web.portal.apply import closed_page, draft_or_404, onward
from praya.web.words import translator


@who.open_to("resident")
def check(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Check your answers, and submit them."""
    draft = draft_or_404(request, ref)
    if draft.case_ref:
        return HttpResponseRedirect(f"/{lang}/cases/{draft.case_ref}/submitted")
    walk = draft_progress.walk(draft, at=who.now())
    if request.method == "POST":
        return _submit(request, walk, lang)
    target = onward(walk, lang, None)
    if not target.endswith("/check"):
        return HttpResponseRedirect(target)
    return show_check(request, walk, lang)


def show_check(request: HttpRequest, walk: draft_progress.Walk, lang: str) -> HttpResponse:
    """The page to look at the answers and what they cost before they are sent."""
    base = f"/{lang}/{walk.path}"
    booking = draft_booking.held(walk) if walk.service.booked_on_applying else None
    # As it will be submitted: an answer that is hidden now costs nothing.
    known = walk.known(walk.asked_answers)
    stuck = request.GET.get("stuck") == "1"
    try:
        with acting.allowed("check", service=walk.service.service):
            due = fees.first(walk.service, known, walk.pack, walk.today)
    except acting.NotAllowed:
        due, stuck = [], True
    names = {u.ref: u.name for u in forms.uploads(walk.draft.ref, person_ref=walk.draft.person_ref)}
    names |= lookups.names(walk.service, walk.draft.answers, lang)
    opening = standing(walk.service.open_times, who.now(), walk.pack.calendar)
    keep_until, time_left, t = None, "", translator(lang)
    if booking is not None and booking.expires_at is not None:
        keep_until = display.moment_words(booking.expires_at, walk.pack, lang)
        minutes = max(1, round((booking.expires_at - who.now()).total_seconds() / 60))
        time_left = t("portal.hold_one") if minutes == 1 else t("portal.hold_many", n=minutes)
    return pages.page(
        request,
        "portal/check.html",
        lang,
        service=walk.service,
        draft=walk.draft,
        rows=display.summary_of(walk.pages, walk.answers, walk.context, lang, change=f"{base}/{{page}}", names=names),
        fees=display.fee_rows(due, lang, walk.pack.currency),
        total=Money(sum(fee.cents for fee in due), walk.pack.currency).shown(lang),
        visits=display.visit_lines(walk.service, booking, lang),
        keep_until=keep_until,
        time_left=time_left,
        base=base,
        steps=steps.of_draft(walk, steps.CHECK, lang),
        last=walk.pages[-1],
        how=explanations.worked_out(walk.service, walk.answers, known, due, walk.pack, day=walk.today, language=lang),
        closed=None if opening.is_open else display.closed_words(opening, walk.pack),
        errors=void_signatures(walk, lang),
        stuck=stuck,
        to_ask=_to_ask(walk, lang),
    )


def void_signatures(walk: draft_progress.Walk, lang: str) -> list[dict[str, str]]:
    """The void signatures, each with a link to its page."""
    return [{"href": f"/{lang}/{walk.path}/{page.page}", "text": reason.message(lang)} for page, reason in walk.void]


def _to_ask(walk: draft_progress.Walk, lang: str) -> list[dict[str, Any]]:
    """The parties that will be invited, and the answers that each of them may read."""
    if not walk.service.parties:
        return []
    own, t = identity.person(walk.draft.person_ref).email.lower(), translator(lang)
    return [
        {
            "key": one.party.label.in_(lang) + (t("kit.bracketed", words=one.name) if one.name else ""),
            "address": t("portal.to_ask_holder") if one.party.holder else one.address,
            "sees": [label.in_(lang) for label in one.sees],
            "nobody": not one.party.holder and (not one.address or one.address.lower() == own),
        }
        for one in party_invitations.to_ask(walk.service, walk.answers, walk.context)
    ]


def _submit(request: HttpRequest, walk: draft_progress.Walk, lang: str) -> HttpResponseBase:
    rate_limits.count("submit", walk.draft.person_ref)
    if walk.service.parties:
        # Each invitation is sent to an address that the applicant chose.
        rate_limits.count("invite", walk.draft.person_ref)
    base = f"/{lang}/apply/{walk.draft.ref}"
    try:
        case = application_steps.submit(walk, at=who.now())
    except application_steps.Incomplete:
        return HttpResponseRedirect(onward(walk, lang, None))
    except (application_steps.NotEligible, application_steps.LimitReached):
        return HttpResponseRedirect(f"{base}/stop")
    except application_steps.Closed as closed:
        return closed_page(request, walk.service, lang, closed.standing, walk.draft.ref, 409)
    except (entries.NoSubject, entries.TooEarly) as refusal:
        return choosing.choose(request, walk.service, lang, walk.draft.subject_ref, refusal)
    except (draft_booking.NotBooked, bookings.HoldExpired):
        return HttpResponseRedirect(f"{base}/book?again=1")
    except (acting.NotAllowed, bookings.SlotTaken):
        return HttpResponseRedirect(f"{base}/check?stuck=1")
    return HttpResponseRedirect(f"/{lang}/cases/{case.ref}/submitted")
