"""While a service is closed its page says so, a draft is kept and continued, and nothing is taken on any face."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client
from tests import made
from tests.web.test_entries import html
from tests.web.test_fees import signed_in

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition.example import Example
from praya.journey import load, play, steps
from praya.kernel import clock
from praya.kernel.crypto import vault

OPEN_AT = datetime(2026, 3, 2, 2, tzinfo=UTC)  # Monday, 10:00am in Hong Kong
CLOSED_AT = datetime(2026, 3, 2, 10, tzinfo=UTC)  # 6:00pm
OVER_AT = datetime(2026, 6, 1, 2, tzinfo=UTC)
SHOP = """
open:
  until: 2026-05-31
  hours: {mon-fri: "09:00-17:30"}
  say: {en: We take applications in office hours., zh-hant: 辦公時間內接受申請。}
form:
  - page: one
    questions:
      - word: {type: text, max_length: 60, label: {en: A word, zh-hant: 字詞}}
flow:
  start: received
  states:
    received: {label: {en: Received, zh-hant: 已收到}, final: true, result: completed}
retention: {completed: 1 year}
"""


class World:
    now = OPEN_AT


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    found = World()
    monkeypatch.setattr(clock, "now", lambda: found.now)
    made.published(made.service("office-hours", "QH", SHOP))
    yield found
    load.forget()
    vault.reset_memory()


def person() -> identity.Person:
    return identity.enrol(email="p@example.com", name=None, language="en", at=OPEN_AT)


@pytest.mark.parametrize(
    ("language", "when", "why"),
    [
        ("en", "It opens on 3 March 2026, 9:00am.", "We take applications in office hours."),
        ("zh-hant", "將於2026年3月3日上午9時開放。", "辦公時間內接受申請。"),
        ("zh-hans", "将于2026年3月3日上午9时开放。", "办公时间内接受申请。"),
    ],
)
def test_the_page_of_a_closed_service_says_why_and_when_it_opens(
    world: World, monkeypatch: pytest.MonkeyPatch, language: str, when: str, why: str
) -> None:
    start = f"/{language}/services/office-hours/apply"
    assert start in html(Client().get(f"/{language}/services/office-hours?now"))
    world.now = CLOSED_AT
    page = html(Client().get(f"/{language}/services/office-hours?now"))
    assert when in page
    assert why in page
    assert start not in page
    who = person()
    begun = signed_in(monkeypatch, person_ref=who.ref).get(start)
    assert when in html(begun)
    assert forms.drafts(who.ref) == []


def test_a_draft_is_kept_and_sent_when_it_opens_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    who = person()
    client = signed_in(monkeypatch, person_ref=who.ref)
    start = "/en/services/office-hours/apply"
    page = client.get(start)["Location"]
    check = re.sub("/one$", "/check", page)
    world.now = CLOSED_AT
    assert client.get(start)["Location"] == page
    assert "You can go on" in html(client.get("/en/services/office-hours"))
    assert client.post(page, {"word": "kept"})["Location"] == check
    shown = html(client.get(check))
    assert "It opens on 3 March 2026" in shown
    assert "kept" in shown
    assert 'type="submit">Submit' not in shown
    refused = client.post(check)
    assert refused.status_code == 409
    assert "What you have filled in is kept" in html(refused)
    assert cases.of_person(who.ref) == []
    world.now = datetime(2026, 3, 3, 1, tzinfo=UTC)
    assert client.post(check).status_code == 302
    assert len(cases.of_person(who.ref)) == 1


def test_after_the_last_day_nothing_is_taken_and_nobody_is_told_to_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = person()
    client = signed_in(monkeypatch, person_ref=who.ref)
    page = client.get("/en/services/office-hours/apply")["Location"]
    client.post(page, {"word": "late"})
    world.now = OVER_AT
    assert "The time for applications is over." in html(Client().get("/en/services/office-hours?now"))
    refused = html(client.post(re.sub("/one$", "/check", page)))
    assert "cannot be sent any more" in refused


def test_an_application_in_one_call_is_refused_as_a_whole_and_stories_can_tell(world: World) -> None:
    territory, who = load.territory(), person()
    service = territory.services["office-hours"]
    with pytest.raises(steps.Closed) as closed:
        steps.apply_at_once(
            service, person=who, language="en", answers={"word": "x"}, files={}, seats=[], once_key="k", at=CLOSED_AT
        )
    assert closed.value.standing.opens_at == datetime(2026, 3, 3, 1, tzinfo=UTC)
    assert forms.drafts(who.ref) == []
    story = {"example": "Too late", "starts": "2026-03-02T18:00:00+08:00", "answers": {"word": "x"}}
    told = Example.model_validate({**story, "expect": {"errors": {"open": "Closed"}}})
    play.play(told, service, territory.pack, person=who)
