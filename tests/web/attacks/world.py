"""Two residents, officers of two departments and two services, for the attacks."""

from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client

from praya.blocks.bookings import api as bookings
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition.example import Example
from praya.definition.service import Service
from praya.definition.source import read
from praya.journey import draft_progress, load, play
from praya.kernel import clock
from praya.web import rate_limits
from praya.web.fields import written_all

PACK = Path(__file__).parents[3] / "packs" / "hongkong"
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
        ref = self.enter(client, f"/en/services/{VACCINATION}/apply").split("/")[3]
        for page in self.service.form:
            self.answer(client, ref, page.page, **answers)
        return ref

    @staticmethod
    def enter(client: Client, path: str) -> str:
        """Go to an address that may be behind the waiting room, which is empty; where that leads."""
        at = client.get(path).headers.get("Location", path)
        while "/waiting-room/" in at:
            at = client.get(at)["Location"]
        return at if "/apply/" in at else client.get(at)["Location"]

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
