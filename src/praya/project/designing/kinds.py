"""Checks of kinds of values: a day compared with a text, a text shown as a number."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from praya.definition.chapters import CHAPTERS
from praya.definition.check_cost import item_of, question_behind
from praya.definition.form import Parameter
from praya.definition.questions import (
    ChoiceQuestion,
    DateQuestion,
    DeclarationQuestion,
    DerivedQuestion,
    LongTextQuestion,
    MoneyQuestion,
    NumberQuestion,
    TextQuestion,
    TimeQuestion,
    YesNoQuestion,
)
from praya.definition.reasoning import Condition, Decision
from praya.definition.source import Message
from praya.kernel.expression import Expression
from praya.kernel.functions import kind
from praya.kernel.number import is_number
from praya.kernel.syntax import (
    Both,
    Call,
    Choice,
    Compared,
    Either,
    Listing,
    Literal,
    Macro,
    Name,
    Node,
    Not,
    Reckoned,
    path,
)

_OF_QUESTIONS: tuple[tuple[Any, str], ...] = (
    (DateQuestion, "day"),
    (NumberQuestion | MoneyQuestion, "number"),
    (YesNoQuestion | DeclarationQuestion, "yes or no"),
    (TextQuestion | LongTextQuestion | TimeQuestion | ChoiceQuestion, "text"),
)
_OF_SHOWS = {"number": "number", "money": "number", "text": "text", "date": "day", "yes_no": "yes or no"}
_OF_FUNCTIONS = {
    "string": "text",
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

_NOTHING = Literal("", 0, None)


def never_alike(expression: Expression, known: Mapping[str, Any]) -> Iterator[Message]:
    """The comparisons of an expression whose two sides are of different kinds; `known` holds the questions by root."""
    for compared, one, other in _compared(expression.node, known):
        sentence = f"'{compared.text}' compares a {one} with a {other}: they are never the same"
        yield Message("never-alike", sentence)


def never_shown(question: DerivedQuestion, known: Mapping[str, Any]) -> Iterator[Message]:
    """Yield a problem if a derived answer has another kind than the one it is shown as: it then never has a value."""
    kind, shown = _kind(question.value.node, known), _OF_SHOWS[question.shows]
    if kind and kind != shown:
        fitting = [shows for shows, word in _OF_SHOWS.items() if word == kind]
        mend = f"; say 'shows: {fitting[0]}'" if fitting else ""
        yield Message("never-known", f"'{question.name}' shows a {shown}, and its value is a {kind}{mend}")


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
    match node:
        case Call(name=name):
            return _OF_FUNCTIONS.get(name, "")
        case Compared() | Both() | Either() | Not():
            return "yes or no"
        case Choice(one=one, other=other):
            return _common([_kind(part, known) for part in (one, other) if part != _NOTHING])
        case Reckoned(terms=terms):
            found = _common([_kind(term, known) for term in terms])
            return found if found in {"number", "text"} else ""
    of_name = _OF_NAMES.get(".".join(path(node) or ()))
    if of_name and not (isinstance(node, Name) and node.name in known):
        return of_name
    return _kind_of(question_behind(node, known), known)


def _kind_of(what: Any, known: Mapping[str, Any]) -> str:
    """The kind of what a name stands for: a question, a parameter, a condition, a table."""
    match what:
        case DerivedQuestion():
            return _OF_SHOWS[what.shows]
        case Condition():
            return "yes or no"
        case Parameter():
            return _common([_kind_of_value(value.value) for value in what.values])
        case Decision(several=None, repeat=None):
            rows = [row for row in what.rows if row.then is not None or row.value is not None]
            return _common([_kind(row.value.node, known) if row.value else _kind_of_value(row.then) for row in rows])
    return next((word for types, word in _OF_QUESTIONS if isinstance(what, types)), "")


def _kind_of_value(value: Any) -> str:
    if isinstance(value, date):
        return "day"
    return "number" if is_number(value) else kind(value)


def _common(kinds: Sequence[str]) -> str:
    return kinds[0] if kinds and len(set(kinds)) == 1 else ""
