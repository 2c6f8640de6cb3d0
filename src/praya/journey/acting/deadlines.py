"""The days on which the timers of a case's state come due."""

from datetime import datetime

from praya.blocks.cases import api as cases
from praya.definition.flow import Timer
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import case_context
from praya.journey.chapter import Picture
from praya.kernel.calendar import MORNING
from praya.kernel.expression import ExpressionFailed


def set_timers(case: cases.Case, service: Service, pack: Pack, *, done: int, at: datetime) -> None:
    """Store when the next timer of the case's state is due. A date that has passed is due at once."""
    timers = timers_of(case, service, pack, at)[done:]
    cases.set_timer(ref=case.ref, done=done, at=timers[0][0] if timers else None)


def set_timers_anew(case: cases.Case, service: Service, pack: Pack, *, at: datetime) -> None:
    """Work out the timers of the case's state again after a day on which they depend was moved.

    Timers that are still to come will fire, and so will those that were due by now and have not fired.
    """
    if service.flow.states[case.state].timers and not case.closed_at:
        waiting = case.timer_at if case.timer_at and case.timer_at <= at else None
        due = [due_at for due_at, _ in timers_of(case, service, pack, case.state_since)]
        done = sum(due_at <= at and (waiting is None or due_at < waiting) for due_at in due)
        set_timers(case, service, pack, done=done, at=case.state_since)


def timers_of(case: cases.Case, service: Service, pack: Pack, at: datetime) -> list[tuple[datetime, Timer]]:
    """Return the timers of the case's state with the moments when they are due, in order."""
    timers = service.flow.states[case.state].timers
    if not timers:
        return []
    seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    found = []
    for timer in timers:
        due_at = _due(timer, case, seen, pack)
        if due_at is not None:
            found.append((due_at, timer))
    return sorted(found, key=lambda pair: pair[0])


def _due(timer: Timer, case: cases.Case, seen: Picture, pack: Pack) -> datetime | None:
    # A person who must act within some days has the whole of the last day. Reminders are sent in the morning, not at
    # midnight.
    if timer.after is not None:
        due_at = pack.calendar.after(case.state_since, timer.after)
        if timer.to is None and timer.after.unit not in {"minutes", "hours"}:
            return pack.calendar.moment(pack.calendar.day_of(due_at), MORNING)
        return due_at
    try:
        day = timer.on.value(seen.context) if timer.on else None
    except ExpressionFailed:
        return None
    return pack.calendar.moment(day.date(), MORNING) if isinstance(day, datetime) else None
