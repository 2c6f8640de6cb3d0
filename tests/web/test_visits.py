"""A visit that a case gives by itself: the officer chooses a session, or the first with room is taken."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests import small_services
from tests.web.test_entries import html
from tests.web.test_fees import signed_in

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.definition.example import Example
from praya.journey import acting, application_steps, draft_booking, jobs, load, play
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)  # a Monday
OFFICER = acting.By("officer:x", ("officer",), "fehd")
INSPECTION = """
form:
  - page: shop
    questions:
      - shop: {type: text, max_length: 60, label: {en: Shop, zh-hant: 店舖}}
booking:
  title: {en: Inspection, zh-hant: 視察}
  places_label: {en: Team, zh-hant: 小組}
  places:
    - {value: north, label: {en: North team, zh-hant: 北區小組}}
  sessions: {weekdays: [mon, tue, wed, thu, fri], times: ["09:00", "14:00"], capacity: 1}
  ahead: 14 days
  notice: 1 day
  move: {before: 1 day, when: case.state == 'inspection', notify: [moved]}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions:
        inspect: {label: {en: Fix an inspection, zh-hant: 安排視察}, book: true, to: inspection, notify: [fixed]}
      timers:
        - {after: 1 week, to: by-itself}
    by-itself:
      label: {en: Fixed by itself, zh-hant: 自動安排}
      book: true
      next: [{when: booking.status == 'booked', to: inspection}]
      actions: {stop: {label: {en: Stop, zh-hant: 停止}, to: done}}
    inspection:
      label: {en: Inspection, zh-hant: 視察}
      actions:
        again: {label: {en: Fix another time, zh-hant: 另定時間}, book: true}
        cancel: {label: {en: Cancel, zh-hant: 取消}, release: true, to: done}
        finish: {label: {en: Finish, zh-hant: 完成}, to: done}
    done: {label: {en: Done, zh-hant: 已完成}, final: true, result: completed}
notices:
  moved:
    subject: {en: "Moved: {answers.shop}", zh-hant: "已改期：{answers.shop}"}
    body: {en: "{booking.visits}", zh-hant: "{booking.visits}"}
  fixed:
    subject: {en: "Inspection of {answers.shop}", zh-hant: "視察{answers.shop}"}
    body: {en: "{booking.visits}", zh-hant: "{booking.visits}"}
retention: {completed: 1 year}
"""


TWO = "  visits: [{name: a, label: {en: A, zh-hant: 甲}}, {name: b, label: {en: B, zh-hant: 乙}}]"


class World:
    def __init__(self, definition: str = INSPECTION) -> None:
        self.now = AT
        self.territory = small_services.published(small_services.service("shop-inspection", "SV", definition))
        self.service = self.territory.services["shop-inspection"]
        self.person = identity.enrol(email="shop@example.com", name=None, language="en", at=AT)
        draft_booking.make_pools(self.service, self.territory.pack, at=AT)
        self.made = 0

    def apply(self) -> cases.Case:
        self.made += 1
        return application_steps.apply_at_once(
            self.service, person=self.person, language="en", answers={"shop": "Golden Bowl"}, files={}, seats=[],
            once_key=str(self.made), at=AT,
        )  # fmt: skip


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    found = World()
    monkeypatch.setattr(clock, "now", lambda: found.now)
    yield found
    load.forget()
    vault.reset_memory()


def do(case: cases.Case, action: str, **more: Any) -> cases.Case:
    key = f"{case.ref}{action}{case.revision}"
    return acting.act(case=case, action=action, by=OFFICER, answers={}, reason="", once_key=key, at=AT, **more)


def visit_of(case: cases.Case) -> tuple[str, str]:
    (visit,) = bookings.booking(cases.case(case.ref).booking_ref).visits
    return visit.day.isoformat(), visit.clock


def test_nothing_is_booked_on_applying_and_the_first_session_with_room_is_taken(world: World) -> None:
    first, second = world.apply(), world.apply()
    assert first.booking_ref == ""
    do(first, "inspect")
    assert visit_of(first) == ("2026-03-03", "09:00")
    do(second, "inspect")
    assert visit_of(second) == ("2026-03-03", "14:00")
    assert bookings.miscounted() == []


def test_a_state_to_which_the_applicant_leads_gives_the_first_session_with_room(world: World) -> None:
    text = INSPECTION.replace(
        "    by-itself:", "        ask: {label: {en: Ask, zh-hant: 要求}, by: applicant, to: by-itself}\n    by-itself:"
    ).replace("      timers:\n        - {after: 1 week, to: by-itself}\n        ask", "        ask")
    world.territory = small_services.published(small_services.service("asked-inspection", "SA", text))
    world.service = world.territory.services["asked-inspection"]
    draft_booking.make_pools(world.service, world.territory.pack, at=AT)
    case = world.apply()
    by = acting.applicant(case.person_ref)
    case = acting.act(case=case, action="ask", by=by, answers={}, reason="", once_key="ask", at=AT)
    assert (cases.case(case.ref).state, visit_of(case)) == ("inspection", ("2026-03-03", "09:00"))


def test_another_time_gives_the_old_one_back_and_so_does_cancelling(world: World) -> None:
    case = do(world.apply(), "inspect")
    old = case.booking_ref
    case = do(case, "again", session=("north", date(2026, 3, 5), "14:00"))
    assert visit_of(case) == ("2026-03-05", "14:00")
    assert bookings.booking(old).status == "cancelled"
    case = do(case, "cancel")
    assert bookings.booking(case.booking_ref).status == "cancelled"
    assert bookings.miscounted() == []


def test_a_session_that_is_full_or_not_offered_is_refused_and_nothing_changes(world: World) -> None:
    first, second = world.apply(), world.apply()
    chosen = ("north", date(2026, 3, 5), "14:00")
    do(first, "inspect", session=chosen)
    for session in (chosen, ("north", date(2026, 3, 7), "14:00"), ("nowhere", chosen[1], "14:00")):
        with pytest.raises(bookings.SlotTaken):
            do(second, "inspect", session=session)
    assert cases.case(second.ref).state == "received"
    assert cases.case(second.ref).booking_ref == ""


def test_time_gives_a_visit_too_and_goes_on_without_one_where_there_is_no_room(world: World) -> None:
    case = world.apply()
    jobs.pools_ahead(at=AT + timedelta(days=7))
    jobs.run_timers(at=AT + timedelta(days=9))
    assert cases.case(case.ref).state == "inspection"
    assert visit_of(case)[0] > "2026-03-09"
    full = world.apply()
    bookings.close_pools(scheme="shop-inspection", place="north", day=AT.date(), closed=True, at=AT, by="officer:x")
    for number in range(40):
        day = AT.date() + timedelta(days=number)
        bookings.close_pools(scheme="shop-inspection", place="north", day=day, closed=True, at=AT, by="officer:x")
    jobs.run_timers(at=AT + timedelta(days=9))
    assert cases.case(full.ref).state == "by-itself"
    assert cases.case(full.ref).booking_ref == ""


@pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
def test_the_officer_chooses_and_the_resident_reads_when(
    world: World, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    case = world.apply()
    officer = identity.add_officer(
        name="Officer Sample",
        email="o@example.com",
        roles=frozenset({identity.Role("fehd", "officer")}),
        at=AT,
        by="system",
    )
    desk = signed_in(monkeypatch, officer_ref=officer.ref, epoch=officer.epoch)
    path = f"/{language}/desk/cases/{case.ref}/do/inspect"
    page = html(desk.get(path))
    offered = re.findall(r'<option value="(north\|[^"]*)"', page)
    assert offered[:2] == ["north|2026-03-03|09:00", "north|2026-03-03|14:00"]
    once = re.search(r'name="once" value="([^"]*)"', page)
    assert once is not None
    sent = {"once": once[1], "revision": "1", "session": "north|2030-01-01|09:00"}
    wrong = desk.post(path, sent)
    assert wrong.status_code == 422
    assert {"en": "has no room", "zh-hant": "已滿", "zh-hans": "已满"}[language] in html(wrong)
    assert desk.post(path, {**sent, "session": offered[1]}).status_code == 302
    assert visit_of(case) == ("2026-03-03", "14:00")
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    shown = html(resident.get(f"/{language}/cases/{case.ref}"))
    assert {"en": "3 March 2026", "zh-hant": "2026年3月3日", "zh-hans": "2026年3月3日"}[language] in shown
    assert "Inspection of Golden Bowl" in html(resident.get("/en/me"))
    here = f"/{language}/cases/{case.ref}"
    until = {
        "en": "until 2 March 2026, 11:59pm",
        "zh-hant": "2026年3月2日下午11時59分前",
        "zh-hans": "2026年3月2日下午11时59分前",
    }
    assert until[language] in shown
    page = html(resident.get(f"{here}/move"))
    assert 'value="visit|north|2026-03-03|14:00"' in page
    taken = resident.post(f"{here}/move", {"slot": "visit|north|2026-03-07|14:00", "place": "north"})
    assert "problem=taken" in taken["Location"]
    assert visit_of(case) == ("2026-03-03", "14:00")
    for _ in range(2):
        moved = resident.post(f"{here}/move", {"slot": "visit|north|2026-03-05|09:00", "place": "north"})
        assert moved["Location"] == f"{here}?done=1"
    assert visit_of(case) == ("2026-03-05", "09:00")
    assert bookings.miscounted() == []
    booking_ref = cases.case(case.ref).booking_ref
    assert [fact.event for fact in journal.about(booking_ref)].count("booking_moved") == 1
    assert [n.name for n in notices.of_case(case.ref)].count("moved") == 1
    desk = signed_in(monkeypatch, officer_ref=officer.ref, epoch=officer.epoch)
    told = {"en": "Moved the booking", "zh-hant": "更改預約時間", "zh-hans": "更改预约时间"}[language]
    assert told in html(desk.get(f"/{language}/desk/cases/{case.ref}"))
    assert case.ref in html(desk.get("/en/desk/bookings/shop-inspection?place=north&day=2026-03-05"))
    assert case.ref not in html(desk.get("/en/desk/bookings/shop-inspection?place=north&day=2026-03-03"))
    stranger = identity.enrol(email="other@example.com", name=None, language="en", at=AT)
    assert signed_in(monkeypatch, person_ref=stranger.ref).get(f"{here}/move").status_code == 404
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    world.now = AT + timedelta(days=3)
    assert resident.get(f"{here}/move")["Location"] == here, "on the day itself it is too late"
    world.now = AT
    start = html(resident.get(f"/{language}/services/shop-inspection?x"))
    assert {"en": "Booking is open", "zh-hant": "現正接受預約", "zh-hans": "现正接受预约"}[language] not in start


def test_a_visit_is_given_at_the_place_of_the_booking_before_where_it_has_room(world: World) -> None:
    two_places = INSPECTION.replace(
        "    - {value: north,", "    - {value: south, label: {en: South team, zh-hant: 南區小組}}\n    - {value: north,"
    )
    world.territory = small_services.published(small_services.service("two-teams", "ST", two_places))
    world.service = world.territory.services["two-teams"]
    draft_booking.make_pools(world.service, world.territory.pack, at=AT)
    at_first = do(world.apply(), "inspect")
    place = bookings.booking(at_first.booking_ref).visits[0].place
    other = "north" if place == "south" else "south"
    case = do(world.apply(), "inspect", session=(other, date(2026, 3, 5), "14:00"))
    assert place_of(do(case, "again")) == other
    assert visit_of(case) == ("2026-03-03", "09:00")
    # The rest of this place is taken, so the other one gives the first with room.
    days = [date(2026, 3, 2) + timedelta(days=number) for number in range(1, 15)]
    for day in (one for one in days if one.weekday() < 5):
        for clock_time in ("09:00", "14:00"):
            if (day, clock_time) != (date(2026, 3, 3), "09:00"):
                do(world.apply(), "inspect", session=(other, day, clock_time))
    assert place_of(do(cases.case(case.ref), "again")) == place


def place_of(case: cases.Case) -> str:
    return bookings.booking(cases.case(case.ref).booking_ref).visits[0].place


@pytest.mark.parametrize("by_itself", [False, True])
def test_a_session_that_a_limit_refuses_is_passed_over(world: World, by_itself: bool) -> None:
    one_a_day = (
        "limits: [{per: booking.first_date, at_most: 1, refuse: {en: One a day., zh-hant: 每日一次。}}]\nflow:\n"
    )
    limited = INSPECTION.replace("flow:\n", one_a_day, 1).replace("  ahead:", "  on_applying: true\n  ahead:")
    world.territory = small_services.published(small_services.service("one-a-day", "SQ", limited))
    world.service = world.territory.services["one-a-day"]
    draft_booking.make_pools(world.service, world.territory.pack, at=AT)
    draft_booking.make_pools(world.service, world.territory.pack, at=AT + timedelta(days=8))
    made = [
        application_steps.apply_at_once(
            world.service, person=world.person, language="en", answers={"shop": "Golden Bowl"}, files={},
            seats=[("visit", "north", date(2026, 3, 5 + number), "09:00")], once_key=f"limited{number}", at=AT,
        )
        for number in range(2)
    ]  # fmt: skip
    if by_itself:
        jobs.run_timers(at=AT + timedelta(days=8))
        days = [date(2026, 3, 10), date(2026, 3, 11)]
    else:
        for case in made:
            do(case, "inspect")
        days = [date(2026, 3, 3), date(2026, 3, 4)]
    assert sorted(visit_of(case) for case in made) == [(day.isoformat(), "09:00") for day in days]
    assert {cases.case(case.ref).state for case in made} == {"inspection"}
    assert bookings.miscounted() == []


def test_a_story_sees_the_visit(world: World) -> None:
    def seat(day: int) -> dict[str, str]:
        return {"place": "north", "day": f"2026-03-0{day}", "time": "14:00"}

    taken = {"errors": {"booking": "SlotTaken"}}
    told = Example.model_validate({
        "example": "A shop is inspected", "starts": "2026-03-02T10:00:00+08:00", "answers": {"shop": "X"},
        "expect": {"booking": "none"},
        "steps": [
            {"by": "officer", "do": "inspect", "book": [seat(7)],
             "expect": {"errors": {"booking": "NoSession"}}},
            {"by": "officer", "do": "inspect", "book": [seat(5)], "expect": {"visits": [seat(5)]}},
            {"as": "other", "applies": "shop-inspection", "expect": {"state": "received"}},
            {"as": "other", "by": "officer", "do": "inspect", "book": [seat(5)], "expect": taken},
            {"after": "1 hour", "by": "applicant", "book": [seat(6)],
             "expect": {"visits": [seat(6)], "notices": ["moved"]}},
            {"as": "other", "by": "officer", "do": "inspect", "book": [seat(5)], "expect": {"booking": "booked"}},
            {"by": "officer", "do": "cancel", "expect": {"booking": "cancelled"}},
            {"after": "90 days", "as": "third-one", "applies": "shop-inspection"},
            {"as": "third-one", "by": "officer", "do": "inspect",
             "book": [{**seat(1), "day": "2026-06-02"}], "expect": {"booking": "booked"}},
        ],
    })  # fmt: skip
    play.play(told, world.service, world.territory.pack, person=world.person)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (INSPECTION[INSPECTION.index("booking:") : INSPECTION.index("flow:")], "", "has no 'booking'"),
        ("  ahead: 14 days", TWO, "gives one visit"),
        ("[moved]}\nflow", "[moevd]}\nflow", "there is no notice 'moevd'; did you mean 'moved'?"),
        ("when: case.state ==", "when: case.stat ==", "'case.stat' does not exist; did you mean 'state'?"),
    ],
    ids=["no booking", "two visits", "no letter", "no such word"],
)  # fmt: skip
def test_what_is_wrong_with_a_visit_is_said(old: str, new: str, said: str) -> None:
    assert said in "\n".join(small_services.problems("shop-inspection", "SV", INSPECTION.replace(old, new)))
