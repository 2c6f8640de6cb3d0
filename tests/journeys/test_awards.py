"""Sums that an action works out from what an officer finds: kept, told, explained, and never decided unknown."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.awards import ANSWERS, AWARD
from tests.small import AT, player, published

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.definition.explain import as_text
from praya.journey import case_context, explanations, load, trial
from praya.journey.expectations import Differs
from praya.kernel.crypto import vault


@pytest.fixture(autouse=True)
def anew(db: None) -> Iterator[None]:
    yield
    load.forget()
    vault.reset_memory()


def decide(days: int, **more: Any) -> dict[str, Any]:
    return {"by": "officer", "do": "decide", "answers": {"days": days}, **more}


def played(*steps: dict[str, Any], text: str = AWARD) -> Any:
    return player(published(text), answers=ANSWERS)(*steps)


def explained(ref: str, language: str = "en", *, to_officers: bool = False) -> list[str]:
    case, pack = cases.case(ref), load.pack()
    today = pack.calendar.day_of(AT) + timedelta(days=400)
    seen = case_context.of_case(case, load.compiled(case.service, case.version), pack, today=today)
    return list(as_text(explanations.of_case(seen, pack, language=language, to_officers=to_officers)))


def test_it_is_kept_told_and_explained_by_the_law_of_the_day_on_which_the_case_was_opened() -> None:
    """The rate rises on the way, and what is applied for before keeps the old one."""
    ref = played(
        decide(5, after="60 days", expect={"state": "decided", "findings": {"award": 250, "week": 350}}),
        {"by": "officer", "do": "close"},
    ).case.ref
    assert cases.content(ref).findings == {"days": 5, "award": 250, "week": 350}
    (letter,) = [notice.body for notice in notices.inbox(cases.case(ref).person_ref)]
    assert letter == "You get HK$250."
    (record,) = credentials.of_case(ref)
    assert credentials.verify(record.token, at=AT).facts[0].value["en"] == "HK$250"
    english = explained(ref)
    assert english[0] == "Award: HK$250"
    assert "  Calculation: 5 × 100 × 0.5 = 250" in english
    assert "  Approved days: 5" in english
    assert "  Rate of a day: HK$100 (since 1 January 2025)" in english
    assert "  Share that is paid: Half of it" in english
    # Only what says that it is the applicant's to read is told to them.
    assert not any("week" in line for line in english)
    assert "Award of a week: HK$350" in explained(ref, to_officers=True)
    assert "補助額: 250元" in explained(ref, "zh-hant")
    assert "  核准日數: 5" in explained(ref, "zh-hant")


def test_a_story_says_when_it_is_another_sum_than_expected() -> None:
    with pytest.raises(Differs, match=r"findings: expected {'award': 300}, found {'award': 250}"):
        played(decide(5, expect={"findings": {"award": 300}}))


def test_nobody_sends_it() -> None:
    sent = {"by": "officer", "do": "decide", "answers": {"days": 5, "award": 10**6}}
    ref = played({**sent, "expect": {"state": "received", "errors": {"award": "worked_out"}}}).case.ref
    assert cases.content(ref).findings == {}


@pytest.mark.parametrize(
    "value", ["findings.days / (findings.days - findings.days)", "'[findings.days]'", "'findings.days > 0 ? null : 1'"]
)
def test_what_cannot_be_worked_out_is_not_decided_and_nothing_is_kept(value: str) -> None:
    text = AWARD.replace("findings.days * parameters.rate * decisions.share", value, 1)
    refused = {"state": "received", "errors": {"award": "not_worked_out", "week": "not_worked_out"}, "notices": []}
    ref = played(decide(5, expect=refused), text=text).case.ref
    assert cases.content(ref).findings == {}
    # Where its condition does not hold, there is no sum to be worked out.
    assert played(decide(0, expect={"state": "decided"}), text=text).case.state == "decided"


def test_a_rule_says_how_the_sum_must_be() -> None:
    rule = "rules: [{unless: findings.award <= 200, say: {en: Award at most 200, zh-hant: 不可多於 200}}]"
    text = AWARD.replace(
        "                shown_to_applicant", f"                {rule}\n                shown_to_applicant", 1
    )
    played(decide(5, expect={"errors": {"award": "rule"}}), decide(4, expect={"findings": {"award": 200}}), text=text)


def test_whoever_decides_anew_leaves_no_sum_behind() -> None:
    again = {"by": "officer", "do": "reopen"}
    ref = played(decide(5), again, decide(0, expect={"findings": {"days": 0, "award": None}})).case.ref
    assert cases.content(ref).findings == {"days": 0}
    assert explained(ref) == []


def test_what_was_found_otherwise_since_explains_no_sum_that_was_worked_out_before() -> None:
    corrected = {"by": "officer", "do": "count-again", "answers": {"days": 3}}
    ref = played(decide(5), {**corrected, "expect": {"findings": {"days": 3, "award": 250}}}).case.ref
    assert explained(ref) == ["Award: HK$250"]


def test_today_is_the_day_of_the_action() -> None:
    text = AWARD.replace(
        "findings.days * parameters.rate * decisions.share", "days_between(case.opened_date, today)", 1
    )
    ref = played(decide(5, after="9 days", expect={"findings": {"award": 9}}), text=text).case.ref
    assert explained(ref) == ["Award: HK$9", "  The day that counts: 14 January 2026"]


def test_each_of_several_reviewers_has_their_own() -> None:
    text = AWARD.replace("                shown_to_applicant: true\n", "", 1)
    text = text.replace("          to: decided\n", "          reviewers: 2\n          to: decided\n", 1)
    text = text.replace("value: findings.award}", 'value: "sum(reviews.decide.map(r, r.award))"}', 1)
    ref = played(
        decide(5, who="anna"), decide(3, who="ben"), {"by": "officer", "do": "close"}, text=text
    ).case.ref  # fmt: skip
    assert sorted(review.findings["award"] for review in cases.reviews(ref)) == [150, 250]
    (record,) = credentials.of_case(ref)
    assert credentials.verify(record.token, at=AT).facts[0].value["en"] == "HK$400"


def test_a_preview_comes_beyond_an_action_that_works_something_out() -> None:
    found = published(AWARD)
    person = identity.enrol(email="p@example.com", name="P", language="en", at=AT)
    brought = trial.bring(found, "decided", [], load.pack(), person=person, number=1, at=AT)
    assert "award" in cases.content(brought.case.ref).findings
