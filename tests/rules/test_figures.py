"""Figures that give nobody away: an attacker who knows the rules and the total tries every table that fits."""

from collections import defaultdict
from datetime import date
from itertools import product

import pytest

from praya.blocks.analytics import rules

Published = tuple[tuple[int | None, ...], int | None]


def published(numbers: tuple[int, ...], below: int) -> Published:
    """A table's cells and its total, as the platform publishes them."""
    counts, total = {str(n): count for n, count in enumerate(numbers)}, sum(numbers)
    if rules.tells_on_somebody(counts, below):
        return tuple(None for _ in numbers), None
    return tuple(rules.suppressed(counts, below).values()), None if 0 < total < below else total


@pytest.mark.parametrize(("below", "cells", "most"), [(4, 2, 12), (4, 3, 10), (5, 2, 14), (5, 3, 10), (5, 4, 7)])
def test_no_small_count_can_be_worked_out(below: int, cells: int, most: int) -> None:
    fits: dict[Published, list[tuple[int, ...]]] = defaultdict(list)
    for numbers in product(range(most + 1), repeat=cells):
        fits[published(numbers, below)].append(numbers)
    for (shown, total), tables in fits.items():
        hidden = (total or 0) - sum(count or 0 for count in shown)
        if hidden > most:
            continue  # Others would fit too, beyond what was tried.
        for cell in range(cells):
            values = {table[cell] for table in tables}
            assert len(values) > 1 or not 0 < min(values) < below, (shown, total, tables)


def test_what_is_large_is_shown_as_it_is() -> None:
    assert rules.suppressed({"a": 10, "b": 20}, 5) == {"a": 10, "b": 20}
    assert rules.suppressed({"a": 10, "b": 0}, 5) == {"a": 10, "b": 0}
    assert rules.suppressed({"a": 1, "b": 2}, 0) == {"a": 1, "b": 2}


def test_one_small_count_takes_another_with_it() -> None:
    assert rules.suppressed({"a": 40, "b": 3, "c": 9}, 5) == {"a": None, "b": None, "c": 9}


def test_months_without_applications_are_there() -> None:
    rows = [(date(2022, 11, 5), 2), (date(2023, 2, 1), 1), (date(2022, 11, 9), 3)]
    assert rules.by_month(rows) == {"2022-11": 5, "2022-12": 0, "2023-01": 0, "2023-02": 1}
