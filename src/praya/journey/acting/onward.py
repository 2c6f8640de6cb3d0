"""Entering a state: its effects, and the transitions that a case makes by itself."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from praya.blocks.cases import api as cases
from praya.definition.flow import State
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.definition.ways import Way
from praya.journey import case_context, load, matters
from praya.journey.acting.actors import SYSTEM
from praya.journey.acting.asking import ask_on_entering
from praya.journey.acting.deadlines import set_timers
from praya.journey.acting.outcome import apply_effects
from praya.journey.acting.reckoning import reckon
from praya.journey.acting.refusals import GoesRound
from praya.journey.acting.transition import LONGEST_WAY, mark_of, move_to


def enter(case: cases.Case, service: Service, pack: Pack, *, reason: str, at: datetime, by: str) -> cases.Case:
    """Carry out the effects of the state that a case has entered, then make the transitions that are open (`next`)."""
    state = service.flow.states[case.state]
    apply_effects(state, case, service, pack, mark=mark_of(case), reason=reason, at=at, by=by)
    case = ask_on_entering(case, service, pack, at=at, by=by)
    if state.timers:
        set_timers(case, service, pack, done=0, at=at)
    if state.timers or state.book or state.assign:
        case = cases.case(case.ref)
    return reckon(go_on(case, _ways(case, state), service, pack, reason=reason, at=at), service, pack)


def send_on(case: cases.Case, to: str, *, at: datetime) -> cases.Case:
    """Move a case to a state without an actor, as a draw does. Raises cases.CaseMoved."""
    service, pack = load.compiled(case.service, case.version), load.pack()
    with transaction.atomic():
        moved = move_to(case, to, service, pack, at, SYSTEM, "", "", {}, None)
        return enter(moved, service, pack, reason="", at=at, by=SYSTEM.ref)


def look_onward(case: cases.Case, *, at: datetime) -> cases.Case:
    """Look once more at the ways on which a case leaves its state, because something that they read is known now.

    Raises cases.CaseMoved.
    """
    service, pack = load.compiled(case.service, case.version), load.pack()
    with transaction.atomic():
        case = go_on(case, service.flow.states[case.state].next, service, pack, reason="", at=at)
        return reckon(cases.case(case.ref), service, pack)


def go_on(
    case: cases.Case, ways: Sequence[Way], service: Service, pack: Pack, *, reason: str, at: datetime
) -> cases.Case:
    """Make automatic transitions, from state to state, until none is open. Raises GoesRound."""
    for _ in range(LONGEST_WAY):
        if not ways:
            return case
        seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
        to = cases.onward(ways, seen.context)
        if to is None or to == case.state:
            return case
        case = move_to(case, to, service, pack, at, SYSTEM, "", "", {}, None)
        state = service.flow.states[to]
        apply_effects(state, case, service, pack, mark=mark_of(case), reason=reason, at=at, by=SYSTEM.ref)
        case = ask_on_entering(case, service, pack, at=at, by=SYSTEM.ref)
        if state.timers:
            set_timers(case, service, pack, done=0, at=at)
        if state.timers or state.book or state.assign:
            case = cases.case(case.ref)
        ways = _ways(case, state)
    raise GoesRound(case.state)


def _ways(case: cases.Case, state: State) -> tuple[Way, ...]:
    """The ways that may be open on entering a state."""
    return (*state.next, *matters.ways_by_others(case, state))
