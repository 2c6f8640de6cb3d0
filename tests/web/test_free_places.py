"""The public page of free places: what it counts, how old it may be, and that many who ask cost one query."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.web.test_waiting_room import WEDNESDAY, Hall

from praya.blocks.bookings import api as bookings
from praya.journey import load
from praya.web.portal import free_places

PAGE = "/en/services/crowded/free-places"
MONDAY = WEDNESDAY.date() + timedelta(days=5)


@pytest.fixture
def hall(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    found = Hall(monkeypatch)
    found.open_for(capacity=5)
    found.now = WEDNESDAY
    free_places._pages.clear()
    yield found
    free_places._pages.clear()
    load.forget()


def cells(answer: Any) -> list[str]:
    body = answer.content.decode()
    return [part.split("</td>")[0].partition(">")[2] for part in body.split("<td ")[1:]]


def hold(hall: Hall, size: int, key: str) -> bookings.Booking:
    return bookings.hold(
        scheme="crowded", person_ref="a" * 32, seats=[("visit", "hall", MONDAY, "")], size=size, holders=(),
        hold_for=timedelta(minutes=15), once_key=key, at=hall.now, by="system",
    )  # fmt: skip


def test_it_counts_what_is_neither_taken_nor_held_and_says_what_is_closed(hall: Hall) -> None:
    hold(hall, 2, "two")
    tuesday = MONDAY + timedelta(days=1)
    bookings.close_pools(scheme="crowded", place="hall", day=tuesday, closed=True, at=hall.now, by="system")
    found = cells(Client().get(PAGE))
    assert found[0] == "3"
    assert "Closed" in found[1]
    assert found[2:] == ["5"] * 5
    hold(hall, 3, "three")
    free_places._pages.clear()
    assert cells(Client().get(PAGE))[0] == "Full"
    assert "剩餘名額" in Client().get(PAGE.replace("/en/", "/zh-hant/")).content.decode()


def test_it_is_the_same_for_everybody_and_read_once_in_five_seconds(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    first = Client().get(PAGE)
    assert first["Cache-Control"] == "public, max-age=5"
    assert not first.cookies
    hold(hall, 2, "two")
    with django_assert_num_queries(0):
        again = Client().get(PAGE, headers={"cookie": "praya_session=somebody"})
        unchanged = Client().get(PAGE, headers={"if-none-match": first["ETag"]})
    assert again.content == first.content
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    later = time.monotonic() + free_places.READ_SECONDS + 0.1
    monkeypatch.setattr(free_places.time, "monotonic", lambda: later)
    assert cells(Client().get(PAGE, headers={"if-none-match": first["ETag"]}))[0] == "3"
    assert free_places.READ_SECONDS + free_places.KEPT_SECONDS <= 10


def test_while_booking_is_closed_it_says_when_it_opens(hall: Hall) -> None:
    hall.now = WEDNESDAY + timedelta(days=3)
    assert "14 January 2026, 9:00am" in Client().get(PAGE).content.decode()
    assert Client().get(PAGE.replace("crowded", "nothing")).status_code == 404
