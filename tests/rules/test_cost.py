"""What an expression may cost is bounded by the check, and where the calendar ends is said."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tests import small_services
from tests.read_packs import pack_in

from praya.definition.check_cost import cost
from praya.definition.pack import Pack
from praya.definition.source import read_text
from praya.kernel.calendar import Calendar
from praya.kernel.expression import Expression
from praya.project.designing.advice import warnings

PACK = pack_in(Path(__file__).parents[2] / "packs" / "hongkong")
FORM = """
conditions: {odd: "WHEN"}
form:
  - page: members
    title: {en: Members, zh-hant: 成員}
    when: conditions.odd || true
    questions:
      - members:
          type: repeat
          max: MAX
          label: {en: Members, zh-hant: 成員}
          item: {en: Member, zh-hant: 成員}
          questions:
            - age: {type: number, label: {en: Age, zh-hant: 年齡}}
            - sums:
                type: repeat
                max: MAX
                label: {en: Sums, zh-hant: 款項}
                item: {en: Sum, zh-hant: 款項}
                questions: [{amount: {type: number, label: {en: Amount, zh-hant: 款額}}}]
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      clock: DAYS working days
      actions: {close: {label: {en: Close, zh-hant: 完成}, to: closed}}
    closed: {label: {en: Closed, zh-hant: 已完成}, final: true, result: completed}
retention: {completed: 1 year}
"""


def definition(when: str, most: int = 60, days: int = 10) -> str:
    return FORM.replace("WHEN", when).replace("MAX", str(most)).replace("DAYS", str(days))


def said(when: str, most: int = 60) -> list[str]:
    return small_services.problems("members", "MB", definition(when, most))


NESTED = "answers.members.all(a, answers.members.all(b, answers.members.all(c, answers.members.all(d, a.age > 0))))"


@pytest.mark.parametrize(("when", "word"), [
    (NESTED, "4 loops"),
    ("answers.members.all(a, answers.members.all(b, answers.members.all(c, a.age + b.age > c.age)))", "steps"),
    ("answers.members.exists(a, answers.members.exists(b, a.sums.exists(s, b.sums.exists(t, s == t))))", "4 loops"),
    ("size(flatten(answers.members.map(a, flatten(answers.members.map(b, b.sums))))) > 1", "steps"),
])  # fmt: skip
def test_a_costly_expression_is_refused(when: str, word: str) -> None:
    (message,) = said(when)
    assert word in message


@pytest.mark.parametrize("when", [
    "sum(answers.members.map(m, sum(m.sums.map(s, s.amount)))) > 3",
    "answers.members.all(m, answers.members.all(n, m.age != n.age || m.age == null))",
])  # fmt: skip
def test_repeats_in_repeats_are_taken(when: str) -> None:
    assert said(when) == []


def test_many_expressions_that_are_dear_together_are_refused() -> None:
    dear = "answers.members.all(m, answers.members.all(n, m.age + n.age > 1))"
    conditions = ", ".join(f'c{n}: "{dear}"' for n in range(60))
    text = definition("true").replace('conditions: {odd: "true"}', f'conditions: {{odd: "true", {conditions}}}')
    (message,) = small_services.problems("members", "MB", text)
    assert "together" in message


def test_the_estimate_is_not_less_than_what_is_taken() -> None:
    service = small_services.service("members", "MB", definition("true", 30))
    expression = Expression("sum(answers.members.map(m, sum(m.sums.map(s, s.amount)))) > 3")
    assert cost(service, expression) >= 30 * 30 * 2


def warned(pack: Pack, today: date, days: int = 10) -> list[str]:
    text = small_services.text("members", "MB", definition("true", days=days))
    service = small_services.service("members", "MB", definition("true", days=days))
    problems = warnings(service, read_text(text.encode(), "service.yaml"), pack, [], today=today)
    return [problem.message for problem in problems if problem.code == "calendar-ends"]


@pytest.mark.parametrize(("value", "told"), [
    ("sum(answers.members.map(m, m.age * 2))", True), ("sum(answers.members.map(m, m.age))", False),
    ("sum(answers.members.map(m, (m.age == null ? 1 : m.age) * 2))", False),
])  # fmt: skip
def test_a_total_that_a_blank_answer_makes_unknown_is_told(value: str, told: bool) -> None:
    text = definition("true").replace(
        "{type: number, label: {en: Age", "{type: number, optional: true, label: {en: Age"
    )
    total = f"      - total: {{type: derived, value: '{value}', label: {{en: Total, zh-hant: 總數}}}}\nflow:"
    text = text.replace("flow:", total, 1)
    service = small_services.service("members", "MB", text)
    source = read_text(small_services.text("members", "MB", text).encode(), "service.yaml")
    codes = [problem.code for problem in warnings(service, source, PACK, [])]
    assert ("may-be-unknown" in codes) is told


def test_a_clock_beyond_the_holidays_is_told() -> None:
    assert PACK.calendar.until == date(2027, 12, 31)
    assert warned(PACK, date(2027, 12, 1)) == []
    (message,) = warned(PACK, date(2027, 12, 20))
    assert "2027-12-31" in message
    assert warned(PACK, date(2026, 11, 29), days=400)


def test_a_pack_may_say_until_when_its_holidays_are_known() -> None:
    calendar = replace(PACK.calendar, known_until=date(2027, 6, 30))
    assert calendar.ends_before(date(2027, 7, 1))
    assert not calendar.ends_before(date(2027, 6, 30))
    assert not Calendar().ends_before(date(2099, 1, 1))


def test_what_one_action_asks_is_counted_together_too() -> None:
    dear = "answers.members.all(m, answers.members.all(n, m.age + n.age > 1))"
    asked = ", ".join(f'{{c{n}: {{type: yes-no, when: "{dear}", label: {{en: C, zh-hant: 丙}}}}}}' for n in range(60))
    text = definition("true").replace("to: closed}}", f"to: closed, ask: [{asked}]}}}}")
    (message,) = small_services.problems("members", "MB", text)
    assert "together" in message


ROWS = """
form:
  - page: cars
    questions:
      - cars:
          type: repeat
          max: MAX
          label: {en: Cars, zh-hant: 車輛}
          item: {en: Car, zh-hant: 車輛}
          questions:
            - mark: {type: text, label: {en: Mark, zh-hant: 車牌}}
            - alike: {type: derived, value: VALUE, label: {en: Alike, zh-hant: 相同}}
decisions:
  twice:
    several: answers.cars
    rows: [{when: TABLE, then: true}, {then: false}]
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions: {enter: {label: {en: Enter, zh-hant: 登記}, to: entered}}
    entered: {label: {en: Entered, zh-hant: 已登記}, final: true, result: granted, register: cars}
registers:
  cars:
    title: {en: Cars, zh-hant: 車輛}
    several: answers.cars
    facts: {same: {label: {en: Same, zh-hant: 相同}, value: FACT}}
retention: {granted: 1 year}
"""
ALIKE = '"size(answers.cars.filter(c, c.mark == item.mark))"'


@pytest.mark.parametrize(
    ("word", "most", "where"),
    [("VALUE", 500, "alike"), ("TABLE", 500, "twice"), ("FACT", 500, "same"), ("VALUE", 300, ""), ("TABLE", 100, "")],
)
def test_a_loop_over_all_rows_within_each_row_is_seen(word: str, most: int, where: str) -> None:
    looped = ALIKE.replace('))"', ')) > 1"') if word == "TABLE" else ALIKE
    text = ROWS.replace("MAX", str(most)).replace(word, looped).replace("TABLE", "item.mark == 'x'")
    text = text.replace("VALUE", "size(item.mark)").replace("FACT", "item.mark")
    found = [message for message in small_services.problems("cars", "CR", text) if "for each of" in message]
    assert len(found) == (1 if where else 0), found
    assert all("find rows that are alike by 'distinct'; or lower the 'max'" in message for message in found)
