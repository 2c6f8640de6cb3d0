"""Cases that other cases opened. `api` re-exports the public functions."""

from datetime import datetime

from django.db import transaction

from praya.blocks.cases import models
from praya.blocks.cases.rows import add_step, case_of, locked
from praya.blocks.cases.values import Case


def opened_by(ref: str, *, limit: int = 50) -> list[Case]:
    """The cases that a case has opened, the oldest first."""
    rows = models.Case.objects.filter(opened_from=ref).exclude(opened_from="").defer("answers", "findings")
    return [case_of(row) for row in rows.order_by("opened_at", "ref")[:limit]]


def note_opening(*, ref: str, what: str, at: datetime) -> None:
    """Record in the history of a case that it has opened another one: `what` in its definition. Raises NoCase."""
    with transaction.atomic():
        add_step(locked(ref), at, "opened_another", "system", "", what, "", "", None)
