"""A letter of an end tells of the entry that the end strikes off; a story sees each letter at one step, of any date."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests import small_services

from praya.blocks.credentials import api as credentials
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.definition.example import Example
from praya.journey import load, play

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
KENNEL = """
form:
  - page: dog
    questions:
      - dog: {type: text, label: {en: Dog, zh-hant: 狗隻}}
      - day: {type: date, label: {en: Day, zh-hant: 日期}, optional: true}
      - call: {type: date, label: {en: Call, zh-hant: 提示日期}, optional: true}
lookups: {mine: {register: dogs, whose: own, most: 5}}
flow:
  start: kept
  states:
    kept:
      label: {en: Kept, zh-hant: 登記中}
      register: dogs
      publish: seen
      actions:
        end: {label: {en: End, zh-hant: 結束}, to: ended}
        find: {label: {en: Find, zh-hant: 尋獲}, on_entries: {mine: {strike: true}}, notify: [over]}
        anew: {label: {en: Anew, zh-hant: 重新登記}, strike: true, register: dogs, notify: [over]}
        stay: {label: {en: Stay, zh-hant: 保留}, notify: [over]}
        ask: {label: {en: Ask, zh-hant: 查詢}, when: "!has(entry.dog)", notify: [over]}
      timers: [{on: answers.call, notify: [call]}, {on: answers.day, to: ended}]
    ended:
      label: {en: Ended, zh-hant: 已結束}
      final: true
      result: completed
      strike: true
      unpublish: true
      publish: over
      issue: paper
      notify: [over]
registers:
  dogs:
    title: {en: Dogs, zh-hant: 狗隻登記}
    public: false
    facts:
      dog: {label: {en: Dog, zh-hant: 狗隻}, value: answers.dog}
publishes:
  seen:
    title: {en: Seen, zh-hant: 公告}
    for: 30 days
    facts: {place: {label: {en: Place, zh-hant: 地方}, value: "'Bay ' + answers.dog"}}
  over:
    title: {en: Over, zh-hant: 結束公告}
    for: 30 days
    facts: {dog: {label: {en: Dog, zh-hant: 狗隻}, value: entry.dog}}
records:
  paper:
    title: {en: Paper, zh-hant: 證明書}
    facts: {dog: {label: {en: Dog, zh-hant: 狗隻}, value: entry.dog}}
notices:
  call: {subject: {en: Call, zh-hant: 提示}, body: {en: Call us., zh-hant: 請致電。}}
  over:
    subject: {en: "About {entry.dog}", zh-hant: "關於{entry.dog}"}
    body: {en: "{entry.dog} was kept as {entry.ref}.", zh-hant: "{entry.dog}（{entry.ref}）。"}
retention: {completed: 1 year}
"""


@pytest.fixture
def person(db: None) -> Iterator[identity.Person]:
    yield identity.enrol(email="keeper@example.com", name=None, language="en", at=AT)
    load.forget()


def played(person: identity.Person, *steps: dict[str, Any], **days: str) -> play.Played:
    territory = small_services.published(small_services.service("kennel", "KN", KENNEL))
    story = {
        "example": "A dog", "starts": "2026-03-02T10:00:00+08:00", "language": "en", "answers": {"dog": "Rex", **days},
        "steps": steps, "expect": {"state": "kept", "notices": []},
    }  # fmt: skip
    return play.play(Example.model_validate(story), territory.services["kennel"], territory.pack, person=person)


def do(action: str, **expect: Any) -> dict[str, Any]:
    return {"after": "1 day", "by": "officer", "do": action, "expect": {"notices": ["over"], **expect}}


def bodies(person: identity.Person) -> list[str]:
    return [notice.body for notice in notices.inbox(person.ref)]


def test_letter_record_and_public_notice_of_an_end_tell_of_the_entry_that_it_strikes_off(
    person: identity.Person,
) -> None:
    case = played(person, do("end", state="ended", entry="struck", published=["over"])).case
    assert case is not None
    dog, over = (next(e for e in registers.of_case(case.ref) if e.register == name) for name in ("dogs", "over"))
    assert bodies(person) == [f"Rex was kept as {dog.number}."]
    (paper,) = credentials.of_case(case.ref)
    assert [fact.in_("en") for fact in paper.facts] == ["Rex"]
    assert over.fact_text("dog", "en") == "Rex"


def test_also_where_a_look_up_finds_it_and_only_in_the_same_set_of_effects(person: identity.Person) -> None:
    case = played(person, do("find", entry="struck"), do("stay", entry="struck"), do("ask")).case
    assert case is not None
    (dog,) = (e for e in registers.of_case(case.ref) if e.register == "dogs")
    # What follows on another day sees no entry, and neither do rules.
    assert bodies(person) == [" was kept as .", " was kept as .", f"Rex was kept as {dog.number}."]


def test_a_letter_tells_of_the_entry_that_takes_the_place_of_the_old_one(person: identity.Person) -> None:
    case = played(person, do("anew", entry="in-force")).case
    assert case is not None
    old, new = (e for e in registers.of_case(case.ref) if e.register == "dogs")
    assert (old.struck_at is None, new.struck_at) == (False, None)
    assert bodies(person) == [f"Rex was kept as {new.number}."]


@pytest.mark.parametrize("after", ["1 minute", "1 day", "3 days"])
def test_a_letter_that_a_timer_dates_before_the_step_belongs_to_it_and_to_no_other(
    person: identity.Person, after: str
) -> None:
    time = {"after": after, "expect": {"state": "ended", "notices": ["over"]}}
    played(person, time, {"after": "1 day", "expect": {"state": "ended", "notices": []}}, day="2026-03-02")


def test_a_step_that_does_something_has_the_letters_of_its_way_too_and_none_of_the_step_before(
    person: identity.Person,
) -> None:
    now = {"by": "officer", "do": "stay", "expect": {"notices": ["over"]}}
    played(person, do("stay", notices=["call", "over"]), now, call="2026-03-03")
