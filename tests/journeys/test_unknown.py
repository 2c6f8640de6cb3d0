"""Unknown values: if an empty row makes a total unknown, page and letter name the missing answer."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests import small_services

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.definition.explain import Known, as_text, derived
from praya.definition.expression_context import facts
from praya.journey import application_steps, draft_booking, load

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
LINES = """
form:
  - page: lines
    title: {en: Lines, zh-hant: 項目}
    questions:
      - lines:
          type: repeat
          max: 9
          label: {en: Lines, zh-hant: 項目}
          item: {en: Line, zh-hant: 項目}
          questions:
            - price: {type: money, optional: true, label: {en: Price, zh-hant: 單價}}
            - number: {type: number, optional: true, label: {en: Number, zh-hant: 數量}}
      - total:
          type: derived
          value: sum(answers.lines.map(l, l.price * l.number))
          shows: money
          label: {en: Total, zh-hant: 總數}
FEE
flow:
  start: received
  states:
    received: {label: {en: Received, zh-hant: 已收到}, notify: [received], final: true, result: completed}
notices:
  received:
    subject: {en: "Your claim", zh-hant: "你的申領"}
    body:
      en: "Total {answers.total}. Sum {sum(answers.lines.map(l, l.price * l.number))}."
      zh-hant: "總數：{answers.total}。"
retention: {completed: 1 year}
"""
FEE = "fees: [{label: {en: Levy, zh-hant: 徵費}, amount: answers.total / 10}]"
BLANK: dict[str, Any] = {}


def apply(lines: list[Mapping[str, Any]], fee: str = "") -> str:
    """What the letter says."""
    small_services.published(small_services.service("lines", "LN", LINES.replace("FEE", fee)))
    person = identity.enrol(email="a@example.com", name=None, language="en", at=AT)
    application_steps.apply_at_once(
        load.territory().services["lines"], person=person, language="en", answers={"lines": [*lines]}, files={},
        seats=[], once_key="x", at=AT,
    )  # fmt: skip
    return next(n.body for n in notices.inbox(person.ref))


WHOLE, PARTLY = {"price": 10, "number": 3}, {"price": 20}


def test_a_letter_says_which_answer_is_missing(db: None) -> None:
    unknown = "Not known yet: “Line 2 – Number” is not answered"
    assert apply([WHOLE, PARTLY]) == f"Total {unknown}. Sum {unknown}."


def test_a_row_without_any_answer_is_none(db: None) -> None:
    assert apply([WHOLE, BLANK, WHOLE], FEE) == "Total HK$60. Sum 60."


def test_a_fee_that_lacks_an_answer_asks_for_it(db: None) -> None:
    with pytest.raises(application_steps.Incomplete) as refused:
        apply([WHOLE, PARTLY], FEE)
    (reason,) = refused.value.refusals
    assert (reason.path, reason.code) == ("lines.1.number", "missing")
    assert reason.located("en").startswith("Line 2: ")
    assert not cases.about([""])


def test_what_a_total_rests_on_says_what_is_missing(db: None) -> None:
    service = small_services.service("lines", "LN", LINES.replace("FEE", ""))
    answers = {"lines": [WHOLE, PARTLY]}
    context = facts(service, answers, today=date(2026, 3, 2))
    known = Known(service, {**answers, "total": None}, context, date(2026, 3, 2), "zh-hant")
    assert list(as_text(derived(known))) == []
    assert context["answers"]["total"] is None


OPTIONAL = """
form:
  - page: one
    questions:
      - who: {type: text, label: {en: Who, zh-hant: 誰}}
      - sure: {type: yes-no, optional: true, label: {en: Sure, zh-hant: 肯定}}
      - people: {type: number, optional: true, label: {en: People, zh-hant: 人數}}
decisions:
  rate: {rows: [{when: answers.sure, value: 1}, {value: 2}]}
BOOKING
LIMITS
flow:
  start: received
  states:
    received: {label: {en: Received, zh-hant: 已收到}, notify: [received], final: true, result: completed}
notices:
  received:
    subject: {en: "S", zh-hant: "S"}
    body: {en: "[{answers.sure ? 'yes' : 'no'}] {decisions.rate}", zh-hant: "[{answers.sure ? 'yes' : 'no'}]"}
retention: {completed: 1 year}
"""


def optional(limits: str = "", **answers: Any) -> str:
    """What the letter says to somebody who gives these answers."""
    text = OPTIONAL.replace("BOOKING\n", "").replace("LIMITS", limits)
    found = small_services.service("optional", "PT", text)
    small_services.published(found)
    person = identity.enrol(email="a@example.com", name=None, language="en", at=AT)
    application_steps.apply_at_once(
        found, person=person, language="en", answers={"who": "Chan", **answers}, files={}, seats=[], once_key="x", at=AT
    )
    return notices.inbox(person.ref)[0].body


@pytest.mark.parametrize(("sure", "said"), [(True, "[yes] 1"), (False, "[no] 2"), (None, "[] ")])
def test_what_was_not_answered_is_neither_yes_nor_no(db: None, sure: bool | None, said: str) -> None:
    assert optional(**({} if sure is None else {"sure": sure})).startswith(said)


def test_a_row_of_a_table_that_is_not_known_does_not_fall_through(db: None) -> None:
    found = small_services.service("optional", "PT", OPTIONAL.replace("BOOKING\n", "").replace("LIMITS", ""))
    rates = [
        facts(found, {"sure": sure}, today=AT.date())["decisions"]["rate"] for sure in (True, False, None)
    ]  # fmt: skip
    assert rates == [1, 2, None]


@pytest.mark.parametrize(
    "limit",
    ["of: answers.people * 2, at_most: 5", "at_most: 1, per: answers.people + 1", "of: answers.people, at_most: 1"],
)
def test_an_answer_that_may_be_left_empty_counts_for_nothing_in_a_limit(db: None, limit: str) -> None:
    assert optional(f"limits: [{{{limit}, refuse: {{en: Enough., zh-hant: 已足夠。}}}}]")


def test_a_limit_that_lacks_an_answer_names_it(db: None) -> None:
    with pytest.raises(application_steps.Incomplete) as found:
        optional("limits: [{at_most: answers.people * 2, refuse: {en: Enough., zh-hant: 已足夠。}}]")
    assert [refusal.path for refusal in found.value.refusals] == ["people"]


BOOKING = """\
booking:
  title: {en: Visit, zh-hant: 參觀}
  places_label: {en: Hall, zh-hant: 館}
  places: [{value: one, label: {en: One, zh-hant: 一}}]
  sessions: {times: ["09:00"], capacity: 5}
  party: PARTY
  max_party: 4
  once_per: answers.people + 1
"""


@pytest.mark.parametrize(
    ("party", "people", "size"),
    [
        ("answers.people", None, 1), ("answers.people * 2", None, 1), ("answers.people", 3, 3),
        ("answers.people / 2", 3, 2), ("answers.people", 9, 4), ("answers.who", 3, 1),
    ],
)  # fmt: skip
def test_a_party_whose_size_is_not_known_is_one(db: None, party: str, people: int | None, size: int) -> None:
    text = OPTIONAL.replace("BOOKING\n", BOOKING.replace("PARTY", party)).replace("LIMITS", "")
    found = small_services.service("optional", "PT", text)
    known = facts(found, {"who": "Chan", "people": people}, today=AT.date())
    assert draft_booking.choosing(found, known, load.pack(), at=AT).size == size
