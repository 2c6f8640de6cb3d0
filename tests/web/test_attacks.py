"""Attacks on the pages: each test tries one for real, against a hole that was closed or a defence that held."""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition.example import Example
from praya.definition.service import Service
from praya.definition.source import read
from praya.journey import application_steps, draft_booking, draft_progress, load, play
from praya.journey.filled_texts import filled
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.kernel.spreadsheet import cell
from praya.kernel.text import Text
from praya.web import case_actions, rate_limits
from praya.web.fields import written_all
from praya.web.sign_in import views

PACK = Path(__file__).parents[2] / "packs" / "hongkong"
ZONE = ZoneInfo("Asia/Hong_Kong")
AT = datetime(2021, 2, 23, 10, tzinfo=ZONE)
VACCINATION, RESTAURANT = "vaccination-booking", "restaurant-licence"
SENIOR: dict[str, Any] = {
    "name": {"family": "SAMPLE", "given": "One"}, "hkid": "G123456(A)", "birth_date": "1955-03-08",
    "priority_group": "senior", "severe_allergy": False, "mobile": "+85251234567", "consent": True,
}  # fmt: skip
OTHER_HKID = "M000002(2)"
SEATS = [("first", "lion-view", date(2021, 2, 26), "09:00"), ("second", "lion-view", date(2021, 3, 19), "09:00")]
LATER = [("first", "lion-view", date(2021, 2, 27), "10:00"), ("second", "lion-view", date(2021, 3, 20), "10:00")]
URLENCODED = "application/x-www-form-urlencoded"
SCRIPT = "\"'><script>alert(1)</script>{{7*7}}{case.ref}"


@cache
def services() -> list[Service]:
    return [s for s in load.read_services(PACK, load.pack()) if s.service in {VACCINATION, RESTAURANT}]


class World:
    """Two residents, officers of two departments, and two services, at a moment that tests may move."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = AT
        monkeypatch.setattr(clock, "now", lambda: self.now)
        rate_limits._limiter.cache_clear()
        for service in services():
            load.publish(service, at=AT, by="system")
        self.service = load.territory().service(VACCINATION)
        self.people = [identity.enrol(email=f"p{n}@example.com", name=None, language="en", at=AT) for n in range(4)]
        roles = {
            "fehd": frozenset({identity.Role("fehd", "officer")}),
            "dh": frozenset({identity.Role("dh", "supervisor")}),
        }
        self.officers = {
            name: identity.add_officer(name=name.upper(), email=f"{name}@example.com", roles=role, at=AT, by="system")
            for name, role in roles.items()
        }

    def browser(self, *, csrf: bool = False, **session: Any) -> Client:
        client = Client(enforce_csrf_checks=csrf)
        kept = client.session
        for name, value in {**session, "seen": int(self.now.timestamp()), "begun": int(self.now.timestamp())}.items():
            kept[name] = value
        kept.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = kept.session_key
        return client

    def resident(self, number: int = 0, *, csrf: bool = False) -> Client:
        return self.browser(person=self.people[number].ref, csrf=csrf)

    def officer(self, name: str, *, csrf: bool = False) -> Client:
        officer = self.officers[name]
        return self.browser(officer=officer.ref, epoch=officer.epoch, csrf=csrf)

    def filled(self, number: int = 0, **answers: Any) -> str:
        """A draft of the resident's with every page answered; answers its reference."""
        last = AT.date() + timedelta(days=35)
        rules = self.service.booking
        assert rules is not None
        wanted = bookings.sessions(rules, AT.date(), last, load.pack().calendar)
        bookings.make_pools(scheme=VACCINATION, wanted=[s for s in wanted if s.place == "lion-view"])
        client = self.resident(number)
        ref = client.get(f"/en/services/{VACCINATION}/apply")["Location"].split("/")[3]
        for page in self.service.form:
            self.answer(client, ref, page.page, **answers)
        return ref

    def answer(self, client: Client, ref: str, name: str, **answers: Any) -> Any:
        page = next(page for page in self.service.form if page.page == name)
        fields = written_all(page.questions, {**SENIOR, **answers})
        return client.post(f"/en/apply/{ref}/{name}", fields | {"_asked": [q.name for q in page.questions]})

    def walk(self, ref: str, number: int = 0) -> draft_progress.Walk:
        return draft_progress.walk(forms.draft(ref, person_ref=self.people[number].ref), at=self.now)

    def page_of(self, question: str) -> str:
        return next(page.page for page in self.service.form if any(q.name == question for q in page.questions))

    def restaurant(self, number: int = 0, **answers: Any) -> str:
        """A case of the resident's, just submitted."""
        story = Example.model_validate(read(PACK / "services" / RESTAURANT / "examples" / "licence-granted.yaml").data)
        service = load.territory().service(RESTAURANT)
        changed = story.model_copy(update={"steps": (), "answers": {**story.answers, **answers}})
        played = play.play(changed, service, load.pack(), person=self.people[number])
        assert played.case is not None
        self.now = max(self.now, played.now)
        return played.case.ref


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    load.forget()
    vault.reset_memory()
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()
    rate_limits._limiter.cache_clear()


def chosen(seats: list[Any], **more: str) -> dict[str, Any]:
    """The last form of booking: the visits chosen before, and the slot of the last one."""
    written = ["|".join(map(str, seat)) for seat in seats]
    return {"seat": written[:-1], "slot": written[-1], **more}


def held_places(world: World) -> int:
    slots = bookings.slots(scheme=VACCINATION, first=AT.date(), last=AT.date() + timedelta(days=60))
    rules = world.service.booking
    assert slots
    assert rules
    return sum(rules.sessions.places_in(slot.place) - slot.left for slot in slots)


# Booking


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


# Keys against doing things twice


def test_a_key_says_nothing_about_anybody_elses_form(world: World) -> None:
    """The same key on another case, by another person, for another action, or no key at all, does what it says."""
    mine, others = world.restaurant(0), world.restaurant(1)
    for number, ref in ((0, mine), (1, others)):
        sent = {"reason": "Not any more.", "once": "", "revision": str(cases.case(ref).revision)}
        world.resident(number).post(f"/en/cases/{ref}/do/withdraw", sent)
        assert cases.case(ref).result == "withdrawn", number
    again, third = world.restaurant(2), world.restaurant(3)
    officer = world.officer("fehd")
    for ref in (again, third):
        assert officer.post(f"/en/desk/cases/{ref}/notes", {"note": f"About {ref}", "once": "same"}).status_code == 302
        assert cases.history(ref)[-1].text == f"About {ref}"
    for text in ("one", "two"):
        officer.post(f"/en/desk/cases/{again}/notes", {"note": text})
    assert [step.text for step in cases.history(again)[-2:]] == ["one", "two"]
    for _ in range(2):
        officer.post(f"/en/desk/cases/{third}/notes", {"note": "twice", "once": "b" * 32})
    assert sum(step.text == "twice" for step in cases.history(third)) == 1


def test_the_key_of_a_form_is_bound_to_who_sends_it(rf: Any) -> None:
    def key(once: str, **who_asks: str) -> str:
        request = rf.post("/", {"once": once})
        from praya.web.who import SESSION, Session

        request.META[SESSION] = Session(**who_asks)
        return case_actions.once_key(request, "RL-1", "withdraw")

    assert key("k", person_ref="a") == key("k", person_ref="a")
    distinct = {
        key("k", person_ref="a"),
        key("k", person_ref="b"),
        key("k", officer_ref="a"),
        key("k\na", person_ref=""),
    }
    assert len(distinct) == 4
    assert key("", person_ref="a") != key("", person_ref="a")


# Isolation


def test_a_resident_reaches_nothing_of_another(world: World) -> None:
    draft = world.filled(0)
    draft_booking.hold(world.walk(draft), SEATS, once_key="a", at=world.now)
    ref = world.restaurant(0)
    other = world.resident(1)
    upload = forms.uploads_of_case(ref)[0]
    page = world.service.form[0].page
    for path in (f"cases/{ref}", f"cases/{ref}/submitted", f"cases/{ref}/do/withdraw", f"apply/{draft}/check",
                 f"apply/{draft}/stop", f"apply/{draft}/book", f"apply/{draft}/{page}"):  # fmt: skip
        assert other.get(f"/en/{path}").status_code == 404, path
        sent = {"remove": upload.ref, "reason": "x", **chosen(LATER, once="")}
        assert other.post(f"/en/{path}", sent).status_code == 404, path
    other.post(f"/en/apply/{draft}/discard")
    assert bookings.booking(forms.draft(draft, person_ref=world.people[0].ref).booking_ref).status == "held"
    assert cases.case(ref).result == ""
    assert ref not in other.get("/en/me").content.decode()
    notice = re.search(r"/en/notices/(\w+)", world.resident(0).get("/en/me").content.decode())
    if notice:
        assert other.get(f"/en/notices/{notice[1]}").status_code == 404
    # A file of another's, named in one's own form, does not move.
    own = other.get(f"/en/services/{RESTAURANT}/apply")["Location"]
    other.post(own, {"remove": upload.ref})
    assert upload in forms.uploads_of_case(ref)


def test_sessions_of_one_kind_open_nothing_of_the_other(world: World) -> None:
    ref = world.restaurant(0)
    resident, officer = world.resident(0), world.officer("fehd")
    for path in ("", "search", "bookings", f"cases/{ref}", f"cases/{ref}/reply"):
        assert resident.get(f"/en/desk/{path}")["Location"].startswith("/en/desk/sign-in"), path
    for path in ("me", f"cases/{ref}", f"services/{RESTAURANT}/apply"):
        assert officer.get(f"/en/{path}")["Location"].startswith("/en/sign-in"), path
    # One reference put into the place of the other is nobody.
    assert world.browser(officer=world.people[0].ref, epoch=1).get("/en/desk/").status_code == 302
    mixed = world.browser(person=world.officers["fehd"].ref)
    assert mixed.get("/en/me")["Location"].startswith("/en/sign-in")


def test_a_forged_old_or_foreign_session_is_none(world: World) -> None:
    good = world.resident(0)
    value = good.cookies[settings.SESSION_COOKIE_NAME].value
    for forged in (value[:-2] + ("AA" if value[-2:] != "AA" else "BB"), value[1:], "x", value.replace(":", ".")):
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = forged
        assert client.get("/en/me").status_code == 302
    world.now += timedelta(minutes=settings.PRAYA.session_minutes, seconds=1)
    assert good.get("/en/me").status_code == 302


def test_a_copied_cookie_ends_with_every_other_session(world: World) -> None:
    mine, other = world.resident(0), world.resident(1)
    copy = Client()
    copy.cookies[settings.SESSION_COOKIE_NAME] = mine.cookies[settings.SESSION_COOKIE_NAME].value
    assert copy.get("/en/me").status_code == 200
    assert b'name="everywhere"' in mine.get("/en/me").content
    assert mine.post("/en/sign-out", {"everywhere": "1"}).status_code == 302
    for client in (mine, copy):
        assert client.get("/en/me").status_code == 302
    assert other.get("/en/me").status_code == 200
    again = world.browser(person=world.people[0].ref, person_epoch=1)
    assert again.get("/en/me").status_code == 200
    identity.erase(person_ref=world.people[0].ref, at=world.now, by="system")
    assert again.get("/en/me").status_code == 302


def ask(client: Client, email: str = "p0@example.com", *, source: str) -> int:
    return client.post("/en/sign-in", {"email": email}, REMOTE_ADDR=source).status_code


def test_a_stranger_who_asks_for_codes_keeps_nobody_out(world: World) -> None:
    known, stranger, at_home = Client(), Client(), "203.0.113.9"
    assert ask(known, source=at_home) == 302
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(identity, "sign_in", lambda **_: world.people[0])
        known.post("/en/sign-in/code", {"code": "1"})
    assert known.cookies[settings.KNOWN_COOKIE_NAME]["httponly"]
    for _ in range(5):
        assert ask(stranger, source="198.51.100.7") == 302
    refused = stranger.post("/en/sign-in", {"email": "p0@example.com"}, REMOTE_ADDR="198.51.100.7")
    assert (refused.status_code, refused["Retry-After"]) == (429, "8")
    assert "Wait 8 seconds" in refused.content.decode()
    # A new browser at another network, and a known one at the stranger's own.
    assert ask(Client(), source="192.0.2.44") == 302
    assert ask(known, source="198.51.100.7") == 302
    # Somebody else's mark, or one of one's own making, is none.
    forger = Client()
    forger.cookies[settings.KNOWN_COOKIE_NAME] = identity.browser_mark("p0@example.com")
    assert ask(forger, source="198.51.100.7") == 429
    forger.cookies[settings.KNOWN_COOKIE_NAME] = known.cookies[settings.KNOWN_COOKIE_NAME].value
    assert ask(forger, "p1@example.com", source="198.51.100.7") == 302
    for _ in range(4):
        assert ask(known, source=at_home) == 302
    assert ask(known, source="192.0.2.99") == 429, "a known browser has a limit too"


@pytest.mark.parametrize("door", ["/en/sign-in", "/en/desk/sign-in"])
def test_an_office_behind_one_address_signs_in_on_a_monday_morning(world: World, door: str) -> None:
    # Each of them three times at once would be 6,000; 60 people show that nobody counts them as one.
    answers = {
        Client().post(door, {"email": f"o{n}@dept.example"}, REMOTE_ADDR="203.0.113.1").status_code for n in range(60)
    }
    assert answers == {302}
    assert rate_limits._parsed(rate_limits.RATES["sign_in_code"]).amount >= 3 * 2000


def test_signing_in_begins_a_new_session(world: World) -> None:
    client = world.resident(0)
    from praya.journey import sign_in

    challenge = sign_in.ask_code(email="p1@example.com", language="en", for_officer=False, at=world.now)
    planted = client.session
    planted["challenge"], planted["next"], planted["officer"] = challenge, "/en/me", world.officers["fehd"].ref
    planted.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(identity, "sign_in", lambda **_: world.people[1])
        assert client.post("/en/sign-in/code", {"code": "123456"}).status_code == 302
    assert set(client.session.keys()) <= {"person", "person_epoch", "seen", "begun", "ref", "level", "level_at"}
    assert client.session["person"] == world.people[1].ref


# Redirects, forged requests


ELSEWHERE = (
    "//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "/\t/evil.test", "/\n/evil.test", "https:evil.test",
    "https://evil.test", "javascript:alert(1)", " //evil.test", "\x01//evil.test", "", "evil.test", "/\r/evil.test",
)  # fmt: skip


def test_signing_in_leads_nowhere_else(rf: Any) -> None:
    for wanted in ELSEWHERE:
        for request in (rf.get("/", {"next": wanted}), rf.post("/", {"next": wanted})):
            assert views._next(request, "en", desk=False) == "/en/me", repr(wanted)
            assert views._next(request, "en", desk=True) == "/en/desk/", repr(wanted)
    assert views._next(rf.get("/", {"next": "/en/cases/RL-1"}), "en", desk=False) == "/en/cases/RL-1"


def posts() -> Iterator[tuple[str, Callable[..., Any]]]:
    def walk(patterns: list[Any], before: str) -> Iterator[tuple[str, Callable[..., Any]]]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern):
                yield route, pattern.callback

    yield from walk(get_resolver().url_patterns, "")


def test_no_form_is_taken_without_its_token(world: World) -> None:
    """Every address outside the API, by POST, with a good session and without a token, is refused."""
    draft, ref = world.filled(0), world.restaurant(0)
    fill = {"lang": "en", "ref": ref, "action": "withdraw", "service": VACCINATION, "page": "about", "kind": "svg",
            "topic": "health", "register": "premises", "upload": "a" * 32, "name": "contact",
            "invitation": "a" * 32, "entry": "a" * 32, "draw": "draw", "number": "1"}  # fmt: skip
    before, walked = cases.case(ref), 0
    clients = [world.resident(0, csrf=True), world.officer("fehd", csrf=True)]
    for route, view in posts():
        if route.startswith(("api/", "^api/")) or not hasattr(view, "open_to") or view.open_to == "machine":
            continue
        values = fill | ({"ref": draft} if "apply/" in route else {})
        path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match, values=values: values.get(match[1], "a" * 32), route)
        for client in clients:
            answer = client.post(path, {"once": "x", "reason": "x"}, headers={"origin": "https://evil.test"})
            assert answer.status_code in {403, 405}, (path, answer.status_code)
            walked += 1
    assert walked > 60
    assert cases.case(ref) == before


# What is shown


def test_nothing_typed_becomes_markup_or_a_placeholder(world: World) -> None:
    ref = world.restaurant(0, trade_name=SCRIPT) if "trade_name" in load.territory().service(
        RESTAURANT
    ).questions else world.restaurant(0, **{text_question(): SCRIPT})  # fmt: skip
    officer, resident = world.officer("fehd"), world.resident(0)
    officer.post(f"/en/desk/cases/{ref}/notes", {"note": SCRIPT, "once": "x"})
    pages = [
        officer.get(f"/en/desk/cases/{ref}"), officer.post("/en/desk/search", {"q": SCRIPT}),
        officer.post(f"/en/desk/cases/{ref}/notes", {"note": SCRIPT + "x" * 5000}),
        resident.get(f"/en/cases/{ref}"), resident.get("/en/search", {"q": SCRIPT}),
        resident.get("/en/track", {"ref": SCRIPT}), resident.post("/en/verify", {"record": SCRIPT}),
        Client().post("/en/sign-in", {"email": SCRIPT, "next": SCRIPT}), Client().get(f"/en/{SCRIPT}"),
    ]  # fmt: skip
    for shown in pages:
        text = shown.content.decode()
        assert "<script>alert" not in text
        assert "49" not in re.findall(r"alert\(1\)[^<]{0,40}", text)
        assert "script-src 'self'" in shown["Content-Security-Policy"]
        assert "unsafe" not in shown["Content-Security-Policy"]
    assert "{case.ref}" in officer.get(f"/en/desk/cases/{ref}").content.decode()
    upload = SimpleUploadedFile('"><img src=x onerror=alert(1)>.svg', b"<svg onload=alert(1)>", "image/svg+xml")
    answer = resident.post("/en/verify", {"picture": upload})
    assert answer.status_code == 200
    assert "onerror" not in answer.content.decode()


def text_question() -> str:
    questions = load.territory().service(RESTAURANT).questions
    return next(name for name, q in questions.items() if q.type_name == "text" and q.when is None)


def test_an_answer_with_braces_is_not_filled_again() -> None:
    class Seen:
        service = load.read_services(PACK, load.pack())[0]
        context: dict[str, Any] = {"case": {"ref": "RL-1"}, "reason": "{case.ref}\r\nBcc: all@example.com"}
        texts: dict[str, Text] = {}
        raw: dict[str, Any] = {}

    said = filled(Text({"en": "Why: {reason}"}), "en", Seen())
    assert said == "Why: {case.ref}\r\nBcc: all@example.com"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠A1"])
def test_no_value_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


# What nobody's browser sends


def png(width: int, height: int) -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + part(b"IDAT", zlib.compress(b"\0" * 10_000)) + part(b"IEND", b"")


@pytest.mark.parametrize(
    "data", [b"", b"x", b"\x89PNG\r\n\x1a\nxxxx", png(30_000, 30_000), b"\xff\xd8\xff\xe0" + b"x" * 50]
)
def test_a_picture_that_is_none_is_told_so(db: None, data: bytes) -> None:
    answer = Client().post("/en/verify", {"picture": SimpleUploadedFile("a.png", data, "image/png")})
    assert answer.status_code == 200
    assert 'href="#picture"' in answer.content.decode()


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
    for day in ("9999-12-31", "0001-01-01"):
        assert client.get(f"/en/apply/{ref}/book", {"place": "lion-view", "from": day}).status_code == 200


def test_numbers_of_fields_and_revisions_are_numbers(world: World) -> None:
    ref, officer, resident = world.restaurant(0), world.officer("fehd"), world.resident(1)
    form = resident.get(f"/en/services/{RESTAURANT}/apply")["Location"]
    for number in ("9" * 5000, "٣", "-1", "1e9", "999999999999"):
        sent = {"revision": number, "once": "x", "reason": "x"}
        sent |= {"_remove": f"x.{number}", "x.count": number, f"x.{number}.y": "1"}
        answers = [officer.post(f"/en/desk/cases/{ref}/do/withdraw", sent),
                   resident.post(form, urlencode(sent), content_type=URLENCODED),
                   world.resident(0).post(f"/en/cases/{ref}/do/withdraw", sent),
                   resident.post(form, {**sent, "_add": "x"})]  # fmt: skip
        assert all(answer.status_code < 500 for answer in answers), number[:20]


def test_no_database_ever_sees_a_nul(world: World) -> None:
    client = world.resident(0)
    for path, status in {"/en/cases/a%00b": 404, "/en/records/%00": 404, "/en/search?q=%00": 200}.items():
        assert client.get(path).status_code == status, path
    assert client.get("/en/desk/?mark=%7C%00").status_code == 302
    assert client.post("/en/verify", {"record": "a\0"}).status_code == 400
    assert client.post("/en/verify", {"record\0": "a"}).status_code == 400


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [("2001:db8::1", "2001:db8::ffff:2", True), ("2001:db8::1", "2001:db8:0:1::1", False),
     ("203.0.113.1", "203.0.113.2", False), ("::ffff:203.0.113.1", "203.0.113.1", True)],
)  # fmt: skip
def test_a_network_is_counted_and_not_each_of_its_addresses(first: str, second: str, same: bool) -> None:
    def seen(address: str) -> str:
        request = HttpRequest()
        request.META["REMOTE_ADDR"] = address
        return rate_limits.address(request)

    assert (seen(first) == seen(second)) is same


def test_a_claimed_address_does_not_escape_the_limit(world: World) -> None:
    """In a demonstration X-Forwarded-For counts for nothing; else only what a trusted proxy added does."""

    def seen(connection: str) -> str:
        request = HttpRequest()
        request.META |= {"REMOTE_ADDR": connection, "HTTP_X_FORWARDED_FOR": "198.51.100.7, 203.0.113.9"}
        return rate_limits.address(request)

    assert seen("127.0.0.1") == "127.0.0.1"
    proxied = settings.PRAYA.model_copy(update={"base_url": "https://services.example.org", "behind_proxy": True})
    with override_settings(PRAYA=proxied):
        assert seen("127.0.0.1") == "203.0.113.9"
        assert seen("198.51.100.200") == "198.51.100.200"


def test_the_demonstrations_doors_are_shut_elsewhere(world: World) -> None:
    assert not settings.PRAYA.demo
    assert Client().post("/en/sign-in/invented", {"ref": world.people[0].ref}).status_code == 404
    assert Client().get("/en/demo/messages").status_code == 404
    with override_settings(PRAYA=settings.PRAYA.model_copy(update={"mode": "demo"})):
        for sent in ({"ref": "x"}, {"ref": "x", "desk": "1"}, {"ref": world.people[0].ref, "desk": "1"}):
            assert Client().post("/en/sign-in/invented", sent).status_code == 404


def test_a_code_is_good_once_for_its_own_challenge_and_five_tries(world: World) -> None:
    first = identity.ask_code(email="a@example.com", language="en", at=AT)
    second = identity.ask_code(email="b@example.com", language="en", at=AT)
    client = world.browser(challenge=second.challenge, next="/en/me")
    if first.code != second.code:
        client.post("/en/sign-in/code", {"code": first.code})
        assert "person" not in client.session
    wrong = f"{(int(second.code) + 1) % 1_000_000:06}"
    for _ in range(5):
        client.post("/en/sign-in/code", {"code": wrong})
    client.post("/en/sign-in/code", {"code": second.code})
    assert "person" not in client.session


def test_no_page_tells_whether_an_address_is_known(world: World) -> None:
    answers = []
    for email in ("p0@example.com", "nobody@example.com"):
        client = Client()
        sent = client.post("/en/sign-in", {"email": email})
        answers.append((sent.status_code, sent["Location"], words(client.get("/en/sign-in/code").content.decode())))
    assert answers[0] == answers[1]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_switching_the_language_keeps_the_choice_of_a_place_and_a_time_and_goes_no_further(world: World) -> None:
    client, book = world.resident(), f"/apply/{world.filled()}/book"
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
