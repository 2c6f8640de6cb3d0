"""The facts of an entry: their values, which rules and files use, and the words that people read.

They come from the expressions of a register, or are written: in a story, or in a file with which a register begins.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypedDict

from praya.blocks.registers import api as registers
from praya.definition.chapters.registers import Kind, Register, RegisterFact, kind_of
from praya.definition.own_words import WORDS
from praya.definition.questions import ChoiceQuestion
from praya.definition.questions.asked import Unreadable
from praya.definition.questions.typed import read_number
from praya.definition.service import Service
from praya.journey import entries, load
from praya.journey.chapter import Picture
from praya.journey.filled_texts import said, value_in_all
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.geo import is_point
from praya.kernel.money import Money
from praya.kernel.number import Number, is_number, plain
from praya.kernel.reading import NotText, line
from praya.kernel.syntax import named
from praya.kernel.text import spoken

YES = frozenset({"yes", "true", "y", "1", *WORDS["answer_yes"].words.values()})
NO = frozenset({"no", "false", "n", "0", *WORDS["answer_no"].words.values()})
_DECIMALS = 6
_MOST_DEGREES = 180


class EntryFacts(TypedDict):
    """What an entry says: in public and not, the values of what is public, and all values."""

    facts: dict[str, registers.Value]
    inside: dict[str, registers.Value]
    values: dict[str, Any]
    known: dict[str, Any]


class WrongFact(ValueError):
    """A written fact is not of its kind; `fact` is its name."""

    def __init__(self, fact: str, message: str) -> None:
        super().__init__(message)
        self.fact = fact


def finding(register: Register) -> registers.Finding:
    """How the entries of a register are found and told apart."""
    return registers.Finding(register.found_by, register.unique, frozenset(register.kept))


def typed(register: Register, owner: Service) -> dict[str, Kind]:
    """The public facts of a register that are more than text, with their kinds."""
    kinds = {name: kind_of(owner, fact) for name, fact in register.shown.items()}
    return {name: kind for name, kind in kinds.items() if kind != "text"}


def plain_value(value: Any, kind: Kind) -> Any:
    """A kept value as machines read it: a day as 2026-03-01, a number, a truth, an option, or a place with its point.

    None where the entry has no value of the kind, as an entry that was made before the fact had one.
    """
    if value is None or not _is(value, kind):
        return None
    return value["day"] if kind == "date" else value


def of_case(register: Register, owner: Service, expressions: Mapping[str, Expression], seen: Picture) -> EntryFacts:
    """What an entry says of a case by these expressions. Raises ExpressionFailed for a value of another kind."""
    words = {name: value_in_all(expression, seen) for name, expression in expressions.items()}
    values: dict[str, Any] = {}
    for name, expression in expressions.items():
        kind = kind_of(owner, register.facts[name])
        values[name] = entries.kept(_value(expression, seen))
        if values[name] is not None and not _is(values[name], kind):
            raise ExpressionFailed(f"'{expression.source}' is no {kind}, which the fact '{name}' is")
    return _parted(register, words, values)


def _value(expression: Expression, seen: Picture) -> Any:
    try:
        return expression.value(seen.context)
    except ExpressionFailed:
        return None


def _is(value: Any, kind: Kind) -> bool:
    if kind in {"number", "money"}:
        return is_number(value)
    if kind == "date":
        return isinstance(value, Mapping) and set(value) == {"day"}
    if kind == "yes-no":
        return isinstance(value, bool)
    return kind != "place" or isinstance(value, Mapping)


def written(register: Register, owner: Service, facts: Mapping[str, Any]) -> EntryFacts:
    """What an entry says whose facts are written: values, or text in each language. Raises WrongFact."""
    words: dict[str, registers.Value] = {}
    values: dict[str, Any] = {}
    for name, given in facts.items():
        fact = register.facts.get(name)
        if fact is None:
            raise WrongFact(name, f"the register has no fact '{name}'")
        kind = kind_of(owner, fact)
        if isinstance(given, Mapping) and kind != "place":
            words[name], values[name] = {str(k): str(v) for k, v in given.items()}, str(next(iter(given.values()), ""))
            continue
        try:
            values[name] = entries.kept(_read(given, kind))
        except (ValueError, Unreadable, NotText):
            raise WrongFact(name, f"'{given}' is no {kind}") from None
        words[name] = {language: _words(values[name], kind, fact, owner, language) for language in spoken()}
    return _parted(register, words, values)


def _read(given: Any, kind: Kind) -> Any:
    """A value that is written as YAML or as a cell of a table has it. Raises ValueError, Unreadable, NotText."""
    if given is None:
        return None
    if kind in {"number", "money"}:
        return given if is_number(given) else read_number(str(given), _DECIMALS, "not_a_number")
    if kind == "date":
        day = given if isinstance(given, date) else date.fromisoformat(str(given).strip())
        return {"day": (day.date() if isinstance(day, datetime) else day).isoformat()}
    if kind == "yes-no":
        word = str(given).strip().lower()
        if isinstance(given, bool) or word in YES | NO:
            return given if isinstance(given, bool) else word in YES
        raise ValueError(given)
    if kind == "place":
        if isinstance(given, Mapping):
            point = {part: _degrees(given[part]) for part in ("lat", "lon") if given.get(part) is not None}
            if not point or is_point(point):
                return {"text": line(str(given.get("text") or "")), "lat": None, "lon": None, **point}
            raise ValueError(given)
        if isinstance(given, str):
            return {"text": line(given), "lat": None, "lon": None}
        raise ValueError(given)
    return given if is_number(given) or isinstance(given, bool | date) else line(str(given))


def _degrees(given: Any) -> Number:
    degrees = plain(given)
    if abs(float(degrees)) > _MOST_DEGREES:
        raise ValueError(given)
    return degrees


def _words(value: Any, kind: Kind, fact: RegisterFact, owner: Service, language: str) -> str:
    if value is None:
        return ""
    if kind == "money" and is_number(value):
        return Money.of(value, load.pack().currency).shown()
    if kind == "choice":
        root, name = named(fact.value.node) or ("", "")
        question = (owner.questions if root == "answers" else owner.flow.asked).get(name)
        return question.labelled(value, language) if isinstance(question, ChoiceQuestion) else str(value)
    if kind == "place":
        return str(value.get("text") or "")
    return said(entries.read_value(value), language)


def _parted(register: Register, words: Mapping[str, registers.Value], values: Mapping[str, Any]) -> EntryFacts:
    return {
        "facts": {name: value for name, value in words.items() if name in register.shown},
        "inside": {name: value for name, value in words.items() if name in register.kept},
        "values": {name: value for name, value in values.items() if name in register.shown},
        "known": dict(values),
    }


def sample(kind: Kind, today: date) -> Any:
    """A made-up value of a kind, as it is written."""
    of_kind = {"number": 1, "money": 1, "date": today, "yes-no": True, "place": {"text": "Sample"}}
    return of_kind.get(kind, "Sample")
