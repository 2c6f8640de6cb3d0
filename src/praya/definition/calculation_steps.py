"""A calculation step by step, with its numbers put in: `100 × 3 × 0.5 = 150`."""

from praya.definition.condition_words import Known, branch, compiled
from praya.definition.own_words import WORDS
from praya.definition.value_words import fitted, value_of
from praya.kernel.expression import ExpressionFailed
from praya.kernel.number import is_number
from praya.kernel.syntax import Both, Call, Compared, Either, Negative, Node, Not, Reckoned

# A function -> the key of its words; those of `OF_MORE` where it takes more than two numbers.
TOLD = {
    "max": "higher", "highest": "higher", "min": "lower", "lowest": "lower",
    "round": "rounded", "ceil": "rounded_up", "floor": "rounded_down",
}  # fmt: skip
OF_MORE = {"max": "highest", "highest": "highest", "min": "lowest", "lowest": "lowest"}
OPEN = frozenset({"answers", "parameters", "decisions", "conditions", "today", "booking"})
_SIGNS = {"*": " × ", "/": " ÷ ", "+": " + ", "-": " − "}


class _NoSum(Exception):
    """Nothing that can be told as a sum."""


def steps(node: Node, known: Known) -> list[tuple[str, str]]:
    """Each step in words with what it comes to, the last one the whole; none for what is no calculation."""
    open_to_reader = OPEN | ({"findings"} if known.findings is not None else frozenset())
    found: list[tuple[str, str]] = []
    try:
        if compiled(node.text).names <= open_to_reader:
            _sum(node, known, found)
    except (_NoSum, ExpressionFailed, ValueError):
        return []
    return found


def _sum(node: Node, known: Known, found: list[tuple[str, str]]) -> None:
    """Note a sum; a number alone is none."""
    taken = branch(node, known)
    text = _told(taken, known, found)
    if _reckons(taken, known) and compiled(node.text).names:
        found.append((WORDS["calculation"].in_(known.language), f"{text} = {_number(node, known)}"))


def _reckons(node: Node, known: Known) -> bool:
    """Whether something is worked out in what is said of it, and not only looked up."""
    node = branch(node, known)
    return isinstance(node, Reckoned) or (isinstance(node, Negative) and _reckons(node.of, known))


def _told(node: Node, known: Known, found: list[tuple[str, str]]) -> str:
    """The text with numbers for all that is no number; what must be worked out before is noted in `found`."""
    node = branch(node, known)
    if isinstance(node, Reckoned):
        if "%" in node.signs:
            raise _NoSum(node.text)
        first, *rest = (_term(term, node, known, found) for term in node.terms)
        return first + "".join(_SIGNS[sign] + term for sign, term in zip(node.signs, rest, strict=True))
    if isinstance(node, Negative):
        return f"−{_within(node.of, known, found)}"
    if isinstance(node, Call) and node.name in TOLD and not (node.name in OF_MORE and len(node.given) == 1):
        return _called(node, known, found)
    if isinstance(node, Compared | Both | Either | Not):
        raise _NoSum(node.text)
    return _number(node, known)


def _term(term: Node, around: Reckoned, known: Known, found: list[tuple[str, str]]) -> str:
    """A term in brackets where it needs them: as it is written, and behind a minus or a line of a fraction."""
    inner = branch(term, known)
    closer = isinstance(inner, Reckoned) and {*inner.signs} <= {"*", "/"} and {*around.signs} <= {"+", "-"}
    return _told(inner, known, found) if closer else _within(inner, known, found)


def _within(node: Node, known: Known, found: list[tuple[str, str]]) -> str:
    text = _told(node, known, found)
    return f"({text})" if _reckons(node, known) else text


def _called(node: Call, known: Known, found: list[tuple[str, str]]) -> str:
    counted = node.given if node.name in OF_MORE else node.given[:1]
    for part in counted:
        _sum(part, known, found)
    numbers = [_number(part, known) for part in counted]
    key = OF_MORE[node.name] if node.name in OF_MORE and len(numbers) > 2 else TOLD[node.name]
    value = _number(node, known)
    if node.name in OF_MORE or value != numbers[0]:
        *most, last = numbers
        listed = fitted(WORDS["both"], known.language, a=value_of(most, known.language), b=last) if most else last
        found.append((fitted(WORDS[key], known.language, numbers=listed), value))
    return value


def _number(node: Node, known: Known) -> str:
    value = compiled(node.text).value(known.context)
    if not is_number(value):
        raise _NoSum(node.text)
    return value_of(value, known.language)
