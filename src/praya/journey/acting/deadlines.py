"""The days on which the timers of a case's state come due."""

from datetime import datetime

from praya.blocks.cases import api as cases
from praya.definition.flow import Timer
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import case_context, entries
from praya.journey.timer_days import timers_in


def set_timers(case: cases.Case, service: Service, pack: Pack, *, done: int, at: datetime) -> None:
    """Store when the next timer of the case's state is due. A date that has passed is due at once."""
    timers = timers_of(case, service, pack, at)[done:]
    cases.set_timer(ref=case.ref, done=done, at=timers[0][0] if timers else None)


def set_timers_anew(case: cases.Case, service: Service, pack: Pack, *, at: datetime) -> None:
    """Work out the timers of the case's state again after a day on which they depend was moved.

    Timers that are still to come will fire, and so will those that were due by now and have not fired; also one whose
    day was not known before, or is now one that has passed.
    """
    if service.flow.states[case.state].timers and not case.closed_at:
        waiting = case.timer_at if case.timer_at and case.timer_at <= at else None
        due = [due_at for due_at, _ in timers_of(case, service, pack, case.state_since)]
        done = sum(due_at <= at and (waiting is None or due_at < waiting) for due_at in due)
        done = done if waiting is not None else min(done, case.timers_done)
        set_timers(case, service, pack, done=done, at=case.state_since)


def timers_of(case: cases.Case, service: Service, pack: Pack, at: datetime) -> list[tuple[datetime, Timer]]:
    """Return the timers of the case's state with the moments when they are due, in order."""
    if not service.flow.states[case.state].timers:
        return []
    return timers_in(case_context.of_case(case, service, pack, today=pack.calendar.day_of(at)), pack)


def has_lost_entry(case: cases.Case, service: Service) -> bool:
    """Whether a timer of the case's state goes by an entry that does not stand any more, struck off by another case."""
    timers = service.flow.states[case.state].timers
    if not any("entry" in timer.on.names for timer in timers if timer.on is not None):
        return False
    entry = entries.of_case(case.ref, case.subject_ref, service)
    return entry is None or entry.struck_at is not None
