"""Calling from a line: whoever is first goes on when a turn is free, which is an event and never a day."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import transaction

from praya.blocks.cases import api as cases
from praya.blocks.stocks import api as stocks
from praya.definition.chapters import stocks as words
from praya.definition.chapters.stocks import Line
from praya.journey import acting, calls, case_context, load
from praya.journey.stocks import day_of, line_ref
from praya.kernel import rounds
from praya.kernel.calendar import MORNING
from praya.kernel.expression import ExpressionFailed
from praya.kernel.number import is_number
from praya.kernel.rounds import by_itself

# How many cases go on in one call of `call_on`.
SLICE = 500

Waiting = calls.Call[Line]


def call_due(*, at: datetime) -> int:
    """Call whoever's turn it is, in every line; answers how many cases moved. Call it until it returns 0."""
    count = 0
    for name, found in calls.every(words.lines, day_of):
        for call in found:
            with by_itself("call_lines", service=name, state=call.state):
                count += call_on(call, at=at)
    return count


def call_on(call: Waiting, *, at: datetime) -> int:
    """Number who came to a line, and let the next go on while a turn is free; those who can take nothing leave it."""
    line, pack = call.word, load.pack()
    if line.from_date is not None and at < pack.calendar.moment(line.from_date, MORNING):
        return 0
    ref = line_ref(call.service.service, call.state, line)
    among = call.story.refs if call.story else None
    _number(call, ref, at)
    count = after = 0
    which = {"service": call.service.service, "state": call.state}
    while count < SLICE:
        tried = after
        # One that fails stays, and is in nobody's way.
        with by_itself("call_lines", **which), suppress(cases.CaseMoved), transaction.atomic():
            stocks.lock(ref)
            if stocks.turns(ref, among=among) >= line.at_once:
                return count
            first = stocks.next_waiting(ref, after=after, among=among)
            if first is None or first.number is None:
                return count
            after = first.number
            count += _send_on(call, first, ref, at=at)
        if after == tried:  # it failed before it came to anybody; the next round tries again
            return count
    return count


def _number(call: Waiting, ref: str, at: datetime) -> None:
    """Number those who came: the first of a line by its order, whoever comes later in the order of coming."""
    among = call.story.refs if call.story else None
    came = stocks.not_numbered(ref, among=among)
    if not came:
        return
    if call.word.order is not None and not stocks.is_numbered(ref, among=among):
        placed = {one.case_ref: _order(call, one.case_ref, at) for one in came}
        came.sort(key=lambda one: placed[one.case_ref])
    with transaction.atomic():
        stocks.lock(ref)
        # Another worker may have numbered some of them until the lock was ours.
        still = {one.case_ref for one in stocks.not_numbered(ref, among=among)}
        stocks.number(ref, [one for one in came if one.case_ref in still], among=among)


def _order(call: Waiting, case_ref: str, at: datetime) -> tuple[bool, Any]:
    """By what a case is put in order: an unknown number comes last, and is noted for the operator."""
    try:
        value = call.word.order.value(_seen(cases.case(case_ref), at)) if call.word.order else None
    except (ExpressionFailed, cases.NoCase) as problem:
        rounds.note("call_lines", problem, service=call.service.service, case=case_ref)
        value = None
    return (False, value) if is_number(value) else (True, 0)


def _send_on(call: Waiting, first: stocks.Wait, ref: str, *, at: datetime) -> int:
    """Let a case go on, if it is still in the line; answers 1 where it moved."""
    try:
        case = cases.case(first.case_ref)
    except cases.NoCase:
        case = None
    line = _line_of(case, call) if case is not None and not case.closed_at else None
    if case is None or line is None:
        stocks.leave(line=ref, case_ref=first.case_ref)
        return 0
    if line.none_left is None or may_take_something(case, line.to, at=at):
        acting.send_on(case, line.to, at=at)
        return 1
    if case.state == line.none_left:  # what came back is nothing for it, or somebody before it took it
        stocks.leave(line=ref, case_ref=first.case_ref)
        return 0
    acting.send_on(case, line.none_left, at=at)
    return 1


def _line_of(case: cases.Case, call: Waiting) -> Line | None:
    """The line in which a case waits, by its own version; also of one that waits again because something came back."""
    state = load.compiled(case.service, case.version).flow.states.get(call.state)
    line = (state.line if state is not None else None) or call.word
    return line if case.state in {call.state, line.none_left} else None


def may_take_something(case: cases.Case, state: str, *, at: datetime) -> bool:
    """Whether a case that came to a state could choose something there; true where nothing is chosen."""
    service = load.compiled(case.service, case.version)
    asked = [q for action in service.flow.states[state].actions.values() for q in words.choices(action)]
    if not asked:
        return True
    seen = _seen(case, at)
    return any(question.offered(seen) for question in asked)


def _seen(case: cases.Case, at: datetime) -> dict[str, Any]:
    pack, service = load.pack(), load.compiled(case.service, case.version)
    return case_context.of_case(case, service, pack, today=pack.calendar.day_of(at)).context
