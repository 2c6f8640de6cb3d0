"""A refusal and an amount are explained from the rule, the law of the day and the answers, in the reader's language."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules.test_reasoning import MEMBERS, NEW, OLD, SERVICE, TEXT, service_of

from praya.definition import explain
from praya.definition.explain import Known, Line
from praya.definition.facts import derived, facts
from praya.kernel.expression import Expression

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
        "  Subsidy for each litre: 3 (Schedule 1 as amended (demonstration) · since 1 April 2025)",
        "  Share: 0.5",
        "    Level of subsidy: Half subsidy (Schedule 3 as amended (demonstration))",
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
    assert told(lines)[:3] == [
        "住戶入息在限額之內: 否",
        "  補貼級別: 不獲補貼 (附表 3（示範）)",
        "    每名成員每月入息: HK$10,000",
    ]
    drafted = explain.explained(known(OLD, "zh-hans"), SERVICE.eligibility[0].unless)
    assert told(drafted)[0] == "住户入息在限额之内: 否"


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
