"""Suppression: hide every count that would reveal something about a few people. Pure.

Disclosure control works like this. A count under the limit `below` is hidden ("primary suppression"). The total of a
table is published, so one hidden cell could be computed as the total minus the visible cells; then more cells are
hidden until that is impossible ("secondary suppression", see `suppressed`). Options of which one person may choose
several overlap, so subtraction reveals more there: such a table is shown or hidden as a whole (see `overlapping`).
"""

from collections.abc import Mapping, Sequence


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
