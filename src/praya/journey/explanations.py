"""Explanations for a draft or a case: how an amount was calculated, and why something is refused."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from praya.blocks.cases import api as cases
from praya.definition import explain
from praya.definition.explain import Known, Line
from praya.definition.expression_context import moment
from praya.definition.flow import Action
from praya.definition.pack import Pack
from praya.definition.questions import DerivedQuestion, Question
from praya.definition.reasoning import Node
from praya.definition.service import Service
from praya.journey import payments
from praya.journey.chapter import Picture
from praya.kernel.money import Money
from praya.kernel.text import Text


def worked_out(
    service: Service,
    answers: Mapping[str, Any],
    context: Mapping[str, Any],
    charged: Sequence[cases.Fee],
    pack: Pack,
    *,
    day: date,
    language: str,
    law: Callable[[date], Mapping[str, Any]] | None = None,
) -> tuple[Line, ...]:
    """Every fee and derived answer with what it rests on, by the law of `day`.

    `law` is what expressions see by the law of another day: that of the last payment of a grant that reads it.
    """
    known = Known(service, answers, {**context, "today": moment(day)}, day, language)
    return (*_fees(charged, known, pack, law), *explain.derived(known))


def of_case(seen: Picture, pack: Pack, *, language: str, to_officers: bool = False) -> tuple[Line, ...]:
    """The same for a case, by the law of the day on which it was opened, and the amounts that its actions set."""
    opened = pack.calendar.day_of(seen.case.opened_at)
    told = worked_out(
        seen.service, seen.answers, seen.context, seen.case.fees, pack, day=opened, language=language,
        law=partial(payments.law_of, seen=seen),
    )  # fmt: skip
    return (*told, *_of_actions(seen, pack, language, to_officers=to_officers))


def sums(seen: Picture, *, to_officers: bool = False) -> Iterator[DerivedQuestion]:
    """The derived answers of actions that are known; to the applicant those that say that they may read them."""
    for question in seen.service.flow.action_questions.values():
        told = to_officers or question.shown_to_applicant
        if isinstance(question, DerivedQuestion) and told and question.name in seen.findings:
            yield question


def recorded(seen: Picture) -> Iterator[Question]:
    """The questions of actions, derived ones left out, whose answers are known and may be read by the applicant."""
    for question in seen.service.flow.action_questions.values():
        if question.shown_to_applicant and not isinstance(question, DerivedQuestion) and question.name in seen.findings:
            yield question


def _of_actions(seen: Picture, pack: Pack, language: str, *, to_officers: bool) -> Iterator[Line]:
    """The sums of actions with what they rest on, also what officers found; `today` is the day of the action."""
    opened = pack.calendar.day_of(seen.case.opened_at)
    known = Known(seen.service, seen.answers, seen.context, opened, language, seen.findings)
    questions, told = list(sums(seen, to_officers=to_officers)), set[Node]()
    done = cases.history(seen.case.ref) if questions else []
    for question in questions:
        asking = {action.name for action in seen.service.flow.actions if question in action.ask}
        at = max((step.at for step in done if step.action in asking), default=seen.case.opened_at)
        context = {**seen.context, "today": moment(pack.calendar.day_of(at))}
        told.discard(("", "today"))
        yield from explain.finding(replace(known, context=context), question.name, told)


def _fees(
    charged: Sequence[cases.Fee], known: Known, pack: Pack, law: Callable[[date], Mapping[str, Any]] | None
) -> list[Line]:
    lines, opened = [], known
    for fee in known.service.fees:
        mine = [one for one in charged if (one.name == fee.name if fee.name else one.label == dict(fee.label.words))]
        known = opened
        if law is not None and mine and mine[-1].day and fee.pays is not None and fee.pays.law == "today":
            paid_on = date.fromisoformat(mine[-1].day)
            known = replace(opened, context={**law(paid_on), "today": moment(paid_on)}, day=paid_on)
        # What comes to itself explains nothing.
        rests_on = explain.explained(known, fee.amount, fee.when) if fee.amount.names else ()
        if mine and rests_on:
            amount = Money(mine[-1].cents, pack.currency).shown(known.language)
            lines.append(Line(fee.label.in_(known.language), amount, _law(mine[-1], known.language), rests_on))
    return lines


def _law(fee: cases.Fee, language: str) -> str:
    return Text(fee.reference).in_(language) if fee.reference else ""


def not_offered(
    seen: Picture, roles: Sequence[str], pack: Pack, *, language: str
) -> list[tuple[Action, Sequence[Line]]]:
    """The actions of these roles whose condition does not hold now, with what it rests on.

    What officers found is told to officers alone.
    """
    if seen.case.closed_at or seen.person is None:
        return []
    opened = pack.calendar.day_of(seen.case.opened_at)
    findings = None if "applicant" in roles else seen.findings
    known = Known(seen.service, seen.answers, seen.context, opened, language, findings)
    return [
        (action, explain.explained(known, action.when))
        for action in seen.service.flow.states[seen.case.state].actions.values()
        if action.by in roles and action.when is not None and not action.when.holds(seen.context)
    ]
