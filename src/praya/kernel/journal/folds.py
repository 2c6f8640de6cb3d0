"""Folds: tables that are made from the journal, and can be thrown away and made again.

A fold names the events that it reads. It goes along the sealed order window by window: within a window an index leads
to those events, so it costs as much as there is for it to read, not as much as there is. What it makes of a window and
how far it came are written in one transaction: nothing is counted twice, nothing is missed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction

from praya.kernel.journal.api import COLUMNS, Fact, fact_of
from praya.kernel.journal.models import Cursor, Entry
from praya.kernel.rounds import Stuck, breathe

WINDOW = 5000


class Unreadable(Stuck):
    """A fold cannot take in a fact. It stands before it; what can be read before it was taken in."""

    def __init__(self, fold: str, event: str, position: int, problem: str) -> None:
        super().__init__(f"{event} at position {position} cannot be read by {fold}: {problem}")
        self.position = position


@dataclass(frozen=True, slots=True)
class Fold:
    """What is made from the journal: of which events, and how.

    `apply` takes facts in, any number of them in order, in a transaction. `empty` throws away all that was made.
    """

    name: str
    events: frozenset[str]
    apply: Callable[[Sequence[Fact]], None]
    empty: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Place:
    """How far a fold has come, and which facts an operator let it leave out."""

    position: int
    sealed: int
    left_out: tuple[int, ...]


def follow(fold: Fold, *, at: datetime | None = None) -> int:  # noqa: ARG001 (the form of every part of the worker)
    """Take in what was sealed and not read; answers how many positions it went on. Raises Unreadable."""
    count = 0
    while passed := _window(fold):
        count += passed
        breathe()
    return count


def rebuild(fold: Fold) -> int:
    """Throw away what the fold made and make it again from the first fact; answers how many positions it read."""
    with transaction.atomic():
        cursor = _locked(fold)
        fold.empty()
        cursor.position = 0
        cursor.save(update_fields=["position"])
    return follow(fold)


def leave_out(fold: Fold, position: int) -> None:
    """Let the fold pass over one fact that it cannot read, now and whenever it is made again."""
    with transaction.atomic():
        cursor = _locked(fold)
        cursor.left_out = " ".join(map(str, sorted({*_left_out(cursor), position})))
        cursor.save(update_fields=["left_out"])


def place(fold: Fold) -> Place:
    """How far the fold has come."""
    cursor = Cursor.objects.filter(name=fold.name).first()
    return Place(cursor.position, _sealed(), _left_out(cursor)) if cursor else Place(0, _sealed(), ())


def oldest_unread(fold: Fold, *, at: datetime | None = None) -> datetime | None:  # noqa: ARG001 (as every part's)
    """When the first sealed fact after the fold's place was written."""
    position = Cursor.objects.filter(name=fold.name).values_list("position", flat=True).first() or 0
    return Entry.objects.filter(position=position + 1).values_list("at", flat=True).first()


def _locked(fold: Fold) -> Cursor:
    Cursor.objects.bulk_create([Cursor(name=fold.name)], ignore_conflicts=True)
    return Cursor.objects.select_for_update().get(name=fold.name)


def _sealed() -> int:
    # Positions are dense, and the sealer gives them in the transaction that signs them: what is below is all there.
    return (
        Entry.objects.order_by("-position").filter(position__isnull=False).values_list("position", flat=True).first()
        or 0
    )


def _left_out(cursor: Cursor) -> tuple[int, ...]:
    return tuple(int(word) for word in cursor.left_out.split())


def _window(fold: Fold) -> int:
    """Take in the next window; answers how many positions it is long, none at the end."""
    sealed = _sealed()
    if Cursor.objects.filter(name=fold.name, position__gte=sealed).exists():
        return 0
    unreadable: Unreadable | None = None
    with transaction.atomic():
        cursor = _locked(fold)
        start, end = cursor.position, min(cursor.position + WINDOW, sealed)
        if end <= start:
            return 0
        rows = Entry.objects.filter(event__in=sorted(fold.events), position__gt=start, position__lte=end)
        rows = rows.exclude(position__in=_left_out(cursor)) if cursor.left_out else rows
        found = list(rows.order_by("position").values_list(*COLUMNS))
        try:
            with transaction.atomic():
                if found:
                    fold.apply([fact_of(row) for row in found])
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # noqa: BLE001 (whichever it is, it is looked for below)
            unreadable = _one_by_one(fold, found)
            end = unreadable.position - 1 if unreadable else end
        cursor.position = end
        cursor.save(update_fields=["position"])
    if unreadable is not None:
        raise unreadable
    return end - start


def _one_by_one(fold: Fold, rows: Sequence[tuple[Any, ...]]) -> Unreadable | None:
    """Take facts in one at a time up to the one that cannot be read."""
    for row in rows:
        try:
            with transaction.atomic():
                fold.apply([fact_of(row)])
        except (OperationalError, InterfaceError):
            raise
        except Exception as problem:  # noqa: BLE001 (the text of a problem may hold what the fact holds)
            named = dict(zip(COLUMNS, row, strict=True))
            return Unreadable(fold.name, named["event"], named["position"], type(problem).__name__)
    return None
