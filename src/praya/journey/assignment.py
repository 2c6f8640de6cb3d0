"""To which officer a case is given: whoever has the role and the fewest open cases, and may deal with it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.chapters.assignment import Assigned
from praya.definition.pack import Pack
from praya.journey import conflicts, matters

OF_A_STORY = "example-"
"""With which the references of invented officers begin."""
_story: ContextVar[Mapping[str, Sequence[str]] | None] = ContextVar(
    "officers of the story that is played", default=None
)


@contextmanager
def among(officers: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """Give cases to these invented officers only, by name with their roles, while a story is played."""
    token = _story.set(officers)
    try:
        yield
    finally:
        _story.reset(token)


def give(case: cases.Case, lines: Sequence[Assigned], pack: Pack, *, at: datetime) -> None:
    """Give a case to the first who fits by the first of these lines that somebody fits; to the queue when nobody does.

    Whoever has the case and fits keeps it.
    """
    has_it = cases.case(case.ref).assigned_to
    officer_ref = next(filter(None, (_who(case, line, has_it, pack, at) for line in lines)), "")
    if lines and officer_ref != has_it:
        cases.assign(ref=case.ref, officer_ref=officer_ref, at=at, by="system")


def _who(case: cases.Case, line: Assigned, has_it: str, pack: Pack, at: datetime) -> str:
    passed_over = matters.who_did(case, line.unlike) if line.unlike else set()
    fitting = [ref for ref in _with_role(case.department, line.role, pack) if f"officer:{ref}" not in passed_over]
    absences = cases.absences_of(fitting).items()
    away = {ref for ref, one in absences if one.holds(at) and case.department in one.departments}
    here = [ref for ref in fitting if ref not in away]
    load = cases.numbers_assigned(here)
    in_order = sorted(here, key=lambda ref: (ref != has_it, load.get(ref, 0), ref))
    return next((ref for ref in in_order if not conflicts.concerns(case, ref)), "")


def _with_role(department: str, role: str, pack: Pack) -> list[str]:
    roles = pack.all_roles
    story = _story.get()
    if story is not None:
        return [OF_A_STORY + name for name, held in story.items() if role in roles.with_included(held)]
    wanted = [name for name in roles.of_departments() if role in roles.with_included([name])]
    return identity.holders_of_roles(department, wanted)
