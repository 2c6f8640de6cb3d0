"""The finder of a question with many answers: groups, a search and pages, without a script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from praya.definition.chapters.stocks import ThingGroup, group_value
from praya.definition.questions.choices import YES_NO, ChoiceQuestion, Option
from praya.kernel.reading import searchable
from praya.kernel.text import spoken

FEW = 12
"""So many options are shown as buttons."""
MANY = 100
"""So many options stand in one list at most; among more, people search."""
SIZE = 20
LAST_PAGE = 10_000
Row = dict[str, str | None]


@dataclass(frozen=True)
class Group:
    """A fact by which the answers are narrowed: its values, each with the `number` of answers that have it."""

    name: str
    label: str
    options: Sequence[Row]
    value: str


@dataclass(frozen=True)
class Finder:
    """What a finder shows: the groups, what was typed, and a page of answers. `options` is None before a search.

    The answer that is chosen stands first, on whatever page it is. `first` and `last` are the numbers of those shown,
    of `total`; they are 0 where nobody counts them.
    """

    typed: str = ""
    groups: Sequence[Group] = ()
    options: Sequence[Row] | None = None
    page: int = 1
    more: bool = False
    first: int = 0
    last: int = 0
    total: int = 0
    waits: bool = False
    """Whether an answer is missing by which it is searched."""


def page_of(fields: Mapping[str, Sequence[str]], at: str) -> int:
    """The page that is asked for by a button of the finder."""
    values = fields.get(f"{at}-page")
    return min(max(int(values[0]), 1), LAST_PAGE) if values and values[0].isdecimal() and len(values[0]) < 6 else 1


def finds(question: Any, context: Mapping[str, Any]) -> bool:
    """Whether a choice is made with a finder: among more than a hundred options, or by the groups of its stock."""
    if not isinstance(question, ChoiceQuestion):
        return False
    return len(question.options) > (FEW if _stock(question, context).get("groups") else MANY)


def of_choice(
    question: ChoiceQuestion, at: str, fields: Mapping[str, Sequence[str]], context: Mapping[str, Any], language: str
) -> Finder:
    """The finder of a choice: its options that are offered, by group and by words."""
    stock = _stock(question, context)
    groups: Mapping[str, ThingGroup] = stock.get("groups", {})
    facts: Mapping[str, Mapping[str, Any]] = stock.get("facts", {})
    offered = question.offered(context)
    shown, narrowed = [], False
    for name, group in groups.items():
        chosen = _first(fields, f"{at}-in-{name}")
        of: dict[str, int] = {}
        for option in offered:
            value = _value(facts, option, name)
            of[value] = of.get(value, 0) + 1
        order = dict.fromkeys(_value(facts, option, name) for option in question.options)
        rows: list[Row] = [
            {"value": value, "label": _words(group, value, language), "number": f"{of[value]:,}"}
            for value in order
            if value and value in of
        ]
        chosen = chosen if chosen in of else ""
        narrowed = narrowed or bool(chosen)
        offered = tuple(option for option in offered if not chosen or _value(facts, option, name) == chosen)
        shown.append(Group(name, group.label.in_(language), rows, chosen))
    typed = _first(fields, f"{at}-find")
    words = searchable(typed[:100]).split()[:8]
    found = [option for option in offered if all(word in _searched(option) for word in words)]
    value = _first(fields, at)
    mine = next((option for option in question.offered(context) if option.value == value), None)
    if groups and not (narrowed or words):
        return Finder(typed, shown, [_row(mine, language)] if mine else None)
    last = max(1, -(-len(found) // SIZE))
    page = min(page_of(fields, at), last)
    start = (page - 1) * SIZE
    here = found[start : start + SIZE]
    options = [_row(option, language) for option in ([mine] if mine and mine not in here else []) + here]
    return Finder(typed, shown, options, page, page < last, start + 1, start + len(here), len(found))


def _stock(question: ChoiceQuestion, context: Mapping[str, Any]) -> Mapping[str, Any]:
    found = context.get("stocks", {}).get(question.stock) if question.stock is not None else None
    return found if found is not None else {}


def _value(facts: Mapping[str, Mapping[str, Any]], option: Option, name: str) -> str:
    fact = facts.get(option.value, {}).get(name)
    return group_value(fact) if fact is not None else ""


def _words(group: ThingGroup, value: str, language: str) -> str:
    if value in group.values:
        return group.values[value].in_(language)
    told = {"true": "yes", "false": "no"}.get(value)
    return YES_NO[told].in_(language) if told else value


def _searched(option: Option) -> str:
    texts = (option.label, option.hint) if option.hint else (option.label,)
    return "\n".join([option.value.casefold(), *(searchable(t.in_(language)) for t in texts for language in spoken())])


def _row(option: Option, language: str) -> Row:
    hint = option.hint.in_(language) if option.hint else None
    return {"value": option.value, "label": option.label.in_(language), "hint": hint}


def _first(fields: Mapping[str, Sequence[str]], at: str) -> str:
    values = fields.get(at)
    return values[0] if values else ""
