"""Many cases at the desk: chosen, asked once, looked at, done, taken back; of one's own department only."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.journeys import batch_town as town
from tests.web.test_desk import AT, World, words

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.journey import batches, load
from praya.kernel.crypto import vault
from praya.web.desk import batches as pages


@pytest.fixture
def world(pack_is_live: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(monkeypatch)
    town.publish()
    for name, role in (("clerk", "officer"), ("chief", "supervisor")):
        made.officers[name] = identity.add_officer(
            name=f"{name} Sample", email=f"{name}@dh.example.com", at=AT, by="system",
            roles=frozenset({identity.Role("dh", role)}),
        )  # fmt: skip
    yield made
    load.forget()
    vault.reset_memory()


def kept(page: str) -> dict[str, str]:
    """The hidden fields that carry the choice on."""
    found = re.search(r'name="batch-source" value="([^"]*)"', page)
    assert found, words(page)[:1500]
    return {"batch-source": found[1].replace("&#34;", '"')}


def opened(client: Any, start: dict[str, Any], **answered: str) -> tuple[str, str]:
    """The address of a batch that was opened, and its page."""
    page = client.post("/en/desk/batches", start).content.decode()
    what = {"batch-what": answered.pop("what", "act:cancel"), "batch-chosen": "1"}
    asked = client.post("/en/desk/batches", {**kept(page), **what}).content.decode()
    answer = client.post("/en/desk/batches", {**kept(asked), **what, "batch-go": "1", **answered})
    assert answer.status_code == 302, words(answer.content.decode())[:1500]
    return answer["Location"], client.get(answer["Location"]).content.decode()


def run() -> None:
    while batches.run(at=AT + timedelta(days=1)):
        pass


def test_chosen_cases_are_looked_at_done_and_told(world: World) -> None:
    refs = [town.case(n) for n in range(3)]
    shelved = town.case(8)
    client = world.client("clerk")
    listed = client.get("/en/desk/").content.decode()
    assert listed.count('class="row-box"') == 4
    assert "Act on the whole list" not in listed, "that is for supervisors"
    page = client.post("/en/desk/batches", {"which": "selected", "case": refs[:2]}).content.decode()
    assert "Cases selected: 2." in page
    assert re.findall(r'name="batch-what" value="([^"]+)"', page) == [
        "act:shelve", "act:cancel", "act:resume", "assign",
    ]  # fmt: skip
    assert client.post("/en/desk/batches", {**kept(page), "batch-chosen": "1"}).status_code == 422
    what = {**kept(page), "batch-what": "act:cancel"}
    asked = client.post("/en/desk/batches", what).content.decode()
    assert "Each case will be: Closed." in words(asked)
    answer = client.post("/en/desk/batches", {**what, "batch-go": "1", "reason": " "})
    assert answer.status_code == 422
    url, page = opened(client, {"which": "selected", "case": [*refs[:2], "PP-2222-2222"]}, reason="A typhoon.")
    assert "Ready 2" in words(page)
    assert [cases.case(ref).state for ref in refs] == ["received"] * 3, "to look is not to act"
    assert client.post(url, {"do": "undo"}).status_code == 302
    client.post(url, {"do": "begin"})
    client.post(url, {"do": "begin"})
    run()
    assert [cases.case(ref).state for ref in refs] == ["cancelled", "cancelled", "received"]
    page = client.get(url).content.decode()
    assert "Done 2" in words(page)
    assert "Take back" not in page
    assert cases.case(shelved).state == "received"
    assert "Close the pitch" in client.get("/en/desk/batches").content.decode()


def test_answers_are_asked_once_and_taken_back(world: World) -> None:
    refs = [town.case(1), town.case(2, late=True)]
    client = world.client("clerk")
    page = client.post("/en/desk/batches", {"case": refs}).content.decode()
    sent = {**kept(page), "batch-what": "act:shelve", "batch-go": "1", "shelf": ""}
    assert client.post("/en/desk/batches", sent).status_code == 422
    url, page = opened(client, {"case": refs}, what="act:shelve", shelf="A 1")
    assert "Ready 1 Not possible 1" in words(page)
    assert "This cannot be done to the case in its state" in page
    client.post(url, {"do": "begin"})
    run()
    assert cases.content(refs[0]).findings == {"shelf": "A 1"}
    assert "Take back what has not left" in client.get(url).content.decode()
    client.post(url, {"do": "undo"})
    run()
    assert cases.case(refs[0]).state == "received"
    assert "Taken back" in words(client.get(f"/en/desk/cases/{refs[0]}").content.decode())


def test_a_supervisor_acts_on_a_whole_list_in_turns(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE", 2)
    monkeypatch.setattr(pages, "TURN", 2)
    monkeypatch.setattr(batches, "AT_ONCE", 2)
    refs = [town.case(n) for n in range(5)]
    other = world.restaurant()
    chief = world.client("chief")
    assert "Act on the whole list" in chief.get("/en/desk/").content.decode()
    start = {"which": "all", "tab": "todo", "service": "pitch-permit"}
    url, page = opened(chief, start, reason="A typhoon.")
    assert "Being looked at" in page
    for _ in range(5):
        pages.gather(at=AT)
    assert "Ready 5" in words(chief.get(url).content.decode())
    chief.post(url, {"do": "begin"})
    run()
    assert {cases.case(ref).state for ref in refs} == {"cancelled"}
    assert cases.case(other).state == "received"
    clerk = world.client("clerk")
    assert clerk.post("/en/desk/batches", start).status_code == 422, "nothing is found for who is no supervisor"


def test_no_officer_reaches_a_case_or_a_batch_of_another_department(world: World) -> None:
    refs = [town.case(n) for n in range(2)]
    url, _ = opened(world.client("clerk"), {"case": refs}, reason="x")
    stranger = world.client("officer")
    assert stranger.get(url).status_code == stranger.post(url, {"do": "begin"}).status_code == 404
    assert world.client("chief").get(url).status_code == 404, "each has their own"
    assert stranger.post("/en/desk/batches", {"case": refs}).status_code == 422
    for source in ({"cases": refs}, {"filters": {"tab": "todo"}}, {"cases": [None]}, [], "x", {"filters": 1}):
        sent = {"batch-source": json.dumps(source), "batch-what": "act:cancel", "batch-go": "1", "reason": "x"}
        assert stranger.post("/en/desk/batches", sent).status_code == 422
    mixed = world.restaurant()
    page = stranger.post("/en/desk/batches", {"case": [*refs, mixed]}).content.decode()
    sent = {**kept(page), "batch-what": "assign", "batch-go": "1", "batch-to": "me"}
    answer = stranger.post("/en/desk/batches", sent)
    page = stranger.get(answer["Location"]).content.decode()
    assert not any(ref in page for ref in refs)
    stranger.post(answer["Location"], {"do": "begin"})
    run()
    assert cases.case(mixed).assigned_to == world.officers["officer"].ref
    assert all(cases.case(ref).assigned_to == "" and cases.case(ref).state == "received" for ref in refs)


def test_a_closing_from_a_time_on_leads_to_the_cases_it_touches(world: World) -> None:
    ref = world.play("vaccination-booking", "both-doses")
    (booked,) = [bookings.booking(cases.case(ref).booking_ref)]
    visit = booked.visits[0]
    chief = world.client("chief")
    path = f"/en/desk/bookings/vaccination-booking/opening?place={visit.place}&day={visit.day}"
    page = chief.get(path).content.decode()
    assert "Those who are booked" in page
    touched = list(batches.of_closing("vaccination-booking", place=visit.place, day=visit.day, from_clock=visit.clock))
    assert touched == [ref]
    later = f"{int(visit.clock[:2]) + 1:02}:{visit.clock[3:]}"
    assert list(batches.of_closing("vaccination-booking", place=visit.place, day=visit.day, from_clock=later)) == []
    sent = {"place": visit.place, "day": visit.day.isoformat(), "do": "close", "from": later}
    chief.post("/en/desk/bookings/vaccination-booking/opening", sent)
    slots = bookings.slots(scheme="vaccination-booking", first=visit.day, last=visit.day, place=visit.place)
    assert {slot.clock for slot in slots if slot.closed} == {slot.clock for slot in slots if slot.clock >= later}
    start = {"bookings": "vaccination-booking", "place": visit.place, "day": visit.day.isoformat(), "from": ""}
    assert world.client("clerk").post("/en/desk/batches", start).status_code == 422, "closing is for supervisors"
    assert world.client("supervisor").post("/en/desk/batches", start).status_code == 422, "of that department"
    page = chief.post("/en/desk/batches", start).content.decode()
    assert "All cases whose booking is touched." in page
    sent = {**kept(page), "batch-what": "assign", "batch-go": "1", "batch-to": "me"}
    answer = chief.post("/en/desk/batches", sent)
    chief.post(answer["Location"], {"do": "begin"})
    run()
    assert cases.case(ref).assigned_to == world.officers["chief"].ref
