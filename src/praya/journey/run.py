"""Running a case: what anybody may do now, doing it, and where the case goes by itself afterwards."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import transaction

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.parties import api as parties
from praya.blocks.registers import api as registers
from praya.definition.expression_context import sums
from praya.definition.flow import Action, Effects, State, Timer, Way
from praya.definition.pack import Pack
from praya.definition.questions import Asking, Look, Refusal
from praya.definition.service import Service
from praya.definition.settling import action_settles, settles
from praya.journey import case_context, conflicts, entries, load, lookups, visits
from praya.journey.effects import carry_out
from praya.journey.own_words import WORDS
from praya.kernel import reading, rounds
from praya.kernel.calendar import MORNING
from praya.kernel.expression import ExpressionFailed
from praya.kernel.text import Text

LONGEST_WAY = 20
REASON, COMMENT = WORDS["reason"], WORDS["comment"]


class NotAllowed(Exception):
    """Whoever asks may not do this to the case now."""


class OwnCase(NotAllowed):
    """The officer applied for the case or takes part in it: another one deals with it."""


class EntryChanged(ExpressionFailed):
    """What would be paid or written was worked out from an entry that another case has changed since."""


class GoesRound(Exception):
    """The ways onward lead a case in a circle; carries a state of it."""


class NotAnswered(Exception):
    """What the action asks for is missing or wrong; carries the reasons."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(", ".join(f"{r.path}: {r.code}" for r in refusals))
        self.refusals = list(refusals)


class NoReason(Exception):
    """The action needs its reason in words."""


@dataclass(frozen=True)
class By:
    """Who acts: a reference for the journal, and roles in the case."""

    ref: str
    roles: tuple[str, ...]
    department: str = ""


def applicant(person_ref: str) -> By:
    """The person whose case it is."""
    return By(f"person:{person_ref}", ("applicant",))


def officer(who: identity.Officer, department: str) -> By:
    """An officer in the department that owns the case."""
    roles = tuple(sorted(load.pack().all_roles.with_included(who.roles_in(department))))
    return By(f"officer:{who.ref}", roles, department)


SYSTEM = By("system", ("system",))


def open_actions(case: cases.Case, by: By, *, at: datetime) -> list[Action]:
    """What may be done to the case now."""
    service, pack = load.compiled(case.service, case.version), load.pack()
    state = service.flow.states[case.state]
    if not any(action.by in by.roles for action in state.actions.values()):
        return []
    seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    return _offered(case, state, by, seen)


def _offered(case: cases.Case, state: State, by: By, seen: case_context.Picture) -> list[Action]:
    actions = cases.open_actions(state, by.roles, seen.context)
    if seen.entry_changed:
        actions = [action for action in actions if not action_settles(seen.service, action)]
    if not any(action.reviewers > 1 or action.unlike for action in actions):
        return actions
    done, reviewed = cases.done_by(case.ref, by=by.ref), cases.reviewed(case.ref)
    return cases.left_to(actions, by=by.ref, done=done, reviewed=reviewed)


def act(
    *,
    case: cases.Case,
    action: str,
    by: By,
    answers: Mapping[str, Any],
    reason: str,
    once_key: str,
    at: datetime,
    session: visits.Session | None = None,
) -> cases.Case:
    """Do an action to a case as it was when `case` was read. The same `once_key` twice does it once.

    An action of several reviewers only keeps what this one found, until the last of them has given theirs.
    `session` is the one chosen for the visit that the action gives; without one it is the first with room.
    Raises NotAllowed (OwnCase to an officer whom the case concerns), NotAnswered, NoReason, cases.CaseMoved,
    bookings.SlotTaken.
    """
    if cases.done_before(once_key):
        return cases.case(case.ref)
    _insist_on_another(case, by.ref)
    service, pack = load.compiled(case.service, case.version), load.pack()
    seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    state = service.flow.states[case.state]
    chosen = next((a for a in _offered(case, state, by, seen) if a.name == action), None)
    if chosen is None:
        raise NotAllowed(action)
    reason = lines_kept(reason, "reason", REASON)
    findings = _checked(chosen, answers, seen, lookups.looking(service, pack.calendar.day_of(at)))
    if chosen.reason == "required" and not reason.strip():
        raise NoReason(action)
    with allowed(action, service=case.service, case=case.ref), transaction.atomic():
        if chosen.reviewers > 1:
            if _reviews(case, chosen, by, findings, reason, once_key, at) < chosen.reviewers:
                return cases.case(case.ref)
            findings = {}
        moved = _moved(case, chosen.to or case.state, service, pack, at, by, action, reason, findings, once_key)
        _carry_out(chosen, moved, service, pack, mark=_mark(moved), reason=reason, session=session, at=at, by=by.ref)
        moved = cases.case(case.ref) if chosen.book else moved
        if chosen.refer:
            target = service.flow.states[chosen.to or case.state]
            length = chosen.reply_within or target.clock
            due_at = cases.due(length, at=at, calendar=pack.calendar)
            cases.refer(ref=case.ref, departments=chosen.refer, due_at=due_at, sees=chosen.sees, at=at, by=by.ref)
            moved = cases.case(case.ref)
        if chosen.to and chosen.to != case.state:
            moved = enter(moved, service, pack, reason=reason, at=at, by=by.ref)
        elif state.timers:
            # What was found, entered or renewed may be what they hang on.
            set_timers_anew(cases.case(case.ref), service, pack, at=at)
    return moved


def _insist_on_another(case: cases.Case, by: str) -> None:
    kind, _, ref = by.partition(":")
    if kind == "officer" and conflicts.concerns(case, ref):
        raise OwnCase(case.ref)


def _reviews(
    case: cases.Case, action: Action, by: By, findings: Mapping[str, Any], reason: str, once_key: str, at: datetime
) -> int:
    try:
        return cases.review(
            ref=case.ref, revision=case.revision, action=action.name, needed=action.reviewers,
            findings={name: value for name, value in findings.items() if value is not None},
            text=reason.strip(), department=by.department, at=at, by=by.ref, once_key=once_key,
        )  # fmt: skip
    except cases.Reviewed:
        raise NotAllowed(action.name) from None


def lines_kept(typed: str, at: str, label: Text) -> str:
    """What was typed beside the answers, as it is kept. Raises NotAnswered."""
    try:
        return reading.lines(typed)
    except reading.NotText as wrong:
        raise NotAnswered([Refusal(at, "control_character", label, {"character": wrong.character})]) from None


@contextmanager
def allowed(action: str, **which: str) -> Iterator[None]:
    """What would be changed may be gone meanwhile, an entry that was struck off; a fee cannot be told; or a case would
    go round in circles: NotAllowed.

    What cannot be told is noted for the operator with `which` it was: nobody else could do it either.
    """
    try:
        yield
    except registers.NoEntry as problem:
        # An entry is struck off any day; that a new case has none to change is the definition's doing.
        if "case" not in which:
            rounds.note("act", problem, **which)
        raise NotAllowed(action) from None
    except (ExpressionFailed, GoesRound) as problem:
        rounds.note("act", problem, **which)
        raise NotAllowed(action) from None


def reply(*, case: cases.Case, department: str, result: str, comment: str, by: str, at: datetime) -> cases.Case:
    """A department's answer; when it was the last one, the case may go on by itself.

    Raises cases.NotAsked; OwnCase; NotAnswered for words that cannot be kept; NotAllowed when what follows cannot be
    carried out, and then nothing was taken.
    """
    _insist_on_another(case, by)
    comment = lines_kept(comment, "comment", COMMENT)
    service, pack = load.compiled(case.service, case.version), load.pack()
    with allowed("reply", service=case.service, case=case.ref), transaction.atomic():
        replied = cases.reply(ref=case.ref, department=department, result=result, comment=comment, at=at, by=by)
        if all(r.replied_at for r in replied.referrals):
            ways = service.flow.states[replied.state].when_replied
            replied = _go_on(replied, ways, service, pack, reason="", at=at)
    return replied


def heard(
    case_ref: str, kind: Literal["given", "declined", "lapsed"], party: str, *, by: str, at: datetime
) -> cases.Case:
    """A party gave its section, declined or let it lapse: the case may go on by itself.

    Raises NotAllowed when what follows cannot be carried out, and then nothing was noted.
    """
    with allowed(kind, case=case_ref), transaction.atomic():
        case = cases.note_event(ref=case_ref, kind=kind, party=party, at=at, by=by)
        service, pack = load.compiled(case.service, case.version), load.pack()
        return _go_on(case, service.flow.states[case.state].when_given, service, pack, reason="", at=at)


def enter(case: cases.Case, service: Service, pack: Pack, *, reason: str, at: datetime, by: str) -> cases.Case:
    """The effects of the state in which a case now is, and then its ways onward."""
    state = service.flow.states[case.state]
    _carry_out(state, case, service, pack, mark=_mark(case), reason=reason, at=at, by=by)
    if state.timers:
        set_timers(case, service, pack, done=0, at=at)
    if state.timers or state.book:
        case = cases.case(case.ref)
    return _go_on(case, state.next, service, pack, reason=reason, at=at)


def send_on(case: cases.Case, to: str, *, at: datetime) -> cases.Case:
    """Move a case by itself, as a draw does. Raises cases.CaseMoved."""
    service, pack = load.compiled(case.service, case.version), load.pack()
    with transaction.atomic():
        moved = _moved(case, to, service, pack, at, SYSTEM, "", "", {}, None)
        return enter(moved, service, pack, reason="", at=at, by=SYSTEM.ref)


def set_timers(case: cases.Case, service: Service, pack: Pack, *, done: int, at: datetime) -> None:
    """Note when the next timer of the case's state is due; of a date that has passed, at once."""
    timers = _timers(case, service, pack, at)[done:]
    cases.set_timer(ref=case.ref, done=done, at=timers[0][0] if timers else None)


def set_timers_anew(case: cases.Case, service: Service, pack: Pack, *, at: datetime) -> None:
    """Count the timers of the case's state again after a day that they hang on was moved: those to come are fired.

    So is what was due by now, and was not fired yet.
    """
    if service.flow.states[case.state].timers and not case.closed_at:
        waiting = case.timer_at if case.timer_at and case.timer_at <= at else None
        due = [due_at for due_at, _ in _timers(case, service, pack, case.state_since)]
        done = sum(due_at <= at and (waiting is None or due_at < waiting) for due_at in due)
        set_timers(case, service, pack, done=done, at=case.state_since)


def _changes_entry(effects: Effects) -> bool:
    return bool(effects.renew or effects.amend or effects.transfer)


def entry_changed(case: cases.Case) -> bool:
    """Whether something cannot be done to a case because another one changed the entry since it was handed in."""
    service = load.compiled(case.service, case.version)
    state = service.flow.states[case.state]
    rests = any(action_settles(service, action) for action in state.actions.values())
    rests = rests or any(settles(service, timer) for timer in state.timers)
    return rests and entries.as_handed_in(case, service)[1]


def _carry_out(effects: Effects, case: cases.Case, service: Service, pack: Pack, *, at: datetime, **how: Any) -> None:
    """Carry out the effects; other cases that read an entry which they change count their timers anew.

    Raises EntryChanged when they rest on the entry as it was handed in, and another case changed it since.
    """
    if settles(service, effects):
        if case.subject_ref:
            registers.lock(case.subject_ref)
        if entries.as_handed_in(case, service)[1]:
            raise EntryChanged(case.ref)
    carry_out(effects, case, service, pack, at=at, **how)
    if _changes_entry(effects):
        changed = entries.all_of_case(case.ref, case.subject_ref, service)
        made_by = [entry.case_ref for entry in changed]
        about = [other.ref for other in cases.about([entry.ref for entry in changed])]
        for ref in dict.fromkeys(ref for ref in (*made_by, *about) if ref and ref != case.ref):
            cases.lock(ref)
            with suppress(cases.NoCase):
                other = cases.case(ref)
                set_timers_anew(other, load.compiled(other.service, other.version), pack, at=at)


def fire_timers(case: cases.Case, *, at: datetime) -> cases.Case:
    """Do what time asks of the case, one timer after another, each at the moment when it was due."""
    service, pack = load.compiled(case.service, case.version), load.pack()
    for _ in range(LONGEST_WAY):
        if case.timer_at is None or case.timer_at > at or case.closed_at:
            return case
        case = _fire_next(case, service, pack, at)
    return case


def _fire_next(case: cases.Case, service: Service, pack: Pack, at: datetime) -> cases.Case:
    timers = _timers(case, service, pack, case.state_since)[case.timers_done :]
    if not timers or timers[0][0] != case.timer_at:
        # The day that it hangs on was moved meanwhile.
        set_timers_anew(case, service, pack, at=at)
        return cases.case(case.ref)
    due_at, timer = timers[0]
    try:
        return _fired(case, timer, service, pack, due_at)
    except EntryChanged:
        # Waiting mends nothing: it is told once, where officers see it, and the timers after it come.
        with transaction.atomic():
            cases.note_timer(ref=case.ref, at=due_at, stopped=True)
            set_timers(case, service, pack, done=case.timers_done + 1, at=case.state_since)
        return cases.case(case.ref)


def _fired(case: cases.Case, timer: Timer, service: Service, pack: Pack, due_at: datetime) -> cases.Case:
    mark = f"{_mark(case)}:timer{case.timers_done}"
    with transaction.atomic():
        cases.note_timer(ref=case.ref, at=due_at)
        _carry_out(timer, case, service, pack, mark=mark, at=due_at, by=SYSTEM.ref)
        if timer.to and timer.to != case.state:
            moved = _moved(case, timer.to, service, pack, due_at, SYSTEM, "", "", {}, None)
            return enter(moved, service, pack, reason="", at=due_at, by=SYSTEM.ref)
        set_timers(case, service, pack, done=case.timers_done + 1, at=case.state_since)
        case = cases.case(case.ref)
        if _changes_entry(timer):
            set_timers_anew(case, service, pack, at=due_at)
    return cases.case(case.ref)


def _timers(case: cases.Case, service: Service, pack: Pack, at: datetime) -> list[tuple[datetime, Timer]]:
    """The timers of the case's state in the order in which they come due."""
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


# Whoever must do something within days has them whole; whoever is reminded is so in the morning, not at midnight.
def _due(timer: Timer, case: cases.Case, seen: case_context.Picture, pack: Pack) -> datetime | None:
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


def _go_on(
    case: cases.Case, ways: Sequence[Way], service: Service, pack: Pack, *, reason: str, at: datetime
) -> cases.Case:
    for _ in range(LONGEST_WAY):
        if not ways:
            return case
        seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
        to = cases.onward(ways, seen.context)
        if to is None or to == case.state:
            return case
        case = _moved(case, to, service, pack, at, SYSTEM, "", "", {}, None)
        state = service.flow.states[to]
        _carry_out(state, case, service, pack, mark=_mark(case), reason=reason, at=at, by=SYSTEM.ref)
        if state.timers:
            set_timers(case, service, pack, done=0, at=at)
        if state.timers or state.book:
            case = cases.case(case.ref)
        ways = state.next
    raise GoesRound(case.state)


def _moved(
    case: cases.Case,
    to: str,
    service: Service,
    pack: Pack,
    at: datetime,
    by: By,
    action: str,
    reason: str,
    findings: Mapping[str, Any],
    once_key: str | None,
) -> cases.Case:
    state = service.flow.states[to]
    closing = bool(state.final and not case.closed_at)
    answers = cases.content(case.ref).answers if closing and service.statistics.by else {}
    transition = cases.Transition(
        to=to,
        due_at=cases.due(state.clock, at=at, calendar=pack.calendar),
        waits_for_applicant=state.waits_for_applicant,
        result=state.result or "" if closing else "",
        action=action,
        department=by.department,
        text=reason.strip(),
        findings=findings,
        once_key=once_key,
        dimensions=case_context.dimensions(service, answers),
    )
    moved = cases.move(transition, ref=case.ref, revision=case.revision, at=at, by=by.ref)
    if closing and service.parties:
        parties.end_of_case(case_ref=case.ref, at=at)
    return moved


def _checked(action: Action, answers: Mapping[str, Any], seen: case_context.Picture, look: Look) -> dict[str, Any]:
    """What is found, with what is worked out from it: None takes back what is no longer worked out."""
    context = case_context.with_findings(seen, action, answers, look)
    reasons = list(forms.refusals(action.ask, answers, Asking(seen.context["today"].date(), context, look)))
    asked = {question.name: question for question in forms.asked(action.ask, context)}
    derived = sums(action, context)
    if not reasons:
        # A sum that nobody knows is not decided: the officer sees what is missing, and nothing is lost.
        unknown = [name for name, value in derived.items() if value is None and name in asked]
        reasons = [asked[name].refuse(name, "not_worked_out") for name in unknown]
    if reasons:
        raise NotAnswered(reasons)
    given = {name: value for name, value in answers.items() if name in asked and value is not None}
    return {**given, **derived}


def _mark(case: cases.Case) -> str:
    return str(case.revision)


__all__ = [
    "SYSTEM",
    "By",
    "Effects",
    "EntryChanged",
    "NoReason",
    "NotAllowed",
    "NotAnswered",
    "OwnCase",
    "act",
    "allowed",
    "applicant",
    "enter",
    "entry_changed",
    "fire_timers",
    "heard",
    "officer",
    "open_actions",
    "reply",
    "send_on",
]
