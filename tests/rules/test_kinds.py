"""`praya check` reports comparisons that never hold and limits that exclude all values; no pattern blocks a process."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from tests import small_services
from tests.read_packs import pack_in

from praya.definition.check import about_another
from praya.definition.identifiers import Scheme
from praya.definition.source import Broken, read_text
from praya.kernel.text import Text
from praya.project.designing.advice import warnings

PACK = pack_in(Path(__file__).parents[2] / "packs" / "hongkong")
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


WORKED_OUT = (
    FORM.replace(
        "actions: {close: {label: {en: Close, zh-hant: 完成}, to: closed}}",
        """
      actions:
        close:
          label: {en: Close, zh-hant: 完成}
          to: closed
          ask:
            - paid: {type: money, label: {en: Paid, zh-hant: 已付}}
            - note: {type: text, optional: true, label: {en: Note, zh-hant: 備註}}
            - out: {type: derived, VALUE, label: {en: Out, zh-hant: 結果}}""",
    )
    .replace("RULE", "true")
    .replace("LIMITS", "min: 0")
)
TABLES = """
decisions: {grade: {rows: [{when: answers.sum > 5, then: high}, {then: low}]}}
conditions: {large: {when: answers.sum > 5}}
parameters: {rate: {label: {en: Rate, zh-hant: 率}, values: [{from: 2020-01-01, value: 3}]}}
"""


def out(value: str) -> list[tuple[str, str]]:
    text = WORKED_OUT.replace("VALUE", value) + TABLES
    service = small_services.service("kinds", "KN", text)
    source = read_text(small_services.text("kinds", "KN", text).encode(), "service.yaml")
    return [
        (one.code, one.message)
        for one in warnings(service, source, PACK, [])
        if one.code in {"never-known", "may-be-unknown"}
    ]


@pytest.mark.parametrize(("value", "mend"), [
    ("value: findings.note", "text"),
    ("value: 'decisions.grade'", "text"),
    ("value: \"answers.sum > 5 ? 'high' : 'low'\"", "text"),
    ("value: \"'no. ' + answers.last\"", "text"),
    ("value: conditions.large", "yes_no"),
    ("value: findings.paid > 3", "yes_no"),
    ("value: answers.born", "date"),
    ("shows: text, value: parameters.rate * findings.paid", "number"),
    ("shows: date, value: findings.paid", "number"),
])  # fmt: skip
def test_an_answer_that_is_shown_as_another_kind_is_told_with_what_it_is(value: str, mend: str) -> None:
    told = [message for code, message in out(value) if code == "never-known"]
    assert len(told) == 1
    assert told[0].endswith(f"say 'shows: {mend}'")


@pytest.mark.parametrize("value", [
    "shows: text, value: decisions.grade", "value: parameters.rate * findings.paid",
    "shows: money, value: findings.paid",
    "shows: yes_no, value: 'conditions.large && answers.sure'", "shows: date, value: 'days_after(answers.born, 3)'",
    "shows: text, value: \"findings.note == null ? 'none' : findings.note\"",
    "shows: text, when: 'findings.note != null', value: findings.note", "value: 'answers.lines.map(l, 1)[0]'",
])  # fmt: skip
def test_an_answer_that_fits_or_of_which_nothing_is_known_is_not(value: str) -> None:
    assert out(value) == []


@pytest.mark.parametrize("value", [
    "shows: text, value: findings.note", "shows: text, value: \"findings.paid > 3 ? 'much' : ''\"",
    "value: 'findings.paid > 3 ? findings.paid : null'",
])  # fmt: skip
def test_an_answer_of_an_action_that_may_come_to_nothing_is_told(value: str) -> None:
    assert [code for code, _ in out(value)] == ["may-be-unknown"]


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
    scheme = Scheme(label=Text({"en": "Number"}), example="aa", pattern="(?i:(a+)+b?(a|aa)+)")
    assert scheme.fits("a" * 60)
    assert not scheme.fits("a" * 59 + "!")
    with pytest.raises(ValidationError, match="never matches the 'example', which is read as 'D202600001'"):
        Scheme(label=Text({"en": "Number"}), example="D2026-00001", pattern="D[0-9]{4}-[0-9]{5}")
    with pytest.raises(ValidationError, match="cannot be read"):
        Scheme(label=Text({"en": "Number"}), example="a", pattern=r"(a)\1")


@pytest.mark.parametrize("about", [False, True])
@pytest.mark.parametrize(
    ("value", "rule", "told"),
    [
        ("answers.last", "distance(answers.where, publication.site) < 200", "'publication.site' of 'plan' is a text"),
        ("answers.last", "distance(answers.where, publication.ref) < 200", "'publication.ref' of 'plan' is a text"),
        ("answers.where", "distance(answers.where, publication.site) < 200", None),
    ],
)
def test_a_distance_is_taken_to_the_places_of_a_publication_only(
    value: str, rule: str, told: str | None, about: bool
) -> None:
    published = f"""
publishes:
  plan:
    title: {{en: Plan, zh-hant: 計劃}}
    for: 28 days
    facts: {{site: {{label: {{en: Site, zh-hant: 地點}}, value: {value}}}}}
"""
    asked = "      - where: {type: place, label: {en: Where, zh-hant: 地點}}\n      - last:"
    rule = f"{rule} && publication.ref != answers.last"
    text = FORM.replace("      - last:", asked).replace("LIMITS", "min: 0")
    owner = text.replace("RULE", "true") + published
    try:
        if about:
            other = small_services.service(
                "other", "KT", text.replace("RULE", rule) + "about: {service: kinds, publication: plan}\n"
            )
            said = [*map(str, dict(about_another(other, small_services.service("kinds", "KN", owner))).values())]
        else:
            small_services.service("kinds", "KN", text.replace("RULE", rule) + published)
            said = []
    except Broken as broken:
        said = [problem.message for problem in broken.problems]
    said = [message.replace("of 'kinds'", "of 'plan'") for message in said]
    assert said == [] if told is None else [message.startswith(told) for message in said] == [True]


def test_a_text_that_is_not_filled_in_may_stand_in_braces() -> None:
    """Its braces are no expression, and the check tells what is wrong elsewhere at its own line."""
    text = FORM.replace("en: Sure,", 'en: "Sure {why: you know}",').replace("RULE", "answers.born < '2026-01-01'")
    text = text.replace("LIMITS", "min: 0")
    service = small_services.service("kinds", "KN", text)
    source = read_text(small_services.text("kinds", "KN", text).encode(), "service.yaml")
    (found,) = (one for one in warnings(service, source, PACK, []) if one.code == "never-alike")
    assert "answers.born <" in small_services.text("kinds", "KN", text).split("\n")[found.line - 1]


def test_a_type_that_is_no_word_is_told_at_its_question() -> None:
    text = (
        FORM.replace("type: date, label: {en: Born", "type: {why: x}, label: {en: Born").replace("LIMITS", "min: 0")
        + PARTY
    )
    with pytest.raises(Broken) as broken:
        small_services.service("kinds", "KN", text)
    assert "there is no question type" in broken.value.problems[0].message
    assert broken.value.problems[0].line > 1


PARTY = """
parties:
  other:
    label: {en: Other, zh-hant: 另一人}
    email: answers.last
    sees: [one]
    form: [{page: fit, questions: [{fit: {type: yes-no, label: {en: Fit, zh-hant: 適合}}}]}]
"""
