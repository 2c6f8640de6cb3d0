"""Counting: the measures that a fact of the journal increments, and the sums of counts by dimension and month. Pure."""

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
# How many cases that ended kept what the service promised, and how many did not.
PROMISES = {"kept": "promise_kept", "missed": "promise_missed"}


@dataclass(frozen=True, slots=True)
class Increment:
    """An amount to add to a measure under the dimensions `by`; `days` adds the time that closed cases took."""

    measure: str
    by: str
    count: int = 1
    days: int = 0


def increments(event: str, facts: Mapping[str, Any], measures: Mapping[str, str] = MEASURES) -> Iterable[Increment]:
    """The increments that one fact causes; `measures` maps each counted event to its measure."""
    given: Mapping[str, Any] = facts.get("by") or {}
    by = written({name: value for name, value in given.items() if isinstance(value, str)})
    if event == "case_closed":
        yield Increment(str(facts.get("result", "")), by, days=int(facts.get("days", 0)))
        if facts.get("promise") in PROMISES:
            yield Increment(PROMISES[str(facts["promise"])], "")
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


def by_dimension(cells: Sequence[tuple[str, int]], name: str, values: Iterable[str]) -> dict[str, int]:
    """Counts by one dimension, summed over the others: its `values` in order, then others (`""`: not answered)."""
    totals = dict.fromkeys(values, 0)
    for by, count in cells:
        value = read(by).get(name, "")
        totals[value] = totals.get(value, 0) + count
    return totals


def by_pair(
    cells: Sequence[tuple[str, int]], pair: tuple[str, str], tables: Mapping[str, Iterable[str]]
) -> dict[tuple[str, str], int]:
    """Counts by two dimensions, with the values that `tables` have of each; months before those are left out."""
    rows, columns = (tables[name] for name in pair)
    totals = {(row, column): 0 for row in rows for column in columns}
    for by, count in cells:
        given = read(by)
        cell = given.get(pair[0], ""), given.get(pair[1], "")
        if cell in totals:
            totals[cell] += count
    return totals


def with_months(daily: Iterable[tuple[str, date, int]], name: str) -> list[tuple[str, int]]:
    """Counts by dimensions, with the month as one more of this name."""
    return [(written({**read(by), name: f"{day:%Y-%m}"}), count) for by, day, count in daily]


def newest(months: Mapping[str, int | None], most: int) -> dict[str, int | None]:
    """The last of these months."""
    return dict(list(months.items())[-most:])


def by_option(cells: Sequence[tuple[str, int]], name: str, values: Iterable[str]) -> tuple[dict[str, int], int]:
    """Counts of each option of a question with several choices, and the number of people who answered it."""
    totals = by_dimension([(by, count) for by, count in cells if name in read(by)], name, values)
    return totals, totals.pop("", 0)


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


def promises(totals: Mapping[str, int | None]) -> dict[str, int | None]:
    """Hide both counts of the promise where one of them, or a count of results beside them, is hidden.

    Kept and missed together are the cases that ended: from both, a reader could work out a result that is hidden.
    """
    hidden = any(count is None for measure, count in totals.items() if measure != MEASURES["case_opened"])
    kept = PROMISES.values()
    return {measure: None if hidden and measure in kept else count for measure, count in totals.items()}
