"""The values, labels and conditions in an expression, in words for people."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache, reduce
from typing import Any

from praya.definition.own_words import WORDS
from praya.definition.questions import (
    ChoiceQuestion,
    ChoicesQuestion,
    DateQuestion,
    DerivedQuestion,
    MoneyQuestion,
    NumberQuestion,
    Question,
    RepeatQuestion,
)
from praya.definition.service import Service
from praya.definition.value_words import fitted, value_of
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.number import Number, is_number, plain
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
    Negative,
    Node,
    Not,
    named,
)
from praya.kernel.text import Text

HOLDS = {True: WORDS["holds"], False: WORDS["holds_not"]}
COMPARED = {
    "==": WORDS["equal"],
    "!=": WORDS["not_equal"],
    "<": WORDS["less"],
    "<=": WORDS["at_most"],
    ">": WORDS["more"],
    ">=": WORDS["at_least"],
    "in": WORDS["includes"],
}
DAYS_COMPARED = {
    **COMPARED,
    "<": WORDS["before"],
    "<=": WORDS["not_after"],
    ">": WORDS["after"],
    ">=": WORDS["not_before"],
}
FUNCTIONS = {
    "age": WORDS["years_between"],
    "years_between": WORDS["years_between"],
    "days_between": WORDS["days_between"],
    "months_between": WORDS["months_between"],
    "size": WORDS["number_of"],
    "count": WORDS["number_of"],
}
# Conditions on the items of a repeat; `a` is the repeat, `b` the condition for each item.
OF_ITEMS = {"all": WORDS["each_of"], "exists": WORDS["one_of"], "exists_one": WORDS["only_one_of"]}
compiled = lru_cache(maxsize=4096)(Expression)


@dataclass(frozen=True)
class Known:
    """The input of an explanation: stored answers, the context of expressions, the day on which the law applies.

    `findings` are those of officers; None if the reader may not see them. `items` are the variables that stand for an
    item in a condition on each item of a repeat.
    """

    service: Service
    answers: Mapping[str, Any]
    context: Mapping[str, Any]
    day: date
    language: str
    findings: Mapping[str, Any] | None = None
    items: Mapping[str, RepeatQuestion] = field(default_factory=dict)

    def asks(self, root: str, name: str) -> Question | None:
        """The question of `answers.x`, of `item.x` in a repeat, or of `findings.x` if the reader may see findings."""
        if root in self.items:
            return next((question for question in self.items[root].questions if question.name == name), None)
        if root == "answers":
            return self.service.questions.get(name)
        if root == "findings" and self.findings is not None:
            return self.service.flow.action_questions.get(name)
        return None


class NotSayable(Exception):
    """A condition that cannot be put into plain words."""


def label_of(label: Text | None, name: str, language: str) -> str:
    """The label; without one, the name with spaces."""
    return label.in_(language) if label else name.replace("_", " ").capitalize()


def branch(node: Node, known: Known) -> Node:
    """The branch of `condition ? one : other` that is taken; any other node is returned as it is."""
    if not isinstance(node, Choice):
        return node
    return branch(node.one if compiled(node.condition.text).holds(known.context) else node.other, known)


def condition(expression: Expression, known: Known) -> str:
    """Why a condition holds, in words: `“Monthly income” is less than HK$12,000`; empty if there are no plain words.

    Of terms joined by "or", only the first that holds is included.
    """
    try:
        return _joined(expression.node, known)
    except (NotSayable, ExpressionFailed, ValueError):
        return ""


def _joined(node: Node, known: Known) -> str:
    if isinstance(node, Either) and known.items:
        return _either([_joined(one, known) for one in node.terms], known.language)
    if isinstance(node, Either):
        return next((_joined(one, known) for one in node.terms if compiled(one.text).holds(known.context)), "")
    if isinstance(node, Both):
        return WORDS["all_of"].in_(known.language).join(_joined(one, known) for one in node.terms)
    return _one(node, known)


def _one(node: Node, known: Known) -> str:
    language, denied = known.language, isinstance(node, Not)
    inner = node.of if isinstance(node, Not) else node
    if isinstance(inner, Macro) and (not denied or inner.name == "exists"):
        return _of_items(inner, WORDS["none_of"] if denied else OF_ITEMS.get(inner.name), known)
    if place := named(inner):
        question = known.asks(*place)
        if place[0] == "conditions" or (question and question.type_name in {"yes-no", "declaration", "derived"}):
            return fitted(HOLDS[not denied], language, a=_operand(inner, known))
    if not isinstance(node, Compared):
        raise NotSayable(node.text)
    left, sign, right = node.left, node.sign, node.right
    if sign == "in" and isinstance(right, Listing):
        values = [_operand(one, known, left) for one in right.items]
        return fitted(COMPARED["=="], language, a=_operand(left, known), b=_either(values, language))
    sentences = DAYS_COMPARED if _is_day(left, known) or _is_day(right, known) else COMPARED
    return fitted(sentences[sign], language, a=_operand(left, known, right), b=_operand(right, known, left))


def _of_items(macro: Macro, words: Text | None, known: Known) -> str:
    place = named(macro.of)
    repeat = known.asks(*place) if place else None
    if words is None or macro.where is not None or not isinstance(repeat, RepeatQuestion):
        raise NotSayable(macro.text)
    body = _joined(macro.body, replace(known, items={**known.items, macro.variable: repeat}))
    return fitted(words, known.language, a=_operand(macro.of, known), b=body)


def _either(values: list[str], language: str) -> str:
    return reduce(lambda one, other: fitted(WORDS["either"], language, a=one, b=other), values)


def _is_day(node: Node, known: Known) -> bool:
    place = named(node)
    return _is_today(node) or bool(place and isinstance(known.asks(*place), DateQuestion))


def _is_today(node: Node) -> bool:
    return isinstance(node, Name) and node.name == "today"


def _operand(node: Node, known: Known, beside: Node | None = None) -> str:
    """One side of a comparison, in words; a literal in the format of the value `beside` it."""
    language = known.language
    if (value := literal(node)) is not None:
        return _literal(value, known, beside)
    if _is_today(node):
        return WORDS["quoted"].in_(language).format(label=WORDS["today"].in_(language))
    if isinstance(node, Macro) and node.name == "filter":
        return _of_items(node, WORDS["where"], known)
    if isinstance(node, Call) and node.name in FUNCTIONS:
        given = [_operand(one, known) for one in node.arguments]
        return fitted(FUNCTIONS[node.name], language, a=given[0], b=given[-1])
    place = named(node)
    if place is None:
        raise NotSayable(node.text)
    root, name = place
    if root in {"parameters", "decisions", "conditions"}:
        label = getattr(known.service, root)[name].label
        return WORDS["quoted"].in_(language).format(label=label_of(label, name, language))
    question = known.asks(root, name)
    if question is None:
        raise NotSayable(node.text)
    return WORDS["quoted"].in_(language).format(label=question.label.in_(language))


def literal(node: Node) -> Number | str | None:
    """The value of a literal number or text; None for any other node."""
    if isinstance(node, Negative) and isinstance(node.of, Literal) and is_number(node.of.value):
        return plain(-plain(node.of.value))
    if isinstance(node, Literal) and (isinstance(node.value, str) or is_number(node.value)):
        return node.value if isinstance(node.value, str) else plain(node.value)
    return None


def _literal(value: Number | str, known: Known, beside: Node | None) -> str:
    root, name = (named(beside) if beside else None) or ("", "")
    shown = value if isinstance(value, str) else value_of(value, known.language)
    if root == "decisions":
        label = known.service.decisions[name].label_of(value)
        return label.in_(known.language) if label else shown
    if root == "parameters" and not isinstance(value, str):
        return known.service.parameters[name].shown(value, known.language)
    question = known.asks(root, name)
    if isinstance(question, ChoiceQuestion | ChoicesQuestion):
        return question.labelled(str(value), known.language)
    if isinstance(question, NumberQuestion | MoneyQuestion) and not isinstance(value, str):
        return question.shown(value, known.language)
    if isinstance(question, DerivedQuestion) and question.shows in (
        {"text"} if isinstance(value, str) else {"number", "money"}
    ):
        return question.shown(value, known.language)
    return shown
