"""Expressions from outside: what is wrong is said in a sentence, and nothing runs away."""

import contextlib
import time
from datetime import date, timedelta

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

PARTS_OF_DAY = ("year", "month", "day_of_month", "week", "weekday")


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


DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))


@given(DAYS, st.integers(-1200, 1200))
def test_months_after_a_day_is_that_day_of_the_month_or_its_last(day: date, months: int) -> None:
    after = Expression("months_after(day, n)").value({"day": day.isoformat(), "n": months}).date()
    assert (after.year * 12 + after.month) - (day.year * 12 + day.month) == months
    assert after.day == day.day or (after.day < day.day and (after + timedelta(days=1)).day == 1)
    between = Expression("months_between(day, after)").value({"day": day.isoformat(), "after": after.isoformat()})
    if months >= 0:
        assert between == months - (after.day < day.day)
    if day.day <= 28:
        assert between == months


@given(DAYS)
def test_the_parts_of_a_day_are_those_of_the_calendar(day: date) -> None:
    parts = {name: Expression(f"{name}(day)").value({"day": day.isoformat()}) for name in PARTS_OF_DAY}
    assert (parts["year"], parts["month"], parts["day_of_month"]) == (day.year, day.month, day.day)
    assert parts["week"] == day.isocalendar().week
    assert parts["weekday"] == f"{day:%a}".lower()


def test_a_day_that_no_calendar_has_is_said() -> None:
    for source in ("months_after(day, 999999999)", "years_after(day, -9999)"):
        with pytest.raises(ExpressionFailed, match="no calendar"):
            Expression(source).value({"day": "2026-03-01"})
