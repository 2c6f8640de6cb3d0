"""Acting on a case together with those that it is about and those about it: all of it in one transaction.

What one case does to another is noted with it, as an errand, and done at once where it is little. What is left, such as
the cases about one that ended, or all of it after a kill, is done by the worker; each errand once.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal

from django.db import transaction

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.definition.trials import real_name
from praya.journey import load, matters, visits
from praya.journey.acting import action as actions
from praya.journey.acting import onward, openings, party_response, referral_reply, timers, transition
from praya.journey.acting.actors import By
from praya.journey.acting.reckoning import reckon
from praya.journey.acting.refusals import NoReason, NotAllowed, NotAnswered, allowed
from praya.journey.acting.transition import LONGEST_WAY
from praya.journey.matters import OPENS
from praya.kernel.rounds import breathe, by_itself

AT_ONCE = 20
"""How many errands are done with what caused them."""


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
    """Do an action to a case, and to others what it says. As `action.act`."""

    def do() -> cases.Case:
        return actions.act(
            case=case, action=action, by=by, answers=answers, reason=reason, once_key=once_key, at=at, session=session
        )

    return _together(case, do)


def reply(
    *, case: cases.Case, department: str, result: str, comment: str, belongs_to: str = "", by: str, at: datetime
) -> cases.Case:
    """Store the reply of a department. As `referral_reply.reply`."""

    def do() -> cases.Case:
        return referral_reply.reply(
            case=case, department=department, result=result, comment=comment, belongs_to=belongs_to, by=by, at=at
        )

    return _together(case, do)


def heard(
    case_ref: str, kind: Literal["given", "declined", "lapsed"], party: str, *, by: str, at: datetime
) -> cases.Case:
    """Note that a party gave its section, declined, or let it lapse. As `party_response.heard`."""
    return _together(cases.case(case_ref), lambda: party_response.heard(case_ref, kind, party, by=by, at=at))


def begin(case: cases.Case, service: Service, pack: Pack, *, at: datetime, by: str) -> cases.Case:
    """Carry out what follows from opening a case, and from its end where its first state is final."""

    def do() -> cases.Case:
        if case.closed_at is not None:
            transition.ended(case, service, at=at)
        return onward.enter(case, service, pack, reason="", at=at, by=by)

    return _together(case, do)


def send_on(case: cases.Case, to: str, *, at: datetime) -> cases.Case:
    """Move a case to a state without an actor. As `onward.send_on`."""
    return _together(case, lambda: onward.send_on(case, to, at=at))


def look_onward(case: cases.Case, *, at: datetime) -> cases.Case:
    """Look once more at the ways on which a case leaves its state. As `onward.look_onward`."""
    return _together(case, lambda: onward.look_onward(case, at=at))


def fire_timers(case: cases.Case, *, at: datetime) -> cases.Case:
    """Carry out the timers and clocks that are due, one after another, each as of the moment when it was due."""
    for _ in range(2 * LONGEST_WAY):
        if not timers.is_due(case, at=at):
            return case
        case = _together(case, lambda now=case: timers.fire_next(now, at=at))  # type: ignore[misc]
    return case


def _together(case: cases.Case, do: Callable[[], cases.Case]) -> cases.Case:
    if not matters.has_others(case, load.compiled(case.service, case.version)):
        return do()
    with transaction.atomic():
        matters.lock(case.ref)
        return _run_errands(do())


def _run_errands(case: cases.Case) -> cases.Case:
    """Do at once what is to be done because of a case, if it is little."""
    pending = cases.errands_of(case.ref, limit=AT_ONCE)
    for errand in pending:
        _do(errand)
    return cases.case(case.ref) if pending else case


def run_errands(*, at: datetime) -> int:  # noqa: ARG001 (the form of every part of the worker)
    """Do what is still to be done to cases because of others; each by itself, once."""
    count = after = 0
    while pending := cases.errands(after=after, limit=200):
        for errand in pending:
            after = errand.number
            with by_itself("run_errands", case=errand.case_ref), transaction.atomic():
                matters.lock(errand.case_ref)
                _do(errand)
                count += 1
        breathe()
    return count


def _do(errand: cases.Errand) -> None:
    with transaction.atomic():
        if not cases.take_errand(errand.number):
            return
        try:
            case, cause = cases.case(errand.case_ref), cases.case(errand.cause)
        except cases.NoCase:
            return
        with _noted(cause, errand), transaction.atomic():
            if errand.what.startswith(OPENS):
                _open(case, errand)
            elif errand.what:
                _act(case, cause, errand)
            else:
                _look(case, errand.at)
        if errand.what.startswith(OPENS) and not cases.has_openings(case.ref, begins=OPENS):
            with _noted(cause, errand), transaction.atomic():
                # Where nothing was opened, the case does not wait for it.
                _look(cases.case(case.ref), errand.at)


@contextmanager
def _noted(cause: cases.Case, errand: cases.Errand) -> Iterator[None]:
    """Note with the case that would have moved another one that it could not."""
    try:
        yield
    except (NotAllowed, NotAnswered, NoReason, cases.CaseMoved, bookings.SlotTaken):
        what = errand.what or "moved"
        cases.note_clock(ref=cause.ref, kind="not_done", who=what, what="matter", at=errand.at)
    except openings.NotOpened:
        what = errand.what.removeprefix(OPENS)
        cases.note_clock(ref=cause.ref, kind="not_opened", who=what, what="opens", at=errand.at)


def _act(case: cases.Case, cause: cases.Case, errand: cases.Errand) -> None:
    """Do an action to a case as another one asks, if the definition of the case lets it."""
    state = load.compiled(case.service, case.version).flow.states[case.state]
    action = state.actions.get(errand.what)
    if action is None or real_name(cause.service) not in action.for_cases_of:
        raise NotAllowed(errand.what)
    act(
        case=case, action=errand.what, by=By("system", (action.by,), case.department), answers={}, reason="",
        once_key=f"errand:{errand.cause}:{errand.number}", at=errand.at,
    )  # fmt: skip


def _open(cause: cases.Case, errand: cases.Errand) -> None:
    """Open a case of another service for the person, with everything that follows, once. Raises openings.NotOpened."""
    name = errand.what.removeprefix(OPENS)
    stored = openings.store(cause, name, key=f"opened:{errand.once_key}", at=errand.at)
    if stored is None:
        return
    case, service = stored
    cases.note_opening(ref=cause.ref, what=name, at=errand.at)
    try:
        with allowed("opened", service=service.service, case=case.ref):
            begin(case, service, load.pack(), at=errand.at, by="system")
    except (NotAllowed, bookings.SlotTaken) as problem:
        raise openings.NotOpened(service.service) from problem


def _look(case: cases.Case, at: datetime) -> None:
    """Lead a case on by itself, if those about it have ended, or the one that it is about."""
    if case.closed_at is not None:
        return
    service, pack = load.compiled(case.service, case.version), load.pack()
    ways = matters.ways_by_others(case, service.flow.states[case.state])
    with allowed("others ended", service=case.service, case=case.ref):
        moved = onward.go_on(case, ways, service, pack, reason="", at=at)
        _run_errands(reckon(moved, service, pack))
