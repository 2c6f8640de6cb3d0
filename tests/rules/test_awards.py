"""Sums that an action works out from what an officer finds: what `praya check` says of them."""

import pytest
from tests.awards import AWARD
from tests.rules.test_reasoning import PACK
from tests.small import problems, service

from praya.definition.expression_context import as_found, facts, sums
from praya.definition.source import read_text
from praya.project.designing.advice import warnings

SERVICE = service(PACK, AWARD)
DAYS = "            - days: {type: number, min: 0, max: 60, label: {en: Approved days, zh-hant: 核准日數}}\n"
CLOSE = "        close"
HEAD = "ask:\n            - days: {"
PARTS = """\
            - parts:
                type: repeat
                label: {en: Parts, zh-hant: 部分}
                item: {en: Part, zh-hant: 部分}
                questions: [{twice: {type: derived, value: item.x, label: {en: A, zh-hant: 甲}}}]
"""
DECIDE = SERVICE.flow.states["received"].actions["decide"]


def test_it_is_right() -> None:
    assert problems(PACK, AWARD) == []
    assert problems(PACK, AWARD.replace("- days: {", "- days: {shown_to_applicant: true, ")) == []


@pytest.mark.parametrize(("old", "new", "said"), [
    ("findings.days * parameters.rate", "findings.day * parameters.rate", "did you mean 'days'?"),
    ("findings.days * parameters.rate", "findings.days * parameters.rates", "did you mean 'rate'?"),
    ("* decisions.share", "* decisions.shares", "did you mean 'share'?"),
    ("findings.days * parameters.rate", "findings.days * item.rate + nothing", "'nothing'"),
    ("findings.days * parameters.rate", "findings.week * parameters.rate", "findings.award reads findings.week reads"),
    ("findings.award / findings.days", "findings.week / findings.days", "findings.week reads findings.week"),
    ("shows: money\n                shown_to", "shows: coins\n                shown_to", "coins"),
    (DAYS + CLOSE, DAYS.replace("days: {type: number, min: 0, max: 60,", "award: {type: derived, value: 1,") + CLOSE,
     "asks another question called 'award'"),
    ("- alone: {type", "- alone: {shown_to_applicant: true, type", "for questions of a party or of an officer"),
    ("- days: {type: number", "- days: {shown_to_applicant: true, type: number", "in both, or in neither"),
    (HEAD, HEAD.replace("ask:", "reviewers: 2\n          ask:").replace("days: {", "days: {shown_to_applicant: true, "),
     "findings of several reviewers stay apart"),
    (DAYS, DAYS + PARTS, "there is no question of 'parts' 'x'"),
])  # fmt: skip
def test_a_mistake_is_said(old: str, new: str, said: str) -> None:
    assert old in AWARD
    found = problems(PACK, AWARD.replace(old, new, 1))
    assert any(said in problem for problem in found), found


def advice(text: str) -> list[str]:
    source = read_text(text.encode(), "award.yaml")
    return [problem.message for problem in warnings(service(PACK, text), source, PACK, [])]


def test_a_finding_that_comes_later_is_never_known_here() -> None:
    later = "      actions:\n        reopen: {"
    asks = later.replace("reopen: {", "reopen: {ask: [{later: {type: number, label: {en: Later, zh-hant: 其後}}}], ")
    text = AWARD.replace(later, asks, 1).replace("to: received}", "to: closed}", 1)
    reads = text.replace("value: findings.days * parameters", "value: findings.later * parameters", 1)
    said = "'findings.later' is never known here"
    assert not any(said in one for one in advice(text))
    assert any(said in one for one in advice(reads))


def test_a_parameter_that_is_told_wants_a_label() -> None:
    unnamed = AWARD.replace("    label: {en: Rate of a day, zh-hant: 每日金額}\n", "", 1)
    assert any("'rate' has no label" in one for one in advice(unnamed))


def test_each_is_worked_out_after_what_it_reads_whatever_was_sent() -> None:
    assert DECIDE.worked_out.index(("findings", "award")) < DECIDE.worked_out.index(("findings", "week"))
    opened = service(PACK, AWARD).parameters["rate"].values[0].from_date
    context = facts(SERVICE, {"alone": True}, today=opened, more={"findings": {"days": 3, "award": 7}})
    seen = as_found(SERVICE, DECIDE, {"days": 2, "award": 10**6}, context)
    assert sums(DECIDE, seen) == {"award": 200, "week": 700}
    assert sums(DECIDE, as_found(SERVICE, DECIDE, {"days": 0}, context)) == {"award": None, "week": None}
    assert context["findings"]["days"] == 3
