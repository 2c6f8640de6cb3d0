"""How amounts were worked out and why something is refused, told for a draft and for a case."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from praya.blocks.cases import api as cases
from praya.definition import explain
from praya.definition.explain import Known, Line
from praya.definition.facts import moment
from praya.definition.flow import Action
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey.picture import Picture
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
) -> tuple[Line, ...]:
    """Every fee and derived answer with what it rests on, by the law of `day`."""
    known = Known(service, answers, {**context, "today": moment(day)}, day, language)
    return (*_fees(charged, known, pack), *explain.derived(known))


def of_case(seen: Picture, pack: Pack, *, language: str) -> tuple[Line, ...]:
    """The same for a case: by the law of the day on which it was opened."""
    opened = pack.calendar.day_of(seen.case.opened_at)
    return worked_out(seen.service, seen.answers, seen.context, seen.case.fees, pack, day=opened, language=language)


def _fees(charged: Sequence[cases.Fee], known: Known, pack: Pack) -> list[Line]:
    found = []
    for fee in known.service.fees:
        mine = [one for one in charged if (one.name == fee.name if fee.name else one.label == dict(fee.label.words))]
        # What comes to itself explains nothing.
        rests_on = explain.explained(known, fee.amount, fee.when) if fee.amount.names else ()
        if mine and rests_on:
            amount = Money(mine[-1].cents, pack.currency).shown()
            found.append(Line(fee.label.in_(known.language), amount, _law(mine[-1], known.language), rests_on))
    return found


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
