"""A pitch hired by the hour: price, rules and limits follow from the hour, on pages, in moves, over the API."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from tests import small_services
from tests.web.test_entries import html
from tests.web.test_fees import signed_in

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.tokens import api as access
from praya.journey import (
    acting,
    application_steps,
    draft_booking,
    draft_progress,
    load,
    rebooking,
    trial,
    version_choice,
)
from praya.journey.chapters import fees
from praya.kernel import clock
from praya.kernel.crypto import vault

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)  # a Monday, ten in the morning
HIRE = """
parameters:
  rent: {label: {en: Rent, zh-hant: 租金}, shows: money, values: [{from: 2026-01-01, value: {day: 80, evening: 150}}]}
form:
  - page: team
    questions:
      - age: {type: number, label: {en: Your age, zh-hant: 年齡}}
      - team: {type: text, label: {en: Your team, zh-hant: 球隊}}
eligibility:
  - unless: answers.age >= 18 || booking.hour < 19
    refuse: {en: "From 7 pm on one is 18. Choose an earlier hour.", zh-hant: 晚上七時起須年滿十八歲，請選擇較早的時段。}
limits:
  - of: booking.hours
    at_most: 2
    per: "[answers.team, booking.first_date]"
    counts: together
    refuse: {en: "{limit.left} of {limit.at_most} hours are left on that day.", zh-hant: "該日尚餘 {limit.left} 小時。"}
booking:
  title: {en: Choose an hour, zh-hant: 選擇時段}
  places_label: {en: Pitch, zh-hant: 球場}
  places:
    - {value: east, label: {en: East, zh-hant: 東場}}
    - {value: west, label: {en: West, zh-hant: 西場}}
  sessions:
    - {times: ["10:00", "11:00", "12:00"], class: day, capacity: 1, label: {en: Daytime, zh-hant: 日間}}
    - weekdays: [tue, wed, thu]
      places: [west]
      times: ["18:30", "19:30"]
      class: evening
      capacity: 1
      label: {en: Evening, zh-hant: 晚間}
  one_at_a_time: answers.team
  on_applying: true
  ahead: 14 days
  last_day: "answers.team == 'Guests' ? date('2026-03-05') : null"
  move: {before: 1 day}
fees:
  - {name: rent, label: {en: Rent, zh-hant: 租金}, amount: "parameters.rent[booking.class] * booking.hours"}
flow:
  start: booked
  states:
    booked:
      label: {en: Booked, zh-hant: 已預訂}
      notify: [booked]
      actions:
        paid: {label: {en: Paid, zh-hant: 已收費}, paid: true}
        close: {label: {en: Close, zh-hant: 關閉}, release: true, to: choosing}
        play: {label: {en: Played, zh-hant: 已使用}, to: played}
    choosing:
      label: {en: To be chosen, zh-hant: 待選擇}
      actions:
        again: {label: {en: Choose another hour, zh-hant: 選擇其他時段}, by: applicant, book: true, to: booked}
    played: {label: {en: Played, zh-hant: 已使用}, final: true, result: completed}
notices:
  booked:
    subject:
      en: "{booking.weekday} {booking.time}, {booking.class}"
      zh-hant: "{booking.weekday}{booking.time}（{booking.class}）"
    body: {en: "{booking.visits} {fees.total}", zh-hant: "{booking.visits} {fees.total}"}
retention: {completed: 1 year}
"""
TUESDAY = date(2026, 3, 3)


class World:
    def __init__(self) -> None:
        self.now = AT
        self.territory = small_services.published(small_services.service("pitch", "PT", HIRE))
        self.service = self.territory.services["pitch"]
        self.person = identity.enrol(email="team@example.com", name=None, language="en", at=AT)
        draft_booking.make_pools(self.service, self.territory.pack, at=AT)
        self.made = 0

    def apply(self, *seat: Any, **answers: Any) -> cases.Case:
        self.made += 1
        return application_steps.apply_at_once(
            self.service, person=self.person, language="en", answers={"age": 30, "team": "Reds", **answers}, files={},
            seats=[("visit", *seat)], once_key=str(self.made), at=AT,
        )  # fmt: skip


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    found = World()
    monkeypatch.setattr(clock, "now", lambda: found.now)
    yield found
    assert bookings.miscounted() == []
    load.forget()
    vault.reset_memory()


def drafted(world: World, **answers: Any) -> str:
    """The address of a draft whose questions are answered."""
    draft = version_choice.begin(service=world.service, person_ref=world.person.ref, language="en", at=AT)
    step = draft_progress.walk(draft, at=AT)
    given = {"age": 30, "team": "Reds", **answers}
    application_steps.answer(step, world.service.form[0], {name: [str(v)] for name, v in given.items()}, at=AT)
    return f"/en/apply/{draft.ref}"


def rent(case: cases.Case) -> int:
    return fees.sums(cases.fees(case.ref))["total"] // 100


def test_the_page_tells_price_and_class_of_each_hour_and_the_check_what_it_costs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = drafted(world)
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    page = html(resident.get(f"{base}/book?place=west"))
    notes = re.findall(r'value="visit\|west\|2026-03-03\|([0-9:]+)".*?slot-note">([^<]*)<', page)
    assert notes == [("10:00", "Daytime · HK$80"), ("11:00", "Daytime · HK$80"), ("12:00", "Daytime · HK$80"),
                     ("18:30", "Evening · HK$150"), ("19:30", "Evening · HK$150")]  # fmt: skip
    held = resident.post(f"{base}/book", {"slot": "visit|west|2026-03-03|19:30", "place": "west", "once": "a"})
    assert held["Location"] == f"{base}/check"
    check = html(resident.get(f"{base}/check"))
    assert "HK$150" in check
    assert "3 March 2026" in check
    told = re.sub(r"(<[^>]+>)+", "|", check)
    assert "Calculation: |150 × 1 = 150|" in told
    assert "Kind of time: |Evening|Length: |1 hour|" in told
    sent = resident.post(f"{base}/check", {})
    (case,) = cases.of_person(world.person.ref)
    assert sent["Location"] == f"/en/cases/{case.ref}/submitted"
    assert rent(case) == 150


def test_a_rule_that_reads_the_hour_waits_for_it_and_refuses_it_on_the_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = drafted(world, age=16)
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    late = {"slot": "visit|west|2026-03-03|19:30", "place": "west", "once": "a", "from": "2026-03-03"}
    refused = resident.post(f"{base}/book", late)
    assert "problem=refused" in refused["Location"]
    assert "From 7 pm on one is 18" in html(resident.get(refused["Location"]))
    assert bookings.slots(scheme="pitch", first=TUESDAY, last=TUESDAY, place="west")[-1].left == 1
    assert resident.post(f"{base}/book", {**late, "slot": "visit|west|2026-03-03|18:30"})["Location"].endswith("/check")
    # Who says afterwards that they are older, and then younger again, is led to another hour.
    resident.post(f"{base}/team", {"age": "40", "team": "Reds"})
    resident.post(f"{base}/book", late)
    resident.post(f"{base}/team", {"age": "16", "team": "Reds"})
    assert resident.get(f"{base}/check")["Location"] == f"{base}/stop"
    stopped = html(resident.get(f"{base}/stop"))
    assert "From 7 pm on one is 18" in stopped
    assert f'href="{base}/book"' in stopped
    assert "7:30pm" in stopped, "on which the refusal rests"
    assert resident.get(f"{base}/book").status_code == 200
    with pytest.raises(application_steps.NotEligible):
        application_steps.submit(draft_progress.walk(draft_of(base, world), at=AT), at=AT)


def draft_of(base: str, world: World) -> forms.Draft:
    return forms.draft(base.rsplit("/", 1)[1], person_ref=world.person.ref)


def test_a_limit_counts_the_hours_of_the_day_that_is_chosen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.apply("east", TUESDAY, "10:00")
    world.apply("east", TUESDAY, "11:00")
    with pytest.raises(application_steps.LimitReached):
        world.apply("east", TUESDAY, "12:00")
    world.apply("east", TUESDAY + timedelta(days=1), "12:00")
    world.apply("east", TUESDAY, "12:00", team="Blues")
    base = drafted(world)
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    assert resident.get(f"{base}/book").status_code == 200, "the limit waits for the day"
    sent = {"slot": "visit|west|2026-03-03|12:00", "place": "west", "once": "a"}
    refused = resident.post(f"{base}/book", sent)
    assert "0 of 2 hours are left on that day." in html(resident.get(refused["Location"]))


def test_nobody_has_two_places_at_one_time_but_may_book_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = world.apply("east", TUESDAY, "10:00")
    with pytest.raises(bookings.Overlaps):
        world.apply("west", TUESDAY, "10:00")
    world.apply("west", TUESDAY, "10:00", team="Blues")
    other = world.apply("west", TUESDAY, "11:00")
    with pytest.raises(bookings.Overlaps):
        rebooking.move(first.ref, [("visit", "east", TUESDAY, "11:00")], at=AT)
    assert seat(first) == ("east", TUESDAY, "10:00")
    rebooking.move(first.ref, [("visit", "east", TUESDAY, "12:00")], at=AT)
    rebooking.move(other.ref, [("visit", "east", TUESDAY, "10:00")], at=AT)
    world.apply("east", TUESDAY + timedelta(days=1), "12:00")
    base = drafted(world)
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    again = resident.post(f"{base}/book", {"slot": "visit|west|2026-03-04|12:00", "place": "west", "once": "a"})
    assert "another booking at that time" in html(resident.get(again["Location"]))


def seat(case: cases.Case) -> tuple[str, date, str]:
    (visit,) = bookings.booking(cases.case(case.ref).booking_ref).visits
    return visit.place, visit.day, visit.clock


def test_a_move_works_out_anew_what_is_owed_and_is_refused_where_something_was_paid(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = world.apply("west", TUESDAY, "10:00", age=17)
    later = TUESDAY + timedelta(days=1)
    rebooking.move(case.ref, [("visit", "west", later, "18:30")], at=AT)
    assert rent(case) == 150
    with pytest.raises(draft_booking.SessionRefused, match="From 7 pm on one is 18"):
        rebooking.move(case.ref, [("visit", "west", later, "19:30")], at=AT)
    officer = acting.By("officer:x", ("officer",), "fehd")
    acting.act(case=cases.case(case.ref), action="paid", by=officer, answers={}, reason="", once_key="p", at=AT)
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    here = f"/en/cases/{case.ref}/move"
    cheaper = resident.post(here, {"slot": "visit|west|2026-03-04|10:00", "place": "west"})
    told = html(resident.get(cheaper["Location"]))
    assert "Rent would be HK$80 at that time, and you have paid HK$150." in told
    assert (seat(case), rent(case)) == (("west", later, "18:30"), 150)
    same = resident.post(here, {"slot": "visit|west|2026-03-05|18:30", "place": "west"})
    assert same["Location"] == f"/en/cases/{case.ref}?done=1"
    assert (seat(case)[1], rent(case)) == (date(2026, 3, 5), 150)


def test_a_move_counts_the_limit_of_the_new_day_and_frees_that_of_the_old(world: World) -> None:
    case = world.apply("east", TUESDAY, "10:00")
    for hour in ("11:00", "12:00"):
        world.apply("east", TUESDAY + timedelta(days=1), hour)
    with pytest.raises(draft_booking.SessionRefused, match="0 of 2 hours"):
        rebooking.move(case.ref, [("visit", "east", TUESDAY + timedelta(days=1), "10:00")], at=AT)
    rebooking.move(case.ref, [("visit", "east", TUESDAY + timedelta(days=2), "10:00")], at=AT)
    for hour in ("10:00", "11:00"):
        world.apply("east", TUESDAY, hour)
    with pytest.raises(application_steps.LimitReached):
        world.apply("east", TUESDAY, "12:00")


@pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
def test_an_applicant_whose_turn_it_is_chooses_the_time_on_a_page(
    world: World, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    case = world.apply("east", TUESDAY, "10:00", age=16)
    officer = acting.By("officer:x", ("officer",), "fehd")
    case = acting.act(case=case, action="close", by=officer, answers={}, reason="", once_key="c", at=AT)
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    here = f"/{language}/cases/{case.ref}/do/again"
    assert resident.get(here)["Location"] == f"{here}/time"
    assert resident.post(here, {"revision": str(case.revision)})["Location"] == f"{here}/time", (
        "no time is taken unasked"
    )
    assert 'value="east"' in html(resident.get(f"{here}/time"))
    late = resident.post(f"{here}/time", {"slot": "visit|west|2026-03-04|19:30", "place": "west"})
    assert "problem=refused" in late["Location"]
    chosen = resident.post(f"{here}/time", {"slot": "visit|west|2026-03-04|18:30", "place": "west"})
    shown = html(resident.get(chosen["Location"]))
    when = {"en": "4 March 2026", "zh-hant": "2026年3月4日", "zh-hans": "2026年3月4日"}[language]
    assert when in shown
    sent = {name: re.search(f'name="{name}" value="([^"]*)"', shown)[1] for name in ("once", "revision", "session")}  # type: ignore[index]
    other = world.apply("west", date(2026, 3, 4), "18:30", team="Blues")
    taken = resident.post(here, sent)
    assert taken.status_code == 200
    assert {"en": "has no room", "zh-hant": "已滿", "zh-hans": "已满"}[language] in html(taken)
    rebooking.move(other.ref, [("visit", "west", date(2026, 3, 5), "18:30")], at=AT)
    assert resident.post(here, sent)["Location"] == f"/{language}/cases/{case.ref}?done=1"
    assert seat(case) == ("west", date(2026, 3, 4), "18:30")
    assert cases.case(case.ref).state == "booked"


def test_the_last_day_is_that_of_the_answers(world: World) -> None:
    world.apply("east", date(2026, 3, 5), "10:00", team="Guests")
    with pytest.raises(bookings.NoSession):
        world.apply("east", date(2026, 3, 6), "10:00", team="Guests")
    world.apply("east", date(2026, 3, 16), "10:00")


def test_machines_are_told_class_price_and_why_not(world: World) -> None:
    secret = access.issue(
        name="machine", department="fehd", scopes=access.known_scopes(), expires_at=None, at=AT, by="x"
    ).secret
    client, headers = Client(), {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    slots = client.get("/api/v1/services/pitch/slots?from=2026-03-03&to=2026-03-03&place=west").json()["slots"]
    assert [(s["time"], s["class"], s["minutes"]) for s in slots][2:4] == [
        ("12:00", "day", 60),
        ("18:30", "evening", 60),
    ]
    assert slots[3]["title"]["zh-hant"] == "晚間"

    def check(**more: Any) -> Any:
        body = {"answers": {"age": 16, "team": "Reds"}, **more}
        path = "/api/v1/services/pitch/check"
        return client.post(path, json.dumps(body), content_type="application/json", **headers).json()

    at = {"place": "west", "day": "2026-03-03"}
    late, early = check(seats=[{**at, "time": "19:30"}]), check(seats=[{**at, "time": "18:30"}])
    assert (late["eligible"], late["reason"]) == (False, "From 7 pm on one is 18. Choose an earlier hour.")
    assert (early["eligible"], early["fees"][0]["amount"]) == (True, "150.00")

    def apply(key: str, **seat: str) -> Any:
        body = {
            "answers": {"age": 30, "team": "Reds"},
            "seats": [{**at, **seat}],
            "applicant": {"email": "a@example.com"},
        }
        path = "/api/v1/services/pitch/applications"
        return client.post(
            path, json.dumps(body), content_type="application/json", HTTP_IDEMPOTENCY_KEY=key, **headers
        ).json()

    assert apply("k1", time="10:00")["fee"] == "80.00"
    assert apply("k2", time="10:00", place="east")["error"]["code"] == "overlaps"
    assert apply("k3", time="11:00", place="east")["fee"] == "80.00"


def test_a_made_up_case_comes_into_the_state_after_the_applicants_choice(world: World) -> None:
    brought = trial.bring(world.service, "choosing", [], world.territory.pack, person=world.person, number=1, at=AT)
    case = acting.open_actions(brought.case, acting.applicant(brought.case.person_ref), at=AT)
    assert [action.name for action in case] == ["again"]


def test_letters_write_the_hour_as_people_do(world: World) -> None:
    world.apply("west", TUESDAY, "18:30")
    (letter,) = notices.inbox(world.person.ref)
    assert letter.subject == "Tuesday 6:30pm, Evening"
    assert "HK$150" in letter.body


WEEK = {
    "en": ("All places by day", "3 free", "5 free", "none"),
    "zh-hant": ("各地點每日名額", "3 個", "5 個", "沒有"),
    "zh-hans": ("各地点每日名额", "3 个", "5 个", "没有"),
}


@pytest.mark.parametrize("language", WEEK)
def test_all_places_are_shown_by_week_and_lead_to_their_times(
    world: World, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    for clock_of in ("10:00", "11:00", "12:00"):
        world.apply("east", date(2026, 3, 9), clock_of, team=f"Team {clock_of}")
    base = drafted(world)
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    page = html(resident.get(f"/{language}{base[3:]}/book"))
    caption, three, five, none = WEEK[language]
    assert caption in page
    assert page.count(three) == 6 + 4, "in the east but on the Monday, and in the west where there is no evening"
    assert f">{none}<" in page
    assert page.count(five) == 3
    wednesday = re.search(r'href="([^"]*place=west&amp;from=2026-03-04[^"]*)"', page)
    assert wednesday is not None
    shown = html(resident.get(wednesday[1].replace("&amp;", "&")))
    assert 'value="visit|west|2026-03-04|18:30"' in shown
    assert 'value="visit|west|2026-03-03|18:30"' not in shown
    later = re.search(r'class="lone" href="([^"]*from=2026-03-10[^"]*)"', page)
    assert later is not None
    assert f">{none}<" not in html(resident.get(later[1].replace("&amp;", "&")))


SEVERAL = HIRE.replace(
    "  one_at_a_time: answers.team\n",
    """  one_at_a_time: answers.team
  visits:
    - {name: first, label: {en: First, zh-hant: 第一次}}
    - {name: second, label: {en: Second, zh-hant: 第二次}, after: first, days: [0, 7], when: answers.age > 20}
""",
).replace("parameters.rent[booking.class] * booking.hours", "sum(booking.each.map(v, parameters.rent[v.class]))")


def test_a_visit_with_a_condition_is_booked_by_some_and_never_in_the_session_of_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = small_services.service("pitch-twice", "PV", SEVERAL)
    world.territory = small_services.published(service)
    world.service = world.territory.services["pitch-twice"]
    draft_booking.make_pools(world.service, world.territory.pack, at=AT)

    def apply(age: int, *seats: Any) -> cases.Case:
        world.made += 1
        return application_steps.apply_at_once(
            world.service, person=world.person, language="en", answers={"age": age, "team": f"T{world.made}"}, files={},
            seats=seats, once_key=str(world.made), at=AT,
        )  # fmt: skip

    first, same_day = ("first", "west", TUESDAY, "10:00"), ("second", "west", TUESDAY, "18:30")
    assert rent(apply(30, first, same_day)) == 80 + 150
    bookings.make_pools(scheme="pitch-twice", wanted=[bookings.Session("west", TUESDAY, "11:00", 5)])
    alone = ("first", "west", TUESDAY, "11:00")
    for seats in ((alone,), (alone, ("second", "west", TUESDAY, "11:00"))):
        with pytest.raises(bookings.NoSession):
            apply(30, *seats)
    with pytest.raises(bookings.Overlaps):
        apply(30, alone, ("second", "east", TUESDAY, "11:00"))
    with pytest.raises(bookings.NoSession):
        apply(16, alone, same_day)
    assert rent(apply(16, alone)) == 80
    base = drafted(world, age=30)
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    resident.get(f"{base}/book?place=east")
    page = html(resident.get(f"{base}/book?seat=first%7Ceast%7C2026-03-04%7C10%3A00&place=east"))
    taken = re.search(r'value="second\|east\|2026-03-04\|10:00"( disabled)?', page)
    assert taken is not None
    assert taken[1], "the session of the first visit"


def test_a_department_chooses_the_time_for_the_applicant_whom_the_application_asks(world: World) -> None:
    scopes = ("book", "read")
    tokens = {
        department: access.issue(
            name=f"{department}-desk", department=department, scopes=scopes, expires_at=None, at=AT, by="x"
        ).secret
        for department in ("fehd", "dh")
    }  # fmt: skip
    case, other = world.apply("east", TUESDAY, "10:00", age=16), world.apply("west", TUESDAY, "11:00", team="Blues")
    path = f"/api/v1/applications/{case.ref}/time"

    def choose(key: str, clock: str, *, department: str = "fehd", path: str = path, action: str = "again") -> Any:
        seat = {"visit": "visit", "place": "west", "day": "2026-03-04", "time": clock}
        headers = {"HTTP_AUTHORIZATION": f"Bearer {tokens[department]}", "HTTP_IDEMPOTENCY_KEY": key}
        body = json.dumps({"action": action, "seat": seat})
        return Client().post(path, body, content_type="application/json", **headers)

    assert choose("a", "18:30").json()["error"]["code"] == "no_time_asked"
    officer = acting.By("officer:x", ("officer",), "fehd")
    acting.act(case=case, action="close", by=officer, answers={}, reason="", once_key="c", at=AT)
    assert choose("b", "18:30", department="dh").status_code == 404
    assert choose("c", "18:30", action="close").json()["error"]["code"] == "no_time_asked"
    refused = choose("d", "19:30").json()["error"]
    assert (refused["code"], refused["sentences"]["en"] if "sentences" in refused else refused["message"]) == (
        "time_refused", "From 7 pm on one is 18. Choose an earlier hour.",
    )  # fmt: skip
    rebooking.move(other.ref, [("visit", "west", date(2026, 3, 4), "11:00")], at=AT)
    assert choose("e", "11:00").json()["error"]["code"] == "slot_taken"
    for _ in range(2):
        chosen = choose("f", "18:30")
        assert (chosen.status_code, chosen.json()["state"]) == (200, "booked")
    assert seat(case) == ("west", date(2026, 3, 4), "18:30")
    assert choose("f", "12:00").json()["error"]["code"] == "key_reused"


def test_a_made_up_case_books_a_time_that_no_rule_refuses(world: World) -> None:
    text = HIRE.replace("answers.age >= 18 || booking.hour < 19", "booking.hour == 12 && booking.place == 'west'")
    world.territory = small_services.published(small_services.service("noon", "NN", text))
    service = world.territory.services["noon"]
    brought = trial.bring(service, "booked", [], world.territory.pack, person=world.person, number=1, at=AT)
    assert seat(brought.case) == ("west", TUESDAY, "12:00")


def test_a_time_that_is_chosen_anew_costs_what_it_costs_where_nothing_was_paid_and_counts_in_its_own_day(
    world: World,
) -> None:
    officer = acting.By("officer:x", ("officer",), "fehd")
    evening = ("west", TUESDAY + timedelta(days=1), "18:30")

    def closed(hour: str, *, paid: bool) -> cases.Case:
        case = world.apply("east", TUESDAY, hour)
        if paid:
            acting.act(case=case, action="paid", by=officer, answers={}, reason="", once_key=f"p{hour}", at=AT)
        case = cases.case(case.ref)
        return acting.act(case=case, action="close", by=officer, answers={}, reason="", once_key=f"c{hour}", at=AT)

    def again(case: cases.Case, session: Any) -> cases.Case:
        by, key = acting.applicant(case.person_ref), f"{case.ref}{session}"
        return acting.act(case=case, action="again", by=by, answers={}, reason="", once_key=key, at=AT, session=session)

    owed, paid = closed("10:00", paid=False), closed("11:00", paid=True)
    assert rent(again(owed, evening)) == 150
    assert rent(again(paid, ("west", *evening[1:2], "19:30"))) == 80, "what was paid stays"
    world.apply("east", TUESDAY, "10:00")
    last = closed("12:00", paid=False)
    with pytest.raises(draft_booking.SessionRefused, match="0 of 2 hours are left on that day"):
        again(last, ("east", evening[1], "10:00"))
    assert (cases.case(last.ref).state, rent(last)) == ("choosing", 80)
    assert bookings.booking(cases.case(last.ref).booking_ref).status == "cancelled"
    again(last, ("east", TUESDAY, "11:00"))
