"""Texts with expressions in braces (notices, facts of records and registers), filled in the reader's language."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol

from praya.definition.amounts import currency_of
from praya.definition.check import PLACEHOLDER
from praya.definition.missing import missing_in
from praya.definition.own_words import WORDS
from praya.definition.questions import AddressQuestion, Answered, DerivedQuestion, Question, Whole, shown_date
from praya.definition.service import Service
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.money import Money
from praya.kernel.number import is_number, rounded, written
from praya.kernel.syntax import Call, Choice, Index, Listing, Literal, Macro, Member, Node, Reckoned, named, path
from praya.kernel.text import Text, spoken

_PARAGRAPH = re.compile(r"\n\n(?![^{}]*\})")
"""The blank line between two paragraphs of a letter, not within an expression."""


class Worded(dict[str, Any]):
    """Values by name, with the words in which people read some of them."""

    __slots__ = ("words",)

    def __init__(self, values: Mapping[str, Any], words: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.words = words

    def part_shown(self, name: str, language: str) -> str | None:
        """The words of a value; None where it has none of its own."""
        words = self.words.get(name)
        return words if words is None or isinstance(words, str) else Text(words).in_(language)


class Seen(Protocol):
    """What texts speak of: a case's picture is one."""

    service: Service
    context: dict[str, Any]
    texts: dict[str, Text]

    @property
    def raw(self) -> dict[str, Any]:
        """Answers and findings as they are kept."""


def in_words(value: Any, language: str) -> str:
    """A value in words, in one language."""
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
        # A text in each language, or a place, of which people read the words.
        return str(value.get(language, value.get("text") or ""))
    if isinstance(value, list | tuple):
        return listed((in_words(each, language) for each in value), language)
    return str(value)


def listed(words: Iterable[str], language: str) -> str:
    """A list of words, separated as the language does."""
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


def filled_letter(text: Text, language: str, seen: Seen) -> str:
    """The same for a letter: a paragraph of nothing but expressions that say nothing is left out, with its blank line.

    Blank lines within an answer stay as they were typed.
    """
    written = ((part, filled(Text({language: part}), language, seen)) for part in _PARAGRAPH.split(text.in_(language)))
    return "\n\n".join(said for part, said in written if said.strip() or not part.strip())


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
    return missing.sentence(language) if missing else WORDS["not_known"].in_(language)


def value_said(expression: Expression, language: str, seen: Seen) -> str:
    """The value of an expression as people read it: an answer as its question shows it, a decision by its row's label.

    Whoever gave the answer: the applicant, a party, an officer; alone, put together with words, one of a list, in an
    item of a repeat. Of `condition ? one : other` it is the one that is taken, and nothing while the condition is not
    known.
    """
    try:
        return _said_of(expression.node, language, seen, {})
    except ExpressionFailed:
        return ""


def _said_of(node: Node, language: str, seen: Seen, items: Mapping[str, Any]) -> str:
    """The words of a node; `items` are the variables of the loops around it. Raises ExpressionFailed."""
    expression, names = _of(node), path(node)
    if names is None or names[0] not in items:
        known = seen.texts.get(expression.source)
        shown = known.in_(language) if known is not None else _shown_answer(node, language, seen)
        if shown is not None:
            return shown
    context = {**seen.context, **items} if items else seen.context
    match node:
        case Choice():
            holds = _of(node.condition).truth(context)
            return "" if holds is None else _said_of(node.one if holds else node.other, language, seen, items)
        case Macro(name="map"):
            turns = ({**items, node.variable: value} for value in _taken(node, context))
            return listed((_said_of(node.body, language, seen, turn) for turn in turns), language)
        case Listing():
            return listed((_said_of(item, language, seen, items) for item in node.items), language)
        case Reckoned() if _puts_words_together(node, context):
            if any(_of(term).itself(context) is None for term in node.terms):
                return ""
            return "".join(_said_of(term, language, seen, items) for term in node.terms)
        case Member(of=of, name=str(part)) | Index(of=of, key=Literal(value=str(part))):
            held = _of(of).itself(context)
            shown = held.part_shown(part, language) if isinstance(held, Answered | Whole | Worded) else None
            if shown is not None:
                return shown
    value = expression.itself(context)
    if isinstance(value, Whole):
        return value.shown(language)
    value = expression.value(context)
    if is_number(value) and (currency := currency_of(node, seen.service)):
        return Money.of(value, currency).shown(language)
    return in_words(value, language)


def _taken(loop: Macro, context: Mapping[str, Any]) -> Iterator[Any]:
    """The items of a loop, without those that its condition leaves out."""
    values = _of(loop.of).itself(context)
    for value in values if isinstance(values, list | tuple | dict) else ():
        if loop.where is None or _of(loop.where).holds({**context, loop.variable: value}):
            yield value


def _puts_words_together(node: Reckoned, context: Mapping[str, Any]) -> bool:
    """Whether words are put together, and not numbers reckoned: one of the terms is a text, or an answer of parts."""
    if set(node.signs) != {"+"}:
        return False
    return any(isinstance(_of(term).itself(context), str | Whole) for term in node.terms)


@lru_cache(maxsize=4096)
def _of(node: Node) -> Expression:
    # A variable of a loop stands in the context, as any other name does.
    return Expression.of(node)


def value_in_all(expression: Expression, seen: Seen) -> dict[str, str]:
    """The value of an expression in every language."""
    return {language: value_said(expression, language, seen) for language in spoken()}


def _shown_answer(node: Node, language: str, seen: Seen) -> str | None:
    """`answers.shop_name` and `findings.x` as their question shows them; a district, and `decisions.x`, by its name.

    `parameters.fee` is money where the parameter says so.
    """
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
    if part:
        return question.part_shown(value, part, language)
    known = seen.context.get(root, {}).get(name)
    return known.shown(language) if isinstance(known, Whole) else question.shown(value, language)


def _shown_amount(name: str, key: str | None, language: str, seen: Seen) -> str | None:
    """An amount of the law as money; any other parameter stands as the text around it has it."""
    parameter = seen.service.parameters.get(name)
    if parameter is None or parameter.shows != "money":
        return None
    value = seen.context["parameters"].get(name)
    value = value.get(key) if key and isinstance(value, dict) else value
    return None if value is None or isinstance(value, dict) else parameter.shown(value, language)


def _question(service: Service, root: str, name: str) -> Question | None:
    if root == "answers":
        return service.questions.get(name)
    return service.flow.action_questions.get(name)
