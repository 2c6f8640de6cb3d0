"""The waiting room: who waits, in what order, who is let in, and that nobody who waits asks the database."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from django.test import Client
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests import small_services

from praya.blocks.bookings import api as bookings
from praya.blocks.identity import api as identity
from praya.journey import draft_booking, load
from praya.kernel import clock
from praya.web.waiting_room import door, rooms
from praya.web.waiting_room.queue import ALIVE_SECONDS, Queue
from praya.web.waiting_room.tickets import Pass, Ticket, pass_cookie, ticket_cookie

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
WEDNESDAY = datetime(2026, 1, 7, 9, tzinfo=HONG_KONG)
HALL = """
form:
  - page: about
    questions:
      - colour: {{type: text, label: {{en: Colour, zh-hant: 顏色}}}}
booking:
  title: {{en: Choose a day, zh-hant: 選擇日期}}
  places_label: {{en: Hall, zh-hant: 禮堂}}
  places: [{{value: hall, label: {{en: The hall, zh-hant: 禮堂}}}}]
  sessions: {{capacity: {capacity}}}
  {opening}
  waiting_room: {{admits: {admits}}}
flow:
  start: booked
  states:
    booked: {{label: {{en: Booked, zh-hant: 已預約}}, final: true, result: completed}}
retention: {{completed: 1 year}}
"""
WEEKLY = 'weekly: {opens: wed, opens_at: "09:00", closes: fri, closes_at: "18:00"}'
APPLY, WAIT = "/en/services/crowded/apply", "/en/waiting-room/crowded"


class Crowd(RuleBasedStateMachine):
    """People come, ask again or leave, in any order; a minute lets six in, and four places are free."""

    places, stays, a_minute = 4, 300.0, 6

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000.0
        self.path = Path(django_settings.PRAYA.data_dir) / f"crowd-{os.getpid()}.db"
        self.remove()
        self.queue = Queue(self.path)
        self.seen: dict[str, float] = {}
        self.admitted: dict[str, float] = {}
        self.finished: set[str] = set()

    def remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def teardown(self) -> None:
        self.remove()

    @staticmethod
    def rank(ticket: str) -> int:
        return int(ticket)

    def ask(self, *tickets: str) -> None:
        self.queue.see(("jab", 7, ticket, self.rank(ticket), self.now) for ticket in tickets)
        self.seen |= dict.fromkeys(tickets, self.now)

    @rule(ranks=st.sets(st.integers(0, 60).map(str), min_size=1, max_size=8))
    def come_or_ask_again(self, ranks: set[str]) -> None:
        self.ask(*ranks)

    @rule(seconds=st.sampled_from([1.0, 10.0, 60.0, ALIVE_SECONDS + 1, 400.0]))
    def time_goes_by(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def the_web_is_killed(self) -> None:
        self.queue = Queue(self.path)

    @precondition(lambda self: self.admitted)
    @rule(data=st.data())
    def hold_places(self, data: Any) -> None:
        ticket = data.draw(st.sampled_from(sorted(self.admitted)))
        self.queue.finish("jab", 7, ticket, at=self.now)
        self.finished.add(ticket)

    @rule()
    def let_in(self) -> None:
        waits = [t for t, at in self.seen.items() if t not in self.admitted and at > self.now - ALIVE_SECONDS]
        inside = [t for t, at in self.admitted.items() if at > self.now - self.stays and t not in self.finished]
        number = self.queue.admit("jab", 7, at=self.now, a_minute=self.a_minute, places=self.places, stays=self.stays)
        into = [t for t in self.seen if t not in self.admitted and self.queue.admitted_at("jab", 7, t) is not None]
        assert sorted(into, key=self.rank) == sorted(waits, key=self.rank)[:number]
        assert number <= max(0, self.places - len(inside))
        self.admitted |= dict.fromkeys(into, self.now)

    @invariant()
    def not_more_than_the_rate(self) -> None:
        within = [at for at in self.admitted.values() if at > self.now - 60]
        assert len(within) <= self.a_minute + 1

    @invariant()
    def nobody_loses_the_place(self) -> None:
        for ticket, at in self.admitted.items():
            assert self.queue.admitted_at("jab", 7, ticket) == at
        waits = {t for t, at in self.seen.items() if t not in self.admitted and at > self.now - ALIVE_SECONDS}
        assert list(self.queue.ranks("jab", 7, at=self.now)) == sorted(map(int, waits))


Crowd.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestCrowd = Crowd.TestCase

_PUMP = """
import sys, time
from pathlib import Path
from praya.web.waiting_room.queue import Queue
queue, began = Queue(Path(sys.argv[1])), time.time()
while True:
    queue.see(("jab", 7, str(n), n, time.time()) for n in range(0, 300) if n % 10 not in (3, 6, 9))
    queue.admit("jab", 7, at=time.time(), a_minute=6000, places=None, stays=600)
"""


def test_killed_processes_leave_the_order_whole_and_those_who_left_stall_nobody(tmp_path: Path) -> None:
    """Three processes are killed in the middle, twice; three of ten tickets were abandoned long ago."""
    path = tmp_path / "queue.db"
    queue = Queue(path)
    queue.see(("jab", 7, str(n), n, time.time() - (1000 if n % 10 in (3, 6, 9) else 0)) for n in range(300))
    numbers = []
    for _ in range(3):
        pumps = [subprocess.Popen([sys.executable, "-c", _PUMP, str(path)]) for _ in range(3)]
        wanted = len(numbers) * 60 + 60
        until = time.monotonic() + 30
        while 210 - len(queue.ranks("jab", 7, at=time.time())) < wanted and time.monotonic() < until:
            time.sleep(0.02)
        for pump in pumps:
            pump.send_signal(signal.SIGKILL)
            pump.wait()
        waiting = list(queue.ranks("jab", 7, at=time.time()))
        gone = [n for n in range(300) if n % 10 not in (3, 6, 9) and n not in waiting]
        numbers.append(len(gone))
        assert not waiting or max(gone) < min(waiting)
        assert len(gone) >= wanted
    # Whoever was away comes back to the old place: before everybody with a higher number.
    queue.see([("jab", 7, "3", 3, time.time())])
    queue.admit("jab", 7, at=time.time() + 5, a_minute=12, places=1, stays=0.0)
    assert queue.admitted_at("jab", 7, "3") is not None


def test_a_ticket_cannot_be_made_nor_its_place_be_chosen() -> None:
    opening = int(WEDNESDAY.timestamp())
    early = [Ticket.new("jab", opening, at=opening - 600) for _ in range(200)]
    late = [Ticket.new("jab", opening, at=opening + n) for n in range(3)]
    ranks = [ticket.rank for ticket in early]
    assert ranks != sorted(ranks)
    assert max(ranks) < late[0].rank < late[1].rank < late[2].rank
    for ticket in (early[0], late[2]):
        assert Ticket.read("jab", opening, ticket.written()) == ticket
        assert Ticket.read("jab", opening + 1, ticket.written()) is None
        assert Ticket.read("other", opening, ticket.written()) is None
        forged = ticket.written().replace(str(ticket.came), str(ticket.came - 1))
        assert Ticket.read("jab", opening, forged) is None
    inside = Pass("jab", opening, early[0].id, opening + 60)
    assert Pass.read("jab", inside.written(), at=opening + 59) == inside
    assert Pass.read("jab", inside.written(), at=opening + 60) is None
    assert Pass.read("other", inside.written(), at=opening) is None
    assert Pass.read("jab", early[0].written(), at=opening) is None


class Hall:
    """A service with a waiting room, and people at it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = WEDNESDAY - timedelta(minutes=10)
        monkeypatch.setattr(clock, "now", lambda: self.now)
        monkeypatch.setattr(rooms, "ROOMS", rooms.Rooms())
        monkeypatch.setattr(door, "ROOMS", rooms.ROOMS)
        monkeypatch.setattr("praya.web.waiting_room.views.ROOMS", rooms.ROOMS)
        path = Path(django_settings.PRAYA.data_dir) / f"hall-{secrets.token_hex(8)}.db"
        monkeypatch.setattr(rooms.ROOMS, "_queue", Queue(path))
        door._pages.clear()

    def open_for(self, *, capacity: int = 5, admits: int = 60, opening: str = WEEKLY) -> None:
        text = HALL.format(capacity=capacity, admits=admits, opening=opening)
        service = small_services.published(small_services.service("crowded", "CR", text)).services["crowded"]
        draft_booking.make_pools(service, load.pack(), at=self.now)

    def come(self, client: Client | None = None, path: str = WAIT) -> tuple[Client, Any]:
        client = client or Client()
        self.now += timedelta(milliseconds=1)
        return client, client.get(path)


@pytest.fixture
def hall(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    yield Hall(monkeypatch)
    load.forget()


def said(answer: Any) -> str:
    assert answer.status_code == 200, answer.headers
    return str(answer.content.decode())


def test_those_before_the_opening_are_drawn_by_lot_and_then_let_in_by_rate_and_places(hall: Hall) -> None:
    hall.open_for(capacity=1, admits=60)
    people = [hall.come()[0] for _ in range(12)]
    assert "Booking opens on 7 January 2026, 9:00am" in said(people[0].get(WAIT))
    hall.now = WEDNESDAY - timedelta(seconds=30)
    assert [person.get(WAIT).status_code for person in people] == [200] * 12
    hall.now = WEDNESDAY + timedelta(seconds=1)
    late, answer = hall.come()
    assert "People ahead of you" in said(answer)
    hall.now += timedelta(seconds=5)
    answers = [person.get(WAIT) for person in (*people, late)]
    inside = [number for number, one in enumerate(answers) if one.status_code == 303]
    # Seven days have a place each, so no more than seven are inside, though the rate would allow all.
    for _ in range(10):
        hall.now += timedelta(seconds=5)
        answers = [person.get(WAIT) for person in (*people, late)]
        inside = [number for number, one in enumerate(answers) if one.status_code == 303]
    assert len(inside) == 7
    assert 12 not in inside, "whoever came after the opening stands behind those before"
    cookies = [person.cookies[ticket_cookie("crowded")].value for person in people]
    tickets = [Ticket.read("crowded", int(WEDNESDAY.timestamp()), value) for value in cookies]
    ranks = {number: ticket.rank for number, ticket in enumerate(tickets) if ticket is not None}
    assert set(inside) == set(sorted(ranks, key=lambda number: ranks[number])[:7])
    assert answers[inside[0]]["Location"] == APPLY


def test_the_place_is_kept_and_shown_in_three_languages(hall: Hall, django_assert_num_queries: Any) -> None:
    hall.open_for(capacity=1, admits=1)
    hall.now = WEDNESDAY
    first, answer = hall.come()
    assert answer.status_code == 303, "where nobody waits, nobody is kept"
    _, answer = hall.come()
    third, answer = hall.come()
    assert "<dd>1</dd>" in said(answer)
    assert "About 2 min" in said(answer)
    assert answer["Refresh"] == "10"
    assert answer["Cache-Control"] == "no-store"
    assert "<dd>1</dd>" in said(third.get(WAIT))
    assert "在你之前的人數" in said(third.get("/zh-hant/waiting-room/crowded"))
    assert "在你之前的人数" in said(third.get("/zh-hans/waiting-room/crowded"))
    assert pass_cookie("crowded") in first.cookies
    # What the web server asks for each who waits: no query of the database.
    rooms.ROOMS._pump = object()  # type: ignore[assignment]
    asked = door.wanted(WAIT, "")
    assert asked is not None
    with django_assert_num_queries(0):
        told = door.ask(asked, f"{ticket_cookie('crowded')}={third.cookies[ticket_cookie('crowded')].value}")
    assert told is not None
    assert told.status == 200
    assert "<dd>1</dd>" in (told.body or "")


def test_it_says_when_places_are_held_and_when_they_are_gone(hall: Hall) -> None:
    hall.open_for(capacity=1, admits=600)
    hall.now = WEDNESDAY
    load.forget()
    free = bookings.slots(scheme="crowded", first=WEDNESDAY.date(), last=WEDNESDAY.date() + timedelta(days=20))
    next_week = [slot for slot in free if slot.day >= WEDNESDAY.date() + timedelta(days=5)][:7]
    held = [
        bookings.hold(
            scheme="crowded", person_ref=f"{n:032x}", seats=[("visit", "hall", slot.day, "")], size=1, holders=(),
            hold_for=timedelta(minutes=15), once_key=f"k{n}", at=hall.now, by="system",
        )
        for n, slot in enumerate(next_week)
    ]  # fmt: skip
    person, answer = hall.come()
    assert "Every place is held by somebody" in said(answer)
    for one in held:
        bookings.confirm(ref=one.ref, at=hall.now, by="system")
    answer = person.get(WAIT)
    assert "All places are taken. You need not wait." in said(answer)
    assert answer["Refresh"] == "60"
    bookings.cancel(ref=held[0].ref, at=hall.now, by="system")
    hall.now += timedelta(seconds=5)
    person.get(WAIT)
    assert person.get(WAIT).status_code == 303


def test_nobody_passes_by_the_pages_behind_it(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.open_for(admits=1)
    hall.now = WEDNESDAY
    who = identity.enrol(email="p@example.com", name=None, language="en", at=hall.now)
    client = Client()
    session = client.session
    session["person"], session["begun"], session["seen"] = who.ref, *[int(hall.now.timestamp())] * 2
    session.save()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = session.session_key or ""
    others = [hall.come()[0] for _ in range(2)]
    assert client.get(APPLY)["Location"] == WAIT
    assert client.get(WAIT).status_code == 200
    for _ in range(3):
        hall.now += timedelta(minutes=1)
        [one.get(WAIT) for one in others]
        answer = client.get(WAIT)
    assert answer["Location"] == APPLY
    draft = client.get(APPLY)["Location"].split("/")[3]
    client.post(f"/en/apply/{draft}/about", {"colour": "red"})
    assert client.get(f"/en/apply/{draft}/book").status_code == 200
    # The time inside is over: back to the room, and from there to the same draft.
    hall.now += timedelta(minutes=21)
    away = client.get(f"/en/apply/{draft}/book")
    assert away["Location"] == f"{WAIT}?draft={draft}"
    hall.now += timedelta(minutes=1)
    client.get(away["Location"])
    assert client.get(away["Location"])["Location"] == f"/en/apply/{draft}/book"
    assert client.get(f"/en/apply/{draft}/book").status_code == 200
    assert client.get(f"{WAIT}?draft=../../evil")["Location"] == APPLY


RELEASED = """ahead: 3 days
  notice: 0 days
  release: {places: 2, at: "09:00"}"""


def test_places_are_released_day_by_day_and_never_taken_back(hall: Hall) -> None:
    hall.now = WEDNESDAY - timedelta(minutes=1)
    hall.open_for(capacity=5, opening=RELEASED)

    def left() -> list[int]:
        draft_booking.make_pools(load.territory().services["crowded"], load.pack(), at=hall.now)
        day = hall.now.astimezone(HONG_KONG).date()
        return [one.left for one in bookings.slots(scheme="crowded", first=day, last=day + timedelta(days=4))]

    # Days: today (released on four days, five places at most), and the three days to come; the fourth is not reached.
    assert left()[:4] == [5, 4, 2, 0]
    hall.now = WEDNESDAY
    assert left()[:4] == [5, 5, 4, 2]
    hall.now += timedelta(hours=23)
    assert left()[:4] == [5, 4, 2, 0]
    assert bookings.openings(load.territory().services["crowded"].booking, at=hall.now,  # type: ignore[arg-type]
                             calendar=load.pack().calendar)[1] == WEDNESDAY + timedelta(days=1)  # fmt: skip


@pytest.mark.parametrize(
    ("opening", "says"),
    [
        ("ahead: 2 months\n  release: {places: 2, at: '09:00'}", "'release' counts the days from 'ahead'"),
        (WEEKLY + "\n  release: {places: 2, at: '09:00'}", "'release' counts the days from 'ahead'"),
    ],
)
def test_what_cannot_be_is_refused(opening: str, says: str) -> None:
    text = HALL.format(capacity=1, admits=1, opening=opening)
    assert any(says in problem for problem in small_services.problems("crowded", "CR", text))
    short = HALL.format(capacity=1, admits="1, gathers: 10 minutes", opening=WEEKLY)
    assert any("at least as long as 'stays'" in problem for problem in small_services.problems("crowded", "CR", short))
