"""Texts with expressions in braces: notices, record facts, register facts, in the reader's language."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol

from praya.definition.amounts import currency_of
from praya.definition.check import PLACEHOLDER
from praya.definition.missing import missing_in
from praya.definition.own_words import WORDS
from praya.definition.questions import AddressQuestion, DerivedQuestion, Question, shown_date
from praya.definition.service import Service
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.money import Money
from praya.kernel.number import is_number, rounded, written
from praya.kernel.syntax import Call, Choice, Node, Reckoned, named, of_each, path
from praya.kernel.text import Text, spoken


class Seen(Protocol):
    """What texts speak of: a case's picture is one."""

    service: Service
    context: dict[str, Any]
    texts: dict[str, Text]

    @property
    def raw(self) -> dict[str, Any]:
        """Answers and findings as they are kept."""


def said(value: Any, language: str) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    if isinstance(value, Text):
        return value.in_(language)
    if isinstance(value, bool):
        return WORDS["answer_yes" if value else "answer_no"].in_(language)
    if isinstance(value, datetime):
        return shown_date(value.date(), language)
    if isinstance(value, date):
        return shown_date(value, language)
    if isinstance(value, Decimal):
        return written(rounded(value, 6))
    if isinstance(value, dict):
        return str(value.get(language, ""))
    if isinstance(value, list | tuple):
        return listed((said(each, language) for each in value), language)
    return str(value)


def listed(words: Iterable[str], language: str) -> str:
    """Words one after another, as the language parts them."""
    return WORDS["list_comma"].in_(language).join(word for word in words if word)


@lru_cache(maxsize=4096)
def _parts(text: str) -> tuple[str | Expression, ...]:
    parts: list[str | Expression] = []
    end = 0
    for match in PLACEHOLDER.finditer(text):
        parts += [text[end : match.start()], Expression(match[1].strip())]
        end = match.end()
    return (*parts, text[end:])


def filled(text: Text, language: str, seen: Seen) -> str:
    """The text in one language with every expression in braces replaced; an answer that was not given leaves nothing.

    Of what should have been worked out and cannot, the sentence says which answer is missing.
    """
    return "".join(
        part if isinstance(part, str) else value_said(part, language, seen) or _why_not(part, language, seen)
        for part in _parts(text.in_(language))
    )


def _why_not(expression: Expression, language: str, seen: Seen) -> str:
    """Why what is reckoned, a derived answer or a decision is not known; nothing for what may be left empty."""
    root, name = named(expression.node) or ("", "")
    question = _question(seen.service, root, name) if root in {"answers", "findings"} else None
    if isinstance(question, DerivedQuestion):
        if question.when is not None and not question.when.holds(seen.context):
            return ""
    elif root != "decisions" and not isinstance(expression.node, Reckoned | Call):
        return ""
    missing = missing_in(seen.service, expression, seen.context)
    return missing.said(language) if missing else WORDS["not_known"].in_(language)


def value_said(expression: Expression, language: str, seen: Seen) -> str:
    """The value of an expression as people read it: an answer as its question shows it, a decision by its row's label.

    Of `condition ? one : other` it is the one that is taken, and nothing while the condition is not known.
    """
    known = seen.texts.get(expression.source)
    if known is not None:
        return known.in_(language)
    shown = _shown_answer(expression.node, language, seen)
    if shown is not None:
        return shown
    try:
        if isinstance(expression.node, Choice):
            condition, one, other = _choice(expression)
            holds = condition.truth(seen.context)
            return "" if holds is None else value_said(one if holds else other, language, seen)
        value = expression.value(seen.context)
        if is_number(value) and (currency := currency_of(expression.node, seen.service)):
            return Money.of(value, currency).shown(language)
        return said(value, language)
    except ExpressionFailed:
        return ""


@lru_cache(maxsize=4096)
def _choice(expression: Expression) -> tuple[Expression, Expression, Expression]:
    condition, one, other = expression.node.parts()
    return Expression.of(condition), Expression.of(one), Expression.of(other)


def value_in_all(expression: Expression, seen: Seen) -> dict[str, str]:
    """The value of an expression in every language."""
    return {language: value_said(expression, language, seen) for language in spoken()}


def _shown_answer(node: Node, language: str, seen: Seen) -> str | None:
    """`answers.shop_name` and `findings.x` as their question shows them; a district, and `decisions.x`, by its name.

    `parameters.fee` is money where the parameter says so.
    """
    if each := of_each(node):
        return _shown_of_each(*each, language, seen)
    names = path(node) or ("",)
    root, name, part = (*names, "", "")[:3]
    if len(names) not in {2, 3}:
        return None
    if root == "parameters":
        return _shown_amount(name, part or None, language, seen)
    if root == "decisions" and name in seen.service.decisions:
        label = seen.service.decisions[name].label_of(seen.context["decisions"].get(name))
        return label.in_(language) if label else None
    if root not in {"answers", "findings"}:
        return None
    question = _question(seen.service, root, name)
    if question is None or (part and not (part == "district" and isinstance(question, AddressQuestion))):
        return None
    value = seen.raw.get(name)
    if value is None:
        return ""
    if isinstance(question, AddressQuestion) and part:
        return next((o.label.in_(language) for o in question.districts if o.value == value.get("district")), "")
    return question.shown(value, language)


def _shown_amount(name: str, key: str | None, language: str, seen: Seen) -> str | None:
    """An amount of the law as money; any other parameter stands as the text around it has it."""
    parameter = seen.service.parameters.get(name)
    if parameter is None or parameter.shows != "money":
        return None
    value = seen.context["parameters"].get(name)
    value = value.get(key) if key and isinstance(value, dict) else value
    return None if value is None or isinstance(value, dict) else parameter.shown(value, language)


def _shown_of_each(name: str, inner: str, language: str, seen: Seen) -> str | None:
    """One answer of every item of a repeat, as its question shows it."""
    repeat = seen.service.questions.get(name)
    question = next((q for q in getattr(repeat, "questions", ()) if q.name == inner), None)
    if question is None:
        return None
    answers = (item.get(inner) for item in seen.raw.get(name) or ())
    return listed((question.shown(answer, language) for answer in answers if answer is not None), language)


def _question(service: Service, root: str, name: str) -> Question | None:
    if root == "answers":
        return service.questions.get(name)
    return service.flow.asked.get(name)
