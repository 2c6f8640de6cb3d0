"""The clocks of a case: of its state, of the service's promise, and of the departments that are asked.

When they end is worked out from what happened, never carried on from what was stored: whatever the order in which
events are heard of, the same history gives the same days.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from praya.blocks.cases import api as cases
from praya.blocks.parties import api as parties
from praya.definition.chapters.clocks import Warned
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.kernel.calendar import MORNING, Length, Span, together

Kind = Literal["warned", "escalated", "late", "asked_again"]


@dataclass(frozen=True, slots=True)
class Event:
    """What a clock does at a moment: it warns or escalates to a role, or a department is late or reminded.

    `clock` is `state`, `promise` or `reply`.
    """

    at: datetime
    kind: Kind
    who: str
    clock: str


@dataclass(frozen=True, slots=True)
class Clocks:
    """When the clocks of a case end, None for one that stands still, and all that they do, in order."""

    due_at: datetime | None
    promise_at: datetime | None
    stopped_at: datetime | None
    events: tuple[Event, ...]

    def following(self, done: datetime) -> datetime | None:
        """When they do something next, after what they did until `done`."""
        return next((event.at for event in self.events if event.at > done), None)


def stops(case: cases.Case, service: Service, *, of_state: bool = False) -> list[Span]:
    """When the service's promise stands still for the case; or the clock of its state, which is the officers' own."""
    spans: list[Span] = []
    wanted = service.promise.stops_for if service.promise is not None else ()
    if "applicant" in wanted and not of_state:
        visited = cases.visited(case.ref)
        ends: list[datetime | None] = [at for _, at in visited[1:]]
        for (name, begun), over in zip(visited, [*ends, None], strict=True):
            state = service.flow.states.get(name)
            if state is not None and state.waits_for_applicant:
                spans.append((begun, over))
    if "departments" in wanted:
        spans += [(one.asked_at, one.replied_at or one.over_at) for one in case.referrals]
    if "parties" in wanted and service.parties:
        spans += [(one.invited_at, one.ended_at) for one in parties.of_case(case.ref) if one.state != "none"]
    return together(spans)


def read(case: cases.Case, service: Service, pack: Pack) -> Clocks:
    """Work out the clocks of an open case, which was read with its referrals."""
    calendar, state, promise = pack.calendar, service.flow.states[case.state], service.promise
    stopped, events = stops(case, service), list[Event]()
    due_at = promise_at = None
    if state.clock is not None:
        own = stops(case, service, of_state=True) if promise is not None else []
        due_at = calendar.after_stops(case.state_since, state.clock, own)
        if due_at is not None:
            told = _alerts(state.warn, state.escalate, due_at, "state", pack)
            events += [event for event in told if event.at > case.state_since]
    if promise is not None:
        promise_at = calendar.after_stops(case.opened_at, promise.within, stopped)
        if promise_at is not None:
            events += _alerts(promise.warn, promise.escalate, promise_at, "promise", pack)
    for one in case.referrals:
        due = reply_due(one, pack)
        if one.is_open and due is not None:
            events.append(Event(due, "late", one.department, "reply"))
            if one.remind and (at := _before(due, Length.read(one.remind), pack)) > one.asked_at:
                events.append(Event(at, "asked_again", one.department, "reply"))
    since = stopped[-1][0] if stopped and stopped[-1][1] is None else None
    return Clocks(due_at, promise_at, since, tuple(sorted(events, key=lambda event: (event.at, event.who))))


def reply_due(referral: cases.Referral, pack: Pack) -> datetime | None:
    """Until when a department has time, on the calendar as it is now."""
    return pack.calendar.after(referral.asked_at, Length.read(referral.within)) if referral.within else referral.due_at


def _alerts(warn: tuple[Warned, ...], escalate: str | None, end: datetime, clock: str, pack: Pack) -> Iterator[Event]:
    for warning in warn:
        yield Event(_before(end, warning.before, pack), "warned", warning.role, clock)
    if escalate is not None:
        yield Event(end, "escalated", escalate, clock)


def _before(end: datetime, length: Length, pack: Pack) -> datetime:
    """Whoever is warned in days is warned in the morning."""
    if length.unit in {"minutes", "hours"}:
        return end - (pack.calendar.after(end, length) - end)
    return pack.calendar.moment(pack.calendar.date_before(pack.calendar.day_of(end), length), MORNING)


def reckon(case: cases.Case, service: Service, pack: Pack, *, done: datetime | None = None) -> cases.Case:
    """Store when the clocks of a case end and when they next do something; `done` is until when they did it.

    Nothing is written for a service whose only clocks are those of its states, which begin anew with each.
    """
    if case.closed_at is not None or not service.has_clocks:
        return case
    return _stored(case, read(case, service, pack), pack, done or case.clock_done or case.opened_at)


def reckon_anew(case: cases.Case, service: Service, pack: Pack) -> cases.Case:
    """Store the same of any case, after the calendar changed."""
    if case.closed_at is not None:
        return case
    for one in case.referrals:
        due = reply_due(one, pack)
        if one.is_open and due is not None and due != one.due_at:
            cases.set_reply_due(ref=case.ref, department=one.department, due_at=due)
    return _stored(case, read(case, service, pack), pack, case.clock_done or case.opened_at)


def _stored(case: cases.Case, ends: Clocks, pack: Pack, done: datetime) -> cases.Case:
    has_end = bool(ends.due_at or ends.promise_at or ends.stopped_at or ends.events)
    now = replace(
        case, due_at=ends.due_at, promise_at=ends.promise_at, stopped_at=ends.stopped_at,
        clock_at=ends.following(done), clock_done=done if ends.events else case.clock_done,
        reckoned=pack.calendar_mark if has_end else "",
    )  # fmt: skip
    if now != case:
        cases.set_clocks(
            ref=case.ref, due_at=now.due_at, promise_at=now.promise_at, stopped_at=now.stopped_at,
            clock_at=now.clock_at, clock_done=now.clock_done, reckoned=now.reckoned,
        )  # fmt: skip
    return now


def outcome(case: cases.Case, service: Service, pack: Pack, *, at: datetime) -> str:
    """Whether the promise is `kept` or `missed` by a case that ends now; empty where nothing was promised."""
    end = promise_end(case, service, pack, at=at)
    return "" if end is None else "missed" if at > end else "kept"


def promise_end(case: cases.Case, service: Service, pack: Pack, *, at: datetime) -> datetime | None:
    """When the promise ends if its clock goes on from now."""
    if service.promise is None:
        return None
    spans = [(start, over or at) for start, over in stops(case, service)]
    return pack.calendar.after_stops(case.opened_at, service.promise.within, spans)


def raised(case: cases.Case, service: Service, pack: Pack, *, at: datetime) -> Event | None:
    """The last warning or escalation of a case that its clocks have given by now; None when there is none."""
    if case.closed_at is not None or not service.has_clocks:
        return None
    told = [event for event in read(case, service, pack).events if event.clock != "reply" and event.at <= at]
    return told[-1] if told else None
