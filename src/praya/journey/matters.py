"""Cases about cases: which case another is about, those about it, and what one tells the other when it ends.

A case is about the entry or the publication that another one made, which was there before it; so these relations are a
tree. Whoever changes a case locks those above it first, from the top down: no two can wait for each other.
"""

from datetime import datetime

from praya.blocks.cases import api as cases
from praya.blocks.registers import api as registers
from praya.definition.flow import State
from praya.definition.model import MATTER
from praya.definition.service import Service
from praya.definition.ways import Way
from praya.journey import load

OPENS = "opens "
"""With this begins the errand that opens a case; no action has a space in its name."""
MOST_ABOVE = 20
"""How many cases may stand above one another, each about the next or opened by it."""


def matter_of(case: cases.Case) -> cases.Case | None:
    """The case that made what this one is about; None where there is none, or none any more."""
    if not case.subject_ref:
        return None
    try:
        entry = registers.entry(case.subject_ref)
        return cases.case(entry.case_ref) if entry.case_ref else None
    except (registers.NoEntry, cases.NoCase):
        return None


def about(case: cases.Case) -> list[cases.Case]:
    """The cases about what this one made, the newest first, at most 200."""
    return cases.about(_made_by(case))


def _made_by(case: cases.Case) -> list[str]:
    return [entry.ref for entry in registers.of_case(case.ref)]


def counts(case: cases.Case) -> dict[str, int]:
    """How many cases about this one have not ended (`open`), how many there are (`all`), and how many by result.

    Those that are `answered` are open too.
    """
    made = _made_by(case)
    tally = cases.tally_about(made)
    answered = sum(
        number
        for service, version, state, number in cases.open_tally_about(made)
        if load.compiled(service, version).flow.states[state].answered
    )
    return {**tally, "open": tally.get("", 0), "answered": answered, "all": sum(tally.values())}


def lock(ref: str) -> None:
    """Lock a case until the transaction ends, and before it those that it is about or that opened it, from the top."""
    try:
        reached = [cases.case(ref)]
    except cases.NoCase:
        return
    line: dict[str, int] = {}
    for distance in range(MOST_ABOVE):
        # The greatest distance counts: a case may be about an entry of the case that opened it.
        line |= {case.ref: distance for case in reached}
        reached = [above for case in reached for above in _above(case)]
        if not reached:
            break
    for one in sorted(line, key=lambda name: -line[name]):
        cases.lock(one)


def _above(case: cases.Case) -> list[cases.Case]:
    """The case that this one is about, and the one that opened it."""
    matter, opener = matter_of(case), opener_of(case)
    return [one for one in (matter, opener if opener and (not matter or opener.ref != matter.ref) else None) if one]


def opener_of(case: cases.Case) -> cases.Case | None:
    """The case that opened this one; None where none did, or it is kept no more."""
    return next(iter(cases.of_refs([case.opened_from])), None) if case.opened_from else None


def has_others(case: cases.Case, service: Service) -> bool:
    """Whether there may be a case that this one is about, or opens, or cases about it."""
    makes = service.publishes or service.registers or service.opened_cases
    return bool(case.subject_ref or case.opened_from or makes)


def ways_by_others(case: cases.Case, state: State) -> tuple[Way, ...]:
    """The ways that are open because the cases about this one are settled, or the one that it is about has ended."""
    by_others: tuple[Way, ...] = ()
    if state.when_settled:
        about_it = counts(case)
        by_others = state.when_settled if about_it["open"] == about_it["answered"] else ()
    if state.when_concluded:
        matter = matter_of(case)
        if matter is not None and matter.closed_at is not None:
            by_others = (*by_others, *state.when_concluded)
    if state.when_opened_ended and not cases.has_openings(case.ref, begins=OPENS):
        waiting = any(one.closed_at is None for one in cases.opened_by(case.ref))
        by_others = by_others if waiting else (*by_others, *state.when_opened_ended)
    return by_others


def who_did(case: cases.Case, deed: str) -> set[str]:
    """The actors who ever performed an action on the case; with `matter.` on the one that it is about."""
    of = case if not deed.startswith(MATTER) else matter_of(case)
    return cases.who_did(of.ref, deed.removeprefix(MATTER)) if of is not None else set()


def done_by(case: cases.Case, *, by: str) -> set[str]:
    """The actions that an actor ever performed on the case, and with `matter.` on the one that it is about."""
    matter = matter_of(case)
    there = cases.done_by(matter.ref, by=by) if matter is not None else set()
    return cases.done_by(case.ref, by=by) | {MATTER + name for name in there}


def tell_of_end(case: cases.Case, *, at: datetime) -> None:
    """Note for the cases around one that has just ended that they are to look whether they go on."""
    tell_of_answer(case, at=at)
    mark = f"end{case.revision}"
    opener = opener_of(case)
    if opener is not None and not opener.closed_at and _state_of(opener).when_opened_ended:
        cases.send_errands([opener.ref], cause=case.ref, what="", at=at, mark=mark)
    waiting = [
        ref
        for ref, service, version, state in cases.open_about(_made_by(case))
        if load.compiled(service, version).flow.states[state].when_concluded
    ]
    if waiting:
        cases.send_errands(waiting, cause=case.ref, what="", at=at, mark=mark)


def tell_of_answer(case: cases.Case, *, at: datetime) -> None:
    """Note for the case that one is about, which is answered or has ended, that it is to look whether it goes on."""
    matter = matter_of(case)
    if matter is not None and not matter.closed_at and _state_of(matter).when_settled:
        cases.send_errands([matter.ref], cause=case.ref, what="", at=at, mark=f"end{case.revision}")


def _state_of(case: cases.Case) -> State:
    return load.compiled(case.service, case.version).flow.states[case.state]
