"""From facts to counts, and from counts to figures that give nobody away. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

MEASURES = {
    "case_opened": "applications",
    "booking_booked": "bookings",
}


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


def increments(event: str, facts: Mapping[str, Any]) -> Iterable[Increment]:
    """What one fact adds."""
    by = written(facts.get("by") or {})
    if event == "case_closed":
        yield Increment(str(facts.get("result", "")), by, days=int(facts.get("days", 0)))
    elif event in MEASURES:
        size = int(facts.get("size", 1)) if event == "booking_booked" else 1
        yield Increment(MEASURES[event], by, count=size)


def written(by: Mapping[str, str]) -> str:
    """Dimensions as one text, such as `district=eastern&kind=general`."""
    return "&".join(f"{name}={value}" for name, value in sorted(by.items()))


def read(by: str) -> dict[str, str]:
    """What `written` wrote."""
    pairs = (part.partition("=") for part in by.split("&") if part)
    return {name: value for name, _, value in pairs}


def suppressed(counts: Mapping[str, int], below: int) -> dict[str, int | None]:
    """Hide counts from 1 to `below` - 1; where only one would be hidden, hide the next smallest too.

    With a total published beside the cells, a single hidden cell could be computed from the others.
    """
    small = {key for key, count in counts.items() if 0 < count < below}
    if len(small) == 1:
        rest = {key: count for key, count in counts.items() if key not in small and count > 0}
        if rest:
            small.add(min(rest, key=lambda key: (rest[key], key)))
    return {key: None if key in small else count for key, count in counts.items()}


def by_dimension(cells: Sequence[tuple[str, int]], name: str) -> dict[str, int]:
    """Counts by one dimension, the others added up."""
    totals: dict[str, int] = defaultdict(int)
    for by, count in cells:
        totals[read(by).get(name, "")] += count
    return dict(totals)


def by_month(rows: Iterable[tuple[date, int]]) -> dict[str, int]:
    """Counts by month, `YYYY-MM`."""
    totals: dict[str, int] = defaultdict(int)
    for day, count in rows:
        totals[f"{day:%Y-%m}"] += count
    return dict(sorted(totals.items()))
