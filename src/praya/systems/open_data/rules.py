"""From facts to counts, and from counts to figures that give nobody away. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

MEASURES = {
    "case_opened": "applications",
    "booking_booked": "bookings",
}
# Under what is counted how often each option was chosen where one may choose several; never a figure by itself.
CHOSEN = "chosen"


@dataclass(frozen=True, slots=True)
class Increment:
    """One more of a measure; `days` adds up how long closed cases took."""

    measure: str
    by: str
    count: int = 1
    days: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure as published: None when it is too small to show."""

    by: Mapping[str, str]
    count: int | None


def increments(event: str, facts: Mapping[str, Any], measures: Mapping[str, str] = MEASURES) -> Iterable[Increment]:
    """What one fact adds; `measures` names what an event is counted as."""
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
                # One row for each option and one for having answered at all, not one for each set of options.
                yield from (Increment(CHOSEN, written({name: value})) for value in ("", *chosen))


def written(by: Mapping[str, str]) -> str:
    """Dimensions as one text, such as `district=eastern&kind=general`."""
    return "&".join(f"{name}={value}" for name, value in sorted(by.items()))


def read(by: str) -> dict[str, str]:
    """What `written` wrote."""
    pairs = (part.partition("=") for part in by.split("&") if part)
    return {name: value for name, _, value in pairs}


def suppressed(counts: Mapping[str, int], below: int) -> dict[str, int | None]:
    """Hide counts under `below`, and as many more as it takes that none can be worked out from the total.

    A nought is hidden as any small count, so that the hidden ones are not all known to be at least one. Where nobody is
    in a small cell nothing is hidden. What is hidden besides is the first in the table's order, whatever its count: the
    smallest would tell whoever knows this rule that it is not smaller than what is shown.
    """
    hidden = {key for key, count in counts.items() if count < below}
    if not any(counts[key] for key in hidden):
        return dict(counts)
    shown = [key for key in counts if key not in hidden]
    while shown and _given_away([counts[key] for key in hidden], below):
        hidden.add(shown.pop(0))
    return {key: None if key in hidden else count for key, count in counts.items()}


def tells_on_somebody(counts: Mapping[str, int], below: int) -> bool:
    """Whether hidden counts can be worked out from the total although there is nothing left to hide."""
    hidden = [counts[key] for key, count in suppressed(counts, below).items() if count is None]
    return bool(hidden) and _given_away(hidden, below)


def _given_away(hidden: Sequence[int], below: int) -> bool:
    """One alone is the rest of the total; and when all have the most that small ones can, their sum tells so."""
    return len(hidden) == 1 or set(hidden) == {below - 1}


def by_dimension(cells: Sequence[tuple[str, int]], name: str, values: Iterable[str]) -> dict[str, int]:
    """Counts by one dimension, the others added up: each of its values, in order, and then what was not given."""
    totals = dict.fromkeys(values, 0)
    for by, count in cells:
        value = read(by).get(name, "")
        totals[value] = totals.get(value, 0) + count
    return totals


def by_option(cells: Sequence[tuple[str, int]], name: str, values: Iterable[str]) -> tuple[dict[str, int], int]:
    """Counts by each option of which one may choose several, and how many answered."""
    totals = by_dimension([(by, count) for by, count in cells if name in read(by)], name, values)
    return totals, totals.pop("", 0)


def overlapping(counts: Mapping[str, int], groups: Sequence[int], below: int) -> dict[str, int | None]:
    """Counts of options that one person may choose several of: all of them or none.

    They are compared with the `groups` that chose among them, everybody and those who answered: how many did not choose
    an option, or did not answer, and how many more choices were made than one each, two each and so on, tells of few
    people as a small count does. Where any of that is small, hiding single cells would be guesswork.
    """
    chosen = sum(counts.values())
    near = [*counts.values(), max(groups) - min(groups)]
    near += [group - count for group in groups for count in counts.values()]
    near += [chosen - each * group for group in groups for each in range(1, len(counts) + 1)]
    tells = any(0 < abs(number) < below for number in near)
    return {key: None if tells else count for key, count in counts.items()}


def by_month(rows: Iterable[tuple[date, int]]) -> dict[str, int]:
    """Counts by month, `YYYY-MM`, from the first to the last, also those in between without any."""
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
