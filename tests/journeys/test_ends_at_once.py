"""A case whose first state is final: it is closed as it is opened, with all that follows from an end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests import matters, small_services

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.definition.example import Example
from praya.definition.load import parse_service
from praya.definition.source import read_text
from praya.journey import application_steps, jobs, load, play
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.journal import sealing
from praya.systems.open_data import api as open_data

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
NOTE = """
form:
  - page: note
    questions:
      - shop: {type: text, label: {en: Shop, zh-hant: 店舖}}
limits:
  - {name: notes, of: 1, at_most: 1, per: answers.shop, refuse: {en: One for each shop., zh-hant: 每店一份。}}
registers:
  notes:
    title: {en: Notes, zh-hant: 通知}
    facts: {shop: {label: {en: Shop, zh-hant: 店舖}, value: answers.shop}}
flow:
  start: received
  states:
    received:
      {label: {en: Received, zh-hant: 已收到}, final: true, result: RESULT, register: notes, notify: [received]}
notices:
  received:
    subject: {en: Received, zh-hant: 已收到}
    body: {en: "{case.ref} ended as {case.result}.", zh-hant: "{case.ref}：{case.result}。"}
promise: {within: 5 working days}
statistics: {suppress_below: 0}
retention: {RESULT: 1 year}
"""
HINT = """
about: {service: small-allowance, publication: grant}
form:
  - page: hint
    questions:
      - what: {type: text, label: {en: What, zh-hant: 內容}}
flow:
  start: taken
  states:
    taken: {label: {en: Taken, zh-hant: 已收到}, final: true, result: granted, matter_does: hold}
retention: {granted: 1 year}
"""


@pytest.fixture
def person(db: None) -> Iterator[identity.Person]:
    yield identity.enrol(email="shop@example.com", name=None, language="en", at=AT)
    load.forget()
    vault.reset_memory()


def live(result: str) -> load.Territory:
    return small_services.published(small_services.service("note", "NT", NOTE.replace("RESULT", result)))


def told(person: identity.Person, territory: load.Territory, **more: Any) -> Any:
    story = {
        "example": "Note",
        "language": "en",
        "starts": "2026-03-02T10:00:00+08:00",
        "answers": {"shop": "Bay"},
        **more,
    }
    return play.play(Example.model_validate(story), territory.services["note"], territory.pack, person=person)


def test_it_is_closed_with_its_letter_its_entry_and_its_figures_and_its_time_is_over(person: identity.Person) -> None:
    territory = live("completed")
    played = told(person, territory, expect={"state": "received", "result": "completed", "promise": "kept"})
    case = cases.case(played.case.ref)
    assert (case.closed_at, case.result, case.due_at, case.timer_at, case.clock_at) == (AT, "completed", *[None] * 3)
    facts = [fact.facts for fact in journal.about(case.ref, events=("case_closed",))]
    assert facts == [{"result": "completed", "days": 0, "by": {}, "promise": "kept"}]
    assert [entry.facts["shop"]["en"] for entry in registers.of_case(case.ref)] == ["Bay"]
    assert [note.subject for note in notices.inbox(person.ref)] == ["Received"]
    assert "ended as completed." in notices.read(notices.inbox(person.ref)[0].ref, person_ref=person.ref, at=AT).body
    sealing.seal(at=AT)
    open_data.catch_up()
    assert open_data.figures(territory.services["note"]).totals["completed"] == 1
    assert not cases.queue(within=cases.Access(("fehd",))).rows
    jobs.end_retention(at=AT + timedelta(days=364))
    assert cases.case(case.ref).closed_at == AT
    jobs.end_retention(at=AT + timedelta(days=370))
    with pytest.raises(cases.NoCase):
        cases.case(case.ref)


def test_what_it_took_of_a_limit_is_given_back_when_it_ends_in_nothing(person: identity.Person) -> None:
    again = {"as": "b", "applies": "note", "answers": {"shop": "Bay"}}
    lapsed = told(person, live("lapsed"), steps=[{**again, "expect": {"result": "lapsed"}}])
    assert cases.case(lapsed.case.ref).result == "lapsed"


def test_what_it_took_of_a_limit_stays_taken_when_it_was_granted(person: identity.Person) -> None:
    again = {"as": "b", "applies": "note", "answers": {"shop": "Bay"}, "expect": {"errors": {"limits": "LimitReached"}}}
    told(person, live("granted"), steps=[again])


def test_the_case_that_it_is_about_goes_on(db: None) -> None:
    allowance = small_services.text("small-allowance", "SA", matters.ALLOWANCE).replace("small-review", "small-hint")
    territory = small_services.published(
        parse_service(read_text(allowance.encode(), "service.yaml"), load.pack()),
        small_services.service("small-hint", "SH", HINT),
    )

    def apply(service: str, answers: dict[str, Any], about: str = "") -> cases.Case:
        someone = identity.enrol(email=f"{service}@example.com", name=None, language="en", at=AT)
        return application_steps.apply_at_once(
            territory.services[service], person=someone, language="en", answers=answers, files={}, seats=[],
            once_key=service, at=AT, subject_ref=about,
        )  # fmt: skip

    about = apply("small-allowance", {"name": "Holder"})
    (entry,) = registers.of_case(about.ref)
    assert apply("small-hint", {"what": "They moved"}, entry.ref).closed_at == AT
    # It was held for the hint, all cases about it had ended, and one of them had been granted.
    assert cases.case(about.ref).state == "stopped"


def test_nobody_else_can_be_asked_by_it(db: None) -> None:
    friend = """
parties:
  friend:
    label: {en: Friend, zh-hant: 朋友}
    email: "'friend@example.com'"
    form: [{page: yes-no, questions: [{agrees: {type: yes-no, label: {en: Agree?, zh-hant: 同意？}}}]}]
"""
    text = NOTE.replace("RESULT", "granted")
    assert small_services.problems("note", "NT", text) == []
    found = small_services.problems("note", "NT", text.replace("\nlimits:", friend + "limits:"))
    assert [problem for problem in found if "the first state, 'received', is final" in problem] == found != []
