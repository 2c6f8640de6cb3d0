"""One action on many cases: a preview of each, then each by itself, and back where nothing has left.

An officer acts on a selection, on all cases of a list, or on all whose bookings a closing touches. The action is the
one of the definition, with its questions answered and its reason written once; effects, letters and fees of each case
are its own. The worker acts on each case in one transaction with the item that records it: whenever it dies, each case
was acted on once or not at all.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.chapters.stocks import choices
from praya.definition.flow import Action
from praya.definition.questions import FileQuestion
from praya.definition.service import Service
from praya.journey import absences, acting, conflicts, effects, load, stocks
from praya.kernel.rounds import breathe, by_itself, is_of_the_database, note

AT_ONCE = 100
"""Cases that are looked at within the request of whoever chose them."""
SLICE = 200
"""Cases on which the worker acts in one turn, so that the moment of a turn is that of each."""
_KNOWN: tuple[tuple[type[Exception], str], ...] = (
    (cases.NoCase, "gone"),
    (cases.CaseMoved, "moved"),
    (acting.OwnCase, "own"),
    (acting.NotAllowed, "not_now"),
    (acting.NotAnswered, "not_answered"),
    (acting.NoReason, "not_answered"),
    (bookings.SlotTaken, "full"),
)
REASONS = ("gone", "moved", "own", "not_now", "not_answered", "full", "not_yours", "not_theirs", "closed", "failed")
"""Why a case of a batch is refused."""


def suits(action: Action) -> bool:
    """Whether an action can be done to many cases: no visit, one officer, no file, and nothing of a case's own rows."""
    files = any(isinstance(q, FileQuestion) or getattr(q, "of", None) is not None for q in action.ask)
    return action.by_officers and not action.book and action.reviewers == 1 and not action.unlike and not files


def actions_of(service: Service, roles: Iterable[str]) -> list[Action]:
    """The actions of a service that somebody with these roles may do to many cases, each name once."""
    by_name: dict[str, Action] = {}
    for action in service.flow.actions:
        if suits(action) and action.by in set(roles):
            by_name.setdefault(action.name, action)
    return list(by_name.values())


def begin_act(
    officer: identity.Officer,
    *,
    service: str,
    action: str,
    answers: Mapping[str, Any],
    reason: str,
    source: Mapping[str, Any],
    at: datetime,
) -> cases.Batch:
    """Open a batch that does an action; its cases are gathered next, from the `source`."""
    content = {"answers": dict(answers), "reason": reason}
    return cases.open_batch(
        officer_ref=officer.ref, kind="act", service=service, action=action, content=content, source=source, at=at
    )


def begin_assign(
    officer: identity.Officer, *, to: str, text: str = "", source: Mapping[str, Any], at: datetime
) -> cases.Batch:
    """Open a batch that gives cases to a colleague, or to nobody with an empty `to`; `text` is a note on each."""
    content = {"to": to, "note": text}
    return cases.open_batch(
        officer_ref=officer.ref, kind="assign", service="", action="", content=content, source=source, at=at
    )


def of_closing(service: str, *, place: str, day: date, from_clock: str = "") -> Iterator[str]:
    """The cases whose bookings a closing of a place touches: on a day, from a time (`18:00`) on.

    A visit without a time of day is touched by every closing of its day.
    """
    first, seen = 0, set[str]()
    while page := bookings.day_list(scheme=service, place=place, day=day, first=first, limit=200):
        touched = [booking.ref for booking, _, clock in page if not clock or clock >= from_clock]
        for case in cases.of_bookings(touched).values():
            if case.ref not in seen:
                seen.add(case.ref)
                yield case.ref
        first += len(page)


def looked_at(batch: cases.Batch, refs: Iterable[str], officer: identity.Officer, *, at: datetime) -> list[Any]:
    """Each of these cases with its revision and why it would be refused; nothing is changed."""
    content, items = cases.batch_content(batch), []
    shut = conflicts.shut_to(officer.ref)
    for ref in refs:
        breathe()
        try:
            case = cases.case(ref)
        except cases.NoCase:
            continue
        why = _why_not(batch, case, officer, content, at)
        # Of cases that the officer may not see not even the refusal is told.
        if why != "not_yours" and ref not in shut:
            items.append((ref, case.revision, why))
    return items


def gather_closing(batch: cases.Batch, officer: identity.Officer, *, at: datetime) -> None:
    """Gather the cases that the closing in the batch's source touches."""
    source = batch.source
    refs = list(
        of_closing(
            source["bookings"], place=source["place"], day=date.fromisoformat(source["day"]),
            from_clock=source["from"],
        )
    )  # fmt: skip
    cases.add_items(batch, looked_at(batch, refs, officer, at=at), complete=True)


def run(*, at: datetime) -> int:
    """Act on cases of the running batches, or take their actions back; return how many."""
    count = 0
    for batch in cases.open_batches("running", "undoing"):
        with by_itself("run_batches", batch=batch.ref):
            count += _run(batch, at, SLICE - count)
        if count >= SLICE:
            break
    return count


def _run(batch: cases.Batch, at: datetime, most: int) -> int:
    undoing = batch.state == "undoing"
    try:
        officer = identity.officer(batch.officer_ref)
    except identity.NoOfficer:
        cases.lead_batch(batch, "stopped", at=at, by="system")
        return 0
    content, after, count = cases.batch_content(batch), 0, 0
    waiting = "done" if undoing else "ready"
    while count < most:
        items = cases.batch_items(batch.ref, waiting, after=after, limit=min(50, most - count), to_undo=undoing)
        if not items:
            cases.end_batch(batch, at=at)
            break
        for item in items:
            breathe()
            if not cases.batch_runs(batch.ref, batch.state):
                return count
            if undoing:
                _take_back(item, officer, at)
            else:
                _act(batch, item, officer, content, at)
            after, count = item.number, count + 1
    return count


def _act(batch: cases.Batch, item: cases.BatchItem, officer: identity.Officer, content: Any, at: datetime) -> None:
    try:
        with transaction.atomic():
            if not cases.take_item(item, "ready"):
                return
            case = cases.case(item.case_ref)
            if case.revision != item.revision:
                raise cases.CaseMoved(case.ref)
            stood = cases.standing(case.ref)
            if batch.kind == "assign":
                why, after = _assign(case, officer, content["to"], content.get("note", ""), at)
            else:
                why, after = _do(batch, case, officer, content, at)
            cases.end_item(item, "refused" if why else "done", why=why, after=after, stood=stood)
    except Exception as problem:
        if is_of_the_database(problem):
            raise
        why = next((word for kind, word in _KNOWN if isinstance(problem, kind)), "failed")
        if why == "failed":
            note("run_batches", problem, batch=batch.ref, case=item.case_ref)
        cases.end_item(item, "refused", why=why)


def _do(batch: cases.Batch, case: cases.Case, officer: identity.Officer, content: Any, at: datetime) -> tuple[str, int]:
    """Do the action; answer why not, and the revision to which it can be taken back, 0 where something has left."""
    if case.department not in officer.departments or case.service != batch.service:
        return "not_yours", 0
    by = acting.officer(officer, case.department)
    service = load.compiled(case.service, case.version)
    action = service.flow.states[case.state].actions.get(batch.action)
    if action is None or not suits(action):
        return "not_now", 0
    moved = acting.act(
        case=case, action=batch.action, by=by, answers=content["answers"], reason=content["reason"],
        once_key=f"batch:{batch.ref}:{case.ref}", at=at,
    )  # fmt: skip
    return "", moved.revision if _stays_here(service, action, case, moved) else 0


def _stays_here(service: Service, action: Action, case: cases.Case, moved: cases.Case) -> bool:
    """Whether nothing has left: no letter, record, entry, fee or question to a department, and the case is open.

    Nor may it have taken a thing from a stock, or a place in a line: somebody else has gone on because of it.
    """
    entered = service.flow.states[moved.state]
    if effects.has_any(action) or action.refer or moved.closed_at is not None or any(choices(action)):
        return False
    if moved.state == case.state:
        return True
    return (
        moved.state == action.to
        and not effects.has_any(entered)
        and stocks.states_of_lines(service).isdisjoint({case.state, moved.state})
    )


def _assign(case: cases.Case, officer: identity.Officer, to: str, text: str, at: datetime) -> tuple[str, int]:
    why = _why_not_assigned(case, officer, to)
    if not why and case.assigned_to != to:
        got = to and absences.stand_in(case, to, at=at)
        cases.assign(ref=case.ref, officer_ref=got, at=at, by=f"officer:{officer.ref}")
        if text:
            cases.note(
                ref=case.ref, text=text, at=at, by=f"officer:{officer.ref}", department=case.department,
                names=[got] if got and got != officer.ref else [],
            )  # fmt: skip
    return why, 0 if why else case.revision


def _why_not_assigned(case: cases.Case, officer: identity.Officer, to: str) -> str:
    if case.department not in officer.departments:
        return "not_yours"
    if case.closed_at is not None:
        return "closed"
    supervised = "supervisor" in acting.officer(officer, case.department).roles
    taken = case.assigned_to == "" and to == officer.ref
    if not supervised and not taken and case.assigned_to != officer.ref:
        return "not_now"
    if to and not identity.serves(to, case.department):
        return "not_theirs"
    return "own" if to and conflicts.concerns(case, to) else ""


def _why_not(batch: cases.Batch, case: cases.Case, officer: identity.Officer, content: Any, at: datetime) -> str:
    """Why a case would be refused now, as far as that can be told without acting."""
    if batch.kind == "assign":
        return _why_not_assigned(case, officer, content["to"])
    if case.department not in officer.departments or case.service != batch.service:
        return "not_yours"
    action = load.compiled(case.service, case.version).flow.states[case.state].actions.get(batch.action)
    if case.closed_at is not None or action is None or not suits(action):
        return "closed" if case.closed_at is not None else "not_now"
    try:
        acting.check(
            case=case, action=batch.action, by=acting.officer(officer, case.department), answers=content["answers"],
            reason=content["reason"], at=at,
        )  # fmt: skip
    except (acting.NotAllowed, acting.NotAnswered, acting.NoReason) as problem:
        return next(word for kind, word in _KNOWN if isinstance(problem, kind))
    return ""


def _take_back(item: cases.BatchItem, officer: identity.Officer, at: datetime) -> None:
    try:
        with transaction.atomic():
            if not cases.take_item(item, "done"):
                return
            case = cases.case(item.case_ref)
            if case.department not in officer.departments:
                cases.end_item(item, "done", why="not_yours")
                return
            cases.take_back(item, at=at, by=f"officer:{officer.ref}")
            acting.set_timers_anew(cases.case(case.ref), load.compiled(case.service, case.version), load.pack(), at=at)
            cases.end_item(item, "undone")
    except (cases.CaseMoved, cases.NoCase) as problem:
        cases.end_item(item, "done", why="gone" if isinstance(problem, cases.NoCase) else "moved")
