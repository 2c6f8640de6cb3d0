"""The facts of an entry or of a public notice: their values, which rules and files use, and the words that people read.

They come from the expressions of a register, or are written: in a story, or in a file with which a register begins.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypedDict

from praya.blocks.registers import api as registers
from praya.definition.amounts import currency_of
from praya.definition.chapters.public_notices import Publication
from praya.definition.chapters.registers import Kind, Kinded, Register, kind_of
from praya.definition.own_words import WORDS
from praya.definition.questions import ChoiceQuestion, MoneyQuestion, NumberQuestion
from praya.definition.questions.question import Unreadable
from praya.definition.questions.typed import read_number
from praya.definition.service import Service
from praya.journey import entries, load
from praya.journey.chapter import Picture
from praya.journey.filled_texts import in_words, value_in_all
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
    alone = tuple((name,) for name in register.search_by if (name,) not in register.found_by)
    return registers.Finding((*register.found_by, *alone), register.unique, frozenset(register.private_facts))


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


def of_case(
    register: Register | Publication, owner: Service, expressions: Mapping[str, Expression], seen: Picture
) -> EntryFacts:
    """What an entry says of a case by these expressions. Raises ExpressionFailed for a value of another kind."""
    words: dict[str, registers.Value] = {}
    values: dict[str, Any] = {}
    for name, expression in expressions.items():
        fact = register.facts[name]
        kind = kind_of(owner, fact)
        values[name] = entries.stored_value(_value(expression, seen))
        if values[name] is not None and not _is(values[name], kind):
            raise ExpressionFailed(f"'{expression.source}' is no {kind}, which the fact '{name}' is")
        if kind == "choice" and values[name] in fact.labels:
            words[name] = _in_all(values[name], kind, fact, owner)
        elif _says_itself(expression, fact, kind, seen) or kind in {"text", "place"} or values[name] is None:
            words[name] = value_in_all(expression, seen)
        else:
            words[name] = _in_all(values[name], kind, fact, owner)
    return _parted(register, words, values)


def _says_itself(expression: Expression, fact: Kinded, kind: Kind, seen: Picture) -> bool:
    """Whether people read the value as the fact's own answer shows it, or as money whose currency is certain.

    Any other value is written as the fact's kind is: one that an amendment reckons, or money that a decision gives.
    """
    own = kind != "money" and expression.source == fact.value.source and named(expression.node) is not None
    return own or bool(currency_of(expression.node, seen.service))


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


def written(register: Register | Publication, owner: Service, facts: Mapping[str, Any]) -> EntryFacts:
    """What an entry says whose facts are written: values, or text in each language. Raises WrongFact."""
    words: dict[str, registers.Value] = {}
    values: dict[str, Any] = {}
    for name, given in facts.items():
        fact = register.facts.get(name)
        if fact is None:
            what = "publication" if isinstance(register, Publication) else "register"
            raise WrongFact(name, f"the {what} has no fact '{name}'")
        kind = kind_of(owner, fact)
        if isinstance(given, Mapping) and kind != "place" and set(given) <= set(spoken()):
            words[name], values[name] = {str(k): str(v) for k, v in given.items()}, str(next(iter(given.values()), ""))
            continue
        try:
            values[name] = entries.stored_value(_read(given, kind))
        except (ValueError, Unreadable, NotText):
            raise WrongFact(name, f"'{given}' is no {kind}") from None
        if fact.labels and values[name] not in (None, *fact.labels):
            raise WrongFact(name, f"'{given}' is none of its values: {', '.join(fact.labels)}")
        words[name] = _in_all(values[name], kind, fact, owner)
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
    if isinstance(given, Mapping):
        # The parts of a name or an address.
        return {str(part): line(str(value)) for part, value in given.items()}
    return given if is_number(given) or isinstance(given, bool | date) else line(str(given))


def _degrees(given: Any) -> Number:
    degrees = plain(given)
    if abs(float(degrees)) > _MOST_DEGREES:
        raise ValueError(given)
    return degrees


def _in_all(value: Any, kind: Kind, fact: Kinded, owner: Service) -> dict[str, str]:
    return {language: _words(value, kind, fact, owner, language) for language in spoken()}


def _words(value: Any, kind: Kind, fact: Kinded, owner: Service, language: str) -> str:
    """The words of a value in one language, as the fact's answer shows it where it is one."""
    if value is None:
        return ""
    root, name = named(fact.value.node) or ("", "")
    asked: Mapping[str, Mapping[str, Any]] = {"answers": owner.questions, "findings": owner.flow.action_questions}
    question = asked.get(root, {}).get(name)
    if kind == "money" and is_number(value):
        currency = question.in_currency if isinstance(question, MoneyQuestion) else load.pack().currency
        return Money.of(value, currency).shown(language)
    if is_number(value) and isinstance(question, NumberQuestion | MoneyQuestion):
        return question.shown(value, language)
    if kind == "choice" and value in fact.labels:
        return fact.labels[value].in_(language)
    if kind == "choice":
        return question.labelled(value, language) if isinstance(question, ChoiceQuestion) else str(value)
    if kind == "place":
        return str(value.get("text") or "")
    return in_words(entries.read_value(value), language)


def money_words(service: str, register: str, numbers: Mapping[str, Number]) -> dict[str, registers.Value]:
    """Those of the numbers of an entry that are money now, in every language."""
    owner = load.territory().owner(service)
    of = (owner.registers.get(register) or owner.publishes.get(register)) if owner else None
    if owner is None or of is None:
        return {}
    facts = {name: of.facts[name] for name in numbers if name in of.facts}
    money = {name: fact for name, fact in facts.items() if kind_of(owner, fact) == "money"}
    return {name: _in_all(numbers[name], "money", fact, owner) for name, fact in money.items()}


def _parted(
    register: Register | Publication, words: Mapping[str, registers.Value], values: Mapping[str, Any]
) -> EntryFacts:
    return {
        "facts": {name: value for name, value in words.items() if name in register.shown},
        "inside": {name: value for name, value in words.items() if name in register.private_facts},
        "values": {name: value for name, value in values.items() if name in register.shown},
        "known": dict(values),
    }


def sample(kind: Kind, today: date) -> Any:
    """A made-up value of a kind, as it is written."""
    of_kind = {"number": 1, "money": 1, "date": today, "yes-no": True, "place": {"text": "Sample"}}
    return of_kind.get(kind, "Sample")
