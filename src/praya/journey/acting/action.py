"""Actions on a case: which ones an actor may carry out now, and carrying one out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.stocks import api as given
from praya.definition.chapters import stocks as stock_words
from praya.definition.expression_context import items_with_sums, joined, sums
from praya.definition.flow import Action, State
from praya.definition.model import Path
from praya.definition.questions import Asking, Look, Refusal
from praya.definition.settling import action_settles
from praya.journey import case_context, case_search, load, lookups, matters, referrals, stocks, visits
from praya.journey.acting.actors import By
from praya.journey.acting.deadlines import set_timers_anew
from praya.journey.acting.onward import enter
from praya.journey.acting.outcome import apply_effects
from praya.journey.acting.reckoning import reckon
from praya.journey.acting.refusals import (
    REASON,
    SESSION,
    NoReason,
    NotAllowed,
    NotAnswered,
    allowed,
    insist_on_another,
    lines_kept,
)
from praya.journey.acting.transition import mark_of, move_to
from praya.journey.chapter import Picture


def open_actions(case: cases.Case, by: By, *, at: datetime) -> list[Action]:
    """Return the actions that this actor may do to the case now."""
    service, pack = load.compiled(case.service, case.version), load.pack()
    state = service.flow.states[case.state]
    if not any(action.by in by.roles for action in state.actions.values()):
        return []
    seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    return _offered(case, state, by, seen)


def act(
    *,
    case: cases.Case,
    action: str,
    by: By,
    answers: Mapping[str, Any],
    reason: str,
    once_key: str,
    at: datetime,
    session: visits.Session | None = None,
) -> cases.Case:
    """Do an action to a case, provided that the case is still as it was when `case` was read.

    A second call with the same `once_key` changes nothing. An action of several reviewers stores the findings of this
    reviewer, and takes effect with the last one. `session` is the session of the visit that the action gives; without
    it an officer's action takes the first session with room, and an applicant is asked for one. Raises NotAllowed
    (OwnCase when the case concerns the officer), NotAnswered, NoReason, cases.CaseMoved, bookings.SlotTaken,
    bookings.HeldAlready, draft_booking.BookingClosed.
    """
    if cases.done_before(once_key):
        return cases.case(case.ref)
    service, pack = load.compiled(case.service, case.version), load.pack()
    state = service.flow.states[case.state]
    chosen, findings, reason = check(case=case, action=action, by=by, answers=answers, reason=reason, at=at)
    if chosen.book and session is None and not chosen.by_officers:
        raise NotAnswered([Refusal("session", "missing", SESSION)])
    with allowed(action, service=case.service, case=case.ref), transaction.atomic():
        if chosen.reviewers > 1:
            if _reviews(case, chosen, by, findings, reason, once_key, at) < chosen.reviewers:
                return cases.case(case.ref)
            findings = {}
        moved = move_to(case, chosen.to or case.state, service, pack, at, by, action, reason, findings, once_key)
        try:
            stocks.take(moved, service, chosen, findings, at=at, by=by.ref)
        except given.Taken as taken:
            # Somebody else was quicker by a moment.
            raise NotAnswered([q.gone(q.name, str(taken)) for q in stock_words.choices(chosen)]) from None
        apply_effects(
            chosen, moved, service, pack, mark=mark_of(moved), reason=reason, session=session, at=at, by=by.ref
        )
        moved = cases.case(case.ref) if chosen.book else moved
        asked = _departments(chosen, findings)
        for department in asked:
            length = chosen.each_within.get(department) or chosen.reply_within
            moved = referrals.ask(
                moved, department, within=length or service.flow.states[chosen.to or case.state].clock,
                remind=chosen.remind, sees=chosen.sees, pack=pack, at=at, by=by.ref,
            )  # fmt: skip
        if chosen.to and chosen.to != case.state:
            moved = enter(moved, service, pack, reason=reason, at=at, by=by.ref)
        elif state.timers:
            # Findings and entries may have moved the days on which the timers come due.
            set_timers_anew(cases.case(case.ref), service, pack, at=at)
        moved = reckon(moved, service, pack)
        if asked or case_search.rests_on(service, chosen.ask):
            case_search.index(case.ref)
    return moved


def check(
    *, case: cases.Case, action: str, by: By, answers: Mapping[str, Any], reason: str, at: datetime
) -> tuple[Action, dict[str, Any], str]:
    """The action with its findings and its reason as they would be stored. Nothing is changed.

    Raises as `act`, but for what only shows when the effects are carried out.
    """
    insist_on_another(case, by.ref)
    service, pack = load.compiled(case.service, case.version), load.pack()
    seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    state = service.flow.states[case.state]
    chosen = next((a for a in _offered(case, state, by, seen) if a.name == action), None)
    if chosen is None:
        raise NotAllowed(action, *_why_not(state, action, by, seen))
    reason = lines_kept(reason, "reason", REASON)
    findings = _checked(chosen, answers, seen, lookups.looking(service, pack.calendar.day_of(at)))
    if chosen.reason == "required" and not reason.strip():
        raise NoReason(action)
    return chosen, findings, reason


def _why_not(state: State, action: str, by: By, seen: Picture) -> tuple[str, Path]:
    """Why an action is not offered, and the place of the definition that says so."""
    at: Path = ("flow", "states", state.name, "actions", action)
    known = state.actions.get(action)
    if known is None:
        there = ", ".join(state.actions) or "none"
        return f"in '{state.name}' there is no action '{action}' (there: {there})", at[:3]
    if known.by not in by.roles:
        return f"'{action}' is done by {known.by}, not by {' or '.join(by.roles)}", (*at, "by")
    if known.when is not None and not known.when.holds(seen.context):
        return f"its condition does not hold: {known.when.source}", (*at, "when")
    if seen.entry_changed:
        return "the entry that it rests on was changed by another case since", at
    return "the same person did what it must not be done by, or reviewed it already", at


def _departments(action: Action, findings: Mapping[str, Any]) -> list[str]:
    """Whom an action asks: the departments that it names, and those that the officer chose."""
    chosen = findings.get(action.refer_to) if action.refer_to else None
    named = [chosen] if isinstance(chosen, str) else list(chosen or ())
    return list(dict.fromkeys([*action.refer, *map(str, named)]))


def _offered(case: cases.Case, state: State, by: By, seen: Picture) -> list[Action]:
    actions = cases.open_actions(state, by.roles, seen.context)
    if seen.entry_changed:
        actions = [action for action in actions if not action_settles(seen.service, action)]
    if not any(action.reviewers > 1 or action.unlike for action in actions):
        return actions
    done, reviewed = matters.done_by(case, by=by.ref), cases.reviewed(case.ref)
    return cases.left_to(actions, by=by.ref, done=done, reviewed=reviewed)


def _reviews(
    case: cases.Case, action: Action, by: By, findings: Mapping[str, Any], reason: str, once_key: str, at: datetime
) -> int:
    try:
        return cases.review(
            ref=case.ref, revision=case.revision, action=action.name, needed=action.reviewers,
            findings={name: value for name, value in findings.items() if value is not None},
            text=reason.strip(), department=by.department, at=at, by=by.ref, once_key=once_key,
        )  # fmt: skip
    except cases.Reviewed:
        raise NotAllowed(action.name) from None


def _checked(action: Action, answers: Mapping[str, Any], seen: Picture, look: Look) -> dict[str, Any]:
    """Return the findings, with those derived from them. None removes a derived finding that no longer applies."""
    answers = joined(action, answers, seen.context)
    context = case_context.with_findings(seen, action, answers, look)
    today = seen.context["today"].date()
    reasons = list(forms.refusals(action.ask, answers, Asking(today, context, look)))
    asked = {question.name: question for question in forms.asked_parts(action.ask, context)}
    derived = sums(action, context)
    if not reasons:
        # An amount that cannot be calculated must not be decided: the officer sees what is missing, and loses no input.
        unknown = [name for name, value in derived.items() if value is None and name in asked]
        reasons = [asked[name].refuse(name, "not_worked_out") for name in unknown]
        reasons += forms.not_worked_out(list(asked.values()), context["findings"], Asking(today, context, look))
    if reasons:
        raise NotAnswered(reasons)
    given = {name: value for name, value in answers.items() if name in asked and value is not None}
    by_row = {name: items for name, items in items_with_sums(action, context).items() if name in given}
    return {**given, **by_row, **derived}
