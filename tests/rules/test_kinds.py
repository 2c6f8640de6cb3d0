"""`praya check` reports comparisons that never hold and limits that exclude all values; no pattern blocks a process."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from tests import small_services

from praya.definition.identifiers import Scheme
from praya.definition.load import load_pack
from praya.definition.source import read_text
from praya.kernel.text import Text
from praya.project.designing.advice import warnings

PACK = load_pack(Path(__file__).parents[2] / "packs" / "hongkong")
FORM = """
form:
  - page: one
    questions:
      - born: {type: date, label: {en: Born, zh-hant: 出生}}
      - sum: {type: money, LIMITS, label: {en: Sum, zh-hant: 款額}}
      - sure: {type: yes-no, label: {en: Sure, zh-hant: 肯定}}
      - lines:
          type: repeat
          max: 10
          label: {en: Lines, zh-hant: 項目}
          item: {en: Line, zh-hant: 項}
          questions: [{day: {type: date, label: {en: Day, zh-hant: 日}}}]
      - last:
          type: text
          label: {en: Last, zh-hant: 末}
          rules: [{unless: "RULE", say: {en: No., zh-hant: 否。}}]
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions: {close: {label: {en: Close, zh-hant: 完成}, to: closed}}
    closed: {label: {en: Closed, zh-hant: 已完成}, final: true, result: completed}
retention: {completed: 1 year}
"""


def codes(rule: str = "true", limits: str = "min: 0") -> list[str]:
    text = FORM.replace("RULE", rule).replace("LIMITS", limits)
    service = small_services.service("kinds", "KN", text)
    source = read_text(small_services.text("kinds", "KN", text).encode(), "service.yaml")
    found = [problem.code for problem in warnings(service, source, PACK, [])]
    return [code for code in found if code in {"never-alike", "out-of-range"}]


@pytest.mark.parametrize(
    "rule",
    [
        "answers.born < '2026-01-01'",
        "answers.born == '2026-01-01'",
        "'100' != answers.sum",
        "answers.sure == 'yes'",
        "answers.sum in ['100', '200']",
        "answers.lines.all(l, l.day >= '2026-01-01')",
        "answers.lines.exists(l, answers.lines.exists(m, l.day == m.day && l.day == 3))",
        "size(answers.last) == '5'",
        "today > '2026-01-01'",
        "answers.last == 5",
    ],
)
def test_a_comparison_of_two_kinds_is_told(rule: str) -> None:
    assert codes(rule) == ["never-alike"]


@pytest.mark.parametrize(
    "rule",
    [
        "answers.born < date('2026-01-01') && answers.born <= today && answers.born != null",
        "answers.sum == 100 || answers.sum in [0.5, 7] || answers.sure == true",
        "answers.lines.all(l, l.day >= answers.born)",
        "answers.lines.exists(today, today == today) || answers.last in ['a', 'b']",
        "days_between(answers.born, today) > 10 && size(answers.lines) == 3",
    ],
)
def test_what_can_be_alike_is_not(rule: str) -> None:
    assert codes(rule) == []


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ("min: 0.001, max: 0.009", True), ("min: 5, max: 3", True), ("min: 0.001, max: 0.01", False),
        ("min: 2, max: 2", False), ("max: 9.999", False),
    ],
)  # fmt: skip
def test_limits_between_which_there_is_nothing_are_told(limits: str, told: bool) -> None:
    assert codes(limits=limits) == ["out-of-range"] * told


def test_a_pattern_of_a_pack_never_takes_longer_than_its_text() -> None:
    scheme = Scheme(label=Text({"en": "Number"}), example="a", pattern="(a+)+b?(a|aa)+")
    assert scheme.fits("a" * 60)
    assert not scheme.fits("a" * 59 + "!")
    with pytest.raises(ValidationError, match="cannot be read"):
        Scheme(label=Text({"en": "Number"}), example="a", pattern=r"(a)\1")
