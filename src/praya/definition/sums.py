"""A calculation step by step, with its numbers put in: `100 × 3 × 0.5 = 150`."""

import re

from praya.definition.saying import Known, branch, compiled
from praya.definition.values import fitted, value_of
from praya.kernel.expression import ExpressionFailed, rounded
from praya.kernel.syntax import bare, closing, split
from praya.kernel.text import Text

SUM = Text({"en": "Calculation", "zh-hant": "算式"})
HIGHER = Text({"en": "The higher of {numbers}", "zh-hant": "{numbers}，以較高者為準"})
LOWER = Text({"en": "The lower of {numbers}", "zh-hant": "{numbers}，以較低者為準"})
HIGHEST = Text({"en": "The highest of {numbers}", "zh-hant": "{numbers}，以最高者為準"})
LOWEST = Text({"en": "The lowest of {numbers}", "zh-hant": "{numbers}，以最低者為準"})
ROUNDED = Text({"en": "{numbers}, rounded", "zh-hant": "{numbers}，四捨五入"})
ROUNDED_UP = Text({"en": "{numbers}, rounded up", "zh-hant": "{numbers}，進位"})
ROUNDED_DOWN = Text({"en": "{numbers}, rounded down", "zh-hant": "{numbers}，捨去小數"})
AND = Text({"en": "{a} and {b}", "zh-hant": "{a}與{b}"})
TOLD = {
    "max": HIGHER, "highest": HIGHER, "min": LOWER, "lowest": LOWER,
    "round": ROUNDED, "ceil": ROUNDED_UP, "floor": ROUNDED_DOWN,
}  # fmt: skip
OF_MORE = {"max": HIGHEST, "highest": HIGHEST, "min": LOWEST, "lowest": LOWEST}
OPEN = frozenset({"answers", "parameters", "decisions", "conditions", "today"})
_TERM = re.compile(r"[a-z_][\w.]*|(\d+(?:\.\d+)?)|\s+|[-+*/()]")
_SIGNS = str.maketrans({"*": "×", "/": "÷", "-": "−"})
_BETWEEN = re.compile(r"([×÷+])")
_ARITHMETIC = re.compile(r"[×÷+]|\S\s*−")


class _NoSum(Exception):
    """Nothing that can be told as a sum."""


def steps(source: str, known: Known) -> list[tuple[str, str]]:
    """Each step in words with what it comes to, the last one the whole; none for what is no calculation."""
    open_to_reader = OPEN | ({"findings"} if known.findings is not None else frozenset())
    found: list[tuple[str, str]] = []
    try:
        if compiled(source).names <= open_to_reader:
            text = _told(source, known, found)
            _sum(text, source, known, found)
    except (_NoSum, ExpressionFailed, ValueError):
        return []
    return found


def _sum(text: str, source: str, known: Known, found: list[tuple[str, str]]) -> None:
    """Note a sum; a number alone is none."""
    if _ARITHMETIC.search(text) and compiled(source).names:
        found.append((SUM.in_(known.language), f"{text} = {_number(source, known)}"))


def _told(source: str, known: Known, found: list[tuple[str, str]]) -> str:
    """The text with numbers for all that is no number; what must be worked out before is noted in `found`."""
    text = bare(branch(source, known))
    told, at = "", 0
    while at < len(text):
        term = _TERM.match(text, at)
        if term is None:
            raise _NoSum(text)
        end = term.end()
        if text[at] == "(":
            end = closing(text, at) + 1
            inner = _told(text[at + 1 : end - 1], known, found)
            told += f"({inner})" if _ARITHMETIC.search(inner) else inner
        elif text[at].isalpha() or text[at] == "_":
            end = _whole(text, end)
            told += _term(text[at:end], known, found)
        else:
            told += _said(term[1], known) if term[1] else term[0]
        at = end
    return " ".join(_BETWEEN.sub(r" \1 ", told.translate(_SIGNS)).split())


def _whole(text: str, end: int) -> int:
    """Where a name ends with its brackets, and what is asked of it in turn."""
    while end < len(text) and text[end] in "([.":
        if text[end] == ".":
            name = re.compile(r"\.\w+").match(text, end)
            if name is None:
                raise _NoSum(text)
            end = name.end()
        else:
            end = closing(text, end) + 1
            if not end:
                raise _NoSum(text)
    return end


def _term(text: str, known: Known, found: list[tuple[str, str]]) -> str:
    name, opening = text.split("(", 1)[0], text.find("(")
    if name not in TOLD or closing(text, opening) != len(text) - 1:
        return _number(text, known)
    parts = split(text[opening + 1 : -1], ",")
    counted = parts if name in OF_MORE else parts[:1]
    if name in OF_MORE and len(parts) == 1:
        return _number(text, known)
    for part in counted:
        _sum(_told(part, known, found), part, known, found)
    numbers = [_number(part, known) for part in counted]
    said = OF_MORE[name] if len(numbers) > 2 else TOLD[name]
    value = _number(text, known)
    if name in OF_MORE or value != numbers[0]:
        *most, last = numbers
        listed = fitted(AND, known.language, a=value_of(most, known.language), b=last) if most else last
        found.append((fitted(said, known.language, numbers=listed), value))
    return value


def _number(source: str, known: Known) -> str:
    value = compiled(source).value(known.context)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _NoSum(source)
    return value_of(rounded(value, 4), known.language)


def _said(number: str, known: Known) -> str:
    return value_of(float(number) if "." in number else int(number), known.language)
