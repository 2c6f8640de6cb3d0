"""Errands: what is to be done to a case because of another one. `api` re-exports the public functions."""

from collections.abc import Sequence
from datetime import datetime

from praya.blocks.cases import models
from praya.blocks.cases.values import Errand
from praya.kernel.rows import one_or_none


def send_errands(refs: Sequence[str], *, cause: str, what: str, at: datetime, mark: str) -> None:
    """Note for each of these cases what is to be done to it because of the case `cause`.

    `mark` tells this occasion from any other of the cause: the same errand is noted once.
    """
    rows = [
        models.Errand(case_id=ref, cause=cause, what=what, at=at, once_key=f"{cause}:{mark}:{what}:{ref}"[:160])
        for ref in refs
    ]
    models.Errand.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def errands_of(cause: str, *, limit: int) -> list[Errand]:
    """What is still to be done because of a case, in the order in which it was noted."""
    return [_errand(row) for row in models.Errand.objects.filter(cause=cause).order_by("id")[:limit]]


def errands(*, after: int = 0, limit: int) -> list[Errand]:
    """What is still to be done because of any case, the oldest first; those behind the number `after`."""
    return [_errand(row) for row in models.Errand.objects.filter(id__gt=after).order_by("id")[:limit]]


def oldest_errand() -> datetime | None:
    """Since when the oldest of them waits."""
    return one_or_none(models.Errand.objects.order_by("at").values_list("at", flat=True)[:1])


def take_errand(number: int) -> bool:
    """Take an errand away, in the transaction that does it; False when somebody else did it meanwhile."""
    return bool(models.Errand.objects.filter(id=number).delete()[0])


def _errand(row: models.Errand) -> Errand:
    return Errand(row.id, row.case_id, row.cause, row.what, row.at, row.once_key)
