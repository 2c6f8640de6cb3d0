"""Write counts: one statement for many, in SQL that both databases support."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

ROWS = 500
_ADD = """
INSERT INTO open_data_count (service, day, measure, by, count, days) VALUES {rows}
ON CONFLICT (service, day, measure, by)
DO UPDATE SET count = open_data_count.count + excluded.count, days = open_data_count.days + excluded.days
"""


def add(increments: Sequence[tuple[str, date, str, str, int, int]]) -> None:
    """Add rows of (service, day, measure, by, count, days); the first four together must be unique."""
    with connection.cursor() as cursor:
        for start in range(0, len(increments), ROWS):
            some = [
                (service, connection.ops.adapt_datefield_value(day), *rest)
                for service, day, *rest in increments[start : start + ROWS]
            ]
            rows = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(some))
            values: list[Any] = [value for row in some for value in row]
            cursor.execute(_ADD.format(rows=rows), values)
