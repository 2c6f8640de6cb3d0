"""Folds: tables that are computed from the journal, so they can be deleted and computed again.

A fold names the events that it reads. It follows the sealed order in windows of WINDOW positions. Within a window an
index selects the fold's events, so the cost depends on the number of those events and not on the size of the journal.
The fold's tables and its cursor are updated in one transaction: every fact is applied exactly once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from praya.kernel.journal.api import COLUMNS, Fact, fact_of
from praya.kernel.journal.models import Cursor, JournalEntry
from praya.kernel.rounds import Stuck, breathe, is_of_the_database

WINDOW = 5000


class Unreadable(Stuck):
    """A fold cannot apply a fact. All facts before it were applied, and the fold stops there until an operator acts."""

    def __init__(self, fold: str, event: str, position: int, problem: str) -> None:
        super().__init__(f"{event} at position {position} cannot be read by {fold}: {problem}")
        self.position = position


@dataclass(frozen=True, slots=True)
class Fold:
    """A table computed from the journal: which events it reads and how.

    `apply` adds any number of facts, in sealed order, within a transaction. `empty` deletes everything it computed.
    """

    name: str
    events: frozenset[str]
    apply: Callable[[Sequence[Fact]], None]
    empty: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Place:
    """The progress of a fold: its position, the last sealed position, and the positions that it skips."""

    position: int
    sealed: int
    left_out: tuple[int, ...]


def follow(fold: Fold, *, at: datetime | None = None) -> int:  # noqa: ARG001 (every part takes it)
    """Apply every sealed fact that was not applied yet; return the number of positions passed. Raises Unreadable."""
    count = 0
    while passed := _window(fold):
        count += passed
        breathe()
    return count


def rebuild(fold: Fold) -> int:
    """Empty the fold and compute it again from the first fact; return the number of positions passed."""
    with transaction.atomic():
        cursor = _locked(fold)
        fold.empty()
        cursor.position = 0
        cursor.save(update_fields=["position"])
    return follow(fold)


def leave_out(fold: Fold, position: int) -> None:
    """Make the fold skip one fact that it cannot apply, now and at every rebuild."""
    with transaction.atomic():
        cursor = _locked(fold)
        cursor.left_out = " ".join(map(str, sorted({*_left_out(cursor), position})))
        cursor.save(update_fields=["left_out"])


def place(fold: Fold) -> Place:
    """The progress of the fold."""
    cursor = Cursor.objects.filter(name=fold.name).first()
    return Place(cursor.position, _sealed(), _left_out(cursor)) if cursor else Place(0, _sealed(), ())


def oldest_unread(fold: Fold, *, at: datetime | None = None) -> datetime | None:  # noqa: ARG001 (every part takes it)
    """The moment of the first sealed fact that the fold has not passed."""
    position = Cursor.objects.filter(name=fold.name).values_list("position", flat=True).first() or 0
    return JournalEntry.objects.filter(position=position + 1).values_list("at", flat=True).first()


def _locked(fold: Fold) -> Cursor:
    Cursor.objects.bulk_create([Cursor(name=fold.name)], ignore_conflicts=True)
    return Cursor.objects.select_for_update().get(name=fold.name)


def _sealed() -> int:
    # The sealer assigns positions without gaps, in the transaction that signs them: every lower one is visible too.
    return (
        JournalEntry.objects.order_by("-position")
        .filter(position__isnull=False)
        .values_list("position", flat=True)
        .first()
        or 0
    )


def _left_out(cursor: Cursor) -> tuple[int, ...]:
    return tuple(int(word) for word in cursor.left_out.split())


def _window(fold: Fold) -> int:
    """Apply the next window; return its length in positions, 0 when nothing is left."""
    sealed = _sealed()
    if Cursor.objects.filter(name=fold.name, position__gte=sealed).exists():
        return 0
    unreadable: Unreadable | None = None
    with transaction.atomic():
        cursor = _locked(fold)
        start, end = cursor.position, min(cursor.position + WINDOW, sealed)
        if end <= start:
            return 0
        rows = JournalEntry.objects.filter(event__in=sorted(fold.events), position__gt=start, position__lte=end)
        rows = rows.exclude(position__in=_left_out(cursor)) if cursor.left_out else rows
        selected = list(rows.order_by("position").values_list(*COLUMNS))
        try:
            with transaction.atomic():
                if selected:
                    fold.apply([fact_of(row) for row in selected])
        except Exception as problem:
            if is_of_the_database(problem):
                raise
            # The fact that causes it is searched for next.
            unreadable = _one_by_one(fold, selected)
            end = unreadable.position - 1 if unreadable else end
        cursor.position = end
        cursor.save(update_fields=["position"])
    if unreadable is not None:
        raise unreadable
    return end - start


def _one_by_one(fold: Fold, rows: Sequence[tuple[Any, ...]]) -> Unreadable | None:
    """Apply facts one at a time up to the first that fails, and describe that one; None when none fails."""
    for row in rows:
        try:
            with transaction.atomic():
                fold.apply([fact_of(row)])
        except Exception as problem:
            if is_of_the_database(problem):
                raise
            # Only its type is reported: its text may quote the fact.
            named = dict(zip(COLUMNS, row, strict=True))
            return Unreadable(fold.name, named["event"], named["position"], type(problem).__name__)
    return None
