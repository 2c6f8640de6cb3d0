"""Attacks on bookings: each test tries one for real, against a hole that was closed or a defence that held."""

import re
from contextlib import suppress
from dataclasses import replace

import pytest
from tests.web.attacks.world import LATER, OTHER_HKID, SEATS, SENIOR, VACCINATION, World, chosen, held_places

from praya.blocks.bookings import api as bookings
from praya.blocks.forms import api as forms
from praya.journey import application_steps, draft_booking, draft_progress


def test_nobody_holds_as_one_person_and_submits_as_another(world: World) -> None:
    """The rule of one booking for each identity card must hold for the card that is submitted, not one held with."""
    client, ref = world.resident(), world.filled()
    draft_booking.hold(world.walk(ref), SEATS, once_key="a", at=world.now)
    world.answer(client, ref, world.page_of("hkid"), hkid=OTHER_HKID)
    answer = client.post(f"/en/apply/{ref}/check")
    assert answer["Location"].endswith("/book?again=1")
    assert forms.draft(ref, person_ref=world.people[0].ref).case_ref == ""
    # Chosen anew for that card, it goes through.
    draft_booking.hold(world.walk(ref), SEATS, once_key="b", at=world.now)
    assert client.post(f"/en/apply/{ref}/check")["Location"].endswith("/submitted")


def test_nobody_holds_by_the_rule_of_one_group_and_submits_as_another(world: World) -> None:
    """Only priority groups book in February; who held as a nurse cannot submit as nobody in particular."""
    nurse = {"priority_group": "healthcare", "birth_date": "1988-11-30"}
    client, ref = world.resident(), world.filled(**nurse)
    draft_booking.hold(world.walk(ref), SEATS, once_key="a", at=world.now)
    world.answer(client, ref, world.page_of("priority_group"), **{**nurse, "priority_group": "none"})
    assert client.post(f"/en/apply/{ref}/check")["Location"].endswith("/book?again=1")
    assert forms.draft(ref, person_ref=world.people[0].ref).case_ref == ""


def test_one_draft_never_holds_two_bookings_however_it_is_raced(world: World) -> None:
    ref = world.filled()
    draft = forms.draft(ref, person_ref=world.people[0].ref)
    for number in range(4):
        # Another card each, so that the rule of one booking for each card does not help.
        card = SENIOR["hkid"] if number % 2 else OTHER_HKID
        walk = draft_progress.walk(replace(draft, answers={**draft.answers, "hkid": card}), at=world.now)
        with suppress(bookings.HeldAlready):
            draft_booking.hold(walk, SEATS if number % 2 else LATER, once_key=f"key{number}", at=world.now)
    assert held_places(world) == 2  # two visits of one booking
    assert bookings.miscounted() == []


def test_a_hold_that_is_sent_twice_is_still_held(world: World) -> None:
    client, ref = world.resident(), world.filled()
    world.enter(client, f"/en/apply/{ref}/book")
    sent = chosen(SEATS, once="a" * 32)
    for _ in range(2):
        assert client.post(f"/en/apply/{ref}/book", sent)["Location"].endswith("/check")
    # There and back with the form that the browser kept: the last choice counts.
    for seats in (LATER, SEATS):
        assert client.post(f"/en/apply/{ref}/book", chosen(seats, once="a" * 32)).status_code == 302
    booking = bookings.booking(forms.draft(ref, person_ref=world.people[0].ref).booking_ref)
    assert (booking.status, [visit.day for visit in booking.visits]) == ("held", [seat[2] for seat in SEATS])
    assert held_places(world) == 2
    assert client.post(f"/en/apply/{ref}/check")["Location"].endswith("/submitted")


OUTSIDE: list[list[tuple[str, str, str, str]]] = [
    [("first", "lion-view", "2021-02-24T", "09:00"), ("second", "lion-view", "2021-03-19", "09:00")],
    [("first", "lion-view", "2021-02-23", "09:00"), ("second", "lion-view", "2021-03-19", "09:00")],
    [("first", "lion-view", "2021-06-01", "09:00"), ("second", "lion-view", "2021-06-25", "09:00")],
    [("second", "lion-view", "2021-03-19", "09:00"), ("first", "lion-view", "2021-02-26", "09:00")],
    [("first", "lion-view", "2021-02-26", "09:00"), ("first", "lion-view", "2021-03-19", "09:00")],
    [("first", "lion-view", "2021-02-26", "09:00"), ("second", "lion-view", "2021-02-27", "09:00")],
    [("first", "airport", "2021-02-26", ""), ("second", "airport", "2021-03-19", "")],
    [("first", "lion-view", "2021-02-26", "13:00"), ("second", "lion-view", "2021-03-19", "13:00")],
    [("first", "x' OR 1=1 --", "2021-02-26", "09:00"), ("second", "lion-view", "2021-03-19", "09:00")],
]


def test_no_seat_outside_the_rules_is_held(world: World) -> None:
    client, ref = world.resident(), world.filled()
    for seats in OUTSIDE:
        answer = client.post(f"/en/apply/{ref}/book", chosen(seats, once="a"))
        assert answer.status_code < 500, seats
        assert held_places(world) == 0, seats


def test_a_draft_that_was_submitted_keeps_its_places_when_it_is_thrown_away(world: World) -> None:
    client, ref = world.resident(), world.filled()
    stale = world.walk(ref)
    draft_booking.hold(stale, SEATS, once_key="a", at=world.now)
    stale = world.walk(ref)
    assert client.post(f"/en/apply/{ref}/check")["Location"].endswith("/submitted")
    with pytest.raises(forms.NoDraft):
        application_steps.discard(stale, at=world.now)
    assert client.post(f"/en/apply/{ref}/discard").status_code == 302
    assert bookings.booking(stale.draft.booking_ref).status == "booked"


def test_odd_addresses_of_the_desk_are_answered(world: World) -> None:
    supervisor = world.officer("dh")
    for day in ("9999-12-31", "0001-01-01", "2021-W08-2", "9" * 5000):
        assert supervisor.get(f"/en/desk/bookings/{VACCINATION}", {"day": day}).status_code == 200, day
    marks = ("0001-01-01T00:00:00+23:59|x", "9999-12-31T23:59:59-23:59|x", "|x", "2021-01-01|x", "x|" + "y" * 200)
    for tab in ("todo", "asked", "mine", "closed"):
        for mark in marks:
            assert supervisor.get("/en/desk/", {"tab": tab, "mark": mark}).status_code == 200, (tab, mark)


def test_a_day_far_away_is_not_asked_for(world: World) -> None:
    client, ref = world.resident(), world.filled()
    world.enter(client, f"/en/apply/{ref}/book")
    for day in ("9999-12-31", "0001-01-01"):
        assert client.get(f"/en/apply/{ref}/book", {"place": "lion-view", "from": day}).status_code == 200


def test_switching_the_language_keeps_the_choice_of_a_place_and_a_time_and_goes_no_further(world: World) -> None:
    client, book = world.resident(), f"/apply/{world.filled()}/book"
    world.enter(client, f"/en{book}")
    place = client.get(f"/en{book}", {"asked": "place", "place": "lion-view", "_language": "zh-hant"})
    shown = client.get(place["Location"]).content.decode()
    assert place["Location"].startswith(f"/zh-hant{book}?")
    assert re.search(r'name="place" value="lion-view"[^>]* checked', shown)
    assert 'class="error"' not in shown
    slot = "first|lion-view|2021-02-26|09:00"
    chosen = {"place": "lion-view", "from": "2021-02-26", "asked": "slot", "slot": slot, "_language": "zh-hans"}
    time = client.get(f"/zh-hant{book}", chosen)
    shown = client.get(time["Location"]).content.decode()
    assert re.search(rf'name="slot" value="{re.escape(slot)}"[^>]* checked', shown), "chosen, and the page is the same"
    assert client.get(f"/en{book}", {**chosen, "_language": ""}).status_code == 302, "without a language it goes on"
