"""The page of a case, its confirmation, and the actions that it offers to its applicant."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.parties import api as invitations
from praya.definition.chapters import replies
from praya.definition.flow import Action
from praya.definition.questions import FileQuestion
from praya.definition.service import Service
from praya.journey import (
    acting,
    case_context,
    explanations,
    joint,
    load,
    lookups,
    next_services,
    party_invitations,
    rebooking,
    told_reasons,
)
from praya.journey.chapter import Picture
from praya.journey.chapters import fees
from praya.journey.chapters.booking import visit_said
from praya.kernel.ids import opaque
from praya.kernel.money import Money
from praya.web import case_actions, display, kept_forms, pages, rate_limits, related, who
from praya.web.fields import State
from praya.web.portal import about, appointments, lines, messages, next_steps, own_files, parts
from praya.web.portal.mine import notice_line, record_lines
from praya.web.portal.own_cases import applied_or_404, case_or_404
from praya.web.words import translator


def _confirmation(case: cases.Case, seen: Picture) -> str:
    """The word of the confirmation: what is booked and waits for nobody is booked, anything else was handed in."""
    if seen.booking is None or seen.booking.status != "booked":
        return "portal.submitted_title"
    return "portal.submitted_and_booked" if case.due_at or case.promise_at else "portal.submitted_booked"


def _done(case: cases.Case, service: Service, person_ref: str, lang: str) -> str:
    """What the person did last, in the words of the action, and what became of it."""
    t = translator(lang)
    step = next((one for one in reversed(cases.history(case.ref)) if one.actor == f"person:{person_ref}"), None)
    if step is not None and step.kind == "rebooked":
        return t("portal.did_move")
    action = next((one for one in service.flow.actions if step is not None and one.name == step.action), None)
    state = service.flow.states[case.state].label.in_(lang)
    return t("portal.did_action", action=action.label.in_(lang), state=state) if action is not None else state


def _told(case: cases.Case, service: Service, lang: str) -> dict[str, Any] | None:
    told, pack = told_reasons.of_case(case, service), load.pack()
    return {"lines": told.words.splitlines(), "when": display.moment_words(told.at, pack, lang)} if told else None


@who.open_to("resident")
def submitted(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """The confirmation after submitting."""
    case = applied_or_404(request, ref)
    service, pack = load.compiled(case.service, case.version), load.pack()
    state = service.flow.states[case.state]
    at = who.now()
    seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    return pages.page(
        request,
        "portal/submitted.html",
        lang,
        case=case,
        service=service,
        state=state,
        title=translator(lang)(_confirmation(case, seen)),
        next_services=next_services.of_case(case, service, state.next_services),
        visits=display.visit_lines(service, seen.booking, lang),
        calendar=appointments.url(seen, lang, at=at),
        next=next_steps.of_case(case, pack, lang, at=at),
        fees=display.fee_rows(case.fees, lang, pack.currency),
        total=Money(fees.sums(case.fees)["total"], pack.currency).shown(lang),
        how=explanations.of_case(seen, pack, language=lang),
    )


@who.open_to("resident")
def case(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """The page of a case for its applicant, and for who has it together with them.

    The latter sees the applicant's answers that its `sees` names, and nothing that is worked out from others.
    """
    own_case, me = case_or_404(request, ref), who.person_ref(request)
    together = joint.party_of(own_case, me)
    service, pack = load.compiled(own_case.service, own_case.version), load.pack()
    at = who.now()
    picture = case_context.of_case(own_case, service, pack, today=pack.calendar.day_of(at))
    uploads = forms.uploads_of_case(ref)
    names = {upload.ref: upload.name for upload in uploads}
    names |= lookups.names(service, picture.raw, lang)
    asked = [page for page in service.form if page.when is None or page.when.holds(picture.context)]
    movable = rebooking.movable(picture, pack, at=at)
    return pages.page(
        request,
        "portal/case.html",
        lang,
        case=own_case,
        service=service,
        state=service.flow.states[own_case.state],
        reason=_told(own_case, service, lang),
        own_files=own_files.rows(uploads, f"/{lang}/cases/{ref}") if together is None else (),
        next_services=next_services.of_case(own_case, service, service.flow.states[own_case.state].next_services),
        department=pack.departments[own_case.department],
        milestones=display.timeline(own_case, service, pack, lang, notes=False, at=at, context=picture.context),
        next=next_steps.of_case(own_case, pack, lang, at=at),
        line=lines.rows(own_case, service, lang, at=at),
        visits=display.visit_lines(service, picture.booking, lang),
        paper_none=request.GET.get("paper") == "none",
        copy_sent=request.GET.get("paper") == "sent",
        calendar=appointments.url(picture, lang, at=at),
        booking_status=picture.booking.status if picture.booking else "none",
        move_until=display.moment_words(movable.until, pack, lang) if movable else "",
        actions=acting.open_actions(own_case, acting.applicant(me), at=at),
        records=record_lines(credentials.of_case(ref), lang),
        inbox=[notice_line(n, lang) for n in notices.inbox(me) if n.case_ref == ref],
        rows=display.summary_of(asked, picture.answers, picture.context, lang, names=names)
        if together is None
        else parts.rows_together(together, lang),
        outcomes=[
            {"key": question.label.in_(lang), "value": question.shown(picture.findings[question.name], lang)}
            for question in explanations.sums(picture)
            if together is None or question.name in service.parties[together.party].sees_findings
        ],
        recorded=[
            {
                "key": question.label.in_(lang),
                "value": display.answer_words(question, picture.findings[question.name], lang, names),
            }
            for question in explanations.recorded(picture)
            if together is None or question.name in service.parties[together.party].sees_findings
        ],
        fees=display.fee_rows(own_case.fees, lang, pack.currency),
        grants=display.grant_rows(own_case.fees, lang, pack.currency),
        payments=display.payment_rows(own_case, service, pack, lang),
        sums={
            name: Money(cents, pack.currency).shown(lang) for name, cents in fees.sums(own_case.fees).items() if cents
        },
        opened=display.moment_words(own_case.opened_at, pack, lang),
        how=() if together else explanations.of_case(picture, pack, language=lang),
        not_offered=() if together else explanations.not_offered(picture, ("applicant",), pack, language=lang),
        replies=_replies(own_case, service, picture, lang),
        parties=_parties(own_case, service, picture, lang) if together is None else (),
        about=about.rows(own_case, lang, at=at) if together is None else (),
        related=related.of_person(own_case, me, lang),
        reads=[display.moment_words(read_at, pack, lang) for read_at, _ in cases.reads(ref)],
        writes=together is None,
        messages=(written := cases.messages(ref) if together is None else []),
        written=messages.standing(written, pack, lang),
        once=opaque(),
        done=_done(own_case, service, me, lang) if request.GET.get("done") == "1" else "",
    )


def _replies(case: cases.Case, service: Service, picture: Picture, lang: str) -> list[dict[str, Any]]:
    """A row for each department whose reply may be read, once it has replied."""
    public = {name for name, is_public in replies.departments_asked(service).items() if is_public}
    newest = {referral.department: referral for referral in case.referrals if referral.replied_at}
    rows = []
    for department in newest:
        name = replies.name_of(department)
        if name in public:
            words = picture.context["replies"][name]["comment"] or ""
            result = picture.texts[f"replies.{name}.result"].in_(lang)
            rows.append(
                {"key": load.pack().departments[department].title.in_(lang), "value": [result, *words.splitlines()]}
            )
    return rows


PARTY_KIND = {"waiting": "waiting", "given": "good", "declined": "bad", "lapsed": "neutral"}


def _parties(case: cases.Case, service: Service, picture: Picture, lang: str) -> list[dict[str, Any]]:
    """The parties and their states, with those of their answers that the definition shows to the applicant."""
    if not service.parties:
        return []
    invited = invitations.newest(invitations.of_case(case.ref))
    given = invitations.answers_of_case(case.ref) if any(one.state == "given" for one in invited) else {}
    rows, at, t = [], who.now(), translator(lang)
    files = {upload.ref: upload.name for upload in forms.uploads_of_case(case.ref, with_parts=True)} if given else {}
    for one in invited:
        party = service.parties[one.party]
        names = {**files, **lookups.names(service, given.get(one.ref, {}), lang)}
        items = party_invitations.items(party, service, picture.answers)
        name = party_invitations.called(
            party, {**picture.context, "item": items[one.number - 1] if one.number <= len(items) else {}}
        )
        visible = {q.name: given[one.ref].get(q.name) for q in party.questions.values()
                if q.shown_to_applicant and one.ref in given}  # fmt: skip
        is_open = one.open_at(at)
        may_address = is_open and not case.closed_at and not party.holder
        rows.append(
            {
                "title": party.label.in_(lang) + (t("kit.bracketed", words=name) if name else ""),
                "state": "waiting" if is_open else "lapsed" if one.state == "waiting" else one.state,
                "until": display.day_words(one.lapses_at, load.pack(), lang) if one.lapses_at and is_open else "",
                "nobody": is_open and not one.person_ref and not party.holder,
                "url": f"/{lang}/cases/{case.ref}/parties/{one.ref}" if may_address else "",
                "rows": [
                    {
                        "key": party.questions[name].label.in_(lang),
                        "value": display.answer_words(party.questions[name], value, lang, names),
                    }
                    for name, value in visible.items()
                    if value is not None
                ],
            }
        )
    return [{**row, "kind": PARTY_KIND[str(row["state"])]} for row in rows]


@who.open_to("resident")
def readdress(request: HttpRequest, *, lang: str, ref: str, invitation: str) -> HttpResponseBase:
    """Send an invitation again, to the same or another address."""
    own_case = applied_or_404(request, ref)
    service, t = load.compiled(own_case.service, own_case.version), translator(lang)
    asked = next((one for one in invitations.of_case(ref) if one.ref == invitation), None)
    # The address of an entry's holder comes from the register and cannot be changed here.
    if asked is None or service.parties[asked.party].holder:
        raise Http404(invitation)
    if not asked.open_at(who.now()):
        return HttpResponseRedirect(f"/{lang}/cases/{ref}")
    email, error = identity.addresses({asked.person_ref}).get(asked.person_ref, ""), None
    if kept_forms.restored(request):
        email = request.POST.get("email", "")
    if request.method == "POST":
        email = request.POST.get("email", "")
        rate_limits.count("invite", own_case.person_ref)
        today = load.pack().calendar.day_of(who.now())
        look = case_context.reader(service, load.pack(), today=today)
        try:
            party_invitations.readdress(own_case, invitation, look=look, email=email, at=who.now())
        except identity.NotAnAddress as wrong:
            error = t(f"identity.{wrong.code}")
        except party_invitations.OwnAddress:
            error = t("portal.party_own_address")
        except invitations.NotWaiting:
            return HttpResponseRedirect(f"/{lang}/cases/{ref}")
        else:
            return HttpResponseRedirect(f"/{lang}/cases/{ref}?done=1")
    return pages.page(
        request, "portal/readdress.html", lang, status=422 if error else 200, case=own_case, service=service,
        party=service.parties[asked.party], email=email, error=error,
        errors=[{"href": "#email", "text": error}] if error else [],
    )  # fmt: skip


@who.open_to("resident")
def act(request: HttpRequest, *, lang: str, ref: str, action: str) -> HttpResponseBase:
    """Carry out an action that the case offers to its applicant: answer, withdraw, cancel."""
    own_case = case_or_404(request, ref)
    by, at = acting.applicant(who.person_ref(request)), who.now()
    target = f"/{lang}/cases/{ref}?done=1"
    if request.method == "POST" and cases.done_before(case_actions.once_key(request, ref, action)):
        return HttpResponseRedirect(target)
    chosen = case_actions.action_named(acting.open_actions(own_case, by, at=at), action)
    if chosen is None:
        return HttpResponseRedirect(f"/{lang}/cases/{ref}")
    who.insist_on_level(request, load.compiled(own_case.service, own_case.version).level_for(action))
    if chosen.book and case_actions.session_in(request) is None:
        return HttpResponseRedirect(f"/{lang}/cases/{ref}/do/{action}/time")
    if request.method != "POST":
        state = case_actions.first_state(request, own_case, chosen, lang, at=at)
        return _show_action(request, own_case, chosen, state, lang, case_actions.Attempt(reason=state.typed("reason")))
    arranged = case_actions.state_after_button(request, own_case, chosen, lang, at=at)
    if arranged is not None:
        return _show_action(
            request, own_case, chosen, arranged, lang, case_actions.Attempt(reason=arranged.typed("reason"))
        )
    tried = case_actions.attempt(request, own_case, chosen, by, lang, at=at)
    if tried.done is not None:
        return HttpResponseRedirect(target)
    return _show_action(request, own_case, chosen, tried.state or State(lang, {}), lang, tried)


@who.open_to("resident")
def respond(request: HttpRequest, *, lang: str, ref: str, other: str, action: str) -> HttpResponseBase:
    """Carry out an action that a case about the person's own one offers to them: answer an objection."""
    own_case, by, at = case_or_404(request, ref), acting.respondent(who.person_ref(request)), who.now()
    theirs = about.case_about(own_case, other)
    target = f"/{lang}/cases/{ref}?done=1"
    if theirs is None or own_case.person_ref != who.person_ref(request):
        raise Http404(other)
    if request.method == "POST" and cases.done_before(case_actions.once_key(request, other, action)):
        return HttpResponseRedirect(target)
    chosen = case_actions.action_named(acting.open_actions(theirs, by, at=at), action)
    if chosen is None:
        return HttpResponseRedirect(f"/{lang}/cases/{ref}")
    back = f"/{lang}/cases/{ref}"
    if request.method != "POST":
        first = case_actions.first_state(request, theirs, chosen, lang, at=at)
        tried = case_actions.Attempt(reason=first.typed("reason"))
        return _show_action(request, theirs, chosen, first, lang, tried, back=back)
    arranged = case_actions.state_after_button(request, theirs, chosen, lang, at=at)
    if arranged is not None:
        tried = case_actions.Attempt(reason=arranged.typed("reason"))
        return _show_action(request, theirs, chosen, arranged, lang, tried, back=back)
    tried = case_actions.attempt(request, theirs, chosen, by, lang, at=at)
    if tried.done is not None:
        return HttpResponseRedirect(target)
    return _show_action(request, theirs, chosen, tried.state or State(lang, {}), lang, tried, back=back)


def _show_action(
    request: HttpRequest,
    case: cases.Case,
    action: Action,
    state: State,
    lang: str,
    tried: case_actions.Attempt,
    *,
    back: str = "",
) -> HttpResponse:
    service = load.compiled(case.service, case.version)
    errors = state.summary
    if tried.moved:
        errors = [{"href": "", "text": translator(lang)("portal.moved")}]
    session = case_actions.session_in(request) if action.book else None
    visit = service.booking.all_visits[0].name if service.booking else ""
    return pages.page(
        request,
        "portal/act.html",
        lang,
        case=case,
        back=back or f"/{lang}/cases/{case.ref}",
        rows=about.seen(case, service, lang) if back else (),
        told=None if back else _told(case, service, lang),
        service=service,
        action=action,
        session="|".join((session[0], session[1].isoformat(), session[2])) if session else "",
        visit=visit_said(service, bookings.Visit(visit, *session), lang) if session else "",
        state=state,
        content=case_actions.content_of(case, action, state, who.now()),
        files={q.name: state.all(q.name) for q in action.ask if isinstance(q, FileQuestion)},
        reason=tried.reason,
        errors=errors,
        once=opaque(),
        reveals=case_actions.reveals(action.content),
        has_files=any(question.type == "file" for question in action.ask),
    )
