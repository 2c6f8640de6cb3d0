"""A public notice is shown for its time and no longer; others object to it, and the department sees what came."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from tests import small_services
from tests.web.test_entries import html
from tests.web.test_fees import signed_in

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.definition import check
from praya.definition.example import Example
from praya.journey import acting, application_steps, entries, jobs, load, play
from praya.kernel import clock
from praya.kernel.crypto import vault

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
OFFICER = acting.By("officer:x", ("officer",), "fehd")
BUILDING = """
form:
  - page: site
    title: {en: Site, zh-hant: 地盤}
    questions:
      - site: {type: text, max_length: 60, label: {en: Site, zh-hant: 地盤}}
      - owner: {type: text, max_length: 60, label: {en: Owner, zh-hant: 業主}}
publishes:
  application:
    title: {en: Notice of application, zh-hant: 申請公告}
    summary: {en: Anybody may object., zh-hant: 任何人士均可提出反對。}
    facts:
      site: {label: {en: Site, zh-hant: 地盤}, value: answers.site}
    for: 28 days
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions:
        publish: {label: {en: Publish, zh-hant: 公布}, to: published}
    published:
      label: {en: Published, zh-hant: 已公布}
      publish: application
      actions:
        take-down: {label: {en: Take down, zh-hant: 撤下公告}, unpublish: true, to: refused}
      timers:
        - {after: 29 days, to: looking}
    looking:
      label: {en: Looking at objections, zh-hant: 審視反對意見}
      next: [{when: publication.received == 0, to: granted}, {to: hearing}]
    hearing:
      label: {en: Hearing, zh-hant: 聆訊}
      actions: {grant: {label: {en: Grant, zh-hant: 批准}, to: granted}}
    granted: {label: {en: Granted, zh-hant: 已批准}, final: true, result: granted}
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused}
retention: {granted: 7 years, refused: 1 year}
"""
OBJECTION = """
about: {service: building-plans, publication: application}
form:
  - page: why
    questions:
      - why: {type: text, max_length: 200, label: {en: Why do you object?, zh-hant: 反對理由}}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      notify: [thanks]
      actions: {done: {label: {en: Done, zh-hant: 完成}, to: done}}
    done: {label: {en: Done, zh-hant: 已完成}, final: true, result: completed}
notices:
  thanks:
    subject: {en: "Your objection to {publication.site}", zh-hant: "你就{publication.site}提出的反對"}
    body: {en: "Until {publication.until}", zh-hant: "至{publication.until}"}
retention: {completed: 1 year}
"""


class World:
    def __init__(self) -> None:
        self.now = AT
        self.territory = small_services.published(
            small_services.service("building-plans", "BP", BUILDING),
            small_services.service("objection", "QB", OBJECTION),
        )
        self.people = {
            name: identity.enrol(email=f"{name}@example.com", name=None, language="en", at=AT)
            for name in ("owner", "neighbour")
        }
        answers = {"site": "1 Sample Street", "owner": "陳大文"}
        case = self.apply("building-plans", "owner", answers)
        self.case = acting.act(
            case=case, action="publish", by=OFFICER, answers={}, reason="", once_key="publish", at=self.now
        )
        (self.notice,) = registers.of_case(self.case.ref)

    def apply(self, service: str, who: str, answers: dict[str, Any], about: str = "") -> cases.Case:
        return application_steps.apply_at_once(
            self.territory.services[service], person=self.people[who], language="en", answers=answers, files={},
            seats=[], once_key=f"{service}{who}{self.now}", at=self.now, subject_ref=about,
        )  # fmt: skip


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    found = World()
    monkeypatch.setattr(clock, "now", lambda: found.now)
    yield found
    load.forget()
    vault.reset_memory()


@pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
def test_a_notice_says_its_facts_and_nothing_else_and_offers_the_objection(world: World, language: str) -> None:
    client = Client()
    assert f"/{language}/public-notices/{world.notice.ref}" in html(client.get(f"/{language}/public-notices"))
    page = html(client.get(f"/{language}/public-notices/{world.notice.ref}"))
    assert "1 Sample Street" in page
    assert "陳大文" not in page
    assert world.case.ref not in page
    assert f"/{language}/services/objection/apply?subject={world.notice.ref}" in page
    said = json.loads(client.get("/data/public-notices.json").getvalue())["public_notices"]
    assert said == [client.get(f"/data/public-notices/{world.notice.ref}.json").json()]
    assert (said[0]["facts"]["site"]["en"], said[0]["until_date"]) == ("1 Sample Street", "2026-03-30")
    assert said[0]["answered_by"] == ["objection"]


def test_a_notice_is_gone_after_its_time_or_when_it_is_taken_down(world: World) -> None:
    client, path = Client(), f"/en/public-notices/{world.notice.ref}"
    world.now = AT + timedelta(days=28)
    assert client.get(path).status_code == 200
    world.now = AT + timedelta(days=29)
    gone = client.get(path)
    assert gone.status_code == 410
    assert "1 Sample Street" not in html(gone)
    assert json.loads(client.get("/data/public-notices.json").getvalue()) == {"public_notices": []}
    assert client.get(f"/data/public-notices/{world.notice.ref}.json").status_code == 404
    assert "There are no public notices now" in html(client.get("/en/public-notices"))
    with pytest.raises(entries.NoSubject):
        world.apply("objection", "neighbour", {"why": "Noise"}, world.notice.ref)
    world.now = AT
    acting.act(case=world.case, action="take-down", by=OFFICER, answers={}, reason="", once_key="down", at=AT)
    assert client.get(path).status_code == 410
    assert path not in html(client.get("/en/public-notices"))


def test_an_entry_of_a_register_is_no_public_notice(world: World) -> None:
    assert Client().get(f"/en/public-notices/{'0' * 32}").status_code == 404
    assert Client().get("/en/registers/building-plans/application").status_code == 404


def test_an_objection_is_sent_from_the_notice_and_seen_with_the_application(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    neighbour = world.people["neighbour"]
    client = signed_in(monkeypatch, person_ref=neighbour.ref)
    assert world.notice.ref in html(client.get("/en/services/objection/apply"))
    begun = client.get(f"/en/services/objection/apply?subject={world.notice.ref}")["Location"]
    client.post(begun, {"why": "Noise at night"})
    sent = client.post(re.sub("/why$", "/check", begun))["Location"]
    objection = cases.case(sent.split("/")[3])
    assert objection.subject_ref == world.notice.ref
    assert f"/en/public-notices/{world.notice.ref}" in html(client.get(f"/en/cases/{objection.ref}"))
    assert "Your objection to 1 Sample Street" in html(client.get("/en/me"))
    officer = identity.add_officer(
        name="Officer Sample",
        email="o@example.com",
        roles=frozenset({identity.Role("fehd", "officer")}),
        at=AT,
        by="system",
    )
    desk = signed_in(monkeypatch, officer_ref=officer.ref, epoch=officer.epoch)
    page = html(desk.get(f"/en/desk/cases/{world.case.ref}"))
    assert f"/en/desk/cases/{objection.ref}" in page
    assert "Received about it: 1" in page
    assert f"/en/desk/cases/{world.case.ref}" in html(desk.get(f"/en/desk/cases/{objection.ref}"))


def test_what_was_received_decides_where_the_case_goes(world: World) -> None:
    quiet = world.case
    world.apply("objection", "neighbour", {"why": "Noise"}, world.notice.ref)
    jobs.run_timers(at=AT + timedelta(days=30))
    assert cases.case(quiet.ref).state == "hearing"


def test_a_story_publishes_and_one_about_a_publication_begins_with_it(world: World) -> None:
    told = Example.model_validate({
        "example": "Nobody objects", "starts": "2026-03-02T10:00:00+08:00",
        "answers": {"site": "2 Sample Street", "owner": "X"}, "expect": {"published": []},
        "steps": [
            {"by": "officer", "do": "publish", "expect": {"published": ["application"]}},
            {"after": "30 days", "expect": {"published": [], "state": "granted"}},
        ],
    })  # fmt: skip
    play.play(told, world.territory.services["building-plans"], world.territory.pack, person=world.people["owner"])
    objects = Example.model_validate({
        "example": "A neighbour objects", "starts": "2026-03-02T10:00:00+08:00", "answers": {"why": "Noise"},
        "entry": {"facts": {"site": "3 Sample Street"}, "from": "2026-03-01", "until": "2026-03-28"},
        "expect": {"state": "received", "notices": ["thanks"]},
    })  # fmt: skip
    service = world.territory.services["objection"]
    play.play(objects, service, world.territory.pack, person=world.people["neighbour"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("publish: application", "publish: aplication", "did you mean 'application'"),
        ("publication.received", "publication.recieved", "did you mean 'received'"),
        ("facts:\n      site: {", "facts:\n      until: {", "give the fact another name"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_publication_is_said(old: str, new: str, said: str) -> None:
    assert old in BUILDING
    assert said in "\n".join(small_services.problems("building-plans", "BP", BUILDING.replace(old, new)))


def test_a_service_about_a_publication_is_compared_with_it() -> None:
    owner = small_services.service("building-plans", "BP", BUILDING)
    assert list(check.about_another(small_services.service("objection", "QB", OBJECTION), owner)) == []
    wrong = small_services.service("objection", "QB", OBJECTION.replace("{publication.site}", "{publication.sit}"))
    assert any("did you mean 'site'" in said for _, said in check.about_another(wrong, owner))
    wrong = small_services.service(
        "objection", "QB", OBJECTION.replace("publication: application", "publication: applicant")
    )
    assert any("did you mean 'application'" in said for _, said in check.about_another(wrong, owner))
