"""The operators of expressions on known values: comparisons and arithmetic.

Each raises Failed for kinds of values that do not fit. An operand is never unknown; a list or mapping may hold unknown
values, and then the result of a comparison may be Unknown.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from praya.kernel.evaluation_scope import LONGEST_TEXT, Scope, TooCostly, known
from praya.kernel.functions import Failed, Unknown, kind
from praya.kernel.number import is_number, within

# Comparing


def _equal(a: Any, b: Any, scope: Scope) -> Any:
    """Whether two known values are equal; Unknown when that depends on an unknown value inside them."""
    if type(a) is type(b) and type(a) in _SIMPLE:
        return a == b
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        scope.take(len(a))
        return len(a) == len(b) and _all_equal(zip(a, b, strict=True), scope)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        scope.take(len(a))
        return a.keys() == b.keys() and _all_equal(((a[key], b[key]) for key in a), scope)
    return a == b if kind(a) == kind(b) else False


def _all_equal(pairs: Any, scope: Scope) -> Any:
    unknown = None
    for one, other in pairs:
        same = _same(known(one), known(other), scope)
        if same is False:
            return False
        unknown = unknown or (same if isinstance(same, Unknown) else None)
    return unknown or True


def _same(a: Any, b: Any, scope: Scope) -> Any:
    """Like `_equal`, for values inside others, where None is unknown as well."""
    for value in (a, b):
        if value is None or isinstance(value, Unknown):
            return value or Unknown(())
    return _equal(a, b, scope)


def _unequal(a: Any, b: Any, scope: Scope) -> Any:
    same = _equal(a, b, scope)
    return same if isinstance(same, Unknown) else not same


def _among(a: Any, b: Any, scope: Scope) -> Any:
    """Whether `a` is an item of a list or a key of a mapping."""
    if isinstance(b, Mapping):
        return isinstance(a, str | int) and a in b
    if not isinstance(b, list | tuple):
        raise Failed(f"a {kind(b)} is no list")
    scope.take(len(b))
    unknown = None
    for item in b:
        same = _same(a, known(item), scope)
        if same is True:
            return True
        unknown = unknown or (same if isinstance(same, Unknown) else None)
    return unknown or False


_SIMPLE = {int, str, bool}
_ORDERED = {"number", "text", "day", "duration"}


def _order(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Scope], bool]:
    def ordered(a: Any, b: Any, _scope: Scope) -> bool:
        if type(a) is int is type(b):
            return compare(a, b)
        if kind(a) != kind(b) or kind(a) not in _ORDERED:
            raise Failed(f"a {kind(a)} and a {kind(b)} cannot be compared")
        return compare(a, b)

    return ordered


COMPARE: dict[str, Callable[[Any, Any, Scope], Any]] = {
    "==": _equal,
    "!=": _unequal,
    "<": _order(lambda a, b: a < b),
    "<=": _order(lambda a, b: a <= b),
    ">": _order(lambda a, b: a > b),
    ">=": _order(lambda a, b: a >= b),
    "in": _among,
}


# Arithmetic


def _add(a: Any, b: Any, scope: Scope) -> Any:
    if isinstance(a, str) and isinstance(b, str):
        scope.take((len(a) + len(b)) // 10)
        if len(a) + len(b) > LONGEST_TEXT:
            raise TooCostly
        return a + b
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        scope.take(len(a) + len(b))
        return [*a, *b]
    if isinstance(a, datetime | timedelta) and isinstance(b, datetime | timedelta):
        if isinstance(a, timedelta):
            return a + b
        return a + _span(b)
    return within(as_number(a) + as_number(b))


def _subtract(a: Any, b: Any, _scope: Scope) -> Any:
    if isinstance(a, datetime | timedelta) and isinstance(b, datetime | timedelta):
        if isinstance(a, datetime):
            return a - b
        return a - _span(b)
    return within(as_number(a) - as_number(b))


def _span(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    raise Failed("two days cannot be added, nor a day be taken from a duration")


def _divide(a: Any, b: Any, _scope: Scope) -> Any:
    if not as_number(b):
        raise Failed("it divides by nothing")
    quotient = Fraction(as_number(a)) / b
    return quotient.numerator if quotient.denominator == 1 else within(quotient)


def _remainder(a: Any, b: Any, _scope: Scope) -> Any:
    """The remainder of a division; it has the sign of `a`, as in CEL."""
    if not as_number(b):
        raise Failed("it divides by nothing")
    left = abs(as_number(a)) % abs(b)
    return -left if a < 0 else left


def as_number(value: Any) -> Any:
    """The value, which is a number. Raises Failed for any other."""
    if is_number(value):
        return value
    raise Failed(f"a {kind(value)} is no number")


ARITHMETIC: dict[str, Callable[[Any, Any, Scope], Any]] = {
    "+": _add,
    "-": _subtract,
    "*": lambda a, b, _scope: within(as_number(a) * as_number(b)),
    "/": _divide,
    "%": _remainder,
}
