"""A blank row makes no total vanish in silence: the person and the letter are told which answer is missing."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests import small_services

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.definition.explain import Known, derived, told
from praya.definition.expression_context import facts
from praya.journey import application_steps, load

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
    assert list(told(derived(known))) == []
    assert context["answers"]["total"] is None
