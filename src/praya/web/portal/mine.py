"""What is mine: drafts, cases, records and notices; following a case and answering what it asks."""

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
from praya.definition.flow import Action
from praya.definition.questions import FileQuestion, shown_date
from praya.definition.service import Service
from praya.journey import case_context, explanations, fees, load, lookups, party_invitations, rebooking, run
from praya.kernel.ids import opaque
from praya.kernel.money import Money
from praya.kernel.text import html_language
from praya.web import case_actions, display, kept_forms, limits, pages, who
from praya.web.fields import State
from praya.web.portal import entries, parts
from praya.web.words import translator


def case_or_404(request: HttpRequest, ref: str) -> cases.Case:
    """The person's own case."""
    try:
        found = cases.case(ref)
    except cases.NoCase:
        raise Http404(ref) from None
    if found.person_ref != who.person_ref(request):
        raise Http404(ref)
    return found


@who.open_to("resident")
def me(request: HttpRequest, *, lang: str) -> HttpResponse:
    """Everything that is mine."""
    person_ref, pack = who.person_ref(request), load.pack()
    territory = load.territory()
    services = {**territory.live, **territory.trials}
    mine = cases.of_person(person_ref)
    drafts = [
        {
            "title": services[d.service].title.in_(lang) if d.service in services else d.service,
            "url": f"/{lang}/apply/{d.ref}/check",
            "saved": display.moment_said(d.updated_at, pack, lang),
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
        records=_record_lines(credentials.of_person(person_ref), lang),
        entries=entries.lines(person_ref, lang),
        inbox=[_notice_line(notice, lang) for notice in notices.inbox(person_ref)[:20]],
        unread=notices.unread(person_ref),
        who_am_i=identity.person(person_ref),
    )


KIND = {"granted": "good", "completed": "good", "refused": "bad", "withdrawn": "neutral", "lapsed": "neutral"}


def _case_line(case: cases.Case, lang: str) -> dict[str, Any]:
    service, pack = load.compiled(case.service, case.version), load.pack()
    state = service.flow.states[case.state]
    kind = KIND.get(case.result, "warning" if case.waits_for_applicant else "waiting")
    return {
        "ref": case.ref,
        "title": service.title.in_(lang),
        "url": f"/{lang}/cases/{case.ref}",
        "state": state.label.in_(lang),
        "kind": kind,
        "opened": display.day_said(case.opened_at, pack, lang),
    }


def _record_lines(records: Sequence[credentials.Record], lang: str) -> list[dict[str, Any]]:
    return [
        {
            "title": record.title.in_(lang),
            "which": which,
            "url": f"/{lang}/records/{record.ref}",
            "state": record.state(at=who.now()),
        }
        for record, which in zip(records, display.told_apart(records, load.pack(), lang), strict=True)
    ]


def _notice_line(notice: notices.Notice, lang: str) -> dict[str, Any]:
    return {
        "subject": notice.subject,
        "language": html_language(notice.language),
        "url": f"/{lang}/notices/{notice.ref}",
        "when": display.moment_said(notice.created_at, load.pack(), lang),
        "unread": notice.read_at is None,
    }


@who.open_to("resident")
def notice(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """A notice."""
    try:
        found = notices.read(ref, person_ref=who.person_ref(request), at=who.now())
    except LookupError:
        raise Http404(ref) from None
    return pages.page(
        request, "portal/notice.html", lang, notice=found, html_language=html_language(found.language),
        when=display.moment_said(found.created_at, load.pack(), lang),
    )  # fmt: skip


@who.open_to("resident")
def submitted(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """The confirmation."""
    case = case_or_404(request, ref)
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
        visits=display.visits_said(service, booking, lang),
        due=display.day_said(case.due_at, pack, lang) if case.due_at else "",
        fees=display.fees_said(case.fees, lang, pack.currency),
        total=Money(fees.sums(case.fees)["total"], pack.currency).shown(),
        how=explanations.of_case(
            case_context.of_case(case, service, pack, today=pack.calendar.day_of(who.now())), pack, language=lang
        ),
    )


@who.open_to("resident")
def case(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """Following a case."""
    found = case_or_404(request, ref)
    service, pack = load.compiled(found.service, found.version), load.pack()
    at = who.now()
    seen = case_context.of_case(found, service, pack, today=pack.calendar.day_of(at))
    names = {upload.ref: upload.name for upload in forms.uploads_of_case(ref)}
    names |= lookups.names(service, seen.answers, lang)
    asked = [page for page in service.form if page.when is None or page.when.holds(seen.context)]
    movable = rebooking.movable(seen, pack, at=at)
    return pages.page(
        request,
        "portal/case.html",
        lang,
        case=found,
        service=service,
        state=service.flow.states[found.state],
        department=pack.departments[found.department],
        milestones=display.timeline(found, service, pack, lang, notes=False),
        due=display.day_said(found.due_at, pack, lang) if found.due_at else "",
        visits=display.visits_said(service, seen.booking, lang),
        booking_status=seen.booking.status if seen.booking else "none",
        move_until=display.moment_said(movable.until, pack, lang) if movable else "",
        actions=run.open_actions(found, run.applicant(found.person_ref), at=at),
        records=_record_lines(credentials.of_case(ref), lang),
        inbox=[_notice_line(n, lang) for n in notices.inbox(found.person_ref) if n.case_ref == ref],
        rows=display.summary_of(asked, seen.answers, seen.context, lang, names=names),
        found=[
            {"key": q.label.in_(lang), "value": q.shown(seen.findings[q.name], lang)} for q in explanations.sums(seen)
        ],
        fees=display.fees_said(found.fees, lang, pack.currency),
        sums={name: Money(cents, pack.currency).shown() for name, cents in fees.sums(found.fees).items() if cents},
        opened=display.moment_said(found.opened_at, pack, lang),
        how=explanations.of_case(seen, pack, language=lang),
        not_offered=explanations.not_offered(seen, ("applicant",), pack, language=lang),
        parties=_parties(found, service, seen, lang),
        reads=[display.moment_said(read_at, pack, lang) for read_at, _ in cases.reads(ref)],
        once=opaque(),
        done=request.GET.get("done") == "1",
    )


PARTY_KIND = {"waiting": "waiting", "given": "good", "declined": "bad", "lapsed": "neutral"}


def _parties(case: cases.Case, service: Service, seen: case_context.Picture, lang: str) -> list[dict[str, Any]]:
    """Who takes part and how they stand. What they gave is for officers, but for answers that say otherwise."""
    if not service.parties:
        return []
    found = invitations.newest(invitations.of_case(case.ref))
    given = invitations.given(case.ref) if any(one.state == "given" for one in found) else {}
    rows, at, t = [], who.now(), translator(lang)
    for one in found:
        party = service.parties[one.party]
        items = party_invitations.items(party, service, seen.answers)
        name = party_invitations.called(
            party, {**seen.context, "item": items[one.number - 1] if one.number <= len(items) else {}}
        )
        told = {q.name: given[one.ref].get(q.name) for q in party.questions.values()
                if q.shown_to_applicant and one.ref in given}  # fmt: skip
        is_open = one.open_at(at)
        may_address = is_open and not case.closed_at and not party.holder
        rows.append(
            {
                "title": party.label.in_(lang) + (t("kit.bracketed", words=name) if name else ""),
                "state": "waiting" if is_open else "lapsed" if one.state == "waiting" else one.state,
                "until": display.day_said(one.lapses_at, load.pack(), lang) if one.lapses_at and is_open else "",
                "nobody": is_open and not one.person_ref and not party.holder,
                "url": f"/{lang}/cases/{case.ref}/parties/{one.ref}" if may_address else "",
                "rows": [
                    {
                        "key": party.questions[name].label.in_(lang),
                        "value": display.answer_said(party.questions[name], value, lang),
                    }
                    for name, value in told.items()
                    if value is not None
                ],
            }
        )
    return [{**row, "kind": PARTY_KIND[str(row["state"])]} for row in rows]


@who.open_to("resident")
def readdress(request: HttpRequest, *, lang: str, ref: str, invitation: str) -> HttpResponseBase:
    """Send an invitation again, perhaps to another address."""
    found = case_or_404(request, ref)
    service, t = load.compiled(found.service, found.version), translator(lang)
    asked = next((one for one in invitations.of_case(ref) if one.ref == invitation), None)
    # Where the holder of an entry is reached is the register's to know, and nobody's to change.
    if asked is None or service.parties[asked.party].holder:
        raise Http404(invitation)
    if not asked.open_at(who.now()):
        return HttpResponseRedirect(f"/{lang}/cases/{ref}")
    email, error = identity.addresses({asked.person_ref}).get(asked.person_ref, ""), None
    if kept_forms.restored(request):
        email = request.POST.get("email", "")
    if request.method == "POST":
        email = request.POST.get("email", "")
        limits.count("invite", found.person_ref)
        try:
            party_invitations.readdress(found, invitation, email=email, at=who.now())
        except identity.NotAnAddress as wrong:
            error = t(f"identity.{wrong.code}")
        except party_invitations.OwnAddress:
            error = t("portal.party_own_address")
        except invitations.NotWaiting:
            return HttpResponseRedirect(f"/{lang}/cases/{ref}")
        else:
            return HttpResponseRedirect(f"/{lang}/cases/{ref}?done=1")
    return pages.page(
        request, "portal/readdress.html", lang, status=422 if error else 200, case=found, service=service,
        party=service.parties[asked.party], email=email, error=error,
        errors=[{"href": "#email", "text": error}] if error else [],
    )  # fmt: skip


@who.open_to("resident")
def act(request: HttpRequest, *, lang: str, ref: str, action: str) -> HttpResponseBase:
    """Do what the case offers to its applicant: answer, withdraw, cancel."""
    found = case_or_404(request, ref)
    by, at = run.applicant(found.person_ref), who.now()
    target = f"/{lang}/cases/{ref}?done=1"
    if request.method == "POST" and cases.done_before(case_actions.once_key(request, ref, action)):
        return HttpResponseRedirect(target)
    chosen = case_actions.offered(run.open_actions(found, by, at=at), action)
    if chosen is None:
        return HttpResponseRedirect(f"/{lang}/cases/{ref}")
    who.insist_on_level(request, load.compiled(found.service, found.version).level_for(action))
    if request.method != "POST":
        state = case_actions.begun(request, found, chosen, lang, at=at)
        return _show_action(request, found, chosen, state, lang, case_actions.Attempt(reason=state.typed("reason")))
    arranged = case_actions.arranged(request, found, chosen, lang, at=at)
    if arranged is not None:
        return _show_action(
            request, found, chosen, arranged, lang, case_actions.Attempt(reason=arranged.typed("reason"))
        )
    tried = case_actions.attempt(request, found, chosen, by, lang, at=at)
    if tried.done is not None:
        return HttpResponseRedirect(target)
    return _show_action(request, found, chosen, tried.state or State(lang, {}), lang, tried)


def _show_action(
    request: HttpRequest, case: cases.Case, action: Action, state: State, lang: str, tried: case_actions.Attempt
) -> HttpResponse:
    service = load.compiled(case.service, case.version)
    errors = state.summary
    if tried.moved:
        errors = [{"href": "", "text": translator(lang)("portal.moved")}]
    return pages.page(
        request,
        "portal/act.html",
        lang,
        case=case,
        service=service,
        action=action,
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
    """A record with its QR, for its person."""
    found = _own_record(request, ref)
    return pages.page(
        request, "portal/record.html", lang, record=found, state=found.state(at=who.now()),
        until=shown_date(found.valid_until, lang) if found.valid_until else "",
        issued=display.day_said(found.issued_at, load.pack(), lang),
    )  # fmt: skip


@who.open_to("resident")
def record_picture(request: HttpRequest, *, lang: str, ref: str, kind: str) -> HttpResponse:
    """The QR of a record as SVG or PNG."""
    found = _own_record(request, ref)
    try:
        picture = (
            credentials.qr_svg(qr_text(found.token)) if kind == "svg" else credentials.qr_png(qr_text(found.token))
        )
    except credentials.TooLong:
        # The definition's own words are too many; the record can be checked by its text.
        raise Http404(ref) from None
    if kind == "svg":
        response = HttpResponse(picture, content_type="image/svg+xml")
    else:
        response = HttpResponse(picture, content_type="image/png")
        response["Content-Disposition"] = f'attachment; filename="{found.name}.png"'
    response["Cache-Control"] = "private, no-store"
    return response


def qr_text(token: str) -> str:
    """What the QR holds: the address of the check page with the record behind `#`, which no server is sent."""
    return f"{settings.PRAYA.base_url}/v#{token}"


def _own_record(request: HttpRequest, ref: str) -> credentials.Record:
    try:
        found = credentials.record(ref)
    except credentials.NoRecord:
        raise Http404(ref) from None
    if found.person_ref != who.person_ref(request):
        raise Http404(ref)
    return found


@require_POST
@who.open_to("resident")
def all_read(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Mark every notice as read."""
    notices.mark_all_read(person_ref=who.person_ref(request), at=who.now())
    return HttpResponseRedirect(f"/{lang}/me")
