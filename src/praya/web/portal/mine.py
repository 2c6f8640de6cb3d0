"""The person's own page: drafts, cases, records and notices; the page of a case with its actions."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_POST

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.parties import api as invitations
from praya.definition.chapters import replies
from praya.definition.flow import Action
from praya.definition.questions import FileQuestion, shown_date
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
)
from praya.journey.chapter import Picture
from praya.journey.chapters import fees
from praya.journey.chapters.booking import visit_said
from praya.kernel.ids import opaque
from praya.kernel.money import Money
from praya.kernel.text import html_language
from praya.web import case_actions, display, kept_forms, pages, rate_limits, who
from praya.web.fields import State
from praya.web.portal import about, entries, parts
from praya.web.words import translator


def case_or_404(request: HttpRequest, ref: str) -> cases.Case:
    """A case of the person: they applied, or have it together with the applicant."""
    try:
        case = cases.case(ref)
    except cases.NoCase:
        raise Http404(ref) from None
    if not joint.has(case, who.person_ref(request)):
        raise Http404(ref)
    return case


def _applied_or_404(request: HttpRequest, ref: str) -> cases.Case:
    """A case for which the person applied."""
    case = case_or_404(request, ref)
    if case.person_ref != who.person_ref(request):
        raise Http404(ref)
    return case


@who.open_to("resident")
def me(request: HttpRequest, *, lang: str) -> HttpResponse:
    """The person's own page."""
    person_ref, pack = who.person_ref(request), load.pack()
    territory = load.territory()
    services = {**territory.offered, **territory.trials}
    mine = [*cases.of_person(person_ref), *parts.cases_together(person_ref)]
    drafts = [
        {
            "title": services[d.service].title.in_(lang) if d.service in services else d.service,
            "url": f"/{lang}/apply/{d.ref}/check",
            "saved": display.moment_words(d.updated_at, pack, lang),
            "discard": f"/{lang}/apply/{d.ref}/discard",
            "earlier": d.version < services[d.service].version,
        }
        for d in forms.drafts(person_ref)
        if d.service in services
    ]
    return pages.page(
        request,
        "portal/me.html",
        lang,
        drafts=drafts,
        cases=[_case_line(case, lang) for case in mine],
        parts=parts.lines_of(person_ref, lang),
        records=_record_lines(joint.records_of(person_ref), lang),
        entries=entries.lines(person_ref, lang),
        inbox=[_notice_line(notice, lang) for notice in notices.inbox(person_ref)[:20]],
        unread=notices.unread(person_ref),
        who_am_i=identity.person(person_ref),
    )


def _case_line(case: cases.Case, lang: str) -> dict[str, Any]:
    service, pack = load.compiled(case.service, case.version), load.pack()
    state = service.flow.states[case.state]
    kind = display.KIND.get(case.result, "warning" if case.waits_for_applicant else "waiting")
    return {
        "ref": case.ref,
        "title": service.title.in_(lang),
        "url": f"/{lang}/cases/{case.ref}",
        "state": state.label.in_(lang),
        "kind": kind,
        "opened": display.day_words(case.opened_at, pack, lang),
    }


def _record_lines(records: Sequence[credentials.Record], lang: str) -> list[dict[str, Any]]:
    return [
        {
            "title": record.title.in_(lang),
            "which": which,
            "url": f"/{lang}/records/{record.ref}",
            "state": record.state(at=who.now()),
        }
        for record, which in zip(records, display.distinctions(records, load.pack(), lang), strict=True)
    ]


def _notice_line(notice: notices.Notice, lang: str) -> dict[str, Any]:
    return {
        "subject": notice.subject,
        "language": html_language(notice.language),
        "url": f"/{lang}/notices/{notice.ref}",
        "when": display.moment_words(notice.created_at, load.pack(), lang),
        "unread": notice.read_at is None,
    }


@who.open_to("resident")
def notice(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """A notice."""
    try:
        letter = notices.read(ref, person_ref=who.person_ref(request), at=who.now())
    except LookupError:
        raise Http404(ref) from None
    return pages.page(
        request, "portal/notice.html", lang, notice=letter, html_language=html_language(letter.language),
        when=display.moment_words(letter.created_at, load.pack(), lang),
    )  # fmt: skip


@who.open_to("resident")
def submitted(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """The confirmation after submitting."""
    case = _applied_or_404(request, ref)
    service, pack = load.compiled(case.service, case.version), load.pack()
    state = service.flow.states[case.state]
    booking = bookings.booking(case.booking_ref) if case.booking_ref else None
    return pages.page(
        request,
        "portal/submitted.html",
        lang,
        case=case,
        service=service,
        state=state,
        next_services=next_services.of_case(case, service, state.next_services),
        visits=display.visit_lines(service, booking, lang),
        due=display.day_words(case.due_at, pack, lang) if case.due_at else "",
        fees=display.fee_rows(case.fees, lang, pack.currency),
        total=Money(fees.sums(case.fees)["total"], pack.currency).shown(lang),
        how=explanations.of_case(
            case_context.of_case(case, service, pack, today=pack.calendar.day_of(who.now())), pack, language=lang
        ),
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
    names = {upload.ref: upload.name for upload in forms.uploads_of_case(ref)}
    names |= lookups.names(service, picture.answers, lang)
    asked = [page for page in service.form if page.when is None or page.when.holds(picture.context)]
    movable = rebooking.movable(picture, pack, at=at)
    return pages.page(
        request,
        "portal/case.html",
        lang,
        case=own_case,
        service=service,
        state=service.flow.states[own_case.state],
        next_services=next_services.of_case(own_case, service, service.flow.states[own_case.state].next_services),
        department=pack.departments[own_case.department],
        milestones=display.timeline(own_case, service, pack, lang, notes=False),
        due=display.day_words(own_case.due_at, pack, lang) if own_case.due_at else "",
        promise=display.day_words(own_case.promise_at, pack, lang)
        if own_case.promise_at and not own_case.closed_at
        else "",
        visits=display.visit_lines(service, picture.booking, lang),
        booking_status=picture.booking.status if picture.booking else "none",
        move_until=display.moment_words(movable.until, pack, lang) if movable else "",
        actions=acting.open_actions(own_case, acting.applicant(me), at=at),
        records=_record_lines(credentials.of_case(ref), lang),
        inbox=[_notice_line(n, lang) for n in notices.inbox(me) if n.case_ref == ref],
        rows=display.summary_of(asked, picture.answers, picture.context, lang, names=names)
        if together is None
        else parts.rows_together(together, lang),
        outcomes=[
            {"key": question.label.in_(lang), "value": question.shown(picture.findings[question.name], lang)}
            for question in explanations.sums(picture)
            if together is None or question.name in service.parties[together.party].sees_findings
        ],
        fees=display.fee_rows(own_case.fees, lang, pack.currency),
        sums={
            name: Money(cents, pack.currency).shown(lang) for name, cents in fees.sums(own_case.fees).items() if cents
        },
        opened=display.moment_words(own_case.opened_at, pack, lang),
        how=() if together else explanations.of_case(picture, pack, language=lang),
        not_offered=() if together else explanations.not_offered(picture, ("applicant",), pack, language=lang),
        replies=_replies(own_case, service, picture, lang),
        parties=_parties(own_case, service, picture, lang) if together is None else (),
        about=about.rows(own_case, lang, at=at) if together is None else (),
        reads=[display.moment_words(read_at, pack, lang) for read_at, _ in cases.reads(ref)],
        once=opaque(),
        done=request.GET.get("done") == "1",
    )


def _replies(case: cases.Case, service: Service, picture: Picture, lang: str) -> list[dict[str, Any]]:
    """A row for each department whose reply may be read, once it has replied."""
    public = {name for name, is_public in replies.asked(service).items() if is_public}
    newest = {referral.department: referral for referral in case.referrals if referral.replied_at}
    rows = []
    for department in newest:
        name = replies.name_of(department)
        if name in public:
            words = picture.context["replies"][name]["comment"] or ""
            said = picture.texts[f"replies.{name}.result"].in_(lang)
            rows.append(
                {"key": load.pack().departments[department].title.in_(lang), "value": [said, *words.splitlines()]}
            )
    return rows


PARTY_KIND = {"waiting": "waiting", "given": "good", "declined": "bad", "lapsed": "neutral"}


def _parties(case: cases.Case, service: Service, picture: Picture, lang: str) -> list[dict[str, Any]]:
    """The parties and their states, with those of their answers that the definition shows to the applicant."""
    if not service.parties:
        return []
    invited = invitations.newest(invitations.of_case(case.ref))
    given = invitations.given(case.ref) if any(one.state == "given" for one in invited) else {}
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
    own_case = _applied_or_404(request, ref)
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
        has_files=any(question.type == "file" for question in action.ask),
    )


@who.open_to("resident")
def record(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """The page of a record with its QR code, for its holder."""
    own_record = _own_record(request, ref)
    return pages.page(
        request, "portal/record.html", lang, record=own_record, state=own_record.state(at=who.now()),
        until=shown_date(own_record.valid_until, lang) if own_record.valid_until else "",
        issued=display.day_words(own_record.issued_at, load.pack(), lang),
    )  # fmt: skip


@who.open_to("resident")
def record_picture(request: HttpRequest, *, lang: str, ref: str, kind: str) -> HttpResponse:
    """The QR code of a record as SVG or PNG."""
    own_record = _own_record(request, ref)
    try:
        text = qr_text(own_record.token)
        picture = credentials.qr_svg(text) if kind == "svg" else credentials.qr_png(text)
    except credentials.TooLong:
        # The record is too long for a QR code; it can be verified by its text.
        raise Http404(ref) from None
    if kind == "svg":
        response = HttpResponse(picture, content_type="image/svg+xml")
    else:
        response = HttpResponse(picture, content_type="image/png")
        response["Content-Disposition"] = f'attachment; filename="{own_record.name}.png"'
    response["Cache-Control"] = "private, no-store"
    return response


def qr_text(token: str) -> str:
    """The content of the QR code: the address of the verification page with the record behind `#`.

    Browsers do not send what is behind `#` to the server.
    """
    return f"{settings.PRAYA.base_url}/v#{token}"


def _own_record(request: HttpRequest, ref: str) -> credentials.Record:
    try:
        record = credentials.record(ref)
    except credentials.NoRecord:
        raise Http404(ref) from None
    if not joint.holds_record(record, who.person_ref(request)):
        raise Http404(ref)
    return record


@require_POST
@who.open_to("resident")
def all_read(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Mark every notice as read."""
    notices.mark_all_read(person_ref=who.person_ref(request), at=who.now())
    return HttpResponseRedirect(f"/{lang}/me")
