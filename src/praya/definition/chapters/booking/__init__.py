"""Booking: places with sessions and quotas, visits that are booked together, and the days that can be booked."""

from collections.abc import Iterator, Mapping
from typing import Any

from praya.definition.chapter import Chapter, Words
from praya.definition.chapters.booking.checks import before_case, problems, step_problems, story_problems
from praya.definition.chapters.booking.facts import FACTS, facts_of, shown
from praya.definition.chapters.booking.reference import NAMES, REFERENCE
from praya.definition.chapters.booking.words import (
    Booking,
    Move,
    OfEffects,
    OfExpect,
    OfService,
    OfStep,
    OfStory,
    Opening,
    Postpone,
    Release,
    Seat,
    Sessions,
    Visit,
    WaitingRoom,
    WeeklyOpening,
)


def members(_service: OfService) -> dict[str, set[str]]:
    """The names after `booking.` in expressions."""
    return {"booking": {*FACTS}}


def letters(service: OfService) -> Iterator[str]:
    """The letters that are sent when a booking is moved or postponed."""
    if service.booking is not None and service.booking.move is not None:
        yield from service.booking.move.notify
    if service.booking is not None and service.booking.postpone is not None:
        yield from service.booking.postpone.notify


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The booking as one part."""
    return {"booking": {"": data["booking"]} if data["booking"] else {}}


CHAPTER = Chapter(
    name="booking",
    service=(Words(model=OfService, at=40),),
    effects=(Words(model=OfEffects, at=30),),
    stories=(Words(model=OfStory, at=10),),
    steps=(Words(model=OfStep, at=30),),
    expect=(Words(model=OfExpect, at=30),),
    parts=(Booking, Move, Sessions, Visit, WeeklyOpening, Opening, WaitingRoom, Release, Postpone, Seat),
    problems=problems,
    story_problems=story_problems,
    step_problems=step_problems,
    errors=("SlotTaken", "NoSession", "HeldAlready", "Overlaps", "BookingClosed", "NotMovable", "SessionRefused"),
    members=members,
    kinds={
        "booking.first_date": "day",
        "booking.last_date": "day",
        **dict.fromkeys(("booking.size", "booking.visits", "booking.hour", "booking.hours"), "number"),
        **dict.fromkeys(
            ("booking.status", "booking.place", "booking.time", "booking.weekday", "booking.class"), "text"
        ),
    },
    before=frozenset({"booking"}),
    before_case=before_case,
    letters=letters,
    differences=differences,
    reference=REFERENCE,
    names=NAMES,
    shown=shown,
)

__all__ = [
    "CHAPTER", "FACTS", "Booking", "Move", "OfEffects", "OfExpect", "OfService", "OfStep", "OfStory", "Opening",
    "Postpone", "Release", "Seat", "Sessions", "Visit", "WaitingRoom", "WeeklyOpening", "facts_of", "shown",
]  # fmt: skip
