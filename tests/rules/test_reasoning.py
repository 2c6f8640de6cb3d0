"""Dependencies between values: decision tables, derived answers, circular definitions; evaluation always ends."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.read_packs import pack_in

from praya.definition.expression_context import derived, facts
from praya.definition.load import parse_service
from praya.definition.reasoning import Decision, circles, in_order
from praya.definition.service import Service
from praya.definition.source import Broken, read_text
from praya.journey import load
from praya.kernel import jsontext
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.number import Number, plain
from praya.kernel.text import Citation

ROOT = Path(__file__).parents[2]
PACK = pack_in(ROOT / "packs" / "hongkong")
TEXT = (ROOT / "tests" / "services" / "fuel-subsidy" / "service.yaml").read_text("utf-8")
NEW, OLD = date(2025, 4, 2), date(2025, 3, 26)
MEMBERS = [
    {"born": "1980-05-01", "incomes": [{"amount": 12000}, {"amount": 3000}]},
    {"born": "1982-07-09", "incomes": [{"amount": 5000}]},
]


def service_of(text: str = TEXT) -> Service:
    return parse_service(read_text(text.encode(), "service.yaml"), PACK)


def problems(old: str, new: str) -> list[str]:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    with pytest.raises(Broken) as broken:
        service_of(text)
    return [f"{text.splitlines()[p.line - 1].strip()} | {p.message}" for p in broken.value.problems]


SERVICE = service_of()
TWICE = "- twice: {type: derived, value: item.amount, label: {en: A, zh-hant: 甲}}\n" + " " * 18


@pytest.mark.parametrize(("day", "per_head", "band", "share"), [
    (OLD, 4999, "full", 1), (OLD, 5000, "half", 0.5), (OLD, 9000, "none", 0), (OLD, 11000, "none", 0),
    (NEW, 4999, "full", 1), (NEW, 9000, "half", 0.5), (NEW, 11999, "half", 0.5), (NEW, 12000, "none", 0),
])  # fmt: skip
def test_the_first_row_that_holds_on_the_day_decides(day: date, per_head: int, band: str, share: float) -> None:
    answers = {"members": [{"born": "1980-05-01", "incomes": [{"amount": per_head}]}], "litres": 10}
    found = facts(SERVICE, answers, today=day)
    assert found["decisions"] == {"band": band, "share": share}
    assert found["conditions"]["in_need"] is (band != "none")
    rate = 2.5 if day == OLD else 3
    assert derived(SERVICE, found)["subsidy"] == 10 * rate * share


def test_nothing_is_decided_before_it_is_known() -> None:
    found = facts(SERVICE, {}, today=NEW)
    assert found["decisions"]["band"] is None
    # Of nobody's income the sum is 0, and there is none for each member.
    assert derived(SERVICE, found) == {"total_income": 0, "adults": 0}


def test_what_somebody_says_a_derived_answer_is_counts_for_nothing() -> None:
    told = facts(SERVICE, {"members": MEMBERS, "litres": 100, "subsidy": 10**6, "per_head": 0}, today=NEW)
    assert (told["answers"]["subsidy"], told["answers"]["per_head"]) == (150, 10000)


@pytest.mark.parametrize(("old", "new", "said"), [
    ("when: decisions.band != 'none'", "when: decisions.bend != 'none'", "did you mean 'band'?"),
    ("decisions.share\n", "decision.share\n", "did you mean 'decisions'?"),
    (
        "size(answers.members) > 3", "conditions.in_need",
        "is worked out from itself: conditions.in_need reads decisions.band reads conditions.large",
    ),
    ("answers.total_income / size", "answers.subsidy / size", "answers.per_head reads answers.subsidy reads decis"),
    ("value: sum(flatten(answers", "value: answers.total_income + sum(flatten(answers", "reads answers.total_income"),
    ("{then: 0}", "{}", "either 'then', like full, or 'value'"),
    ("{then: 0}", "{then: 0, value: 1}", "either 'then', like full, or 'value'"),
    ("- {when: decisions.band == 'full', then: 1}", "- {then: 1}", "the rows below it are never read"),
    ("until: 2025-03-31", "from: 2025-05-01\n        until: 2025-03-31", "never applies"),
    ("          shows: money", "          shows: dollars", "(known: number, money, text, date, yes_no)"),
    ("reference: {en: \"Schedule 3 (demonstration)\", zh-hant: 附表 3（示範）}", "reference: {en: Sch}", "zh-hant"),
    ("{limit.left} of", "{limit.rest} of", "'limit.rest' does not exist"),
    ("{limit.left} of", "{case.ref} of", "there is no name 'case'"),
    ("of: answers.litres", "of: answers.liters", "did you mean 'litres'?"),
    ("at_most: 3", "at_most: 0", "nobody could apply"),
    ("- amount: {type: money,", TWICE + "- amount: {type: money,", "stands on a page"),
])  # fmt: skip
def test_a_mistake_is_said(old: str, new: str, said: str) -> None:
    found = problems(old, new)
    assert any(said in problem for problem in found), found


def test_a_circle_is_said_at_one_of_its_lines() -> None:
    (found,) = problems("size(answers.members) > 3", "conditions.in_need")
    assert found.split(" | ")[0] in {"in_need:", "band:", "large: conditions.in_need"}


def test_a_definition_is_the_same_after_publishing() -> None:
    again = Service.model_validate(jsontext.loads(load.canonical(SERVICE)))
    assert again == SERVICE
    assert again.parameters["handling"].values[0].reference == Citation({"": "Schedule 2 (demonstration)"})
    assert again.legal.basis.in_("zh-hans") == "《燃油补贴条例》第 2 条（示范）"


NODES = st.sampled_from([("conditions", n) for n in "abcd"] + [("decisions", n) for n in "ab"] + [("answers", "t")])


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(NODES, st.frozensets(NODES, max_size=4)))
def test_every_order_comes_after_what_it_reads_and_every_circle_is_one(reads: Any) -> None:
    found = list(circles(reads))
    for circle in found:
        for node, following in zip(circle, [*circle[1:], circle[0]], strict=True):
            assert following in reads[node]
    if not found:
        order = in_order(reads)
        assert set(order) == set(reads)
        for position, node in enumerate(order):
            assert not {read for read in reads[node] if read in reads} & set(order[position:])


def test_a_long_chain_is_no_deep_call() -> None:
    reads = {("conditions", f"c{n}"): frozenset({("conditions", f"c{n + 1}")}) for n in range(3_000)}
    assert len(in_order(reads)) == 3_000
    reads["conditions", "c2999"] = frozenset({("conditions", "c0")})
    assert [len(circle) for circle in circles(reads)] == [3_000]


SMALL = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(allow_nan=True), st.text(max_size=3))
ROWS = st.fixed_dictionaries({}, optional={
    "when": st.sampled_from(["answers.x > 1", "answers.x == 'a'", "true", "answers.missing > 1", "1", "answers.x"]),
    "then": st.one_of(st.booleans(), st.integers(), st.text(max_size=5)),
    "value": st.sampled_from(["answers.x * 2", "answers.missing", "1 / 0", "'a'"]),
    "from": st.dates(date(2024, 1, 1), date(2026, 1, 1)).map(str),
    "until": st.dates(date(2024, 1, 1), date(2026, 1, 1)).map(str),
})  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=4), SMALL, st.dates(date(2023, 6, 1), date(2026, 6, 1)))
def test_any_table_is_refused_or_decides_without_failing(rows: Any, x: Any, day: date) -> None:
    try:
        decision = Decision.model_validate({"name": "d", "rows": rows})
    except ValueError:
        return
    decision.decided({"answers": {"x": x}}, day)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.one_of(st.none(), st.integers(-(10**6), 10**6)), max_size=5), max_size=5))
def test_sums_over_nested_lists_are_python_s(lists: list[list[int | None]]) -> None:
    context = {"answers": {"all": [{"inner": [{"n": n} for n in inner]} for inner in lists]}}
    flat = [n for inner in lists for n in inner if n is not None]

    def worked(source: str) -> Any:
        return Expression(source).value(context)

    every = "flatten(answers.all.map(a, a.inner.map(i, i.n)))"
    assert worked(f"sum({every})") == sum(flat)
    assert worked(f"count({every})") == len(flat)
    assert worked(f"max({every})") == max(flat, default=None)
    assert worked(f"lowest({every})") == min(flat, default=None)
    assert worked(f"average({every})") == (plain(Fraction(sum(flat), len(flat))) if flat else None)


@pytest.mark.parametrize(("source", "value"), [
    ("round(2.5)", 3), ("round(-2.5)", -3), ("round(2.345, 2)", Decimal("2.35")), ("ceil(10.01)", 11),
    ("floor(-0.5)", -1), ("max(0, -3)", 0), ("min(answers.list)", 1),
    ("age(date('2004-02-29'), date('2022-02-28'))", 17),
])  # fmt: skip
def test_numbers_are_rounded_as_people_do(source: str, value: Number) -> None:
    assert Expression(source).value({"answers": {"list": [3, None, 1]}}) == value


@pytest.mark.parametrize("source", ["round('a')", "sum([[1], [2]])", "max([1, 'a'])", "age(1, 2)", "ceil('a')"])
def test_what_cannot_be_counted_fails_kindly(source: str) -> None:
    with pytest.raises(ExpressionFailed):
        Expression(source).value({})


LAW = """\
  terms: [{from: 2020-01-01, value: {spring: {ends: 2026-05-31, fee: 120.50}, days: [2026-03-01, 2026-04-01]}}]
  last: [{from: 2020-01-01, value: 2026-05-31}]
"""


def test_a_day_within_a_parameter_is_a_day_before_and_after_publishing() -> None:
    """A published definition is JSON, in which a day is a text."""
    found = service_of(TEXT.replace("parameters:\n", f"parameters:\n{LAW}", 1))
    for service in (found, Service.model_validate(jsontext.loads(load.canonical(found)))):
        assert service == found
        seen = facts(service, {}, today=NEW)
        for condition in (
            "parameters.terms.spring.ends > today",
            "parameters.last > today",
            "parameters.terms.spring.ends == parameters.last",
            "parameters.terms.days.all(d, d > today && weekday(d) != 'mon')",
            "2 * parameters.terms.spring.fee == 241",
        ):
            assert Expression(condition).holds(seen), condition
