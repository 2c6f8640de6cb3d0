"""Nothing that people type into an application stops a letter, a record, a register, a timer or a public notice."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests import small_services
from tests.journeys.test_entries import person

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.definition.example import Example
from praya.definition.source import read_text
from praya.journey import application_steps, jobs, load
from praya.kernel.journal import api as journal
from praya.kernel.rounds import FAILED
from praya.project.designing import rehearsal
from praya.project.designing.advice import warnings
from praya.project.designing.stories import Story

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
STORY = """
form:
  - page: story
    questions:
      - story: {type: long-text, max_length: 20000, label: {en: Story, zh-hant: 事情}}
      - phone: {type: text, optional: true, label: {en: Telephone, zh-hant: 電話}}
contact: {phone: answers.phone}
publishes:
  story-notice:
    title: {en: Story, zh-hant: 事情}
    facts: {story: {label: {en: Story, zh-hant: 事情}, value: answers.story}}
    for: 28 days
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      notify: [received]
      timers:
        - {after: 5 days, notify: [received]}
        - {after: 10 days, to: granted}
    granted:
      label: {en: Granted, zh-hant: 已批准}
      final: true
      result: granted
      issue: story-record
      register: stories
      publish: story-notice
      notify: [received]
notices:
  received:
    subject: {en: "{answers.story}", zh-hant: "{answers.story}"}
    body: {en: "{answers.story}", zh-hant: "{answers.story}"}
    sms: {en: "{answers.story} {case.ref}", zh-hant: "{answers.story} {case.ref}"}
    channels: [inbox, email, sms]
records:
  story-record:
    title: {en: Story, zh-hant: 事情}
    facts: {story: {label: {en: Story, zh-hant: 事情}, value: answers.story}}
registers:
  stories:
    title: {en: Stories, zh-hant: 事情}
    facts: {story: {label: {en: Story, zh-hant: 事情}, value: answers.story}}
retention: {granted: 7 years}
"""
TYPED = {
    "two lines": "First line\nBcc: all@example.com",
    "290 characters in one line": "x" * 290,
    "800 Chinese characters": "字" * 800,
    "as long as an answer may be": "字\n" * 10_000,
    "families": "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 200,
    "braces": "{case.ref} {{answers.story}} %s {0}",
    "one accent on another": "e" + "\u0301" * 3000,
}


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED)
@pytest.mark.parametrize("phone", [None, "+85251234567", "call me"])
def test_a_case_goes_its_way_whatever_was_typed(db: None, typed: str, phone: str | None) -> None:
    territory = small_services.published(small_services.service("story", "ST", STORY))
    answers: dict[str, Any] = {"story": typed} | ({"phone": phone} if phone else {})
    case = application_steps.apply_at_once(
        territory.services["story"], person=person(), language="en", answers=answers, files={}, seats=[],
        once_key="x", at=AT,
    )  # fmt: skip
    failed = FAILED.labels("run_timers")._value.get()
    jobs.run_timers(at=AT + timedelta(days=6))
    jobs.run_timers(at=AT + timedelta(days=11))
    assert FAILED.labels("run_timers")._value.get() == failed
    assert cases.case(case.ref).state == "granted"
    assert len(credentials.of_case(case.ref)) == 1
    assert len(registers.of_case(case.ref)) == 2
    sent = notices.of_case(case.ref)
    assert len(sent) == 3
    for notice in notices.inbox(case.person_ref):
        assert "\n" not in notice.subject
        assert 0 < len(notice.subject) <= 200
    states = {d.channel: d.state for d in sent[0].deliveries}
    expected = {"+85251234567": "waiting", "call me": "failed"}
    assert states == {"email": "waiting"} | ({"sms": expected[phone]} if phone else {})
    for fact in journal.about(case.ref):
        assert typed[:20] not in str(fact.facts)


def test_a_shortened_letter_says_so_to_whoever_plays_its_story(db: None, settings: Any) -> None:
    settings.PRAYA = settings.PRAYA.model_copy(update={"throwaway": True})
    service = small_services.service("story", "ST", STORY)
    small_services.published(service)
    example = {"example": "Long", "starts": AT, "language": "en", "steps": [], "expect": {"state": "received"}}
    for typed, said in (("字" * 800, 1), ("字" * 100, 0)):
        story = Story(Path("long.yaml"), Example.model_validate({**example, "answers": {"story": typed}}))
        played = rehearsal.rehearse(story, service, load.pack(), letters=True)
        assert not played.difference
        assert "\n".join(played.transcript).count("shortened: it would have been longer") == said


def test_check_warns_where_an_answer_may_not_fit() -> None:
    source = read_text(small_services.text("story", "ST", STORY).encode(), "service.yaml")
    found = [
        p
        for p in warnings(small_services.service("story", "ST", STORY), source, load.pack(), [])
        if p.code == "may-not-fit"
    ]
    lines = small_services.text("story", "ST", STORY).splitlines()
    assert [lines[problem.line - 1].split(":")[0].strip() for problem in found] == ["subject"] * 2 + ["sms"] * 2
    fits = STORY.replace("max_length: 20000", "max_length: 190")
    source = read_text(small_services.text("story", "ST", fits).encode(), "service.yaml")
    assert not [
        p
        for p in warnings(small_services.service("story", "ST", fits), source, load.pack(), [])
        if p.code == "may-not-fit"
    ]
