"""A refusal and an amount are explained from the rule, the law of the day and the answers, in the reader's language."""

from collections.abc import Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules.test_reasoning import MEMBERS, NEW, OLD, SERVICE, TEXT, service_of

from praya.definition import calculation_steps, condition_words, explain
from praya.definition.explain import Known, Line
from praya.definition.expression_context import derived, facts
from praya.journey import filled_texts
from praya.kernel.expression import Expression
from praya.kernel.text import Text

ANSWERS = {"members": MEMBERS, "vehicle": "AB1234", "litres": 100}


def known(
    day: date = NEW, language: str = "en", answers: dict[str, Any] | None = None, service: Any = SERVICE
) -> Known:
    given_ = ANSWERS if answers is None else answers
    context = facts(service, given_, today=day)
    return Known(service, {**given_, **derived(service, context)}, context, day, language)


def told(lines: Sequence[Line], depth: int = 0) -> list[str]:
    found = []
    for line in lines:
        value = f": {line.value}" if line.value else ""
        found += [f"{'  ' * depth}{line.words}{value}{f' ({line.law})' if line.law else ''}"]
        found += told(line.within, depth + 1)
    return found


def test_an_amount_is_told_down_to_the_answers_and_the_law() -> None:
    (subsidy,) = [line for line in explain.derived(known()) if line.words == "Subsidy"]
    assert told([subsidy]) == [
        "Subsidy: HK$150",
        "  Calculation: 100 × 3 × 0.5 = 150",
        "  Fuel for which you apply: 100 litres",
        "  Subsidy for each litre: HK$3 (Schedule 1 as amended (demonstration) · since 1 April 2025)",
        "  Share: 0.5",
        "    Why this applies: “Level of subsidy” is Half subsidy",
        "    Level of subsidy: Half subsidy (Schedule 3 as amended (demonstration))",
        "      Why this applies: “Income a month for each member” is less than HK$12,000",
        "      Income a month for each member: HK$10,000",
        "      Large: No",
        "        Members of the household: 2",
    ]


def test_a_sum_over_nested_repeats_names_each_part() -> None:
    (total,) = [line for line in explain.derived(known()) if line.words == "Income of the household a month"]
    assert told([total]) == [
        "Income of the household a month: HK$20,000",
        "  Members of the household: 2",
        "    Member 1",
        "      Monthly income: 2",
        "        Source 1",
        "          Amount a month: HK$12,000",
        "        Source 2",
        "          Amount a month: HK$3,000",
        "    Member 2",
        "      Monthly income: 1",
        "        Source 1",
        "          Amount a month: HK$5,000",
    ]


def test_a_refusal_is_told_by_the_law_of_its_day_in_the_person_s_language() -> None:
    lines = explain.explained(known(OLD, "zh-hant"), SERVICE.eligibility[0].unless)
    assert told(lines)[:4] == [
        "住戶入息在限額之內: 否",
        "  補貼級別: 不獲補貼 (附表 3（示範）)",
        "    適用原因: 其他情況均不適用",
        "    每名成員每月入息: 10,000元",
    ]
    drafted = explain.explained(known(OLD, "zh-hans"), SERVICE.eligibility[0].unless)
    assert told(drafted)[0] == "住户入息在限额之内: 否"


@pytest.mark.parametrize(("source", "en", "zh"), [
    ("max(parameters.rate, answers.litres * 0.5)", ["Calculation: 100 × 0.5 = 50", "The higher of 3 and 50: 50"],
     ["算式: 100 × 0.5 = 50", "3 與 50，以較高者為準: 50"]),
    ("min(max(1, 2, answers.litres*2), parameters.most_litres) + 1",
     ["Calculation: 100 × 2 = 200", "The highest of 1, 2 and 200: 200", "The lower of 200 and 200: 200",
      "Calculation: 200 + 1 = 201"], []),
    ("parameters.handling + (conditions.large ? 10 : 5)", ["Calculation: 20 + 5 = 25"], []),
    ("round(answers.litres / 3)", ["Calculation: 100 ÷ 3 = 33.3333", "33.3333, rounded: 33"], []),
    ("answers.total_income / size(answers.members)", ["Calculation: 20,000 ÷ 2 = 10,000"], []),
    ("max(answers.litres, findings.litres * 2)", [], []),
    ("answers.vehicle + '-' + answers.vehicle", [], []),
])  # fmt: skip
def test_a_calculation_is_told_step_by_step(source: str, en: list[str], zh: list[str]) -> None:
    seen = known()
    seen.context["findings"] = {"litres": 7}
    assert [f"{step}: {value}" for step, value in calculation_steps.steps(Expression(source).node, seen)] == en
    if zh:
        assert [
            f"{step}: {value}"
            for step, value in calculation_steps.steps(Expression(source).node, known(language="zh-hant"))
        ] == zh


@pytest.mark.parametrize(("source", "en", "zh"), [
    ("answers.per_head < 5000 || conditions.in_need && answers.per_head <= 60000",
     ("“The household's income is within the limit”: yes and “Income a month for each member” is not more than "
      "HK$60,000"),
     "「住戶入息在限額之內」：是，而且「每名成員每月入息」不多於 60,000元"),
    ("!conditions.large", "“Large”: no", "「Large」：否"),
    ("size(answers.members) >= 2", "the number of “Members of the household” is not less than 2",
     "「住戶成員」的數目不少於 2"),
    ("answers.vehicle in ['AB1234', 'x']", "“Registration mark” is AB1234 or x", "「車輛登記號碼」是 AB1234 或 x"),
    ("decisions.band != 'none'", "“Level of subsidy” is not No subsidy", "「補貼級別」不是不獲補貼"),
    ("answers.members.all(m, age(m.born, today) > 1)",
     "each of “Members of the household”: the years from “Date of birth” to “The day that counts” is more than 1",
     "每項「住戶成員」均符合：由「出生日期」至「計算日期」的年數多於 1"),
    ("!answers.members.exists(m, m.incomes.exists(i, i.amount > 9000 || i.amount < 1))",
     ("none of “Members of the household”: one of “Monthly income”: “Amount a month” is more than HK$9,000 or "
      "“Amount a month” is less than HK$1"),
     "沒有任何「住戶成員」符合：其中一項「每月入息」符合：「每月金額」多於 9,000元或「每月金額」少於 1元"),
    ("size(answers.members.filter(m, age(m.born, today) < 18)) == 0",
     ("the number of “Members of the household” where the years from “Date of birth” to “The day that counts” is less "
      "than 18 is 0"),
     "「住戶成員」（由「出生日期」至「計算日期」的年數少於 18）的數目是 0"),
    ("answers.members.exists(m, answers.nobody > 1)", "", ""),
    ("!answers.members.all(m, age(m.born, today) > 1)", "", ""),
    ("answers.members.exists(m, m.born > today) == answers.members.exists(m, m.born < today)", "", ""),
    ("findings.seen > 1", "", ""),
])  # fmt: skip
def test_a_condition_is_said_in_words_or_not_at_all(source: str, en: str, zh: str) -> None:
    assert condition_words.condition(Expression(source), known()) == en
    assert condition_words.condition(Expression(source), known(language="zh-hant")) == zh


def test_a_derived_answer_from_a_table_is_shown_by_the_label_of_its_row() -> None:
    level = "level: {type: derived, shows: text, label: {en: Level, zh-hant: 級別}, value: decisions.band}"
    service = service_of(TEXT.replace("      - vehicle:", f"      - {level}\n      - vehicle:", 1))
    assert "Level: Half subsidy" in told(explain.derived(known(service=service)))
    assert "級別: 半額補貼" in told(explain.derived(known(service=service, language="zh-hant")))
    # The value itself stays what expressions compare.
    assert known(service=service).answers["level"] == "half"


@pytest.mark.parametrize(("source", "en", "zh"), [
    ("conditions.large ? 'many' : decisions.band", "Half subsidy", "半額補貼"),
    ("answers.litres > 5 ? (conditions.large ? 1 : answers.per_head) : 0", "HK$10,000", "10,000元"),
    ("findings.unknown > 1 ? 1 : 2", "", ""),
])  # fmt: skip
def test_what_a_record_says_is_the_side_that_is_taken_as_its_question_or_table_calls_it(
    source: str, en: str, zh: str
) -> None:
    seen = known()
    case = SimpleNamespace(service=SERVICE, context={**seen.context, "findings": {}}, texts={}, raw=seen.answers)
    assert [filled_texts.value_said(Expression(source), language, case) for language in ("en", "zh-hant")] == [en, zh]


def test_of_a_parameter_for_several_cases_the_one_that_applies_is_told() -> None:
    rates = "{shows: money, values: [{from: 2020-01-01, value: {small: 1200.5, large: 3000}}]}"
    service = service_of(TEXT.replace("parameters:\n", f"parameters:\n  rates: {rates}\n", 1))
    lines = explain.explained(
        known(service=service), Expression("conditions.large ? parameters.rates.large : parameters.rates['small']")
    )
    assert "Rates: HK$1,200.50 (since 1 January 2020)" in told(lines)


@pytest.mark.parametrize(("source", "line"), [
    ("parameters.worth.eel.small * 2", "Worth: HK$60 (since 1 January 2020)"),
    ("parameters.worth.eel.small + parameters.worth['eel'].large", "Worth: HK$60, HK$180 (since 1 January 2020)"),
    ("parameters.worth[conditions.large ? 'carp' : 'eel']['small']", "Worth: HK$60 (since 1 January 2020)"),
    ("size(parameters.worth.eel) > 1", "Worth (since 1 January 2020)"),
])  # fmt: skip
def test_of_a_table_of_tables_only_what_was_looked_up_is_told(source: str, line: str) -> None:
    worth = "{shows: money, values: [{from: 2020-01-01, value: {eel: {small: 60, large: 180}}}]}"
    service = service_of(TEXT.replace("parameters:\n", f"parameters:\n  worth: {worth}\n", 1))
    assert line in told(explain.explained(known(service=service), Expression(source)))
    seen = known(service=service)
    case = SimpleNamespace(service=service, context=seen.context, texts={}, raw=seen.answers)
    assert filled_texts.filled(Text({"en": "{parameters.worth}{parameters.worth.eel}"}), "en", case) == ""


@pytest.mark.parametrize(("source", "said"), [
    ("answers.subsidy - 50.5", "99.5"), ("answers.subsidy - answers.subsidy", "HK$0"),
    ("0 + answers.subsidy", "HK$150"),
    ("answers.subsidy - answers.subsidy * 2", "-HK$150"), ("-answers.subsidy", "-HK$150"),
    ("max(0, answers.subsidy - 2 * answers.subsidy)", "HK$0"), ("answers.subsidy / 4", "HK$37.50"),
    ("answers.subsidy / answers.subsidy", "1"), ("2 / answers.subsidy > 1 ? 0 : (answers.subsidy)", "HK$150"),
    ("answers.litres * parameters.rate", "HK$300"), ("round(answers.subsidy / 7, 0)", "HK$21"),
    ("answers.litres + answers.litres", "200"), ("sum([answers.subsidy, answers.subsidy])", "HK$300"),
    ("answers.subsidy > answers.subsidy - 1", "Yes"), ("0.1 + 0.2", "0.3"),
])  # fmt: skip
def test_a_sum_of_money_stays_money_where_that_is_certain(source: str, said: str) -> None:
    seen = known()
    case = SimpleNamespace(service=SERVICE, context={**seen.context, "findings": {}}, texts={}, raw=seen.answers)
    assert filled_texts.value_said(Expression(source), "en", case) == said


def test_an_amount_of_the_law_is_money_in_a_letter_too() -> None:
    rates = "{shows: money, values: [{from: 2020-01-01, value: {small: 1200.5, large: 3000}}]}"
    fee = "{shows: money, values: [{from: 2020-01-01, value: 1230}]}"
    text = TEXT.replace("parameters:\n", f"parameters:\n  rates: {rates}\n  fee: {fee}\n", 1)
    service = service_of(text)
    seen = known(service=service)
    case = SimpleNamespace(service=service, context=seen.context, texts={}, raw=seen.answers)
    letter = Text({"en": "{parameters.fee}, {parameters.rates.small}, {parameters.rate}, {parameters.fee + 1}"})
    assert filled_texts.filled(letter, "en", case) == "HK$1,230, HK$1,200.50, HK$3, 1231"


def test_what_is_not_known_is_said_so() -> None:
    lines = explain.explained(known(answers={"litres": 1}), SERVICE.eligibility[0].unless)
    assert "    Income a month for each member: Not known yet" in told(lines)
    (line, *_) = explain.explained(known(answers={}), Expression("answers.litres > 1"))
    assert line == Line("Fuel for which you apply", "Not answered")


def test_what_officers_found_is_told_to_officers_alone() -> None:
    look = "look: {label: {en: Look, zh-hant: 查看}, ask: [{seen: {type: number, label: {en: Seen, zh-hant: 所見}}}]}"
    text = TEXT.replace("pay: {", f"{look}\n        pay: {{", 1)
    service = service_of(text)
    mine = known(service=service)
    context = {**mine.context, "findings": {"seen": 7}}
    asked = Expression("findings.seen * 2 > answers.litres")
    to_person = Known(service, mine.answers, context, NEW, "en")
    assert told(explain.explained(to_person, asked)) == ["Fuel for which you apply: 100 litres"]
    to_officer = Known(service, mine.answers, context, NEW, "en", {"seen": 7})
    assert told(explain.explained(to_officer, asked))[0] == "Seen: 7"
    assert "7" not in "".join(told(explain.explained(to_person, Expression("findings.seen * 2"))))


@pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
@settings(max_examples=60, deadline=None)
@given(answers=st.fixed_dictionaries({}, optional={
    "litres": st.integers(1, 1000), "vehicle": st.text(max_size=5),
    "members": st.lists(st.fixed_dictionaries({}, optional={
        "born": st.dates(date(1900, 1, 1), NEW).map(str),
        "incomes": st.lists(st.fixed_dictionaries({}, optional={"amount": st.integers(0, 10**6)}), max_size=3),
    }), max_size=4),
}), day=st.dates(date(2019, 1, 1), date(2030, 1, 1)))  # fmt: skip
def test_anything_that_can_be_answered_can_be_explained(language: str, answers: dict[str, Any], day: date) -> None:
    seen = known(day, language, answers)
    lines = [*explain.derived(seen), *explain.explained(seen, SERVICE.eligibility[0].unless)]
    assert all(line.words for line in explain.flat(lines))
