"""Evaluation of expressions: the syntax tree is compiled once into Python closures, which are called with a context.

Missing values follow one rule. An answer that was not given is None; a value computed from it is `Unknown`, which
records what is missing. `&&`, `||` and `!` follow Kleene's three-valued logic: `false && unknown` is false. `x == null`
tests whether a value is unknown.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any

from praya.kernel import syntax
from praya.kernel.evaluation_scope import Scope, known
from praya.kernel.functions import ALL, Failed, Unknown, kind, size_within
from praya.kernel.number import plain
from praya.kernel.operators import ARITHMETIC, COMPARE, as_number
from praya.kernel.syntax import Node

Run = Callable[[Scope], Any]
WRONG = (ArithmeticError, LookupError, TypeError, ValueError)


def run(node: Node, bound: tuple[str, ...] = ()) -> Run:
    """Compile a node into a function; `bound` are the variables of enclosing macros, the outermost first."""
    return _RUNS[type(node)](node, bound)


def depth(node: Node) -> int:
    """The greatest number of macros nested in each other."""
    inner = max((depth(part) for part in node.parts()), default=0)
    if not isinstance(node, syntax.Macro):
        return inner
    return max(depth(node.of), 1 + max(depth(part) for part in (node.where, node.body) if part is not None))


def weight(node: Node) -> int:
    """The steps of one evaluation, without the work of macros on each item."""
    if isinstance(node, syntax.Macro):
        return 1 + weight(node.of)
    return 1 + sum(weight(part) for part in node.parts())


def evaluated(run_it: Run, scope: Scope) -> Any:
    """The value of an expression. The items of nested lists are counted before they are copied. Raises TooCostly."""
    value = run_it(scope)
    if isinstance(value, list | tuple | dict):
        scope.take(size_within(value, scope.steps))
    return value


def outside(value: Any) -> Any:
    """Convert a result back: numbers become plain, unknown values None."""
    if type(value) is Fraction:
        return plain(value)
    if isinstance(value, list | tuple):
        return [outside(item) for item in value]
    if isinstance(value, dict):
        return {key: outside(item) for key, item in value.items()}
    return None if isinstance(value, Unknown) else value


# Names


def _name(node: syntax.Name, bound: tuple[str, ...]) -> Run:
    return _path(node, bound)


def _member(node: syntax.Member, bound: tuple[str, ...]) -> Run:
    if syntax.path(node) is not None:
        return _path(node, bound)
    of, name = _strict(node.of, bound), node.name
    missing = (node.text,)
    return lambda scope: _within(of(scope), name, missing)


def _within(value: Any, name: Any, missing: tuple[str | int, ...]) -> Any:
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Mapping):
        return known(value[name]) if name in value else Unknown(missing)
    raise Failed(f"a {kind(value)} has no names within it")


def _path(node: Node, bound: tuple[str, ...]) -> Run:
    """`answers.area`, `d.weight`: look up the names of a path one after another."""
    names = syntax.path(node) or ()
    root, inner = names[0], names[1:]
    missing = _missing(node, bound)
    if root in bound:
        level = _level(root, bound)

        def of_item(scope: Scope) -> Any:
            value = scope.bound[level]
            for name in inner:
                if not isinstance(value, Mapping):
                    return _not_within(value, missing(scope))
                if name not in value:
                    return Unknown(missing(scope))
                value = value[name]
            return known(value)

        return of_item

    def of_context(scope: Scope) -> Any:
        value: Any = scope.context
        for name in names:
            if not isinstance(value, Mapping):
                return _not_within(value, names)
            if name not in value:
                return Unknown(names)
            value = value[name]
        return known(value)

    return of_context


def _not_within(value: Any, missing: tuple[str | int, ...]) -> Unknown:
    if value is None or isinstance(value, Unknown):
        return value or Unknown(missing)
    raise Failed(f"a {kind(known(value))} has no names within it")


def _level(name: str, bound: tuple[str, ...]) -> int:
    return len(bound) - 1 - bound[::-1].index(name)


def _missing(node: Node, bound: tuple[str, ...]) -> Callable[[Scope], tuple[str | int, ...]]:
    """The path to report when a node has no value; for an item, it includes the item's number from 1."""
    names = syntax.path(node)
    if names is None:
        return lambda _: (node.text,)
    if names[0] not in bound:
        return lambda _: names
    level, inner = _level(names[0], bound), names[1:]
    return lambda scope: (*scope.lists[level], scope.numbers[level], *inner)


def _index(node: syntax.Index, bound: tuple[str, ...]) -> Run:
    if syntax.path(node) is not None:
        return _path(node, bound)
    of, key, missing = _strict(node.of, bound), _strict(node.key, bound), (node.text,)

    def one(scope: Scope) -> Any:
        value, at = of(scope), key(scope)
        if isinstance(value, Unknown) or isinstance(at, Unknown):
            return value if isinstance(value, Unknown) else at
        if isinstance(value, list | tuple):
            if type(at) is not int:
                raise Failed(f"a {kind(at)} is no place in a list")
            return known(value[at]) if 0 <= at < len(value) else Unknown(missing)
        return _within(value, outside(at), missing)

    return one


def _strict(node: Node, bound: tuple[str, ...]) -> Run:
    """Like `run`, but None becomes Unknown."""
    evaluate = run(node, bound)
    if isinstance(node, syntax.Literal) and node.value is not None:
        return evaluate
    missing = _missing(node, bound)

    def strict(scope: Scope) -> Any:
        value = evaluate(scope)
        return Unknown(missing(scope)) if value is None else value

    return strict


# Values


def _literal(node: syntax.Literal, _bound: tuple[str, ...]) -> Run:
    value = node.value
    return lambda _: value


def _listing(node: syntax.Listing, bound: tuple[str, ...]) -> Run:
    items = [run(item, bound) for item in node.items]
    return lambda scope: [item(scope) for item in items]


def _mapping(node: syntax.Mapping, bound: tuple[str, ...]) -> Run:
    keys, values = [run(key, bound) for key in node.keys], [run(value, bound) for value in node.values]

    def mapping(scope: Scope) -> dict[Any, Any]:
        names = [key(scope) for key in keys]
        if any(not isinstance(key, str | int) for key in names):
            raise Failed("a key of a mapping is a text, a whole number, true or false")
        return dict(zip(names, [value(scope) for value in values], strict=True))

    return mapping


# Yes and no


def _decided(value: Any, missing: Callable[[Scope], tuple[str | int, ...]], scope: Scope) -> bool | Unknown:
    if value is True or value is False or isinstance(value, Unknown):
        return value
    if value is None:
        return Unknown(missing(scope))
    raise Failed(f"a {kind(value)} is neither yes nor no")


def _not(node: syntax.Not, bound: tuple[str, ...]) -> Run:
    of, missing = run(node.of, bound), _missing(node.of, bound)

    def denied(scope: Scope) -> bool | Unknown:
        value = _decided(of(scope), missing, scope)
        return value if isinstance(value, Unknown) else not value

    return denied


def _together(terms: tuple[Node, ...], bound: tuple[str, ...], *, decides: bool) -> Run:
    """`&&` (`decides=False`) or `||` (`decides=True`): one term equal to `decides` gives the result, even if others are
    unknown or fail.
    """
    runs = [(run(term, bound), _missing(term, bound)) for term in terms]

    def together(scope: Scope) -> bool | Unknown:
        unknown: Unknown | None = None
        failed: Exception | None = None
        for term, missing in runs:
            try:
                value = _decided(term(scope), missing, scope)
            except WRONG as error:
                failed = failed or error
                continue
            if value is decides:
                return decides
            if isinstance(value, Unknown):
                unknown = unknown or value
        if failed is not None:
            raise failed
        return unknown or (not decides)

    return together


def _both(node: syntax.Both, bound: tuple[str, ...]) -> Run:
    return _together(node.terms, bound, decides=False)


def _either(node: syntax.Either, bound: tuple[str, ...]) -> Run:
    return _together(node.terms, bound, decides=True)


def _choice(node: syntax.Choice, bound: tuple[str, ...]) -> Run:
    condition, missing = run(node.condition, bound), _missing(node.condition, bound)
    one, other = run(node.one, bound), run(node.other, bound)

    def choice(scope: Scope) -> Any:
        value = _decided(condition(scope), missing, scope)
        if isinstance(value, Unknown):
            return value
        return one(scope) if value else other(scope)

    return choice


# Comparing


def _compared(node: syntax.Compared, bound: tuple[str, ...]) -> Run:
    sign = node.sign
    if sign in {"==", "!="}:
        for side, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(side, syntax.Literal) and side.value is None:
                return _is_nothing(run(other, bound), nothing=sign == "==")
    left, right = _strict(node.left, bound), _strict(node.right, bound)
    compare = COMPARE[sign]

    def compared(scope: Scope) -> Any:
        a = left(scope)
        b = right(scope)
        if isinstance(a, Unknown):
            return a
        if isinstance(b, Unknown):
            return b
        return compare(a, b, scope)

    return compared


def _is_nothing(of: Run, *, nothing: bool) -> Run:
    def is_nothing(scope: Scope) -> bool:
        value = of(scope)
        return (value is None or isinstance(value, Unknown)) is nothing

    return is_nothing


# Arithmetic


def _reckoned(node: syntax.Reckoned, bound: tuple[str, ...]) -> Run:
    first = _strict(node.terms[0], bound)
    rest = [(ARITHMETIC[sign], _strict(term, bound)) for sign, term in zip(node.signs, node.terms[1:], strict=True)]

    def reckoned(scope: Scope) -> Any:
        value = first(scope)
        unknown = value if isinstance(value, Unknown) else None
        for reckon, term in rest:
            other = term(scope)
            if isinstance(other, Unknown):
                unknown = unknown or other
            elif unknown is None:
                value = reckon(value, other, scope)
        return unknown or value

    return reckoned


def _negative(node: syntax.Negative, bound: tuple[str, ...]) -> Run:
    of = _strict(node.of, bound)

    def negative(scope: Scope) -> Any:
        value = of(scope)
        return value if isinstance(value, Unknown) else -value if isinstance(value, timedelta) else -as_number(value)

    return negative


# Functions, and macros, which evaluate an expression for each item of a list


def _call(node: syntax.Call, bound: tuple[str, ...]) -> Run:
    if node.name == "has":
        return _is_nothing(run(node.arguments[0], bound), nothing=False)
    function, flattens = ALL[node.name], node.name == "flatten"
    given = [_strict(one, bound) for one in node.arguments]

    def call(scope: Scope) -> Any:
        values = [one(scope) for one in given]
        for value in values:
            if isinstance(value, Unknown):
                return value
            if isinstance(value, list | tuple):
                scope.take(size_within(value, scope.steps, mappings=False) if flattens else len(value))
            elif isinstance(value, str):
                scope.take(len(value) // 100)
        values = [[known(item) for item in value] if isinstance(value, list | tuple) else value for value in values]
        return function(*values)

    return call


def _macro(node: syntax.Macro, bound: tuple[str, ...]) -> Run:
    of, where_is = _strict(node.of, bound), _missing(node.of, bound)
    level, inner = len(bound), (*bound, node.variable)
    body, missing = run(node.body, inner), _missing(node.body, inner)
    where = run(node.where, inner) if node.where is not None else None
    where_missing = _missing(node.where, inner) if node.where is not None else missing
    each = weight(node.body) + (weight(node.where) if node.where is not None else 0)
    gather = _GATHER[node.name]

    def macro(scope: Scope) -> Any:
        values = of(scope)
        if isinstance(values, Unknown):
            return values
        if isinstance(values, Mapping):
            values = list(values)
        if not isinstance(values, list | tuple):
            raise Failed(f"a {kind(values)} is no list")
        origin = where_is(scope)

        def results() -> Any:
            for number, value in enumerate(values, 1):
                scope.take(each)
                scope.bound[level], scope.lists[level], scope.numbers[level] = known(value), origin, number
                if where is not None:
                    taken = _decided(where(scope), where_missing, scope)
                    if taken is False:
                        continue
                    if isinstance(taken, Unknown):
                        yield value, taken
                        continue
                yield value, body(scope)

        return gather(results(), missing, scope)

    return macro


def _map(results: Any, _missing: Any, _scope: Scope) -> list[Any]:
    return [result for _, result in results]


def _filter(results: Any, missing: Any, scope: Scope) -> Any:
    """The items for which the condition holds; Unknown when it is unknown for one of them."""
    taken = []
    for value, result in results:
        holds = _decided(result, missing, scope)
        if isinstance(holds, Unknown):
            return holds
        if holds:
            taken.append(value)
    return taken


def _quantified(*, decides: bool) -> Callable[[Any, Any, Scope], Any]:
    def quantified(results: Any, missing: Any, scope: Scope) -> Any:
        unknown = None
        for _, result in results:
            holds = _decided(result, missing, scope)
            if holds is decides:
                return decides
            if isinstance(holds, Unknown):
                unknown = unknown or holds
        return unknown or (not decides)

    return quantified


def _exists_one(results: Any, missing: Any, scope: Scope) -> Any:
    unknown, count = None, 0
    for _, result in results:
        holds = _decided(result, missing, scope)
        if isinstance(holds, Unknown):
            unknown = unknown or holds
        else:
            count += holds
    return False if count > 1 else unknown or count == 1


_GATHER: dict[str, Callable[[Any, Any, Scope], Any]] = {
    "map": _map,
    "filter": _filter,
    "all": _quantified(decides=False),
    "exists": _quantified(decides=True),
    "exists_one": _exists_one,
}
_RUNS: dict[type[Node], Callable[[Any, tuple[str, ...]], Run]] = {
    syntax.Literal: _literal,
    syntax.Name: _name,
    syntax.Member: _member,
    syntax.Index: _index,
    syntax.Call: _call,
    syntax.Macro: _macro,
    syntax.Listing: _listing,
    syntax.Mapping: _mapping,
    syntax.Not: _not,
    syntax.Negative: _negative,
    syntax.Compared: _compared,
    syntax.Reckoned: _reckoned,
    syntax.Both: _both,
    syntax.Either: _either,
    syntax.Choice: _choice,
}
