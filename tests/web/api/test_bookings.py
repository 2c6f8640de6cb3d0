"""How a machine books and gives back, and the limits of its rate."""

from datetime import datetime
from typing import Any

import pytest
from tests.web.api.world import World, codes, error

from praya.blocks.bookings import api as bookings
from praya.kernel.journal import api as journal
from praya.web import rate_limits


def booking(world: World, **more: Any) -> dict[str, Any]:
    seats = world.application("vaccination-booking", "both-doses")["seats"]
    return {"applicant": {"email": "booked@example.com"}, "seats": seats, "size": 1, **more}


def left(place: str = "lion-view") -> int:
    day = datetime(2021, 2, 26).date()  # noqa: DTZ001
    found = bookings.slots(scheme="vaccination-booking", first=day, last=day, place=place)
    return next(slot.left for slot in found if slot.clock == "09:00")


def test_a_department_books_for_a_person_and_gives_it_back(world: World) -> None:
    body = booking(world, holders=["G123456(A)"])
    before, url = left(), "services/vaccination-booking/bookings"
    first = world.post(url, body, "dh", key="k")
    assert first.status_code == 201, first.content.decode()
    made = first.json()
    assert left() == before - 1
    assert bookings.booking(made["reference"]).status == "booked"
    again = world.post(url, body, "dh", key="k")
    assert (again.status_code, again.content) == (201, first.content)
    assert left() == before - 1
    by_ref = {**body, "applicant": {"ref": made["applicant"]}}
    assert world.post(url, by_ref, "dh", key="k").content == first.content, "the same person by reference"
    error(world.post(url, {**body, "size": 1, "seats": body["seats"][::-1]}, "dh", key="k2"), 409, "booked_already")
    other = [{**seat, "time": "10:00"} for seat in body["seats"]]
    full = [{**seat, "place": "mars"} for seat in body["seats"]]
    here = made["links"]["self"]
    for seats, now in ((other, before), (full, None), (body["seats"], before - 1)):
        moved = world.client.put(here, {"seats": seats}, "application/json", **world.headers("dh"))
        if now is None:
            error(moved, 409, "slot_taken")
            continue
        assert (moved.status_code, moved.json()["visits"]) == (200, seats)
        again = world.post(url, body, "dh", key="k")
        assert (again.status_code, again.json()) == (201, {**made, "visits": seats}), "as it is now"
        assert left() == now
    error(world.client.put(here, {"seats": other}, "application/json", **world.headers("fehd")), 404, "no_such_booking")
    error(world.post(url, {**body, "seats": other}, "dh", key="k"), 422, "key_reused")
    for _ in range(2):
        assert world.client.delete(made["links"]["self"], **world.headers("dh")).status_code == 204
    assert left() == before
    assert world.post(url, body, "dh", key="k").content == first.content, "a repetition is answered as before"
    assert left() == before
    facts = journal.about(made["reference"])
    assert {fact.actor for fact in facts} == {"token:dh-machine"}
    assert sorted(f.event.removeprefix("booking_") for f in facts) == ["booked", "cancelled", "moved", "moved"]
    assert bookings.miscounted() == []


def test_what_cannot_be_booked_is_refused(world: World) -> None:
    body, url = booking(world), "services/vaccination-booking/bookings"
    error(world.post(url, body, "dh"), 400, "no_key")
    far = [{**seat, "day": "2022-01-01"} for seat in body["seats"]]
    error(world.post(url, {**body, "seats": far}, "dh", key="a"), 409, "slot_taken")
    nowhere = [{**seat, "place": "mars"} for seat in body["seats"]]
    error(world.post(url, {**body, "seats": nowhere}, "dh", key="b"), 409, "slot_taken")
    assert codes(error(world.post(url, {**body, "size": 2}, "dh", key="c"), 422, "invalid")) == {"size": "too_big"}
    assert codes(error(world.post(url, {**body, "size": True}, "dh", key="c"), 422, "invalid")) == {
        "size": "wrong_kind"
    }
    nobody = {**body, "applicant": {"ref": "0" * 32}}
    assert codes(error(world.post(url, nobody, "dh", key="d"), 422, "invalid")) == {"applicant.ref": "no_person"}
    both = {**body, "applicant": {"ref": "0" * 32, "email": "a@example.com"}}
    assert codes(error(world.post(url, both, "dh", key="e"), 422, "invalid")) == {"applicant": "one_of"}
    error(world.post("services/restaurant-licence/bookings", body, "fehd", key="f"), 409, "no_booking")


def test_the_booking_of_an_application_is_not_given_back_beside_it(world: World) -> None:
    found = world.opened("vaccination-booking", "both-doses")
    gone = world.client.delete(f"/api/v1/bookings/{found['booking']}", **world.headers("dh"))
    error(gone, 409, "belongs_to_application")
    made = world.post(
        "services/vaccination-booking/bookings", booking(world, applicant={"ref": found["applicant"]}), "dh", key="b"
    ).json()  # fmt: skip
    error(world.client.delete(made["links"]["self"], **world.headers("fehd")), 404, "no_such_booking")
    error(world.client.delete("/api/v1/bookings/nothing", **world.headers("dh")), 404, "no_such_booking")
    assert bookings.booking(made["reference"]).status == "booked"


def test_rates_are_limited_by_token_and_by_address(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rate_limits.RATES, "api", "3/hour")
    monkeypatch.setitem(rate_limits.RATES, "track", "2/hour")
    rate_limits._limiter.cache_clear()
    for _ in range(3):
        assert world.get("applications", "fehd").status_code == 200
    refused = world.get("applications", "fehd")
    assert int(refused["Retry-After"]) > 0
    error(refused, 429, "too_many")
    assert world.get("applications", "dh").status_code == 200, "another token counts for itself"
    for _ in range(2):
        assert world.get("track/RL-2222-2222").status_code == 404
    error(world.get("track/RL-2222-2222"), 429, "too_many")
    rate_limits._limiter.cache_clear()
