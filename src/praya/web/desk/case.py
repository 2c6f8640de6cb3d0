"""The page of a case with everything that an officer needs to decide. The journal notes each time it is read."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.parties import api as invitations
from praya.blocks.registers import api as registers
from praya.definition.flow import Action
from praya.definition.questions import shown_date
from praya.definition.service import Service
from praya.journey import acting, case_context, explanations, joint, load, messages, party_invitations
from praya.journey import clocks as journey_clocks
from praya.journey import entries as journey_entries
from praya.journey.chapter import Picture
from praya.journey.chapters.booking import visit_said
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.web import answers, display, related, who
from praya.web.desk import clocks, comparison, history, letters, reach, reminders
from praya.web.desk.matches import match_rows
from praya.web.portal.entries import KIND
from praya.web.words import translator

PLACEHOLDER = re.compile(r"[（(,，]?\s*\{[^{}]*\}\s*[）)]?")
RECORD_KINDS = {"valid": "good", "expired": "neutral", "revoked": "bad"}
DELIVERY_KINDS = {"sent": "good", "kept": "good", "waiting": "waiting", "failed": "bad"}


@dataclass(frozen=True)
class OfOwner:
    """The parts of the page that only the department that decides may see; empty for one that is asked."""

    reviews: Sequence[dict[str, Any]] = ()
    fees: Sequence[dict[str, str]] = ()
    grants: Sequence[dict[str, str]] = ()
    payments: Sequence[dict[str, Any]] = ()
    how: Sequence[Any] = ()
    not_offered: Sequence[Any] = ()
    visits: Sequence[Any] = ()
    booking: bookings.Booking | None = None
    records: Sequence[dict[str, Any]] = ()
    entries: Sequence[dict[str, Any]] = ()
    matches: Sequence[Any] = ()
    publications: Sequence[dict[str, Any]] = ()
    letters: Sequence[dict[str, Any]] = ()
    changes: Sequence[dict[str, Any]] = ()
    linked: Sequence[dict[str, Any]] = ()
    messages_wait: int = 0
    related: Sequence[dict[str, Any]] = ()
    entry_changed: bool = False
    actions: Sequence[dict[str, Any]] = ()
    keys: Mapping[str, str] = field(default_factory=dict)


DONE = (
    "_reminded",
    "_not-reminded",
    "_answered",
    "_noted",
    "_replied",
    "_taken",
    "_given-back",
    "_taken-by-other",
    "_given",
    "_given-away",
)


@require_safe
@who.open_to("officer")
@reach.of_case
def show(request: HttpRequest, desk_case: reach.Reach, *, lang: str) -> HttpResponseBase:
    """The page of a case that the officer may see."""
    return shown(request, desk_case, lang, done=request.GET.get("done", ""), note=request.POST.get("note", ""))


def shown(
    request: HttpRequest,
    desk_case: reach.Reach,
    lang: str,
    *,
    done: str = "",
    errors: Sequence[Mapping[str, Any]] = (),
    note: str = "",
    choices: Sequence[Mapping[str, Any]] = (),
) -> HttpResponse:
    """Render the page of a case; `note` is the text of a note that could not be saved because of `errors`.

    `choices` ask whom a name in the note means.
    """
    case, service, pack, at = desk_case.case, desk_case.service, desk_case.pack, desk_case.at
    by = f"officer:{desk_case.officer.ref}"
    cases.note_read(ref=case.ref, service=case.service, by=by, at=at, what="case")
    cases.see_mentions(case.ref, desk_case.officer.ref, at=at)
    base = f"/{lang}/desk/cases/{case.ref}"
    picture = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    files, shared = _files(case, base), desk_case.shared
    typed = request.GET.get("before", "")
    steps = cases.steps(
        case.ref,
        before=int(typed) if typed.isdecimal() and len(typed) < 16 else 0,
        of=None if shared is None else sorted(desk_case.officer.departments),
    )
    state, t = service.flow.states[case.state], translator(lang)
    reviews = cases.reviews(case.ref) if desk_case.owns and service.flow.reviewed else []
    names = identity.officer_names(
        {
            *history.officers(steps.steps),
            *(review.actor.removeprefix("officer:") for review in reviews),
            case.assigned_to,
        }
    )
    values = OfOwner() if shared else _of_owner(desk_case, picture, reviews, files, names, lang)
    return reach.page(
        request,
        "desk/case.html",
        lang,
        desk_case.officer,
        "",
        status=422 if errors else 200,
        here=base,
        case=case,
        base=base,
        paper_none=request.GET.get("paper") == "none",
        owns=desk_case.owns,
        replies_for=desk_case.replies_for,
        may_give=reach.may_give(desk_case),
        service_title=service.title.in_(lang),
        owner=pack.departments[case.department].title.in_(lang),
        state=state.at_desk.in_(lang),
        clock_now=clocks.of_case(case, pack, lang, at=at),
        raised=_raised(desk_case, lang),
        promise=_promise(desk_case, lang),
        since=display.day_words(case.state_since, pack, lang),
        opened=display.moment_words(case.opened_at, pack, lang),
        assigned=names.get(case.assigned_to, t("desk.officer_left")) if case.assigned_to else "",
        mine=case.assigned_to == desk_case.officer.ref,
        erased=picture.person is None,
        answers=answers.form_rows(picture, files, lang, shared.answers if shared else None) if picture.person else [],
        findings=answers.finding_rows(picture, files, lang, shared.findings if shared else None),
        parties=_parties(desk_case, files, lang, shared.of_parties if shared else None),
        referrals=_referrals(desk_case, lang),
        reminders=reminders.offered(desk_case, lang),
        steps=history.step_rows(steps, service, pack, {**_people(case, service, lang), **names}, lang),
        earlier=f"{base}?before={steps.earlier}#history" if steps.earlier else None,
        newest=f"{base}#history" if typed else None,
        once=opaque(),
        done=_done(done, desk_case, lang),
        note=note,
        choices=choices,
        errors=list(errors),
        **vars(values),
    )


def _raised(desk_case: reach.Reach, lang: str) -> str:
    """Whose eyes the clocks of the case ask for now."""
    clock = None
    if desk_case.owns:
        clock = journey_clocks.raised(desk_case.case, desk_case.service, desk_case.pack, at=desk_case.at)
    if clock is None:
        return ""
    role = display.role_title(clock.who, desk_case.pack, lang)
    return translator(lang)(f"desk.raised_{clock.kind}", role=role)


def _promise(desk_case: reach.Reach, lang: str) -> dict[str, Any] | None:
    """The service's promise for an open case: its clock, or since when that stands still."""
    case, pack = desk_case.case, desk_case.pack
    if desk_case.service.promise is None or case.closed_at is not None or not desk_case.owns:
        return None
    if case.promise_at is None:
        since = display.day_words(case.stopped_at, pack, lang) if case.stopped_at else ""
        return {"clock": None, "words": translator(lang)("desk.promise_stopped", date=since) if since else ""}
    return {"clock": clocks.clock_words(case.promise_at, False, pack, lang, at=desk_case.at), "words": ""}


def _of_owner(
    desk_case: reach.Reach,
    picture: Picture,
    reviews: Sequence[cases.Review],
    files: answers.Files,
    names: Mapping[str, str],
    lang: str,
) -> OfOwner:
    case, pack, by = desk_case.case, desk_case.pack, f"officer:{desk_case.officer.ref}"
    actions = acting.open_actions(case, desk_case.by, at=desk_case.at)
    return OfOwner(
        reviews=answers.review_rows(reviews, picture, by, names, files, lang),
        fees=display.fee_rows(case.fees, lang, pack.currency),
        grants=display.grant_rows(case.fees, lang, pack.currency),
        payments=display.payment_rows(case, desk_case.service, pack, lang),
        how=explanations.of_case(picture, pack, language=lang, to_officers=True) if picture.person else [],
        not_offered=explanations.not_offered(picture, desk_case.by.roles, pack, language=lang),
        visits=_visits(picture, lang),
        booking=picture.booking,
        records=_records(desk_case, lang),
        entries=_entries(desk_case, lang),
        matches=match_rows(desk_case, picture, lang),
        publications=_publications(desk_case, lang),
        letters=_letters(desk_case, lang),
        changes=comparison.offered_for(desk_case, lang),
        linked=_linked(desk_case, lang),
        messages_wait=sum(one.waits for one in cases.messages(case.ref)),
        related=_related(desk_case, lang),
        entry_changed=acting.entry_changed(case),
        actions=[
            {"name": a.name, "label": a.label.in_(lang), "kind": kind_of(a), "page": needs_page(a)} for a in actions
        ],
        keys={action.name: opaque() for action in actions},
    )


def _parties(
    desk_case: reach.Reach, files: answers.Files, lang: str, only: Container[tuple[str, str]] | None
) -> list[dict[str, Any]]:
    """A row for each party: its state, its address, and its answers or its reason for declining.

    `only` limits the rows to the answers that a department that is asked may read.
    """
    if not desk_case.service.parties:
        return []
    t, asked = translator(lang), invitations.of_case(desk_case.case.ref)
    given, reasons = invitations.answers_of_case(desk_case.case.ref), invitations.reasons(desk_case.case.ref)
    addresses = identity.addresses({one.person_ref for one in asked}) if only is None else {}
    rows = []
    for one in asked:
        party = desk_case.service.parties[one.party]
        own: list[dict[str, Any]] = []
        if only is None:
            when = one.ended_at or one.invited_at
            lines = [
                f"{t(f'portal.party_{one.state}')} · {display.moment_words(when, desk_case.pack, lang)}",
                addresses.get(one.person_ref, ""),
            ]
            own = [{"key": t("desk.party_state"), "lines": [line for line in lines if line]}]
            if one.ref in reasons:
                own.append({"key": t("desk.reason"), "lines": reasons[one.ref].splitlines()})
        if one.ref in given:
            own += answers.party_rows(party, desk_case.service, given[one.ref], files, lang, only)
        number = f" {one.number}" if party.several else ""
        if own:
            rows.append({"key": f"{party.label.in_(lang)}{number}", "rows": own})
    return rows


def _people(case: cases.Case, service: Service, lang: str) -> dict[str, str]:
    """Who acts as the applicant does, beside the applicant, by reference: parties with equal parts."""
    return {one.person_ref: service.parties[one.party].label.in_(lang) for one in joint.of_case(case, service)}


def needs_page(action: Action) -> bool:
    """Whether an action needs a page of its own, because it asks or warns first."""
    return bool(action.book or action.ask or action.reason != "none" or action.warning)


def kind_of(action: Action) -> str:
    """The style of an action's button."""
    return "warning" if action.warning else "second" if needs_page(action) else "main"


def _done(done: str, desk_case: reach.Reach, lang: str) -> str | None:
    """The text of the banner after an action was carried out."""
    if done in DONE:
        return translator(lang)(f"desk.done{done}")
    for state in desk_case.service.flow.states.values():
        if done in state.actions:
            return state.actions[done].label.in_(lang)
    return None


def _files(case: cases.Case, base: str) -> dict[str, dict[str, Any]]:
    try:
        return answers.files_of(case.ref, base)
    except vault.Forgotten:
        return {}


def _visits(picture: Picture, lang: str) -> list[dict[str, Any]]:
    if picture.booking is None:
        return []
    return [
        {"said": visit_said(picture.service, visit, lang), "attended": visit.attended_at is not None}
        for visit in picture.booking.visits
    ]


def _referrals(desk_case: reach.Reach, lang: str) -> list[dict[str, Any]]:
    """The referrals with their replies; a department that is asked sees its own referrals only."""
    comments = cases.comments(desk_case.case.ref) if desk_case.owns else {}
    asked = desk_case.case.referrals if desk_case.owns else desk_case.open_referrals
    newest = {referral.department: referral for referral in desk_case.case.referrals}
    return [
        {
            "department": desk_case.pack.departments[referral.department].title.in_(lang),
            "arbiter": referral.arbiter,
            "belongs_to": _department(referral.belongs_to, desk_case, lang),
            "clock": clocks.of_referral(referral, desk_case.pack, lang, at=desk_case.at),
            # Only a department's last comment is stored: of its earlier replies the result alone is shown.
            "lines": comments.get(referral.department, "").splitlines()
            if referral.replied_at and newest[referral.department] is referral
            else [],
        }
        for referral in asked
    ]


def _department(name: str, desk_case: reach.Reach, lang: str) -> str:
    department = desk_case.pack.departments.get(name)
    return department.title.in_(lang) if department else name


def _shortened(desk_case: reach.Reach) -> set[str]:
    """References of the case's records and entries in which a long answer was shortened."""
    events = ("record_issued", "register_entered", "register_amended")
    facts = [fact.facts for fact in journal.about(desk_case.case.ref, events=events)]
    return {str(fact.get("record") or fact.get("entry")) for fact in facts if fact.get("shortened")}


def _records(desk_case: reach.Reach, lang: str) -> list[dict[str, Any]]:
    t, rows, records = translator(lang), [], credentials.of_case(desk_case.case.ref)
    shortened = _shortened(desk_case) if records else set()
    for record, which in zip(records, display.distinctions(records, desk_case.pack, lang), strict=True):
        state = record.state(at=desk_case.at)
        until = record.valid_until
        rows.append(
            {
                "title": record.title.in_(lang),
                "which": which,
                "state": t(f"desk.record_{state}"),
                "kind": RECORD_KINDS.get(state, "neutral"),
                "issued": display.day_words(record.issued_at, desk_case.pack, lang),
                "until": shown_date(until, lang) if until else None,
                "shortened": record.ref in shortened,
            }
        )
    return rows


def _entries(desk_case: reach.Reach, lang: str) -> list[dict[str, Any]]:
    t, today, rows = translator(lang), desk_case.pack.calendar.day_of(desk_case.at), []
    entries = registers.of_case(desk_case.case.ref)
    if desk_case.service.subject is not None and desk_case.case.subject_ref:
        entries = [registers.entry(desk_case.case.subject_ref), *entries]
    shortened = _shortened(desk_case) if entries else set()
    for entry in entries:
        if entry.register in desk_case.service.publishes:
            continue
        register = journey_entries.register_of(desk_case.service, entry.register)
        state = entry.state(today)
        rows.append(
            {
                "title": register.title.in_(lang) if register else entry.register,
                "number": entry.number,
                "state": t(f"portal.entry_{state}"),
                "kind": KIND[state],
                "url": f"/{lang}/desk/registers/{entry.service}/{entry.register}/{entry.ref}" if desk_case.owns else "",
                "since": shown_date(entry.from_date, lang),
                "shortened": entry.ref in shortened,
            }
        )
    return rows


def _related(desk_case: reach.Reach, lang: str) -> list[dict[str, Any]]:
    """The case that opened this one, and those that it opened, as far as the officer may see them."""
    refs = {case.ref for case in related.of_case(desk_case.case)}
    visible = cases.visible_refs(refs, within=desk_case.within) if refs else set()
    return related.rows(desk_case.case, visible, "desk/cases", lang)


def _linked(desk_case: reach.Reach, lang: str) -> list[dict[str, Any]]:
    """Other cases of the department that share a name, a number or an address with this one."""
    rows = []
    for case in cases.linked(desk_case.case.ref, within=desk_case.within.only([desk_case.case.department])):
        service = load.compiled(case.service, case.version)
        rows.append(
            {
                "ref": case.ref,
                "url": f"/{lang}/desk/cases/{case.ref}",
                "service": service.title.in_(lang),
                "state": service.flow.states[case.state].at_desk.in_(lang),
                "opened": display.day_words(case.opened_at, desk_case.pack, lang),
            }
        )
    return rows


def _publications(desk_case: reach.Reach, lang: str) -> list[dict[str, Any]]:
    """The publications of the case or that it is about, and those cases about them that the officer may see."""
    service = desk_case.service
    published = [entry for entry in registers.of_case(desk_case.case.ref) if entry.register in service.publishes]
    if service.about is not None and desk_case.case.subject_ref:
        published.append(registers.entry(desk_case.case.subject_ref))
    received: dict[str, list[cases.Case]] = {}
    about = cases.about([entry.ref for entry in published])
    named = {*(case.ref for case in about), *(entry.case_ref for entry in published if entry.case_ref)}
    visible = cases.visible_refs(named, within=desk_case.within) if named else set()
    for case in about:
        if case.ref in visible:
            received.setdefault(case.subject_ref, []).append(case)
    shortened = _shortened(desk_case) if published else set()
    live, today = load.territory().services, desk_case.pack.calendar.day_of(desk_case.at)
    rows = []
    for entry in published:
        owner = live.get(entry.service)
        publication = owner.publishes.get(entry.register) if owner else None
        rows.append(
            {
                "title": publication.title.in_(lang) if publication else entry.register,
                "url": f"/{lang}/public-notices/{entry.ref}",
                "state": translator(lang)(f"portal.entry_{entry.state(today)}"),
                "shortened": entry.ref in shortened,
                "kind": KIND[entry.state(today)],
                "since": shown_date(entry.from_date, lang),
                "until": shown_date(entry.until_date, lang) if entry.until_date else "",
                "case": entry.case_ref if service.about is not None and entry.case_ref in visible else "",
                "received": [
                    {"ref": case.ref, "url": f"/{lang}/desk/cases/{case.ref}"}
                    for case in received.get(entry.ref, [])
                    if case.ref != desk_case.case.ref
                ],
            }
        )
    return rows


def _letters(desk_case: reach.Reach, lang: str) -> list[dict[str, Any]]:
    """The notices of a case by name. Their text stands on a page of its own, whose reading is noted."""
    t = translator(lang)
    return [
        {
            "title": _name_of(desk_case, sent.name, lang),
            "url": f"/{lang}/desk/cases/{desk_case.case.ref}/letters/{sent.ref}"
            if letters.may_open(desk_case, sent.name)
            else "",
            "at": display.moment_words(sent.created_at, desk_case.pack, lang),
            "read": sent.read_at is not None,
            "shortened": [t(f"desk.letter_{part}") for part in sent.shortened],
            "deliveries": [
                {
                    "words": f"{t(f'desk.channel_{delivery.channel}')} · {t(f'desk.delivery_{delivery.state}')}",
                    "kind": DELIVERY_KINDS.get(delivery.state, "neutral"),
                }
                for delivery in sent.deliveries
            ],
        }
        for sent in notices.of_case(desk_case.case.ref)
    ]


def _name_of(desk_case: reach.Reach, name: str, lang: str) -> str:
    if name == party_invitations.LETTER:
        return translator(lang)("desk.invitation")
    if name == messages.LETTER and name not in desk_case.service.notices:
        return translator(lang)("desk.message_letter")
    notice = desk_case.service.notices.get(name)
    # A subject that consists of an answer alone has no fixed text to show.
    return (PLACEHOLDER.sub("", notice.subject.in_(lang)).strip() if notice else "") or name
