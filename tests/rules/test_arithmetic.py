"""Arithmetic in definitions as people expect it: decimals and whole numbers mix, and nothing is cut off."""

from decimal import Decimal

import pytest

from praya.kernel.expression import Expression, ExpressionFailed

CONTEXT = {"answers": {"rent": Decimal("5200.5"), "members": [1, 2], "n": 3, "none": None}, "parameters": {"fee": 100}}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("answers.rent * 12", 62406),
        ("parameters.fee * 1.05", 105),
        ("100 / 12", Decimal("8.333333333333333333333333333")),
        ("1 + size(answers.members)", 3),
        ("answers.rent + size(answers.members) * 10", Decimal("5220.5")),
        ("sum(answers.members) * 1.5", Decimal("4.5")),
        ("answers.members[0] * 1.5", Decimal("1.5")),
        ("-answers.n", -3),
        ("'1' + '2'", "12"),
    ],
)
def test_numbers_mix(source: str, value: object) -> None:
    found = Expression(source).value(CONTEXT)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("source", ["answers.none * 2", "answers.missing + 1", "'a' * 2"])
def test_what_cannot_be_computed_is_an_error_and_holds_not(source: str) -> None:
    with pytest.raises(ExpressionFailed):
        Expression(source).value(CONTEXT)
    assert not Expression(source).holds(CONTEXT)
