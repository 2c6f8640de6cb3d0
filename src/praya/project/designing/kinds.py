"""Comparisons of two kinds of values, such as of a day with a text: they never hold, and nobody notices."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from praya.definition.chapters import CHAPTERS
from praya.definition.check_cost import item_of, question_behind
from praya.definition.questions import (
    ChoiceQuestion,
    DateQuestion,
    DeclarationQuestion,
    LongTextQuestion,
    MoneyQuestion,
    NumberQuestion,
    TextQuestion,
    TimeQuestion,
    YesNoQuestion,
)
from praya.definition.source import Said
from praya.kernel.expression import Expression
from praya.kernel.functions import kind
from praya.kernel.syntax import Call, Compared, Listing, Literal, Macro, Name, Node, path

_OF_QUESTIONS: tuple[tuple[Any, str], ...] = (
    (DateQuestion, "day"),
    (NumberQuestion | MoneyQuestion, "number"),
    (YesNoQuestion | DeclarationQuestion, "yes or no"),
    (TextQuestion | LongTextQuestion | TimeQuestion | ChoiceQuestion, "text"),
)
_OF_FUNCTIONS = {
    "weekday": "text",
    **dict.fromkeys(("date", "days_after", "months_after", "years_after", "timestamp"), "day"),
    **dict.fromkeys(
        (
            "sum", "count", "average", "size", "age", "years_between", "months_between", "days_between", "week",
            "year", "month", "day_of_month", "round", "floor", "ceil",
        ),
        "number",
    ),
}  # fmt: skip
_OF_NAMES = dict.fromkeys(("today", "case.opened_date", "case.opened_at"), "day") | {
    name: kind for chapter in CHAPTERS for name, kind in chapter.kinds.items()
}


def never_alike(expression: Expression, known: Mapping[str, Any]) -> Iterator[Said]:
    """The comparisons of an expression whose two sides are of different kinds; `known` holds the questions by root."""
    for compared, one, other in _compared(expression.node, known):
        sentence = f"'{compared.text}' compares a {one} with a {other}: they are never the same"
        yield Said("never-alike", sentence)


def _compared(node: Node, known: Mapping[str, Any]) -> Iterator[tuple[Compared, str, str]]:
    if isinstance(node, Macro):
        yield from _compared(node.of, known)
        inner = {**known, node.variable: item_of(question_behind(node.of, known))}
        for part in (node.where, node.body):
            if part is not None:
                yield from _compared(part, inner)
        return
    if isinstance(node, Compared):
        one = _kind(node.left, known)
        for side in _compared_with(node):
            other = _kind(side, known)
            if one and other and one != other:
                yield node, one, other
                break
    for part in node.parts():
        yield from _compared(part, known)


def _compared_with(node: Compared) -> Sequence[Node]:
    if node.sign != "in":
        return (node.right,)
    return node.right.items if isinstance(node.right, Listing) else ()


def _kind(node: Node, known: Mapping[str, Any]) -> str:
    """The kind of a value, as far as it can be told from the definition; empty where it cannot."""
    if isinstance(node, Literal):
        return "" if node.value is None else kind(node.value)
    if isinstance(node, Call):
        return _OF_FUNCTIONS.get(node.name, "")
    of_name = _OF_NAMES.get(".".join(path(node) or ()))
    if of_name and not (isinstance(node, Name) and node.name in known):
        return of_name
    question = question_behind(node, known)
    return next((word for types, word in _OF_QUESTIONS if isinstance(question, types)), "")
