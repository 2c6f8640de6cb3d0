"""Errands: actions on a case that another case causes. `api` re-exports the public functions."""

from collections.abc import Sequence
from datetime import datetime

from praya.blocks.cases import models
from praya.blocks.cases.values import Errand
from praya.kernel.rows import one_or_none


def send_errands(refs: Sequence[str], *, cause: str, what: str, at: datetime, mark: str) -> None:
    """Store an errand for each of these cases: the action `what`, or a check of its ways if that is empty.

    `cause` is the case that causes it. `mark` identifies the occasion: a repetition stores nothing.
    """
    rows = [
        models.Errand(case_id=ref, cause=cause, what=what, at=at, once_key=f"{cause}:{mark}:{what}:{ref}"[:160])
        for ref in refs
    ]
    models.Errand.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def errands_of(cause: str, *, limit: int) -> list[Errand]:
    """The errands that a case has caused and that are not done yet, the oldest first."""
    return [_errand(row) for row in models.Errand.objects.filter(cause=cause).order_by("id")[:limit]]


def errands(*, after: int = 0, limit: int) -> list[Errand]:
    """The errands that are not done yet, the oldest first; those numbered above `after`."""
    return [_errand(row) for row in models.Errand.objects.filter(id__gt=after).order_by("id")[:limit]]


def oldest_errand() -> datetime | None:
    """The moment since which the oldest errand has waited."""
    return one_or_none(models.Errand.objects.order_by("at").values_list("at", flat=True)[:1])


def take_errand(number: int) -> bool:
    """Delete an errand in the transaction that performs it; False when another process has performed it."""
    return bool(models.Errand.objects.filter(id=number).delete()[0])


def _errand(row: models.Errand) -> Errand:
    return Errand(row.id, row.case_id, row.cause, row.what, row.at, row.once_key)
