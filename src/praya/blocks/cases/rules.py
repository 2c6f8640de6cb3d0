"""Decisions about cases: deadlines, fees, permitted actions, the next state. Pure."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from praya.definition.chapters import ways as by_chapters
from praya.definition.flow import Action, Flow, State
from praya.definition.ways import Way
from praya.kernel.calendar import Calendar, Length

ClockState = Literal["none", "stopped", "in-time", "soon", "late"]
Truth = Callable[[Way], bool | None]
"""Whether an automatic way will be taken; None while that is not known."""
SOON = 3
FeeState = Literal["owed", "paid", "waived", "refunded", "forfeited", "promised", "withdrawn", "returned"]
Settling = Literal["paid", "waive", "refund", "forfeit", "pay_out", "take_back"]
_SETTLED: dict[tuple[FeeState, Settling], FeeState] = {
    ("owed", "paid"): "paid",
    ("owed", "waive"): "waived",
    ("paid", "refund"): "refunded",
    # A fee that was never paid cannot be refunded; it is no longer owed.
    ("owed", "refund"): "waived",
    ("paid", "forfeit"): "forfeited",
    ("promised", "pay_out"): "paid",
    ("promised", "take_back"): "withdrawn",
    ("paid", "take_back"): "returned",
}


@dataclass(frozen=True, slots=True)
class Clock:
    """The status of a deadline and the working days left; negative when it has passed."""

    state: ClockState
    days: int = 0


def clock(due_at: datetime | None, *, waits_for_applicant: bool, at: datetime, calendar: Calendar) -> Clock:
    """The status of a deadline at a moment, counted in the working days of the territory."""
    if waits_for_applicant:
        return Clock("stopped")
    if due_at is None:
        return Clock("none")
    days = calendar.working_days_between(calendar.day_of(at), calendar.day_of(due_at))
    if at > due_at:
        return Clock("late", days)
    return Clock("soon" if days <= SOON else "in-time", days)


def settled(state: FeeState, how: Settling) -> FeeState:
    """The new state of a fee; unchanged when this transition is not possible."""
    return _SETTLED.get((state, how), state)


def deadline(length: Length | None, *, at: datetime, calendar: Calendar) -> datetime | None:
    """The deadline of a clock that starts at this moment; None without a length."""
    return calendar.after(at, length) if length else None


def open_actions(state: State, roles: Sequence[str], context: Mapping[str, Any]) -> list[Action]:
    """The actions of a state that these roles may perform and whose condition holds."""
    return [a for a in state.actions.values() if a.by in roles and (a.when is None or a.when.holds(context))]


def left_to(
    actions: Sequence[Action], *, by: str, done: Collection[str], reviewed: Sequence[tuple[str, str]]
) -> list[Action]:
    """Those of `actions` that the officer `by` may still perform.

    Three kinds are removed: an action that must be performed by somebody other than the officer who did an earlier one
    (`unlike`), if this officer did it, as `done` lists; an action that this officer has reviewed; an action that as
    many officers as it needs have reviewed. `reviewed` lists the action and officer of each review since the case
    entered its state.
    """
    mine = {action for action, actor in reviewed if actor == by}
    count = Counter(action for action, _ in reviewed)
    return [
        a
        for a in actions
        if a.unlike not in done and (a.reviewers == 1 or (a.name not in mine and count[a.name] < a.reviewers))
    ]


def onward(ways: Sequence[Way], context: Mapping[str, Any]) -> str | None:
    """The target state of the first way whose condition holds; None when none does."""
    return next((way.to for way in ways if way.when is None or way.when.holds(context)), None)


@dataclass(frozen=True, slots=True)
class Milestone:
    """A stage that the applicant sees: reached, current, or still to come."""

    state: str
    reached_on: date | None
    current: bool


def milestones(flow: Flow, visited: Sequence[tuple[str, date]], truth: Truth | None = None) -> list[Milestone]:
    """The stages reached so far, then those on the shortest way from here to a good end.

    `truth` tells of an automatic way whether it will be taken, as far as that is known already.
    """
    shown: list[Milestone] = []
    for name, day in visited:
        state = flow.states.get(name)
        if state and state.milestone and (not shown or shown[-1].state != name):
            shown.append(Milestone(name, day, current=False))
    current = visited[-1][0] if visited else flow.start
    if shown:
        shown[-1] = Milestone(shown[-1].state, shown[-1].reached_on, current=True)
    way = next(ways_to_good_ends(flow, current, truth), ())
    coming = [name for name in way[1:] if flow.states[name].milestone]
    return shown + [Milestone(name, None, current=False) for name in coming]


def ways_to_good_ends(flow: Flow, start: str, truth: Truth | None = None) -> Iterator[list[str]]:
    """The shortest way from a state to each final state that grants or completes (breadth-first), shortest first."""
    reached, ways = {start}, [[start]]
    while ways:
        way = ways.pop(0)
        state = flow.states[way[-1]]
        if _ends_well(state):
            yield way
        if state.final:
            continue
        for name in _in_order(flow, state, truth):
            if name not in reached:
                reached.add(name)
                ways.append([*way, name])


def detours(flow: Flow, taken: Collection[str]) -> dict[str, list[tuple[Way, list[str]]]]:
    """By state of these, the automatic ways that lead elsewhere and come back to these, or to a good end of their own.

    Each stands with the states that it leads through. No state is told twice.
    """
    told, found = {*taken}, dict[str, list[tuple[Way, list[str]]]]()
    for name in taken:
        for way in automatic(flow.states[name]):
            if way.to in told:
                continue
            through = _way_back(flow, way.to, told)
            if through:
                told.update(through)
                found.setdefault(name, []).append((way, through))
    return found


def _way_back(flow: Flow, start: str, told: Collection[str]) -> list[str]:
    reached, ways = {start}, [[start]]
    while ways:
        way = ways.pop(0)
        state = flow.states[way[-1]]
        if _ends_well(state):
            return way
        names = [] if state.final else _in_order(flow, state)
        if any(name in told for name in names):
            return way
        for name in names:
            if name not in reached:
                reached.add(name)
                ways.append([*way, name])
    return []


def _ends_well(state: State) -> bool:
    return state.final and state.result in {"granted", "completed"}


def automatic(state: State) -> tuple[Way, ...]:
    """The ways on which a case leaves a state by itself, because of what is known of it."""
    return (*state.next, *state.when_replied, *state.when_given)


def _in_order(flow: Flow, state: State, truth: Truth | None = None) -> list[str]:
    # Of the ways that are looked at on entering the first that holds is taken; what is known of one decides on it.
    entering = list(state.next)
    if truth is not None:
        entering = [way for way in entering if truth(way) is not False]
        if entering and truth(entering[0]) is True:
            return [entering[0].to]
    # An automatic way without a condition is the usual one; one with a condition is an exception.
    ways = [way.to for way in sorted((*entering, *state.when_replied, *state.when_given), key=lambda w: bool(w.when))]
    ways += [way.to for way in by_chapters(flow, state)]
    ways += [action.to for action in state.actions.values() if action.to]
    return ways + [timer.to for timer in state.timers if timer.to]
