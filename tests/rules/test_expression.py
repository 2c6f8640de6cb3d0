"""Expressions from outside: what is wrong is said in a sentence, and nothing runs away."""

import contextlib
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from praya.kernel.expression import Expression, ExpressionFailed

CONTEXT = {"answers": {"area": 350, "name": "x", "list": [1, 2, 3], "none": None}, "today": None, "applicant": {}}
TOKENS = st.sampled_from([
    "answers", ".area", ".name", ".list", "(", ")", "[", "]", "+", "-", "*", "/", "%", "==", "<", "&&", "||", "!", "?",
    ":", "0", "1", "9223372036854775807", "1.5",
    "'x'", '"', "size", "map", "exists", "matches", "sum", "round", "date", ",",
    "e", "true", "null", "{", "}", "in", "\\", "\n", "灣", "\u0000", "highest", "years_between", "today",
])  # fmt: skip


@settings(max_examples=300, deadline=2000, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.lists(TOKENS, max_size=14).map(" ".join), st.text(max_size=60)))
def test_whatever_is_written_is_refused_or_evaluated(source: str) -> None:
    try:
        expression = Expression(source)
    except ValueError:
        return
    with contextlib.suppress(ExpressionFailed):
        expression.value(CONTEXT)
    assert expression.holds(CONTEXT) in {True, False}


@pytest.mark.parametrize(("source", "word"), [
    ("answers.area >", "column"), ("answers.area > > 3", "column"), ("sizes(answers.list)", "did you mean 'size'"),
    ("__import__('os')", "unknown function"), ("open('/etc/passwd')", "unknown function"), ("x" * 2001, "longer"),
])  # fmt: skip
def test_what_is_wrong_is_said(source: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Expression(source)


@pytest.mark.parametrize("source", [
    "answers.missing > 3", "answers.name > 3", "1 / 0", "answers.list[9]", "date('no date') == today",
    "answers.none > 1",
    "round('x') > 1", "sum(answers.name) > 1", "years_between(today, today) > 1",
])  # fmt: skip
def test_what_cannot_be_known_does_not_hold_and_does_not_fail(source: str) -> None:
    assert Expression(source).holds(CONTEXT) is False


@pytest.mark.parametrize("source", [
    "(" * 900 + "1" + ")" * 900, "!" * 1900 + "true", "-" * 1900 + "1", "[" * 900 + "]" * 900, "1" + " + 1" * 480,
    "answers.name.matches('(a+)+$')", "'" + "a" * 1900 + "'.matches('(a*)*b')",
])  # fmt: skip
def test_hostile_expressions_end_soon(source: str) -> None:
    began = time.monotonic()
    with contextlib.suppress(ValueError):
        Expression(source).holds(CONTEXT)
    assert time.monotonic() - began < 5
