"""Visits in closed sessions move by themselves: to the next with room, once, and on where a pass was interrupted."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests import small_services

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.journey import application_steps, draft_booking, load, postponing
from praya.kernel import rounds
from praya.kernel.crypto import vault

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
FIRST, SECOND = date(2026, 3, 4), date(2026, 3, 25)
JAB = """
form:
  - page: about
    questions:
      - colour: {type: text, label: {en: Colour, zh-hant: 顏色}}
booking:
  title: {en: Choose, zh-hant: 選擇}
  places_label: {en: Centre, zh-hant: 中心}
  places: [{value: east, label: {en: East, zh-hant: 東}}, {value: west, label: {en: West, zh-hant: 西}}]
  sessions: {times: ["09:00", "14:00"], capacity: 3}
  visits:
    - {name: one, label: {en: First, zh-hant: 第一次}}
    - {name: two, label: {en: Second, zh-hant: 第二次}, after: one, days: [21, 28]}
  postpone: {days: 5, notify: [postponed]}
flow:
  start: booked
  states:
    booked:
      label: {en: Booked, zh-hant: 已預約}
      clock: 1 month
      actions: {end: {label: {en: End, zh-hant: 完結}, to: over}}
    over: {label: {en: Over, zh-hant: 已完結}, final: true, result: completed}
notices:
  postponed:
    subject: {en: "Postponed", zh-hant: "已延期"}
    body: {en: "{booking.visits}", zh-hant: "{booking.visits}"}
retention: {completed: 1 year}
"""


class Town:
    def __init__(self) -> None:
        self.territory = small_services.published(small_services.service("jab", "JB", JAB))
        self.service = self.territory.services["jab"]
        draft_booking.make_pools(self.service, self.territory.pack, at=AT)
        self.people = 0

    def book(self, *, place: str = "east", first: date = FIRST, second: date = SECOND, clock: str = "09:00") -> str:
        self.people += 1
        person = identity.enrol(email=f"p{self.people}@example.com", name=None, language="en", at=AT)
        case = application_steps.apply_at_once(
            self.service, person=person, language="en", answers={"colour": "red"}, files={},
            seats=[("one", place, first, clock), ("two", place, second, clock)], once_key=str(self.people),
            at=AT + timedelta(seconds=self.people),
        )  # fmt: skip
        return case.ref

    def close(self, day: date, *, place: str = "east", closed: bool = True, from_clock: str = "") -> None:
        bookings.close_pools(
            scheme="jab", place=place, day=day, closed=closed, from_clock=from_clock, at=AT, by="officer:x"
        )

    def run(self) -> int:
        return postponing.postpone(self.service, self.territory.pack, at=AT + timedelta(hours=1))


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    yield Town()
    load.forget()
    vault.reset_memory()


def visits(ref: str) -> list[tuple[date, str]]:
    return [(one.day, one.clock) for one in bookings.booking(cases.case(ref).booking_ref).visits]


def letters(ref: str) -> list[str]:
    case = cases.case(ref)
    return [one.subject for one in notices.inbox(case.person_ref) if one.case_ref == ref]


def test_the_first_to_book_get_the_next_day_and_the_second_visit_stays_where_it_may(town: Town) -> None:
    refs = [town.book() for _ in range(3)]
    other = town.book(place="west")
    late = town.book(first=FIRST + timedelta(days=1), second=SECOND + timedelta(days=1))
    town.close(FIRST)
    assert town.run() == 3
    # Two places were left at nine on the next day; the third person gets two o'clock. 5 March to 25 March is 20 days.
    assert visits(refs[0]) == [(date(2026, 3, 5), "09:00"), (date(2026, 3, 26), "09:00")]
    assert visits(refs[1]) == [(date(2026, 3, 5), "09:00"), (date(2026, 3, 26), "09:00")]
    assert visits(refs[2]) == [(date(2026, 3, 5), "14:00"), (date(2026, 3, 26), "14:00")]
    assert visits(other) == [(FIRST, "09:00"), (SECOND, "09:00")]
    assert visits(late)[0] == (date(2026, 3, 5), "09:00")
    assert [letters(ref) for ref in (*refs, other)] == [["Postponed"]] * 3 + [[]]
    assert bookings.miscounted() == []
    # Nobody is moved or told twice, also not when the place opens again.
    assert town.run() == 0
    town.close(FIRST, closed=False)
    assert town.run() == 0
    assert letters(refs[0]) == ["Postponed"]


def test_only_the_second_visit_moves_when_its_day_is_closed(town: Town) -> None:
    ref = town.book(second=SECOND + timedelta(days=1))
    town.close(SECOND + timedelta(days=1))
    town.run()
    assert visits(ref) == [(FIRST, "09:00"), (SECOND + timedelta(days=2), "09:00")]


def test_a_pass_that_is_stopped_goes_on_where_it_was(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    refs = [town.book(clock=clock) for clock in ("09:00", "14:00") for _ in range(3)]
    town.close(FIRST)
    breaths: list[int] = []

    def breath() -> None:
        breaths.append(1)
        if len(breaths) == 4:
            raise rounds.Stopped

    with pytest.raises(rounds.Stopped), rounds.breathing(breath):
        town.run()
    assert sum(visits(ref)[0][0] > FIRST for ref in refs) == 3
    # A kill in the middle of one: nothing of it stays.
    send = postponing.send_notice

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(postponing, "send_notice", killed)
    with pytest.raises(KeyboardInterrupt):
        town.run()
    assert sum(visits(ref)[0][0] > FIRST for ref in refs) == 3
    monkeypatch.setattr(postponing, "send_notice", send)
    assert town.run() == 3
    assert [letters(ref) for ref in refs] == [["Postponed"]] * 6
    assert bookings.miscounted() == []


def test_who_finds_no_room_stays_on_the_list_and_is_placed_when_there_is(town: Town) -> None:
    ref = town.book()
    for days in range(6):
        town.close(FIRST + timedelta(days=days))
    assert town.run() == 0
    assert visits(ref)[0] == (FIRST, "09:00")
    assert letters(ref) == []
    town.close(FIRST + timedelta(days=3), closed=False)
    assert town.run() == 1
    assert visits(ref)[0] == (FIRST + timedelta(days=3), "09:00")


def test_sessions_closed_from_an_hour_on_leave_the_morning(town: Town) -> None:
    morning, afternoon = town.book(), town.book(clock="14:00")
    town.close(FIRST, from_clock="12:00")
    assert town.run() == 1
    assert visits(morning)[0] == (FIRST, "09:00")
    assert visits(afternoon)[0] == (FIRST + timedelta(days=1), "14:00")
