"""The days on which the timers of a state are due in a case that is seen as it is now. Pure."""

from datetime import datetime

from praya.definition.flow import Timer
from praya.definition.pack import Pack
from praya.journey.chapter import Picture
from praya.kernel.calendar import MORNING
from praya.kernel.expression import ExpressionFailed


def timers_in(seen: Picture, pack: Pack) -> list[tuple[datetime, Timer]]:
    """The timers of the case's state with the moments when they are due, in order."""
    timers = seen.service.flow.states[seen.case.state].timers
    timed = [(due_at, timer) for timer in timers if (due_at := _due_at(timer, seen, pack)) is not None]
    return sorted(timed, key=lambda pair: pair[0])


def _due_at(timer: Timer, seen: Picture, pack: Pack) -> datetime | None:
    # A person who must act within some days has the whole of the last day. Reminders are sent in the morning, not at
    # midnight.
    if timer.after is not None:
        due_at = pack.calendar.after(seen.case.state_since, timer.after)
        if timer.to is None and timer.after.unit not in {"minutes", "hours"}:
            return pack.calendar.moment(pack.calendar.day_of(due_at), MORNING)
        return due_at
    try:
        day = timer.on.value(seen.context) if timer.on else None
    except ExpressionFailed:
        return None
    return pack.calendar.moment(day.date(), MORNING) if isinstance(day, datetime) else None
