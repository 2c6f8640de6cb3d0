"""A week at a glance: how many sessions of a place are free in each part of each day."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from praya.blocks.bookings import api as bookings
from praya.definition.questions import clock_said, shown_date
from praya.web.words import translator

WEEK = 7
PARTS = (("morning", "12:00"), ("afternoon", "99:99"))
"""The parts of a day, each with the time of day before which its sessions begin."""


def part_of(clock: str) -> str:
    """The part of the day in which a session begins, `HH:MM`; a session of a whole day counts as of the morning."""
    return next(name for name, before in PARTS if clock < before)


def day_said(day: date, lang: str) -> str:
    """A day with its weekday."""
    t = translator(lang)
    return t("portal.weekday_day", day=shown_date(day, lang), name=t(f"portal.weekday_{day.weekday()}"))


def first_free(free: Sequence[bookings.Slot], lang: str) -> str:
    """The first session that is free, as a day and a time; empty where none is."""
    if not free:
        return ""
    day = day_said(free[0].day, lang)
    clock = clock_said(free[0].clock, lang) if free[0].clock else ""
    return translator(lang)("portal.first_free", when=f"{day} {clock}".strip())


def week_of(
    slots: Sequence[bookings.Slot],
    free: Sequence[bookings.Slot],
    days: tuple[date, date],
    chosen: date,
    lang: str,
    address: Callable[[date, str], str],
) -> dict[str, Any]:
    """The days from the beginning of the week of `chosen` on, counted from the first that may be chosen.

    `parts` are the parts of a day in which there are sessions at all; `days` has a row for each day, with a cell for
    each part: how many are free, or whether all are full.
    """
    first = days[0] + timedelta(days=(chosen - days[0]).days // WEEK * WEEK)
    last = min(days[1], first + timedelta(days=WEEK - 1))
    there = Counter((slot.day, part_of(slot.clock)) for slot in slots)
    left = Counter((slot.day, part_of(slot.clock)) for slot in free)
    parts = [name for name, _ in PARTS if any(part == name for _, part in there)]
    dates = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return {
        "parts": parts,
        "days": [
            {
                "label": day_said(day, lang),
                "now": day == chosen,
                "cells": [
                    {"free": left[day, part], "full": there[day, part] > 0, "url": address(day, part)} for part in parts
                ],
            }
            for day in dates
        ],
        "earlier": address(max(days[0], first - timedelta(days=WEEK)), "") if first > days[0] else None,
        "later": address(last + timedelta(days=1), "") if last < days[1] else None,
    }


def by_part(days: Sequence[dict[str, Any]], only: str, lang: str) -> list[dict[str, Any]]:
    """The sessions of each day, those of a part of the day by themselves; `only` those of one, where there are any."""
    t, found = translator(lang), []
    for day in days:
        for name, _ in PARTS:
            slots = [slot for slot in day["slots"] if part_of(slot["value"].rsplit("|", 1)[-1]) == name]
            label = t("portal.day_part", day=day["label"], part=t(f"portal.part_{name}"))
            found += [{"label": label, "slots": slots, "part": name}] if slots else []
    chosen = [one for one in found if one["part"] == only]
    return chosen or found
