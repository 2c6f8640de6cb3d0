"""Query helpers for tables."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db import connection
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


def row_by(model: type[M], **equal: str) -> M | None:
    """The first row of which these text columns have these values, or None. See `rows_by`."""
    return next(iter(rows_by(model, **equal)), None)


def rows_by(model: type[M], *order: str, **equal: str) -> list[M]:
    """The rows of which these text columns have these values, in an order.

    For what is read at every step: Django makes the text of a query anew each time, which takes most of its time (0.9
    of 1.0 ms for a case). Here it makes the text of each such query once. Columns and order are those of a queryset.
    """
    statement = _statement(model, (), order, tuple(equal), connection.vendor)
    names = statement.names
    return [model.from_db(connection.alias, names, row) for row in statement.rows(tuple(equal.values()))]


def values_by(model: type[Model], *columns: str, **equal: str) -> tuple[Any, ...] | None:
    """These columns of the first row of which these text columns have these values, or None. See `rows_by`."""
    statement = _statement(model, columns, (), tuple(equal), connection.vendor)
    return next((tuple(row) for row in statement.rows(tuple(equal.values()))), None)


@dataclass(frozen=True, slots=True)
class _Statement:
    """The text of a query, the names of what it selects, and what turns each selected value into Python's."""

    text: str
    names: list[str]
    converters: tuple[tuple[int, tuple[Callable[..., Any], ...], Any], ...]

    def rows(self, parameters: tuple[str, ...]) -> Iterator[list[Any]]:
        with connection.cursor() as cursor:
            cursor.execute(self.text, parameters)
            found = cursor.fetchall()
        for columns in found:
            row = list(columns)
            for index, converters, expression in self.converters:
                for convert in converters:
                    row[index] = convert(row[index], expression, connection)
            yield row


@cache
def _statement(
    model: type[Model], columns: tuple[str, ...], order: tuple[str, ...], equal: tuple[str, ...], _vendor: str
) -> _Statement:
    rows = model._default_manager.filter(**dict.fromkeys(equal, "")).order_by(*order)
    query = (rows.values_list(*columns) if columns else rows).query
    compiler = query.get_compiler(connection=connection)
    text, parameters = compiler.as_sql()
    if parameters != ("",) * len(equal):
        raise ValueError(f"{model.__name__} is not read by text columns alone: {equal}")
    names = [field.attname for field in model._meta.concrete_fields]
    found = compiler.get_converters([selected[0] for selected in compiler.select])
    return _Statement(text, names, tuple((index, tuple(each), one) for index, (each, one) in found.items()))
