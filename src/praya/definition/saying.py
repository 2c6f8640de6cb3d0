"""What stands in an expression, as people read it: values, labels, and conditions in words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache, reduce
from typing import Any

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
from praya.definition.values import fitted, value_of
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.syntax import bare, closing, sides, split
from praya.kernel.text import Text

TODAY = Text({"en": "The day that counts", "zh-hant": "計算日期"})
AND = Text({"en": " and ", "zh-hant": "，而且"})
OR = Text({"en": "{a} or {b}", "zh-hant": "{a}或{b}"})
QUOTED = Text({"en": "“{label}”", "zh-hant": "「{label}」"})
HOLDS = {
    True: Text({"en": "{a}: yes", "zh-hant": "{a}：是"}),
    False: Text({"en": "{a}: no", "zh-hant": "{a}：否"}),
}
COMPARED = {
    "==": Text({"en": "{a} is {b}", "zh-hant": "{a}是{b}"}),
    "!=": Text({"en": "{a} is not {b}", "zh-hant": "{a}不是{b}"}),
    "<": Text({"en": "{a} is less than {b}", "zh-hant": "{a}少於{b}"}),
    "<=": Text({"en": "{a} is not more than {b}", "zh-hant": "{a}不多於{b}"}),
    ">": Text({"en": "{a} is more than {b}", "zh-hant": "{a}多於{b}"}),
    ">=": Text({"en": "{a} is not less than {b}", "zh-hant": "{a}不少於{b}"}),
    "in": Text({"en": "{b} includes {a}", "zh-hant": "{b}包括{a}"}),
}
DAYS_COMPARED = {
    **COMPARED,
    "<": Text({"en": "{a} is before {b}", "zh-hant": "{a}早於{b}"}),
    "<=": Text({"en": "{a} is not after {b}", "zh-hant": "{a}不遲於{b}"}),
    ">": Text({"en": "{a} is after {b}", "zh-hant": "{a}遲於{b}"}),
    ">=": Text({"en": "{a} is not before {b}", "zh-hant": "{a}不早於{b}"}),
}
_YEARS = Text({"en": "the years from {a} to {b}", "zh-hant": "由{a}至{b}的年數"})
_DAYS = Text({"en": "the days from {a} to {b}", "zh-hant": "由{a}至{b}的日數"})
_NUMBER = Text({"en": "the number of {a}", "zh-hant": "{a}的數目"})
FUNCTIONS = {"age": _YEARS, "years_between": _YEARS, "days_between": _DAYS, "size": _NUMBER, "count": _NUMBER}
# Of the items of a repeat; `a` is the repeat, `b` the condition on each.
OF_ITEMS = {
    "all": Text({"en": "each of {a}: {b}", "zh-hant": "每項{a}均符合：{b}"}),
    "exists": Text({"en": "one of {a}: {b}", "zh-hant": "其中一項{a}符合：{b}"}),
    "exists_one": Text({"en": "only one of {a}: {b}", "zh-hant": "只有一項{a}符合：{b}"}),
}
NONE_OF = Text({"en": "none of {a}: {b}", "zh-hant": "沒有任何{a}符合：{b}"})
WHERE = Text({"en": "{a} where {b}", "zh-hant": "{a}（{b}）"})
_COMPARISON = re.compile(r"==|!=|<=|>=|<|>|in")
_CALL = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
_LITERAL = re.compile(r"'([^'\\]*)'|\"([^\"\\]*)\"|(-?\d+(?:\.\d+)?)")
_NAMED = re.compile(r"(\w+)\.(\w+)")
_MACRO = re.compile(r"(\w+\.\w+)\.(all|exists|exists_one|filter)\(\s*(\w+)\s*,(.*)\)", re.DOTALL)
compiled = lru_cache(maxsize=4096)(Expression)


@dataclass(frozen=True)
class Known:
    """What is known where something is explained: answers as they are kept, what expressions see, the day of the law.

    `findings` are those of officers, None where they are not for the reader's eyes. `items` are the names by which a
    condition on each item of a repeat speaks of it.
    """

    service: Service
    answers: Mapping[str, Any]
    context: Mapping[str, Any]
    day: date
    language: str
    findings: Mapping[str, Any] | None = None
    items: Mapping[str, RepeatQuestion] = field(default_factory=dict)

    def asks(self, root: str, name: str) -> Question | None:
        """The question behind `answers.x`, `item.x` of a repeat or, where they may be read, `findings.x`."""
        if root in self.items:
            return next((question for question in self.items[root].questions if question.name == name), None)
        if root == "answers":
            return self.service.questions.get(name)
        if root == "findings" and self.findings is not None:
            return self.service.flow.asked.get(name)
        return None


class NotSayable(Exception):
    """A condition for which there are no plain words."""


def label_of(label: Text | None, name: str, language: str) -> str:
    """The label, or the name as words."""
    return label.in_(language) if label else name.replace("_", " ").capitalize()


def branch(source: str, known: Known) -> str:
    """The one of `condition ? one : other` that is taken; anything else as it is."""
    found = sides(source)
    if found is None:
        return source
    return branch(found[1] if compiled(found[0]).holds(known.context) else found[2], known)


def condition(expression: Expression, known: Known) -> str:
    """Why a condition holds, in words: `“Monthly income” is less than HK$12,000`; empty where there are no plain words.

    Of what is joined by "or" only the first that holds is said.
    """
    try:
        return _joined(expression.source, known)
    except (NotSayable, ExpressionFailed, ValueError):
        return ""


def _joined(source: str, known: Known) -> str:
    either = split(bare(source), "||")
    if len(either) > 1 and known.items:
        return _either([_joined(one, known) for one in either], known.language)
    if len(either) > 1:
        return next((_joined(one, known) for one in either if compiled(one).holds(known.context)), "")
    both = split(either[0], "&&")
    if len(both) > 1:
        return AND.in_(known.language).join(_joined(one, known) for one in both)
    return _one(both[0], known)


def _one(source: str, known: Known) -> str:
    text, language = bare(source), known.language
    denied = text.startswith("!") and not text.startswith("!=")
    if (macro := _macro(text[1:] if denied else text)) and (not denied or macro[2] == "exists"):
        return _of_items(macro, NONE_OF if denied else OF_ITEMS.get(macro[2]), known)
    if named := _NAMED.fullmatch(bare(text[1:]) if denied else text):
        question = known.asks(named[1], named[2])
        if named[1] == "conditions" or (question and question.type_name in {"yes-no", "declaration", "derived"}):
            return fitted(HOLDS[not denied], language, a=_operand(named[0], known))
    parts = split(text, *COMPARED)
    signs = _COMPARISON.findall(text[len(parts[0]) : len(text) - len(parts[-1])])
    if denied or len(parts) != 2 or len(signs) != 1:
        raise NotSayable(source)
    (left, right), sign = parts, signs[0]
    if sign == "in" and right.startswith("["):
        values = [_operand(one, known, left) for one in split(right[1:-1], ",")]
        return fitted(COMPARED["=="], language, a=_operand(left, known), b=_either(values, language))
    said = DAYS_COMPARED if _is_day(left, known) or _is_day(right, known) else COMPARED
    return fitted(said[sign], language, a=_operand(left, known, right), b=_operand(right, known, left))


def _macro(source: str) -> re.Match[str] | None:
    """`repeat.exists(item, condition)` and its like, when that is the whole."""
    found = _MACRO.fullmatch(bare(source))
    return found if found and closing(found.string, found.end(2)) == len(found.string) - 1 else None


def _of_items(macro: re.Match[str], words: Text | None, known: Known) -> str:
    root, _, name = macro[1].partition(".")
    repeat = known.asks(root, name)
    if words is None or not isinstance(repeat, RepeatQuestion):
        raise NotSayable(macro[0])
    said = _joined(macro[4].strip(), replace(known, items={**known.items, macro[3]: repeat}))
    return fitted(words, known.language, a=_operand(macro[1], known), b=said)


def _either(values: list[str], language: str) -> str:
    return reduce(lambda one, other: fitted(OR, language, a=one, b=other), values)


def _is_day(source: str, known: Known) -> bool:
    named = _NAMED.fullmatch(source)
    return source == "today" or bool(named and isinstance(known.asks(named[1], named[2]), DateQuestion))


def _operand(source: str, known: Known, beside: str = "") -> str:
    """One side of a comparison; a literal as what stands `beside` it would show it."""
    text, language = bare(source), known.language
    if literal := _LITERAL.fullmatch(text):
        return _literal(literal[3], literal[1] or literal[2] or "", known, beside)
    if text == "today":
        return QUOTED.in_(language).format(label=TODAY.in_(language))
    if (macro := _macro(text)) and macro[2] == "filter":
        return _of_items(macro, WHERE, known)
    if (call := _CALL.fullmatch(text)) and call[1] in FUNCTIONS:
        given = [_operand(one, known) for one in split(call[2], ",")]
        return fitted(FUNCTIONS[call[1]], language, a=given[0], b=given[-1])
    named = _NAMED.fullmatch(text)
    if named is None:
        raise NotSayable(text)
    root, name = named[1], named[2]
    if root in {"parameters", "decisions", "conditions"}:
        label = getattr(known.service, root)[name].label
        return QUOTED.in_(language).format(label=label_of(label, name, language))
    question = known.asks(root, name)
    if question is None:
        raise NotSayable(text)
    return QUOTED.in_(language).format(label=question.label.in_(language))


def _literal(number: str | None, word: str, known: Known, beside: str) -> str:
    named = _NAMED.fullmatch(bare(beside))
    root, name = (named[1], named[2]) if named else ("", "")
    if root == "decisions":
        label = known.service.decisions[name].label_of(_read(number) if number else word)
        return label.in_(known.language) if label else number or word
    if root == "parameters" and number:
        return known.service.parameters[name].shown(_read(number), known.language)
    question = known.asks(root, name)
    if isinstance(question, ChoiceQuestion | ChoicesQuestion):
        return question.labelled(word, known.language)
    if isinstance(question, NumberQuestion | MoneyQuestion) and number:
        return question.shown(_read(number), known.language)
    if isinstance(question, DerivedQuestion) and question.shows in ({"number", "money"} if number else {"text"}):
        return question.shown(_read(number) if number else word, known.language)
    return value_of(_read(number), known.language) if number else word


def _read(number: str) -> int | float:
    return float(number) if "." in number else int(number)
