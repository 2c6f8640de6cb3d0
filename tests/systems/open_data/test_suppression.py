"""Suppression: an attacker who knows the rules and the total tries every table that fits what is published."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import combinations, combinations_with_replacement, product
from typing import Any

import pytest

from praya.systems.open_data.rules import counting, suppression

Published = tuple[tuple[int | None, ...], int | None]


def published(numbers: tuple[int, ...], below: int) -> Published:
    """A table's cells and its total, as the platform publishes them."""
    counts, total = {str(n): count for n, count in enumerate(numbers)}, sum(numbers)
    if suppression.discloses(counts, below):
        return tuple(None for _ in numbers), None
    return tuple(suppression.suppressed(counts, below).values()), None if 0 < total < below else total


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


@pytest.mark.parametrize(("options", "least", "most", "people"), [
    (1, 0, 1, 14), (2, 0, 2, 13), (2, 1, 2, 16), (3, 1, 3, 9), (3, 1, 2, 10), (3, 0, 3, 8), (3, 2, 3, 14),
    (4, 2, 2, 10),
])  # fmt: skip
def test_nothing_small_can_be_worked_out_of_options_that_overlap(
    options: int, least: int, most: int, people: int
) -> None:
    """Also by whoever knows how many may be chosen, and how many answered."""
    below = 4
    sets = [s for s in product((0, 1), repeat=options) if least <= sum(s) <= most]
    fits: dict[Any, list[list[int]]] = defaultdict(list)
    for everybody in range(people + 1):
        for chosen in combinations_with_replacement(sets, everybody):
            answered = sum(any(one) for one in chosen)
            if 0 < everybody - answered < below or 0 < answered < below:
                continue  # what tells how many were asked is not published either
            counts = {str(n): sum(one[n] for one in chosen) for n in range(options)}
            shown = tuple(suppression.overlapping(counts, (everybody, answered), below).values())
            small = [
                *counts.values(), *(answered - count for count in counts.values()),
                *(sum(sum(one) == size for one in chosen) for size in range(1, options + 1)),
                *(sum(one[a] and one[b] for one in chosen) for a, b in combinations(range(options), 2)),
            ]  # fmt: skip
            total = None if 0 < everybody < below else everybody
            fits[shown, total, answered].append(small)
    for known, found in fits.items():
        for values in zip(*found, strict=True):
            assert len(set(values)) > 1 or not 0 < values[0] < below, (known, found)


def tables(cells: int, most: int) -> Iterator[tuple[int, ...]]:
    """Every table of that many cells with at most that many people."""
    if cells == 0:
        yield ()
        return
    for first in range(most + 1):
        yield from ((first, *rest) for rest in tables(cells - 1, most - first))


@pytest.mark.parametrize(
    ("below", "rows", "columns", "most"), [(4, 2, 2, 18), (5, 2, 2, 18), (4, 2, 3, 11), (4, 3, 3, 7)]
)
def test_no_small_cell_of_a_table_by_two_questions_can_be_worked_out(
    below: int, rows: int, columns: int, most: int
) -> None:
    """By whoever knows the tables by each of them, their total and these rules."""
    cells = list(product(map(str, range(rows)), map(str, range(columns))))
    fits: dict[Any, list[tuple[int, ...]]] = defaultdict(list)
    by_each: dict[Any, list[tuple[int, ...]]] = defaultdict(list)
    for numbers in tables(len(cells), most):
        counts = dict(zip(cells, numbers, strict=True))
        each = [
            {str(n): sum(count for cell, count in counts.items() if cell[side] == str(n)) for n in range(size)}
            for side, size in ((0, rows), (1, columns))
        ]
        if any(suppression.discloses(one, below) for one in each):
            continue  # then nothing is published
        ones = [suppression.suppressed(one, below) for one in each]
        shown = suppression.crossed(counts, ones[0], ones[1], below)
        known = (tuple(ones[0].values()), tuple(ones[1].values()), sum(numbers))
        fits[known, tuple(shown.values())].append(numbers)
        by_each[known].append(numbers)
    for (known, shown), found in fits.items():
        for index, values in enumerate(zip(*found, strict=True)):
            assert shown[index] in (None, values[0])
            if len(set(values)) == 1 and 0 < values[0] < below:
                before = {numbers[index] for numbers in by_each[known]}
                assert len(before) == 1, (known, shown, found)


def test_a_table_by_two_questions_hides_a_block_around_what_is_small_and_no_more() -> None:
    rows, columns = ["east", "west", "north"], ["cats", "dogs", "birds"]
    counts = dict.fromkeys(product(rows, columns), 20)
    totals = dict.fromkeys(rows, 60), dict.fromkeys(columns, 60)
    assert suppression.crossed(counts, *totals, 5) == counts
    few = {**counts, ("west", "dogs"): 2}
    totals = {**totals[0], "west": 42}, {**totals[1], "dogs": 42}
    hidden = {cell for cell, count in suppression.crossed(few, *totals, 5).items() if count is None}
    assert hidden == set(product(["east", "west"], ["cats", "dogs"]))
    # What the table of one question hides, no sum of this one tells.
    without = suppression.crossed(counts, {**dict.fromkeys(rows, 60), "north": None}, totals[1], 5)
    assert all(without["north", column] is None for column in columns)


def test_options_are_all_shown_or_none() -> None:
    assert suppression.overlapping({"a": 40, "b": 30}, (50, 50), 5) == {"a": 40, "b": 30}
    assert suppression.overlapping({"a": 40, "b": 3}, (50, 50), 5) == {"a": None, "b": None}
    assert suppression.overlapping({"a": 48, "b": 30}, (50, 50), 5) == {"a": None, "b": None}, "two did not choose it"
    assert suppression.overlapping({"a": 40, "b": 30}, (50, 48), 5) == {"a": None, "b": None}, "two did not answer"
    assert suppression.overlapping({"a": 30, "b": 22}, (50, 50), 5) == {"a": None, "b": None}, "two chose both"
    assert suppression.overlapping({"a": 1, "b": 2}, (2, 2), 0) == {"a": 1, "b": 2}
    assert suppression.overlapping({"a": 0, "b": 0}, (0, 0), 5) == {"a": 0, "b": 0}


def test_of_several_choices_each_is_counted_and_a_key_stays_short() -> None:
    facts = {"by": {"district": "eastern", "wishes": ["w" * 60, "v" * 60, "u" * 60]}}
    found = list(counting.increments("case_opened", facts))
    assert [(one.measure, one.by) for one in found[:2]] == [("applications", "district=eastern"), ("chosen", "wishes=")]
    assert max(len(one.by) for one in found) < 200
    cells = [(one.by, one.count) for one in found if one.measure == counting.CHOSEN]
    counts, answered = counting.by_option(cells, "wishes", ["w" * 60, "x"])
    assert (counts["w" * 60], counts["x"], answered) == (1, 0, 1)


def test_what_is_large_is_shown_as_it_is() -> None:
    assert suppression.suppressed({"a": 10, "b": 20}, 5) == {"a": 10, "b": 20}
    assert suppression.suppressed({"a": 10, "b": 0}, 5) == {"a": 10, "b": 0}
    assert suppression.suppressed({"a": 1, "b": 2}, 0) == {"a": 1, "b": 2}


def test_one_small_count_takes_another_with_it() -> None:
    assert suppression.suppressed({"a": 40, "b": 3, "c": 9}, 5) == {"a": None, "b": None, "c": 9}


def test_months_without_applications_are_there() -> None:
    rows = [(date(2022, 11, 5), 2), (date(2023, 2, 1), 1), (date(2022, 11, 9), 3)]
    assert counting.by_month(rows) == {"2022-11": 5, "2022-12": 0, "2023-01": 0, "2023-02": 1}
