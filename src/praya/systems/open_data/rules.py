"""Statistics: count facts, and hide every count that would reveal something about a few people. Pure.

Disclosure control works like this. A count under the limit `below` is hidden ("primary suppression"). The total of a
table is published, so one hidden cell could be computed as the total minus the visible cells; then more cells are
hidden until that is impossible ("secondary suppression", see `suppressed`). Options of which one person may choose
several overlap, so subtraction reveals more there: such a table is shown or hidden as a whole (see `overlapping`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

MEASURES = {
    "case_opened": "applications",
    "booking_booked": "bookings",
}
# The measure that counts how often each option of a multiple choice was chosen. It is not published by itself.
CHOSEN = "chosen"


@dataclass(frozen=True, slots=True)
class Increment:
    """An amount to add to a measure under the dimensions `by`; `days` adds the time that closed cases took."""

    measure: str
    by: str
    count: int = 1
    days: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """A published figure; its count is None when it is hidden."""

    by: Mapping[str, str]
    count: int | None


def increments(event: str, facts: Mapping[str, Any], measures: Mapping[str, str] = MEASURES) -> Iterable[Increment]:
    """The increments that one fact causes; `measures` maps each counted event to its measure."""
    given: Mapping[str, Any] = facts.get("by") or {}
    by = written({name: value for name, value in given.items() if isinstance(value, str)})
    if event == "case_closed":
        yield Increment(str(facts.get("result", "")), by, days=int(facts.get("days", 0)))
    elif event in measures:
        size = int(facts.get("size", 1)) if event == "booking_booked" else 1
        yield Increment(measures[event], by, count=size)
    if event == "case_opened":
        for name, chosen in given.items():
            if not isinstance(chosen, str):
                # One row per option, and one (the empty value) per person who answered; not one row per set of options.
                yield from (Increment(CHOSEN, written({name: value})) for value in ("", *chosen))


def written(by: Mapping[str, str]) -> str:
    """Dimensions as text, such as `district=eastern&kind=general`."""
    return "&".join(f"{name}={value}" for name, value in sorted(by.items()))


def read(by: str) -> dict[str, str]:
    """Parse the text that `written` returns."""
    pairs = (part.partition("=") for part in by.split("&") if part)
    return {name: value for name, _, value in pairs}


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


def by_dimension(cells: Sequence[tuple[str, int]], name: str, values: Iterable[str]) -> dict[str, int]:
    """Counts by one dimension, summed over the others: its `values` in order, then others (`""`: not answered)."""
    totals = dict.fromkeys(values, 0)
    for by, count in cells:
        value = read(by).get(name, "")
        totals[value] = totals.get(value, 0) + count
    return totals


def by_option(cells: Sequence[tuple[str, int]], name: str, values: Iterable[str]) -> tuple[dict[str, int], int]:
    """Counts of each option of a question with several choices, and the number of people who answered it."""
    totals = by_dimension([(by, count) for by, count in cells if name in read(by)], name, values)
    return totals, totals.pop("", 0)


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


def by_month(rows: Iterable[tuple[date, int]]) -> dict[str, int]:
    """Counts by month (`YYYY-MM`) from the first to the last, with 0 for months in between without any."""
    totals: dict[str, int] = {}
    for day, count in sorted(rows):
        month = f"{day:%Y-%m}"
        while totals and (after := _month_after(next(reversed(totals)))) <= month:
            totals[after] = 0
        totals[month] = totals.get(month, 0) + count
    return totals


def _month_after(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02d}"
