"""While a service is closed its page says so, a draft is kept and continued, and nothing is taken on any face."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from tests import small_services
from tests.web.test_entries import html
from tests.web.test_fees import signed_in

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition import opening
from praya.definition.example import Example
from praya.journey import application_steps, load, play
from praya.kernel import clock
from praya.kernel.crypto import vault

OPEN_AT = datetime(2026, 3, 2, 2, tzinfo=UTC)  # Monday, 10:00am in Hong Kong
CLOSED_AT = datetime(2026, 3, 2, 10, tzinfo=UTC)  # 6:00pm
SPRING_AT = datetime(2026, 5, 1, 2, tzinfo=UTC)
OVER_AT = datetime(2026, 6, 1, 2, tzinfo=UTC)
SHOP = """
open:
  until: 2026-05-31
  hours: {mon-fri: "09:00-17:30"}
  closed: [{every: year, from: 05-01, until: 05-03, say: {en: We are closed in spring., zh-hant: 春假休息。}}]
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
    small_services.published(small_services.service("office-hours", "QH", SHOP))
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
    world.now = SPRING_AT
    spring = html(Client().get(f"/{language}/services/office-hours?spring"))
    assert {"en": "We are closed in spring.", "zh-hant": "春假休息。", "zh-hans": "春假休息。"}[language] in spring
    assert {"en": "4 May 2026, 9:00am", "zh-hant": "2026年5月4日上午9時", "zh-hans": "2026年5月4日上午9时"}[
        language
    ] in spring


def test_a_machine_is_told_whether_it_is_open_and_until_or_from_when(world: World) -> None:
    def told(at: datetime) -> dict[str, Any]:
        world.now = at
        found: dict[str, Any] = Client().get("/api/v1/services/office-hours").json()["open"]
        return found

    hong_kong = "+08:00"
    assert told(OPEN_AT) == {
        "now": True, "opens_at": None, "closes_at": f"2026-03-02T17:30:00{hong_kong}", "reason": None
    }  # fmt: skip
    closed = told(CLOSED_AT)
    assert (closed["now"], closed["opens_at"], closed["closes_at"]) == (False, f"2026-03-03T09:00:00{hong_kong}", None)
    assert closed["reason"]["en"] == "We take applications in office hours. It opens on 3 March 2026, 9:00am."
    # Closed every year from 1 to 3 May; the 4th is a Monday.
    spring = told(SPRING_AT)
    assert (spring["now"], spring["opens_at"]) == (False, f"2026-05-04T09:00:00{hong_kong}")
    assert spring["reason"]["zh-hant"].startswith("春假休息。")
    over = told(OVER_AT)
    assert (over["now"], over["opens_at"], over["closes_at"]) == (False, None, None)
    assert "over" in over["reason"]["en"]


def test_when_it_closes_next_is_the_first_of_hours_closings_holidays_and_the_last_day(world: World) -> None:
    calendar = load.pack().calendar
    for said, closes_at in (
        ({"closed": [{"every": "year", "from": "05-01", "until": "05-03", "say": {"en": "-"}}]}, "2026-05-01T00:00"),
        ({"until": "2026-03-10"}, "2026-03-11T00:00"),
        ({"hours": {"mon-fri": "09:00-17:30"}}, "2026-03-02T17:30"),
        ({"on_holidays": False}, "2026-04-03T00:00"),
        ({"say": {"en": "Always open."}}, None),
    ):
        found = opening.closes(opening.OpeningTimes.model_validate(said), OPEN_AT, calendar)
        assert (found.isoformat()[:16] if found else None) == closes_at, said


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
    with pytest.raises(application_steps.Closed) as closed:
        application_steps.apply_at_once(
            service, person=who, language="en", answers={"word": "x"}, files={}, seats=[], once_key="k", at=CLOSED_AT
        )
    assert closed.value.standing.opens_at == datetime(2026, 3, 3, 1, tzinfo=UTC)
    assert forms.drafts(who.ref) == []
    story = {"example": "Too late", "starts": "2026-03-02T18:00:00+08:00", "answers": {"word": "x"}}
    told = Example.model_validate({**story, "expect": {"errors": {"open": "Closed"}}})
    play.play(told, service, territory.pack, person=who)
