"""Suppression: hide every count that would reveal something about a few people. Pure.

Disclosure control works like this. A count under the limit `below` is hidden ("primary suppression"). The total of a
table is published, so one hidden cell could be computed as the total minus the visible cells; then more cells are
hidden until that is impossible ("secondary suppression", see `suppressed`, and `crossed` for a table by two questions).
Options of which one person may choose several overlap, so subtraction reveals more there: such a table is shown or
hidden as a whole (see `overlapping`).
"""

from collections.abc import Mapping, Sequence
from itertools import product


def suppressed(counts: Mapping[str, int], below: int) -> dict[str, int | None]:
    """Replace each count under `below` by None, and further counts until no hidden count can be computed.

    The reader knows the total, hence the sum of the hidden counts, and knows these rules. Therefore:

    - A count of 0 is hidden like any small count. If zeros were shown, every hidden count would be known to be 1 or
      more. If all small counts are 0, no person is in a small cell, and nothing is hidden.
    - While the sum still reveals the hidden counts (`_revealed_by_sum`), one more cell is hidden: a second cell where
      only one was hidden, since the total minus the visible cells equals a single hidden one.
    - That further cell is the first visible one in the order of the table, whatever its count. If it were the smallest
      visible count, the reader would know that it is no larger than every count that is still shown.
    """
    hidden = {key for key, count in counts.items() if count < below}
    if not any(counts[key] for key in hidden):
        return dict(counts)
    shown = [key for key in counts if key not in hidden]
    while shown and _revealed_by_sum([counts[key] for key in hidden], below):
        hidden.add(shown.pop(0))
    return {key: None if key in hidden else count for key, count in counts.items()}


def discloses(counts: Mapping[str, int], below: int) -> bool:
    """Whether hidden counts can be computed from the total even after `suppressed` has hidden every cell it can.

    The caller must then hide the whole table, including its total.
    """
    hidden = [counts[key] for key, count in suppressed(counts, below).items() if count is None]
    return bool(hidden) and _revealed_by_sum(hidden, below)


def _revealed_by_sum(hidden: Sequence[int], below: int) -> bool:
    """Whether the sum of the hidden counts determines each of them.

    It does when there is only one. It also does when each is `below - 1`, the largest count that is hidden for being
    small: only that combination of n small counts has the sum n x (below - 1).
    """
    return len(hidden) == 1 or set(hidden) == {below - 1}


def overlapping(counts: Mapping[str, int], groups: Sequence[int], below: int) -> dict[str, int | None]:
    """Show all counts of a question with several choices, or hide all.

    `groups` are the published sizes that a reader can compare the counts with: all people, and those who answered. From
    them the reader can compute the number who did not answer, the number in each group who did not choose an option,
    and the number of choices beyond one per person, two per person and so on. If an option's count or one of these
    differences lies between 1 and `below` - 1, it describes few people. As the options overlap, hiding single cells
    gives no certain protection, so every count is hidden.
    """
    chosen = sum(counts.values())
    computable = [*counts.values(), max(groups) - min(groups)]
    computable += [group - count for group in groups for count in counts.values()]
    computable += [chosen - each * group for group in groups for each in range(1, len(counts) + 1)]
    disclosing = any(0 < abs(number) < below for number in computable)
    return {key: None if disclosing else count for key, count in counts.items()}


Cell = tuple[str, str]
Block = tuple[frozenset[str], frozenset[str]]
"""The rows and the columns whose common cells are hidden."""


def crossed(
    counts: Mapping[Cell, int], rows: Mapping[str, int | None], columns: Mapping[str, int | None], below: int
) -> dict[Cell, int | None]:
    """Hide the cells of a table by two questions, whose `rows` and `columns` are published with the totals given here.

    Hidden is a whole block: where the rows and the columns meet that hold a small cell, or whose own total is hidden.
    The reader knows the sums of its rows and columns, and these rules. Therefore the block has at least two of both,
    and grows by one, in the order of the table, until each small cell in it could as well be another one: moving one
    person around a rectangle of the block must give a table that would be published in the same way.

    A row or a column without anybody is published as such, and each of its cells with it.
    """
    rows = {name: total for name, total in rows.items() if total != 0}
    columns = {name: total for name, total in columns.items() if total != 0}
    hidden: Block = frozenset(), frozenset()
    for more in range(len(rows) + len(columns)):
        block = _block(counts, rows, columns, below, more)
        if block is None:
            return dict(counts)
        if block == hidden:
            break
        hidden = block
        if _is_safe(counts, block, rows, columns, below, more):
            break
    return {cell: None if cell[0] in hidden[0] and cell[1] in hidden[1] else n for cell, n in counts.items()}


def _block(
    counts: Mapping[Cell, int],
    rows: Mapping[str, int | None],
    columns: Mapping[str, int | None],
    below: int,
    more: int,
) -> Block | None:
    """The block with `more` rows and columns than it needs; None where nothing is to be hidden."""
    few = {cell for cell, count in counts.items() if 0 < count < below}
    no_rows, no_columns = ([name for name, total in one.items() if total is None] for one in (rows, columns))
    # Where a total is hidden, so is all that it is the sum of.
    hidden_rows = [r for r in rows if no_columns or r in no_rows or any((r, c) in few for c in columns)]
    hidden_columns = [c for c in columns if no_rows or c in no_columns or any((r, c) in few for r in rows)]
    if not hidden_rows and not hidden_columns:
        return None
    other_rows = [r for r in rows if r not in hidden_rows]
    other_columns = [c for c in columns if c not in hidden_columns]
    while (more or len(hidden_rows) < 2 or len(hidden_columns) < 2) and (other_rows or other_columns):
        more -= len(hidden_rows) >= 2 and len(hidden_columns) >= 2
        if other_rows and (len(hidden_rows) <= len(hidden_columns) or not other_columns):
            hidden_rows.append(other_rows.pop(0))
        else:
            hidden_columns.append(other_columns.pop(0))
    return frozenset(hidden_rows), frozenset(hidden_columns)


def _is_safe(
    counts: Mapping[Cell, int],
    block: Block,
    rows: Mapping[str, int | None],
    columns: Mapping[str, int | None],
    below: int,
    more: int,
) -> bool:
    """Whether for each small cell of the block there is another table, published in the same way, where it differs."""

    def could_differ(row: str, column: str) -> bool:
        others = product(block[0] - {row}, block[1] - {column}, (1, -1))
        for other_row, other_column, one in others:
            moved = dict(counts)
            for cell in ((row, column), (other_row, other_column)):
                moved[cell] += one
            for cell in ((row, other_column), (other_row, column)):
                moved[cell] -= one
            possible = all(moved[r, c] >= 0 for r in (row, other_row) for c in (column, other_column))
            if possible and _block(moved, rows, columns, below, more) == block:
                return True
        return False

    small = (cell for cell in product(*block) if 0 < counts[cell] < below)
    return all(could_differ(*cell) for cell in small)
