"""What is asked of tables again and again."""

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)
T = TypeVar("T")


def one_or_none(rows: "QuerySet[M, T]") -> T | None:
    """The one row that a condition on a unique column leaves, or None.

    As `first()`, but without an order, which would take a third of the time of the question.
    """
    return next(iter(rows[:1]), None)


def walk(rows: "QuerySet[M, M]", column: str, key: str = "ref", *, size: int = 200) -> Iterator[M]:
    """Every row in the order of a column and the key, each once, also one that stays as it is.

    A batch at a time, so that no query is open while something is done with a row: work that takes hours, in slices.
    """
    ordered, later = rows.order_by(column, key), Q()
    while batch := list(ordered.filter(later)[:size]):
        yield from batch
        value, last = getattr(batch[-1], column), getattr(batch[-1], key)
        # The first condition says nothing new; it lets an index begin at the right place.
        later = Q(**{f"{column}__gte": value}) & (Q(**{f"{column}__gt": value}) | Q(**{f"{key}__gt": last}))
