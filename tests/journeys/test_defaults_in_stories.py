"""A story that says nothing of a question leaves what stands there at first, as people do."""

from typing import Any

import pytest
from tests.awards import ANSWERS, AWARD
from tests.small import player, published

from praya.blocks.cases import api as cases

TEXT = AWARD.replace("- days: {type", "- days: {default: 7, type", 1).replace(
    "- alone: {type",
    "- household: {type: number, default: 2, label: {en: Household, zh-hant: 住戶}}\n      - alone: {type",
    1,
)


@pytest.mark.django_db
@pytest.mark.parametrize(("given", "days"), [({}, 7), ({"days": 3}, 3), ({"days": 0}, 0)])
def test_what_stands_at_first_is_the_answer_of_an_action_and_of_the_form(given: dict[str, Any], days: int) -> None:
    played = player(published(TEXT), answers=ANSWERS)({"by": "officer", "do": "decide", "answers": given})
    found = cases.content(played.case.ref)
    assert (found.findings["days"], found.answers["household"]) == (days, 2)


@pytest.mark.django_db
def test_what_is_cleared_is_missing() -> None:
    step = {"by": "officer", "do": "decide", "answers": {"days": None}}
    played = player(published(TEXT), answers=ANSWERS)({**step, "expect": {"errors": {"days": "missing"}}})
    assert played.case.state == "received"
