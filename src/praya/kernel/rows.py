"""Query helpers for tables."""

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)
T = TypeVar("T")


def one_or_none(rows: "QuerySet[M, T]") -> T | None:
    """The row that satisfies a condition on a unique column, or None.

    Like `first()`, but without its ordering, which would take a third of the time of the query.
    """
    return next(iter(rows[:1]), None)


def walk(rows: "QuerySet[M, M]", column: str, key: str = "ref", *, size: int = 200) -> Iterator[M]:
    """Every row, ordered by a column and the key. Each is returned once, whether or not the caller changes it.

    Rows are read in batches by keyset pagination, so no query stays open while the caller works on a row for long.
    """
    ordered, later = rows.order_by(column, key), Q()
    while batch := list(ordered.filter(later)[:size]):
        yield from batch
        value, last = getattr(batch[-1], column), getattr(batch[-1], key)
        # The first condition is redundant; it gives the index its starting point.
        later = Q(**{f"{column}__gte": value}) & (Q(**{f"{column}__gt": value}) | Q(**{f"{key}__gt": last}))
