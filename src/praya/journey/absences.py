"""Who acts for an officer who is away: where their cases go, where new ones go, and how they come back."""

from datetime import datetime

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.journey import conflicts
from praya.kernel.rounds import breathe, by_itself

SLICE = 200
"""Cases that one turn of the worker moves."""
LONGEST_CHAIN = 5
"""How many deputies are asked, each for the one before, until a case goes back to the queue."""


def stand_in(case: cases.Case, officer_ref: str, *, at: datetime) -> str:
    """Who gets a case that is meant for an officer: they themselves, or whoever acts for them now; "" is the queue.

    A deputy who is away is represented by their own deputy. One who does not work for the department of the case, or
    whom it concerns, gets none.
    """
    ref = officer_ref
    for _ in range(LONGEST_CHAIN):
        away = cases.absence(ref)
        if away is None or not away.holds(at) or case.department not in away.departments:
            return ref
        ref = away.deputy_ref
        if not ref or not identity.serves(ref, case.department) or conflicts.concerns(case, ref):
            return ""
    return ""


def run(*, at: datetime) -> int:
    """Hand over the cases of those whose absence has begun, and give back those of absences that are over."""
    count = 0
    for away in cases.absences_begun(at=at):
        with by_itself("hand_over", absence=str(away.number)):
            if away.holds(at):
                for case in cases.cases_held(away.officer_ref, away.departments, limit=SLICE - count):
                    breathe()
                    cases.hand_over(away, case.ref, to=stand_in(case, away.officer_ref, at=at), at=at)
                    count += 1
            else:
                again = [name for name in away.departments if identity.serves(away.officer_ref, name)]
                count += cases.give_back(away, again=again, at=at, limit=SLICE - count)
        if count >= SLICE:
            break
    return count
