"""The facts of a booking that expressions can read, and their texts for people."""

from collections.abc import Container, Mapping, Sequence
from datetime import UTC, date, datetime, time
from fractions import Fraction
from typing import Any

from praya.definition.chapters.booking.words import Booking, Chosen
from praya.definition.model import WEEKDAYS
from praya.definition.own_words import WORDS
from praya.definition.questions import clock_said, shown_date
from praya.kernel.number import rounded, written

FACTS = frozenset(
    {"ref", "size", "visits", "status", "place", "first_date", "last_date", "time", "hour", "weekday", "class", "hours",
     "each"}
)  # fmt: skip
"""What expressions read of a booking."""
OF_A_VISIT = ("visit", "place", "date", "time", "hour", "weekday", "class", "hours")
"""What they read of each visit, in `booking.each`."""


def facts_of(
    booking: Booking | None,
    seats: Sequence[Chosen],
    holidays: Container[date],
    *,
    ref: str = "",
    size: int = 0,
    status: str = "none",
) -> dict[str, Any]:
    """The facts of a booking for expressions; without `seats`, those of no booking."""
    in_order = sorted(seats, key=lambda seat: (seat[2], seat[3]))
    each = [_visit_facts(booking, seat, holidays) for seat in in_order]
    first = each[0] if each else dict.fromkeys(OF_A_VISIT)
    lengths = [one["hours"] for one in each]
    return {
        "ref": ref,
        "size": size,
        "status": status,
        "place": first["place"] or "",
        "first_date": first["date"],
        "last_date": each[-1]["date"] if each else None,
        "visits": len(each),
        "time": first["time"],
        "hour": first["hour"],
        "weekday": first["weekday"],
        "class": first["class"],
        "hours": sum(lengths) if each and None not in lengths else None,
        "each": each,
    }


def _visit_facts(booking: Booking | None, seat: Chosen, holidays: Container[date]) -> dict[str, Any]:
    name, place, day, clock = seat
    block = booking.block_of(place, day, clock, holidays) if booking else None
    return {
        "visit": name,
        "place": place,
        "date": datetime.combine(day, time(), tzinfo=UTC),
        "time": clock or None,
        "hour": Fraction(int(clock[:2]) * 60 + int(clock[3:]), 60) if clock else None,
        "weekday": WEEKDAYS[day.weekday()],
        "class": block.class_name if block else None,
        "hours": Fraction(block.minutes, 60) if block and clock else None,
    }


def shown(service: Any, name: str, context: Mapping[str, Any], language: str) -> tuple[str, str] | None:
    """The label and the text of a fact of the booking; None when nothing is booked, or the fact is not displayed."""
    booking, facts = service.booking, context.get("booking") or {}
    value = facts.get(name)
    if booking is None or not facts.get("visits") or value in (None, "", []):
        return None
    key = {"hour": "booked_time"}.get(name, f"booked_{name}")
    label = booking.places_label if name == "place" else WORDS.get(key)
    return (label.in_(language), _words_of(booking, name, facts, language)) if label is not None else None


def _words_of(booking: Booking, name: str, facts: Mapping[str, Any], language: str) -> str:
    value = facts[name]
    match name:
        case "place":
            return _place(booking, value, language)
        case "class":
            labels = [block.label for block in booking.blocks if block.class_name == value and block.label]
            return labels[0].in_(language) if labels else str(value)
        case "weekday":
            return WORDS[f"weekday_{value}"].in_(language)
        case "time" | "hour":
            return clock_said(facts["time"], language)
        case "hours":
            hours = WORDS["hours_one" if value == 1 else "hours_many"].in_(language)
            return hours.format(count=written(rounded(value, 2)))
        case "each":
            return WORDS["semicolon"].in_(language).join(_visit(booking, one, language) for one in value)
    return shown_date(value.date(), language) if isinstance(value, datetime) else str(value)


def _visit(booking: Booking, visit: Mapping[str, Any], language: str) -> str:
    when = shown_date(visit["date"].date(), language)
    if visit["time"]:
        clock = clock_said(visit["time"], language)
        when = WORDS["day_and_clock"].in_(language).format(day=when, clock=clock)
    return f"{when} {_place(booking, visit['place'], language)}"


def _place(booking: Booking, value: str, language: str) -> str:
    place = booking.place_named(value)
    return place.label.in_(language) if place else value
