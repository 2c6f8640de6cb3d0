"""Cases that other cases opened. `api` re-exports the public functions."""

from datetime import datetime

from django.db import transaction

from praya.blocks.cases import models
from praya.blocks.cases.rows import add_step, case_of, locked
from praya.blocks.cases.values import Case

MOST = 500
"""How many cases a case opens at most: one for each item of a repeat."""


def opened_by(ref: str, *, limit: int = MOST) -> list[Case]:
    """The cases that a case has opened, the oldest first; those of one moment by the items for which they were."""
    rows = models.Case.objects.filter(opened_from=ref).exclude(opened_from="").defer("answers", "findings")
    found = [case_of(row) for row in rows.order_by("opened_at", "ref")[:limit]]
    return sorted(found, key=lambda case: (case.opened_at, item_of(case), case.ref))


def item_of(case: Case) -> int:
    """The item for which a case was opened, counted from 1; 0 for none."""
    number = case.opened_as.rpartition("#")[2]
    return int(number) if number.isdecimal() else 0


def has_openings(ref: str, *, begins: str) -> bool:
    """Whether the case is still to open others: errands of its own that begin so."""
    return models.Errand.objects.filter(cause=ref, what__startswith=begins).exists()


def note_opening(*, ref: str, what: str, at: datetime) -> None:
    """Record in the history of a case that it has opened another one: `what` in its definition. Raises NoCase."""
    with transaction.atomic():
        add_step(locked(ref), at, "opened_another", "system", "", what, "", "", None)
