"""The last day of a record: worked out, left open on purpose, or not to be told, and then nothing is issued."""

import pytest
from tests.small import GRANT, player, published

from praya.blocks.credentials import api as credentials

pytestmark = pytest.mark.django_db
RECORD = """
records:
  paper:
    title: {en: Paper, zh-hant: 文件}
    valid_until: UNTIL
    facts:
      holder: {label: {en: Holder, zh-hant: 持有人}, value: answers.applicant_name}
"""


def granting(until: str) -> str:
    short = GRANT.replace("recommend: {label: {en: Recommend, zh-hant: 推薦}, to: assessing}",
                          "give: {label: {en: Give, zh-hant: 發出}, to: granted, issue: paper}\n"
                          "        recommend: {label: {en: Recommend, zh-hant: 推薦}, to: assessing}")  # fmt: skip
    return short + RECORD.replace("UNTIL", until)


@pytest.mark.parametrize(
    ("until", "told"),
    [('"days_after(today, 10)"', "2026-01-15"), ("\"answers.applicant_name == 'Nobody' ? today : null\"", None)],
)
def test_a_record_holds_until_the_day_that_is_worked_out_or_without_an_end(until: str, told: str | None) -> None:
    played = player(published(granting(until)))(
        {"by": "officer", "do": "give", "expect": {"state": "granted", "record_valid": True, "record_until": told}}
    )
    assert len(credentials.of_case(played.case.ref)) == 1


@pytest.mark.parametrize("until", ['"today + duration(answers.applicant_name)"', '"1 + 1"'])
def test_a_record_whose_last_day_cannot_be_told_is_not_issued(until: str) -> None:
    played = player(published(granting(until)))(
        {"by": "officer", "do": "give", "expect": {"state": "received", "errors": {"action": "not_allowed"}}}
    )
    assert credentials.of_case(played.case.ref) == []
