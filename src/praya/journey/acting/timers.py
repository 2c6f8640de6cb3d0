"""Timers: what happens to a case that stays in a state until they are due."""

from datetime import datetime

from django.db import transaction

from praya.blocks.cases import api as cases
from praya.definition.flow import Timer
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import load, payments
from praya.journey.acting.actors import SYSTEM
from praya.journey.acting.clock_events import strike
from praya.journey.acting.deadlines import has_lost_entry, set_timers, set_timers_anew, timers_of
from praya.journey.acting.onward import enter
from praya.journey.acting.outcome import apply_effects, changes_entry
from praya.journey.acting.reckoning import reckon
from praya.journey.acting.refusals import EntryChanged
from praya.journey.acting.transition import mark_of, move_to


def is_due(case: cases.Case, *, at: datetime) -> bool:
    """Whether a timer, a clock or a payment of the case has something to do."""
    moments = (case.timer_at, case.clock_at, case.pay_at)
    due = [moment for moment in moments if moment is not None and moment <= at]
    return bool(due) and case.closed_at is None


def fire_next(case: cases.Case, *, at: datetime) -> cases.Case:
    """Carry out the payment, the clock or the timer of the case that is due first, as of the moment when it was due."""
    service, pack = load.compiled(case.service, case.version), load.pack()
    first = min(moment for moment in (case.timer_at, case.clock_at, case.pay_at) if moment is not None)
    if case.pay_at == first:
        return payments.pay(case, service, pack)
    if case.clock_at == first:
        return strike(case, service, pack, first, at=at)
    return reckon(_fire_next(case, service, pack, at), service, pack)


def _fire_next(case: cases.Case, service: Service, pack: Pack, at: datetime) -> cases.Case:
    timers = timers_of(case, service, pack, case.state_since)[case.timers_done :]
    if not timers or timers[0][0] != case.timer_at:
        # The day on which the timer depends has been moved meanwhile; or the entry that named it was struck off.
        with transaction.atomic():
            if has_lost_entry(case, service):
                cases.note_timer(ref=case.ref, at=at, stopped=True)
            set_timers_anew(case, service, pack, at=at)
        return cases.case(case.ref)
    due_at, timer = timers[0]
    try:
        return _fired(case, timer, service, pack, due_at)
    except EntryChanged:
        # Waiting would not help: it is recorded once, where officers see it, and the next timers follow.
        with transaction.atomic():
            cases.note_timer(ref=case.ref, at=due_at, stopped=True)
            set_timers(case, service, pack, done=case.timers_done + 1, at=case.state_since)
        return cases.case(case.ref)


def _fired(case: cases.Case, timer: Timer, service: Service, pack: Pack, due_at: datetime) -> cases.Case:
    mark = f"{mark_of(case)}:timer{case.timers_done}"
    with transaction.atomic():
        cases.note_timer(ref=case.ref, at=due_at)
        apply_effects(timer, case, service, pack, mark=mark, at=due_at, by=SYSTEM.ref)
        if timer.to and timer.to != case.state:
            moved = move_to(case, timer.to, service, pack, due_at, SYSTEM, "", "", {}, None)
            return enter(moved, service, pack, reason="", at=due_at, by=SYSTEM.ref)
        set_timers(case, service, pack, done=case.timers_done + 1, at=case.state_since)
        case = cases.case(case.ref)
        if changes_entry(timer):
            set_timers_anew(case, service, pack, at=due_at)
    return cases.case(case.ref)
