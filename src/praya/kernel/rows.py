"""What is asked of tables again and again."""

from typing import TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)
T = TypeVar("T")


def one_or_none(rows: "QuerySet[M, T]") -> T | None:
    """The one row that a condition on a unique column leaves, or None.

    As `first()`, but without an order, which would take a third of the time of the question.
    """
    return next(iter(rows[:1]), None)
