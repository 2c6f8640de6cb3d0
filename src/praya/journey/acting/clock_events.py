"""What the clocks of a case do at a moment: they warn and escalate, and a department's silence is read."""

from datetime import datetime

from django.db import transaction

from praya.blocks.cases import api as cases
from praya.definition.flow import Late
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import case_context, clocks
from praya.journey.acting.actors import SYSTEM
from praya.journey.acting.onward import enter
from praya.journey.acting.outcome import apply_effects
from praya.journey.acting.reckoning import reckon
from praya.journey.acting.referral_reply import go_on_when_heard
from praya.journey.acting.refusals import EntryChanged
from praya.journey.acting.transition import mark_of, move_to


def strike(case: cases.Case, service: Service, pack: Pack, moment: datetime, *, at: datetime) -> cases.Case:
    """Do what the clocks of a case had to do at a moment, once, in one transaction; it is now `at`."""
    with transaction.atomic():
        cases.lock(case.ref)
        case = cases.case(case.ref)
        if case.clock_at != moment or case.closed_at:
            # Somebody else did it, or what it was set by has changed.
            return case
        done = case.clock_done or case.opened_at
        due = [event for event in clocks.read(case, service, pack).events if done < event.at <= moment]
        case = reckon(case, service, pack, done=moment)
        for event in due:
            if case.closed_at:
                break
            cases.note_clock(
                ref=case.ref, kind=event.kind, who=event.who, what=event.clock, at=moment, noted_at=at
            )  # fmt: skip
            if event.kind == "late":
                case = _late(case, event.who, service, pack, moment)
        return reckon(cases.case(case.ref), service, pack, done=moment)


def _late(case: cases.Case, department: str, service: Service, pack: Pack, at: datetime) -> cases.Case:
    """Do what the definition says of a department's silence."""
    asked = next((one for one in case.referrals if one.is_open and one.department == department), None)
    if asked is None:
        return case
    seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at)).context
    for late in service.flow.states[case.state].when_late:
        fits = not late.departments or department in late.departments
        # Of whose matter a case is, silence says nothing.
        if fits and not (late.assume and asked.arbiter) and (late.when is None or late.when.holds(seen)):
            try:
                with transaction.atomic():
                    return _carried_out(late, case, department, service, pack, at)
            except EntryChanged:
                cases.note_timer(ref=case.ref, at=at, stopped=True)
                return cases.case(case.ref)
    return case


def _carried_out(
    late: Late, case: cases.Case, department: str, service: Service, pack: Pack, at: datetime
) -> cases.Case:
    mark = f"{mark_of(case)}:late:{department}"
    if late.assume is not None:
        case = cases.reply(
            ref=case.ref, department=department, result=cases.ASSUMED, comment="", at=at, by=SYSTEM.ref
        )  # fmt: skip
    apply_effects(late, case, service, pack, mark=mark, at=at, by=SYSTEM.ref)
    case = cases.case(case.ref)
    if late.to is not None and late.to != case.state:
        moved = move_to(case, late.to, service, pack, at, SYSTEM, "", "", {}, None)
        return enter(moved, service, pack, reason="", at=at, by=SYSTEM.ref)
    return go_on_when_heard(case, service, pack, at=at) if late.assume is not None else case
