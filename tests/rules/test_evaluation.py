"""Expressions compute as on paper, know what is unknown, and end: against Python's own fractions and plain models."""

import re
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from praya.kernel import jsontext
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.money import Money
from praya.kernel.number import grouped, plain, rounded, written

NUMBERS = st.decimals(-(10**9), 10**9, places=4)
NOT_GIVEN = {"answers": {"x": None, "y": 2, "kind": None, "rows": [], "times": None}, "today": None}


def value(source: str, **answers: Any) -> Any:
    return Expression(source).value({"answers": answers})


def truth(source: str, **answers: Any) -> bool | None:
    return Expression(source).truth({"answers": answers})


# Numbers


@pytest.mark.parametrize(
    ("source", "comes_to"),
    [
        ("0.1 + 0.2 == 0.3", True),
        ("1.1 * 3 == 3.3", True),
        ("1.1 + 2.2 <= 3.3", True),
        ("0.3 - 0.2 >= 0.1", True),
        ("10 * ceil((0.8 - 0.5) / 0.1)", 30),
        ("floor(1.15 * 100)", 115),
        ("floor(19.99 * 100)", 1999),
        ("floor(100 / 3 * 3)", 100),
        ("1 / 3 + 1 / 3 + 1 / 3 == 1", True),
        ("7 / 2", Decimal("3.5")),
        ("-7 % 3", -1),
        ("2 * 0.5", 1),
        ("1e3", 1000),
        ("0.10", Decimal("0.1")),
        ("1 == 1.0", True),
        ("true == 1", False),
        ("sum([0.1, 0.2, 0.3]) == 0.6", True),
        ("average([0.1, 0.2])", Decimal("0.15")),
        ("string(2.50)", "2.5"),
        ("round(0.285, 2)", Decimal("0.29")),
        ("round(-0.5)", -1),
        ("round(1250, -2)", 1300),
        ("int(-2.7)", -2),
        ("9007199254740993 + 0.5 > 9007199254740993", True),
        ("double('0.1') * 3 == 0.3", True),
        ("1 in [1.0]", True),
    ],
)
def test_numbers_are_decimal(source: str, comes_to: Any) -> None:
    found = value(source)
    assert (found, type(found)) == (comes_to, type(comes_to))


@settings(max_examples=150, deadline=None)
@given(NUMBERS, NUMBERS, NUMBERS)
def test_what_is_reckoned_is_what_fractions_say(a: Decimal, b: Decimal, c: Decimal) -> None:
    x, y, z = Fraction(a), Fraction(b), Fraction(c)
    given = {"a": plain(a), "b": plain(b), "c": plain(c)}
    assert value("answers.a + answers.b - answers.c * answers.a", **given) == plain(x + y - z * x)
    assert value("(answers.a + answers.b) * answers.c", **given) == plain((x + y) * z)
    assert value("answers.a < answers.b", **given) is (x < y)
    assert value("sum([answers.a, answers.b, answers.c])", **given) == plain(x + y + z)
    if z:
        assert value("answers.a / answers.c * answers.c == answers.a", **given) is True
        assert Fraction(value("answers.a / answers.c", **given)) == pytest.approx(x / z, rel=Fraction(1, 10**26))


@settings(max_examples=150, deadline=None)
@given(NUMBERS, st.integers(0, 6))
def test_rounding_is_to_the_nearest_and_a_half_goes_away_from_nought(number: Decimal, decimals: int) -> None:
    found, unit = Fraction(rounded(number, decimals)), Fraction(1, 10**decimals)
    off = abs(found - Fraction(number))
    assert found % unit == 0
    assert off < unit / 2 or (off == unit / 2 and abs(found) > abs(Fraction(number)))
    assert Money.of(number).cents == Fraction(rounded(number, 2)) * 100


@settings(max_examples=150, deadline=None)
@given(st.decimals(-(10**15), 10**15, places=6))
def test_a_number_is_written_without_noise_and_is_the_same_when_read_again(number: Decimal) -> None:
    digits = written(number)
    assert "e" not in digits.lower()
    assert not re.search(r"\.\d*0$|\.$", digits)
    assert Decimal(digits) == number == Decimal(grouped(number).replace(",", ""))
    assert jsontext.loads(jsontext.dumps({"a": plain(number)})) == {"a": plain(number)}
    assert jsontext.dumps(plain(number)) == digits
    assert value(digits) == plain(number)


@pytest.mark.parametrize(
    "source", ["answers.x * answers.x", "1 / (answers.x + 1) / (answers.x + 3)", "round(1, 1000000)"]
)
def test_a_number_with_too_many_digits_is_refused(source: str) -> None:
    with pytest.raises(ExpressionFailed, match="too many digits"):
        value(source, x=10**150)


@pytest.mark.parametrize(
    ("source", "size"),
    [
        ("size('陳大文')", 3),
        ("size('👨')", 1),
        ("'陳大文'.size()", 3),
        ("size('')", 0),
        ("size([1, 2])", 2),
    ],
)
def test_the_size_of_a_text_is_its_characters(source: str, size: int) -> None:
    assert value(source) == size


# What is unknown


@pytest.mark.parametrize(
    "source",
    [
        "answers.x == 1",
        "answers.x != 1",
        "!(answers.x == 1)",
        "answers.x < 1",
        "!(answers.x < 1)",
        "answers.x in [1, 2]",
        "!(answers.x in [1, 2])",
        "answers.kind == 'a'",
        "answers.kind != 'a'",
        "'a' in answers.times",
        "!('a' in answers.times)",
        "answers.x == answers.x",
        "answers.x != answers.kind",
        "answers.gone == 1",
        "answers.x + 1 > 0",
        "-answers.x < 0",
        "answers.x * 0 == 0",
        "answers.kind.startsWith('a')",
        "size(answers.kind) == 0",
        "!answers.x",
        "answers.x ? true : true",
        "max(answers.x, 3) == 3",
        "min(answers.y, answers.x) == 2",
        "[answers.x].exists(n, n == 1)",
        "[answers.x, 2].all(n, n == 2)",
        "size([answers.x].filter(n, n == 1)) == 0",
        "sum([1].map(n, n + answers.x)) >= 0",
        "answers.y in [answers.x]",
        "[answers.x] == [1]",
        "answers.rows[3] == 1",
        "date(answers.kind) == date('2026-01-01')",
        "round(answers.x) == 0",
        "string(answers.x) == ''",
        "answers.x % 2 == 0",
    ],
)
def test_what_is_worked_out_of_what_is_not_given_is_unknown(source: str) -> None:
    assert Expression(source).truth(NOT_GIVEN) is None
    assert Expression(source).holds(NOT_GIVEN) is False
    assert Expression(f"!({source})").holds(NOT_GIVEN) is False
    with pytest.raises(ExpressionFailed):
        Expression(source).value(NOT_GIVEN)


@pytest.mark.parametrize(
    ("source", "comes_to"),
    [
        ("answers.x == null", True),
        ("answers.x != null", False),
        ("answers.y == null", False),
        ("null == answers.x", True),
        ("answers.gone == null", True),
        ("answers.x + 1 == null", True),
        ("answers.rows.all(r, r.a == 1)", True),
        ("has(answers.x)", False),
        ("has(answers.y)", True),
        ("sum([answers.x, 2])", 2),
        ("count([answers.x, 2])", 1),
        ("lowest([2, 3.5, answers.x])", 2),
        ("sum([2, 3.5, answers.x])", Decimal("5.5")),
        ("average([answers.x]) == null", True),
        ("answers.y in [answers.x, 2]", True),
        ("[answers.x, 2].exists(n, n == 2)", True),
        ("size(answers.rows)", 0),
        ("[answers.x, 3].all(n, n == 2)", False),
        ("[answers.x, 3] == [1, 4]", False),
        ("answers.x == null ? 0 : answers.x", 0),
    ],
)
def test_what_can_be_known_all_the_same_is_known(source: str, comes_to: Any) -> None:
    assert Expression(source).value(NOT_GIVEN) == comes_to


THREE = (True, False, None)


def kleene(sign: str, a: bool | None, b: bool | None) -> bool | None:
    """The tables of Kleene's strong logic: true is 1, unknown a half, false 0."""
    rank = {True: 2, None: 1, False: 0}
    back = {2: True, 1: None, 0: False}
    return back[min(rank[a], rank[b]) if sign == "&&" else max(rank[a], rank[b])]


@pytest.mark.parametrize("sign", ["&&", "||"])
def test_and_or_not_are_those_of_kleene(sign: str) -> None:
    for a, b, c in product(THREE, repeat=3):
        both = kleene(sign, a, b)
        assert truth(f"answers.a {sign} answers.b", a=a, b=b) is both
        assert truth(f"!(answers.a {sign} answers.b)", a=a, b=b) is (None if both is None else not both)
        assert truth(f"answers.a {sign} answers.b {sign} answers.c", a=a, b=b, c=c) is kleene(sign, both, c)
        macro = {"&&": "all", "||": "exists"}[sign]
        assert truth(f"[answers.a, answers.b].{macro}(n, n)", a=a, b=b) is both


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("answers.x + 1", ("answers", "x")),
        ("1 + sum(answers.rows.map(r, r.price * r.number))", ("answers", "rows", 2, "number")),
        ("parameters.fee['a'] * 2", ("parameters", "fee", "a")),
        ("answers.x > 1 && answers.y > 1", ("answers", "x")),
    ],
)
def test_what_is_missing_is_named(source: str, missing: tuple[str | int, ...]) -> None:
    rows = [{"price": 1, "number": 2}, {"price": 3, "number": None}]
    with pytest.raises(ExpressionFailed) as failed:
        Expression(source).value({"answers": {"x": None, "y": 2, "rows": rows}, "parameters": {"fee": {"b": 1}}})
    assert failed.value.missing == missing


def test_an_error_beside_what_decides_does_no_harm() -> None:
    assert truth("answers.y == 1 && 1 / 0 == 1", y=2) is False
    assert truth("1 / 0 == 1 || answers.y == 2", y=2) is True
    assert truth("1 / 0 == 1 && answers.y == 2", y=2) is None


# Cost

NESTED = "answers.a.all(b, answers.a.all(c, answers.a.all(d, answers.a.all(e, b + c + d + e >= 0))))"


@pytest.mark.parametrize(
    "source",
    [
        NESTED,
        "answers.a.map(b, answers.a.map(c, answers.a.map(d, answers.a)))",
        "answers.a.map(b, answers.text + answers.text)",
        "size(flatten(answers.a.map(b, answers.a.map(c, answers.a)))) > 1",
        "answers.a.all(b, answers.a.all(c, !(b in answers.long)))",
        "answers.a.all(b, answers.a.all(c, !answers.text.contains('no')))",
    ],
)
def test_what_takes_too_long_is_ended_with_an_error(source: str) -> None:
    context = {"answers": {"a": list(range(60)), "long": list(range(500, 600)), "text": "x" * 40_000}}
    with pytest.raises(ExpressionFailed, match="steps"):
        Expression(source).value(context)
    assert Expression(source).holds(context) is False
    with pytest.raises(ExpressionFailed, match="steps"):
        Expression(f"{source} == 1 || true == false").value(context)


@pytest.mark.parametrize(
    "source",
    [
        "(" * 500 + "1" + ")" * 500,
        "!" * 1000 + "true",
        "[" * 900 + "]" * 900,
        "x" + ".a" * 900,
        "a ? " * 200 + "1" + " : 1" * 200,
        "f(" * 600 + ")" * 600,
    ],
    ids=["brackets", "denied", "lists", "names", "choices", "calls"],
)
def test_what_is_nested_too_deeply_cannot_be_read(source: str) -> None:
    with pytest.raises(ValueError, match="column"):
        Expression(source)


def test_a_long_sum_and_a_long_condition_are_read() -> None:
    assert value("1" + " + 1" * 480) == 481
    assert value("true" + " && true" * 200) is True


@pytest.mark.parametrize(
    "source", ["answers.x.matches('(a+)+$')", "answers.x.matches('(a*)*b')", "answers.x.matches('(a|aa)+$')"]
)
def test_a_pattern_takes_time_that_grows_with_the_text_only(source: str) -> None:
    # With backtracking each of these would take longer than the universe is old.
    assert value(source, x="a" * 5000 + "!") is False


@pytest.mark.parametrize("source", ["'a'.matches('(')", "'a'.matches('(?=a)')", f"'a'.matches('{'a' * 600}')"])
def test_a_pattern_that_cannot_be_read_is_refused_before_it_is_used(source: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        Expression(source)


@pytest.mark.parametrize(
    ("source", "word"), [("round()", "takes 1 to 2"), ("age(today)", "takes 2"), ("has(1)", "has")]
)
def test_a_function_takes_so_many_values(source: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Expression(source)


MEMBERS = [{"n": n} for n in range(200)]


@pytest.mark.parametrize(
    "source",
    [
        "answers.m.map(a, answers.m.map(b, answers.m))",
        "answers.m.map(a, {'x': answers.m.map(b, {'y': answers.m})})",
        "size(flatten(answers.m.map(a, answers.m.map(b, answers.m)))) > 1",
    ],
)
def test_lists_that_grow_by_standing_within_each_other_are_counted(source: str) -> None:
    with pytest.raises(ExpressionFailed, match="steps"):
        value(source, m=MEMBERS)


def test_a_sum_of_many_unlike_quotients_is_right_to_the_cent() -> None:
    # The common denominator of so many has more than 2,000 binary digits.
    lines = [{"price": 100 + n, "days": 1000 + 7 * n} for n in range(500)]
    exact = sum(Fraction(one["price"], one["days"]) for one in lines)
    assert exact.denominator.bit_length() > 2000
    found = value("round(sum(answers.l.map(l, l.price / l.days)), 2)", l=lines)
    assert found == Decimal(round(exact * 100)) / 100
    assert value("round(average(answers.l.map(l, l.price / l.days)), 10)", l=lines) == Decimal(
        round(exact / 500 * 10**10)
    ) / Decimal(10**10)
