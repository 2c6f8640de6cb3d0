"""Clocks: how the promise of a case stands."""

from datetime import date
from typing import Any

from praya.blocks.cases import api as cases
from praya.definition.expression_context import moment
from praya.journey import clocks
from praya.journey.chapter import Chapter, Moment, Reading
from praya.kernel.text import Text


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    """`promise` as it stands on the day of reading."""
    case, service, pack = reading.case, reading.service, reading.pack
    if service.promise is None or case.closed_at is not None:
        return {"promise": {"due": None, "late": False, "stopped": False}}, {}
    found = clocks.read(case, service, pack)
    due = pack.calendar.day_of(found.promise_at) if found.promise_at is not None else None
    said = {"due": moment(due) if due else None, "late": due is not None and reading.today > due}
    return {"promise": {**said, "stopped": found.promise_at is None}}, {}


def _state(at: Moment, _expected: object) -> str:
    if at.case is None or at.service.promise is None:
        return "none"
    case = cases.case(at.case.ref)
    if case.closed_at is not None:
        return clocks.outcome(case, at.service, at.pack, at=case.closed_at)
    if case.stopped_at is not None:
        return "stopped"
    return "missed" if case.promise_at is not None and at.now > case.promise_at else "running"


def _due(at: Moment, _expected: object) -> date | None:
    case = cases.case(at.case.ref) if at.case else None
    return at.pack.calendar.day_of(case.promise_at) if case and case.promise_at else None


CHAPTER = Chapter(facts=_facts, expectations={"promise": _state, "promise_due": _due})
