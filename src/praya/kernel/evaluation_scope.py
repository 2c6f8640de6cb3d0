"""The state of one evaluation: its context, the items that macros bind, and the steps that are left."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from praya.kernel.number import exact

# The steps that one evaluation may take. A list item, a call, and ten characters of a concatenated text each count one.
MOST_STEPS = 100_000
LONGEST_TEXT = 100_000


class TooCostly(Exception):
    """An evaluation takes more steps than are allowed."""


class Scope:
    """The state of an evaluation: its context, the current items of enclosing macros, and the remaining steps."""

    __slots__ = ("bound", "context", "lists", "numbers", "steps")

    def __init__(self, context: Mapping[str, Any], depth: int) -> None:
        self.context = context
        self.bound: list[Any] = [None] * depth
        self.lists: list[tuple[str | int, ...]] = [()] * depth
        self.numbers = [0] * depth
        self.steps = MOST_STEPS

    def take(self, steps: int) -> None:
        """Count these steps. Raises TooCostly."""
        self.steps -= steps
        if self.steps < 0:
            raise TooCostly


def known(value: Any) -> Any:
    """Convert a value for evaluation: numbers become exact, days become the midnight at which they begin."""
    if type(value) is Decimal or type(value) is float:
        return exact(value)
    if type(value) is date:
        return datetime.combine(value, time(), tzinfo=UTC)
    return value
