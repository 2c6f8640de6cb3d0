"""Clocks: how the promise of a case stands."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from praya.blocks.cases import api as cases
from praya.definition.expression_context import moment
from praya.journey import clocks
from praya.journey.chapter import Chapter, Moment, Reading
from praya.kernel.text import Text

NOTHING: Mapping[str, Any] = {"due": None, "late": False, "stopped": False}
"""Of a clock that there is not, or of a case that has ended."""


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    """`promise`, and `clock` of the state, as they stand on the day of reading."""
    case, service, pack = reading.case, reading.service, reading.pack
    state = service.flow.states[case.state]
    if case.closed_at is not None or (service.promise is None and state.clock is None):
        return {"promise": NOTHING, "clock": NOTHING}, {}
    ends = clocks.read(case, service, pack)
    return {
        "promise": _clock(ends.promise_at, reading) if service.promise is not None else NOTHING,
        "clock": _clock(ends.due_at, reading) if state.clock is not None else NOTHING,
    }, {}


def _clock(end: datetime | None, reading: Reading) -> dict[str, Any]:
    """A clock that is over at `end`; None where it stands still."""
    due = reading.pack.calendar.day_of(end) if end is not None else None
    return {
        "due": moment(due) if due else None,
        "late": due is not None and reading.today > due,
        "stopped": end is None,
    }


def _state(at: Moment, _expected: object) -> str:
    if at.case is None or at.service.promise is None:
        return "none"
    case = cases.case(at.case.ref)
    if case.closed_at is not None:
        return clocks.outcome(case, at.service, at.pack, at=case.closed_at)
    if case.stopped_at is not None:
        return "stopped"
    return "missed" if case.promise_at is not None and at.now > case.promise_at else "running"


def _promise_day(at: Moment, _expected: object) -> date | None:
    case = cases.case(at.case.ref) if at.case else None
    return at.pack.calendar.day_of(case.promise_at) if case and case.promise_at else None


CHAPTER = Chapter(facts=_facts, expectations={"promise": _state, "promise_due": _promise_day})
