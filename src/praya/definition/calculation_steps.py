"""The steps of a calculation with the values of its variables: `100 × 3 × 0.5 = 150`."""

from praya.definition.condition_words import Known, branch, compiled
from praya.definition.own_words import WORDS
from praya.definition.value_words import fitted, value_of
from praya.kernel.expression import ExpressionFailed
from praya.kernel.number import is_number
from praya.kernel.syntax import Both, Call, Compared, Either, Negative, Node, Not, Reckoned

# Function -> the key of its words; `OF_MORE` has those for more than two numbers.
FUNCTION_WORDS = {
    "max": "higher", "highest": "higher", "min": "lower", "lowest": "lower",
    "round": "rounded", "ceil": "rounded_up", "floor": "rounded_down",
}  # fmt: skip
OF_MORE = {"max": "highest", "highest": "highest", "min": "lowest", "lowest": "lowest"}
OPEN = frozenset({"answers", "parameters", "decisions", "conditions", "today", "booking"})
_SIGNS = {"*": " × ", "/": " ÷ ", "+": " + ", "-": " − "}


class _NoSum(Exception):
    """The expression cannot be written as a calculation."""


def steps(node: Node, known: Known) -> list[tuple[str, str]]:
    """Each step and its result, in words; the last step is the whole. Empty if the expression is not a calculation."""
    open_to_reader = OPEN | ({"findings"} if known.findings is not None else frozenset())
    lines: list[tuple[str, str]] = []
    try:
        if compiled(node.text).names <= open_to_reader:
            _sum(node, known, lines)
    except (_NoSum, ExpressionFailed, ValueError):
        return []
    return lines


def _sum(node: Node, known: Known, lines: list[tuple[str, str]]) -> None:
    """Add a step to `lines`, unless it is a single number."""
    taken = branch(node, known)
    text = _words_of(taken, known, lines)
    if _reckons(taken, known) and compiled(node.text).names:
        lines.append((WORDS["calculation"].in_(known.language), f"{text} = {_number(node, known)}"))


def _reckons(node: Node, known: Known) -> bool:
    """Whether the expression computes something, rather than only reading a value."""
    node = branch(node, known)
    return isinstance(node, Reckoned) or (isinstance(node, Negative) and _reckons(node.of, known))


def _words_of(node: Node, known: Known, lines: list[tuple[str, str]]) -> str:
    """The expression as text, with values instead of names. Inner calculations are added to `lines` as steps."""
    node = branch(node, known)
    if isinstance(node, Reckoned):
        if "%" in node.signs:
            raise _NoSum(node.text)
        first, *rest = (_term(term, node, known, lines) for term in node.terms)
        return first + "".join(_SIGNS[sign] + term for sign, term in zip(node.signs, rest, strict=True))
    if isinstance(node, Negative):
        return f"−{_within(node.of, known, lines)}"
    if (
        isinstance(node, Call)
        and node.name in FUNCTION_WORDS
        and not (node.name in OF_MORE and len(node.arguments) == 1)
    ):
        return _called(node, known, lines)
    if isinstance(node, Compared | Both | Either | Not):
        raise _NoSum(node.text)
    return _number(node, known)


def _term(term: Node, around: Reckoned, known: Known, lines: list[tuple[str, str]]) -> str:
    """A term of a calculation as text, in brackets where the order of operations requires them."""
    inner = branch(term, known)
    closer = isinstance(inner, Reckoned) and {*inner.signs} <= {"*", "/"} and {*around.signs} <= {"+", "-"}
    return _words_of(inner, known, lines) if closer else _within(inner, known, lines)


def _within(node: Node, known: Known, lines: list[tuple[str, str]]) -> str:
    text = _words_of(node, known, lines)
    return f"({text})" if _reckons(node, known) else text


def _called(node: Call, known: Known, lines: list[tuple[str, str]]) -> str:
    counted = node.arguments if node.name in OF_MORE else node.arguments[:1]
    for part in counted:
        _sum(part, known, lines)
    numbers = [_number(part, known) for part in counted]
    key = OF_MORE[node.name] if node.name in OF_MORE and len(numbers) > 2 else FUNCTION_WORDS[node.name]
    value = _number(node, known)
    if node.name in OF_MORE or value != numbers[0]:
        *most, last = numbers
        listed = fitted(WORDS["both"], known.language, a=value_of(most, known.language), b=last) if most else last
        lines.append((fitted(WORDS[key], known.language, numbers=listed), value))
    return value


def _number(node: Node, known: Known) -> str:
    value = compiled(node.text).value(known.context)
    if not is_number(value):
        raise _NoSum(node.text)
    return value_of(value, known.language)
