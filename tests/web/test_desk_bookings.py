"""The day list of bookings: who comes, who came, and closing a place for a day."""

import re
from collections.abc import Iterator
from datetime import date, datetime

import pytest
from tests.web.test_desk import AT, World, words

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal

NOON = datetime(2021, 3, 10, 12, tzinfo=AT.tzinfo)
LIST = "/en/desk/bookings/vaccination-booking"
DAY = f"{LIST}?place=jade-street&day=2021-03-10"


@pytest.fixture
def world(pack_is_live: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(monkeypatch)
    made.now = NOON
    yield made
    load.forget()
    vault.reset_memory()


def booked(world: World) -> cases.Case:
    return cases.case(world.play("vaccination-booking", "first-dose-given"))


def test_the_list_of_a_day_names_the_case_and_nobody(world: World) -> None:
    case = booked(world)
    page = world.client("stranger").get(DAY).content.decode()
    assert re.findall(r"data-row>([^<]+)<", page) == [case.ref]
    said = words(page)
    assert "10 March 2021" in said
    assert "Bookings: 1. Persons: 1. Bookings that came: 0." in said
    assert "6:00pm" in said
    assert "First dose" in said
    assert "Handle the case" in said
    assert "SAMPLE" not in said
    other = world.client("stranger").get(f"{LIST}?place=jade-street&day=2021-03-11").content.decode()
    assert "Nobody is booked on this day" in other
    nonsense = world.client("stranger").get(f"{LIST}?place=nowhere&day=yesterday&from=x")
    assert nonsense.status_code == 200
    assert "2021-03-10" in nonsense.content.decode(), "today when no day can be read"


def test_only_the_department_of_the_service_sees_its_list(world: World) -> None:
    case = booked(world)
    for name in ("officer", "supervisor", "asked"):
        client = world.client(name)
        assert client.get(DAY).status_code == 404
        sent = {"booking": case.booking_ref, "visit": "first", "place": "jade-street", "day": "2021-03-10"}
        assert client.post(f"{LIST}/attended", sent).status_code == 404
        assert client.post(f"{LIST}/opening", {**sent, "do": "close"}).status_code == 404
        assert "Bookings</a>" not in client.get("/en/desk/").content.decode()
    assert bookings.booking(case.booking_ref).visits[0].attended_at is None


def test_attendance_is_noted_once_and_by_whom(world: World) -> None:
    case = booked(world)
    client = world.client("stranger")
    assert "Mark as come" in client.get(DAY).content.decode()
    sent = {"booking": case.booking_ref, "visit": "first", "place": "jade-street", "day": "2021-03-10", "once": "x"}
    for _ in range(2):
        response = client.post(f"{LIST}/attended", sent)
        assert response["Location"] == f"{DAY}&done=attended"
    page = client.get(response["Location"]).content.decode()
    assert "Attendance was noted." in page
    assert "Mark as come" not in page
    facts = journal.about(case.booking_ref, events=["visit_attended"])
    assert [fact.actor for fact in facts] == [f"officer:{world.officers['stranger'].ref}"]
    assert "Came" in client.get(f"/en/desk/cases/{case.ref}").content.decode()


def test_nobody_notes_that_they_came_themselves(world: World) -> None:
    case = booked(world)
    world.officers["own"] = identity.add_officer(
        name="Own Sample", email=identity.person(case.person_ref).email,
        roles=frozenset({identity.Role("dh", "officer")}), at=NOON, by="system",
    )  # fmt: skip
    sent = {"booking": case.booking_ref, "visit": "first", "place": "jade-street", "day": "2021-03-10", "once": "x"}
    answer = world.client("own").post(f"{LIST}/attended", sent, follow=True)
    assert "Another officer must note that you came" in answer.content.decode()
    assert bookings.booking(case.booking_ref).visits[0].attended_at is None


def test_the_list_of_a_day_is_a_page_and_counts_the_whole_day(world: World) -> None:
    case = booked(world)
    where = {"scheme": "vaccination-booking", "place": "jade-street", "day": date(2021, 3, 10)}
    page = bookings.day_list(**where, limit=1)  # type: ignore[arg-type]
    assert [booking.ref for booking, _, _ in page] == [case.booking_ref]
    assert bookings.day_list(**where, first=1) == []  # type: ignore[arg-type]
    assert bookings.day_totals(**where) == bookings.DayTotals(1, page[0][0].size, 0)  # type: ignore[arg-type]
    said = words(world.client("stranger").get(f"{DAY}&from=100").content.decode())
    assert "Bookings: 1. Persons: 1. Bookings that came: 0." in said


def test_a_later_visit_cannot_have_been_attended(world: World) -> None:
    case = booked(world)
    client = world.client("stranger")
    assert "Not yet" in client.get(f"{LIST}?place=jade-street&day=2021-04-05").content.decode()
    sent = {"booking": case.booking_ref, "visit": "second", "place": "jade-street", "day": "2021-04-05"}
    response = client.post(f"{LIST}/attended", sent)
    assert "cannot be noted yet" in client.get(response["Location"]).content.decode()
    assert all(visit.attended_at is None for visit in bookings.booking(case.booking_ref).visits)
    for wrong in ({"booking": "f" * 32}, {"visit": "third"}):
        assert client.post(f"{LIST}/attended", {**sent, **wrong}).status_code == 404


def test_a_booking_of_another_service_is_not_noted_here(world: World) -> None:
    family = cases.case(world.play("return2hk", "family-returns"))
    visit = bookings.booking(family.booking_ref).visits[0]
    sent = {"booking": family.booking_ref, "visit": visit.visit, "place": "jade-street", "day": "2021-03-10"}
    assert world.client("stranger").post(f"{LIST}/attended", sent).status_code == 404
    assert bookings.booking(family.booking_ref).visits[0].attended_at is None


def test_a_supervisor_closes_a_place_after_reading_what_it_means(world: World) -> None:
    booked(world)
    client = world.client("stranger")
    page = words(client.get(f"{LIST}/opening?place=jade-street&day=2021-03-10").content.decode())
    assert re.search(r"Close Jade Street [\w ]+ on 10 March 2021", page)
    assert "Bookings on that day: 1." in page
    sent = {"place": "jade-street", "day": "2021-03-10", "do": "close"}
    response = client.post(f"{LIST}/opening", sent)
    assert response["Location"] == f"{DAY}&done=closed"
    day = date(2021, 3, 10)
    slots = bookings.slots(scheme="vaccination-booking", first=day, last=day, place="jade-street")
    assert slots
    assert all(slot.closed for slot in slots)
    assert "Closed for new bookings" in client.get(DAY).content.decode()
    client.post(f"{LIST}/opening", {**sent, "do": "open"})
    slots = bookings.slots(scheme="vaccination-booking", first=day, last=day, place="jade-street")
    assert not any(slot.closed for slot in slots)


def test_an_officer_who_is_no_supervisor_cannot_close_a_place(world: World) -> None:
    from praya.blocks.identity import api as identity

    roles = frozenset({identity.Role("dh", "officer")})
    world.officers["nurse"] = identity.add_officer(
        name="Nurse", email="nurse@example.com", roles=roles, at=AT, by="system"
    )
    booked(world)
    client = world.client("nurse")
    assert "Close the place" not in client.get(DAY).content.decode()
    sent = {"place": "jade-street", "day": "2021-03-10", "do": "close"}
    assert client.post(f"{LIST}/opening", sent).status_code == 404
    assert client.get(f"{LIST}/opening?place=jade-street&day=2021-03-10").status_code == 404
    day = date(2021, 3, 10)
    slots = bookings.slots(scheme="vaccination-booking", first=day, last=day, place="jade-street")
    assert not any(slot.closed for slot in slots)


def test_the_services_that_book_are_listed(world: World) -> None:
    page = world.client("stranger").get("/en/desk/bookings").content.decode()
    owned = [card for card in load.territory().live.values() if card.booking and card.department == "dh"]
    assert len(owned) > 1
    for service in owned:
        assert f'href="/en/desk/bookings/{service.service}"' in page
    assert "Your departments have no bookings" in world.client("officer").get("/en/desk/bookings").content.decode()
