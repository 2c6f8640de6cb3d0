"""The page of a case: everything an officer needs to decide, and every reading of it in the journal."""

import re
from collections.abc import Container, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.parties import api as invitations
from praya.blocks.registers import api as registers
from praya.definition.flow import Action
from praya.definition.questions import shown_date
from praya.journey import case_context, explanations, load, party_invitations, run
from praya.journey import entries as journey_entries
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.web import answers, display, who
from praya.web.desk import clocks, history, reach
from praya.web.portal.entries import KIND
from praya.web.words import translator

PLACEHOLDER = re.compile(r"[（(,，]?\s*\{[^{}]*\}\s*[）)]?")
RECORD_KINDS = {"valid": "good", "expired": "neutral", "revoked": "bad"}
DELIVERY_KINDS = {"sent": "good", "kept": "good", "waiting": "waiting", "failed": "bad"}
# What only the department that decides sees.
OF_OWNER: dict[str, Any] = {
    **dict.fromkeys(
        ("reviews", "fees", "how", "not_offered", "visits", "records", "entries", "publications", "letters", "actions"),
        (),
    ),
    "booking": None,
    "keys": {},
}
DONE = ("_noted", "_replied", "_taken", "_given-back", "_taken-by-other", "_given")


@require_safe
@who.open_to("officer")
@reach.of_case
def show(request: HttpRequest, found: reach.Reach, *, lang: str) -> HttpResponseBase:
    """The case, if it is the officer's to see."""
    return shown(request, found, lang, done=request.GET.get("done", ""), note=request.POST.get("note", ""))


def shown(
    request: HttpRequest,
    found: reach.Reach,
    lang: str,
    *,
    done: str = "",
    errors: Sequence[Mapping[str, Any]] = (),
    note: str = "",
) -> HttpResponse:
    """The page of a case; with `errors` it keeps the `note` that could not be taken."""
    case, service, pack, at = found.case, found.service, found.pack, found.at
    by = f"officer:{found.officer.ref}"
    cases.note_read(ref=case.ref, service=case.service, by=by, at=at, what="case")
    base = f"/{lang}/desk/cases/{case.ref}"
    seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    files, shared = _files(case, base), found.shared
    typed = request.GET.get("before", "")
    steps = cases.steps(
        case.ref,
        before=int(typed) if typed.isdecimal() and len(typed) < 16 else 0,
        of=None if shared is None else sorted(found.officer.departments),
    )
    state, t = service.flow.states[case.state], translator(lang)
    reviews = cases.reviews(case.ref) if found.owns and service.flow.reviewed else []
    names = identity.officer_names(
        {
            *history.officers(steps.steps),
            *(review.actor.removeprefix("officer:") for review in reviews),
            case.assigned_to,
        }
    )
    values = OF_OWNER if shared else _of_owner(found, seen, reviews, files, names, lang)
    return reach.page(
        request,
        "desk/case.html",
        lang,
        found.officer,
        "",
        status=422 if errors else 200,
        here=base,
        case=case,
        base=base,
        owns=found.owns,
        replies_for=found.replies_for,
        may_give=reach.may_give(found),
        service_title=service.title.in_(lang),
        owner=pack.departments[case.department].title.in_(lang),
        state=state.label.in_(lang),
        clock_now=clocks.of_case(case, pack, lang, at=at),
        since=display.day_said(case.state_since, pack, lang),
        opened=display.moment_said(case.opened_at, pack, lang),
        assigned=names.get(case.assigned_to, t("desk.officer_left")) if case.assigned_to else "",
        mine=case.assigned_to == found.officer.ref,
        erased=seen.person is None,
        answers=answers.answered(seen, files, lang, shared.answers if shared else None) if seen.person else [],
        findings=answers.found(seen, files, lang, shared.findings if shared else None),
        parties=_parties(found, files, lang, shared.of_parties if shared else None),
        referrals=_referrals(found, lang),
        steps=history.told(steps, service, pack, names, lang),
        earlier=f"{base}?before={steps.earlier}#history" if steps.earlier else None,
        newest=f"{base}#history" if typed else None,
        once=opaque(),
        done=_done(done, found, lang),
        note=note,
        errors=list(errors),
        **values,
    )


def _of_owner(
    found: reach.Reach,
    seen: case_context.Picture,
    reviews: Sequence[cases.Review],
    files: answers.Files,
    names: Mapping[str, str],
    lang: str,
) -> dict[str, Any]:
    """What the department that decides sees besides, and nobody else."""
    case, pack, by = found.case, found.pack, f"officer:{found.officer.ref}"
    actions = run.open_actions(case, found.by, at=found.at)
    return {
        "reviews": answers.reviewed(reviews, seen, by, names, files, lang),
        "fees": display.fees_said(case.fees, lang, pack.currency),
        "how": explanations.of_case(seen, pack, language=lang, to_officers=True) if seen.person else [],
        "not_offered": explanations.not_offered(seen, found.by.roles, pack, language=lang),
        "visits": _visits(seen, lang),
        "booking": seen.booking,
        "records": _records(found, lang),
        "entries": _entries(found, lang),
        "publications": _publications(found, lang),
        "letters": _letters(found, lang),
        "entry_changed": run.entry_changed(case),
        "actions": [
            {"name": a.name, "label": a.label.in_(lang), "kind": kind_of(a), "page": needs_page(a)} for a in actions
        ],
        "keys": {action.name: opaque() for action in actions},
    }


def _parties(
    found: reach.Reach, files: answers.Files, lang: str, only: Container[tuple[str, str]] | None
) -> list[dict[str, Any]]:
    """Everybody who was asked to take part: how they stand, at what address, what they gave or why not.

    With `only`, what a department that is asked may read of what they gave, and nothing else.
    """
    if not found.service.parties:
        return []
    t, asked = translator(lang), invitations.of_case(found.case.ref)
    given, reasons = invitations.given(found.case.ref), invitations.reasons(found.case.ref)
    addresses = identity.addresses({one.person_ref for one in asked}) if only is None else {}
    rows = []
    for one in asked:
        party = found.service.parties[one.party]
        own: list[dict[str, Any]] = []
        if only is None:
            when = one.ended_at or one.invited_at
            lines = [
                f"{t(f'portal.party_{one.state}')} · {display.moment_said(when, found.pack, lang)}",
                addresses.get(one.person_ref, ""),
            ]
            own = [{"key": t("desk.party_state"), "lines": [line for line in lines if line]}]
            if one.ref in reasons:
                own.append({"key": t("desk.reason"), "lines": reasons[one.ref].splitlines()})
        if one.ref in given:
            own += answers.given(party, found.service, given[one.ref], files, lang, only)
        number = f" {one.number}" if party.several else ""
        if own:
            rows.append({"key": f"{party.label.in_(lang)}{number}", "rows": own})
    return rows


def needs_page(action: Action) -> bool:
    """Whether an action must ask or warn before it is done."""
    return bool(action.book or action.ask or action.reason != "none" or action.warning)


def kind_of(action: Action) -> str:
    """The look of an action's button."""
    return "warning" if action.warning else "second" if needs_page(action) else "main"


def _done(done: str, found: reach.Reach, lang: str) -> str | None:
    """What the banner says after something was done."""
    if done in DONE:
        return translator(lang)(f"desk.done{done}")
    for state in found.service.flow.states.values():
        if done in state.actions:
            return state.actions[done].label.in_(lang)
    return None


def _files(case: cases.Case, base: str) -> dict[str, dict[str, Any]]:
    try:
        return answers.files_of(case.ref, base)
    except vault.Forgotten:
        return {}


def _visits(seen: case_context.Picture, lang: str) -> list[dict[str, Any]]:
    if seen.booking is None:
        return []
    return [
        {"said": case_context.visit_said(seen.service, visit, lang), "attended": visit.attended_at is not None}
        for visit in seen.booking.visits
    ]


def _referrals(found: reach.Reach, lang: str) -> list[dict[str, Any]]:
    """Who was asked, and what they said; a department that is asked sees what it was asked, and no other's reply."""
    comments = cases.comments(found.case.ref) if found.owns else {}
    asked = found.case.referrals if found.owns else found.asked
    newest = {referral.department: referral for referral in found.case.referrals}
    return [
        {
            "department": found.pack.departments[referral.department].title.in_(lang),
            "clock": clocks.of_referral(referral, found.pack, lang, at=found.at),
            # A comment is kept by department: an earlier reply of the same one shows its result only.
            "lines": comments.get(referral.department, "").splitlines()
            if referral.replied_at and newest[referral.department] is referral
            else [],
        }
        for referral in asked
    ]


def _shortened(found: reach.Reach) -> set[str]:
    """The records and entries of the case in which an answer did not fit."""
    events = ("record_issued", "register_entered", "register_amended")
    facts = [fact.facts for fact in journal.about(found.case.ref, events=events)]
    return {str(said.get("record") or said.get("entry")) for said in facts if said.get("shortened")}


def _records(found: reach.Reach, lang: str) -> list[dict[str, Any]]:
    t, rows, records = translator(lang), [], credentials.of_case(found.case.ref)
    shortened = _shortened(found) if records else set()
    for record, which in zip(records, display.told_apart(records, found.pack, lang), strict=True):
        state = record.state(at=found.at)
        until = record.valid_until
        rows.append(
            {
                "title": record.title.in_(lang),
                "which": which,
                "state": t(f"desk.record_{state}"),
                "kind": RECORD_KINDS.get(state, "neutral"),
                "issued": display.day_said(record.issued_at, found.pack, lang),
                "until": shown_date(until, lang) if until else None,
                "shortened": record.ref in shortened,
            }
        )
    return rows


def _entries(found: reach.Reach, lang: str) -> list[dict[str, Any]]:
    t, today, rows = translator(lang), found.pack.calendar.day_of(found.at), []
    made = registers.of_case(found.case.ref)
    if found.service.subject is not None and found.case.subject_ref:
        made = [registers.entry(found.case.subject_ref), *made]
    shortened = _shortened(found) if made else set()
    for entry in made:
        if entry.register in found.service.publishes:
            continue
        register = journey_entries.register_of(found.service, entry.register)
        state = entry.state(today)
        rows.append(
            {
                "title": register.title.in_(lang) if register else entry.register,
                "number": entry.number,
                "state": t(f"portal.entry_{state}"),
                "kind": KIND[state],
                "url": f"/{lang}/desk/registers/{entry.service}/{entry.register}/{entry.ref}" if found.owns else "",
                "since": shown_date(entry.from_date, lang),
                "shortened": entry.ref in shortened,
            }
        )
    return rows


def _publications(found: reach.Reach, lang: str) -> list[dict[str, Any]]:
    """What the case published or is about, and the cases that came of it; only those to be seen are links."""
    service, ours = found.service, found.officer.departments
    made = [entry for entry in registers.of_case(found.case.ref) if entry.register in service.publishes]
    if service.about is not None and found.case.subject_ref:
        made.append(registers.entry(found.case.subject_ref))
    received: dict[str, list[cases.Case]] = {}
    for case in cases.about([entry.ref for entry in made]):
        received.setdefault(case.subject_ref, []).append(case)
    shortened = _shortened(found) if made else set()
    live, today = load.territory().services, found.pack.calendar.day_of(found.at)
    rows = []
    for entry in made:
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
                "case": entry.case_ref if service.about is not None else "",
                "received": [
                    {
                        "ref": case.ref,
                        "url": f"/{lang}/desk/cases/{case.ref}" if case.department in ours else "",
                    }
                    for case in received.get(entry.ref, [])
                    if case.ref != found.case.ref
                ],
            }
        )
    return rows


def _letters(found: reach.Reach, lang: str) -> list[dict[str, Any]]:
    """The notices of a case by their names; what they say stays between the service and the applicant."""
    t = translator(lang)
    return [
        {
            "title": _name_of(found, sent.name, lang),
            "at": display.moment_said(sent.created_at, found.pack, lang),
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
        for sent in notices.of_case(found.case.ref)
    ]


def _name_of(found: reach.Reach, name: str, lang: str) -> str:
    if name == party_invitations.LETTER:
        return translator(lang)("desk.invitation")
    notice = found.service.notices.get(name)
    # A subject that is an answer and nothing else has no words of its own.
    return (PLACEHOLDER.sub("", notice.subject.in_(lang)).strip() if notice else "") or name
