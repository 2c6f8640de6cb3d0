"""Pools of sessions are created once, however many processes create them at the same time."""

from datetime import date

import pytest

from praya.blocks.bookings import api as bookings

MONDAY, TUESDAY, FRIDAY = date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 9)

pytestmark = pytest.mark.django_db


def sessions(*days: date, capacity: int = 20) -> list[bookings.Session]:
    return [bookings.Session(place, day, clock, capacity)
            for day in days for place in ("east", "west") for clock in ("09:00", "14:30")]  # fmt: skip


def free(scheme: str) -> list[int]:
    return [slot.left for slot in bookings.slots(scheme=scheme, first=MONDAY, last=FRIDAY)]


def test_only_sessions_that_are_missing_are_made() -> None:
    assert bookings.make_pools(scheme="jab", wanted=[]) == 0
    assert bookings.make_pools(scheme="jab", wanted=sessions(MONDAY)) == 4
    assert bookings.make_pools(scheme="jab", wanted=sessions(MONDAY)) == 0
    assert bookings.make_pools(scheme="jab", wanted=iter(sessions(MONDAY, FRIDAY))) == 4
    assert bookings.make_pools(scheme="test", wanted=sessions(MONDAY)) == 4
    assert free("jab") == [20] * 8


def test_a_session_that_is_there_keeps_its_places() -> None:
    bookings.make_pools(scheme="jab", wanted=sessions(MONDAY))
    assert bookings.make_pools(scheme="jab", wanted=sessions(MONDAY, TUESDAY, capacity=5)) == 4
    assert free("jab") == [20] * 4 + [5] * 4
