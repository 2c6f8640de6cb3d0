"""The move of a case to another state."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.panels import api as panels
from praya.blocks.parties import api as parties
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import case_context, clocks, holding, matters, payments, stocks
from praya.journey.acting.actors import By

LONGEST_WAY = 20
"""How many states a case may pass by itself, one after another."""


def move_to(
    case: cases.Case,
    to: str,
    service: Service,
    pack: Pack,
    at: datetime,
    by: By,
    action: str,
    reason: str,
    findings: Mapping[str, Any],
    once_key: str | None,
) -> cases.Case:
    """Move a case to a state, with its clock, and its result when it ends there. Raises cases.CaseMoved."""
    # What was due before the case moves is paid, also when the worker is late.
    payments.pay_due(case, service, pack, at=at)
    state = service.flow.states[to]
    closing = bool(state.final and not case.closed_at)
    answers = cases.content(case.ref).answers if closing and service.statistics.by else {}
    transition = cases.Transition(
        to=to,
        due_at=cases.deadline(state.clock, at=at, calendar=pack.calendar),
        waits_for_applicant=state.waits_for_applicant,
        held=holding.by_state(state),
        result=state.result or "" if closing else "",
        action=action,
        department=by.department,
        text=reason.strip(),
        findings=findings,
        once_key=once_key,
        dimensions=case_context.dimensions(service, answers),
        promise=clocks.outcome(case, service, pack, at=at) if closing else "",
        reckoned=pack.calendar_mark if state.clock else "",
    )
    moved = cases.move(transition, ref=case.ref, revision=case.revision, at=at, by=by.ref)
    if service.flow.states[case.state].judging is not None and to != case.state:
        panels.leave(case_ref=case.ref, at=at)
    if service.stocks or any(one.line for one in service.flow.states.values()):
        stocks.moved(case, to, service, result=transition.result, at=at, by=by.ref)
    if closing:
        ended(moved, service, at=at)
    elif state.answered:
        matters.tell_of_answer(moved, at=at)
    return moved


def ended(case: cases.Case, service: Service, *, at: datetime) -> None:
    """What follows for others from the end of a case, before its effects: for its parties, and the cases around it."""
    if service.parties:
        parties.end_of_case(case_ref=case.ref, at=at)
    if matters.has_others(case, service):
        matters.tell_of_end(case, at=at)


def mark_of(case: cases.Case) -> str:
    """The mark that tells this stay in a state from any other of the same case."""
    return str(case.revision)
