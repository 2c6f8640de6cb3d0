"""What every type of question shares: its words, when it is asked, and the five things a type must know."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from praya.definition.model import Model, Name
from praya.definition.own_words import colon, own_words
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.reading import NotText, line, refused_character
from praya.kernel.text import Text

Posted = Mapping[str, Sequence[str]]
"""What a browser sent: field name -> values."""

MESSAGES = own_words(Path(__file__).with_name("words.yaml"), "questions")


@dataclass(frozen=True)
class Refusal:
    """Why an answer cannot be taken: where, a code for machines, and what the message needs."""

    path: str
    code: str
    label: Text
    values: Mapping[str, Any] = field(default_factory=dict)
    said: Text | None = None
    items: tuple[tuple[Text, int | None], ...] = ()

    @property
    def question(self) -> str:
        """The question of the form in or under which it is."""
        return re.split(r"[.-]", self.path, maxsplit=1)[0]

    def located(self, language: str) -> str:
        """The message with the item of a repeat or the row of a table before it, for a list of all errors."""
        where = "".join(
            f"{item.in_(language)}{'' if number is None else f' {number}'}{colon(language)}"
            for item, number in self.items
        )
        return where + self.message(language)

    def message(self, language: str) -> str:
        """The sentence for a person; says what to do."""
        if self.said is not None:
            return self.said.in_(language)
        values = {k: v.in_(language) if hasattr(v, "in_") else v for k, v in self.values.items()}
        said = MESSAGES[self.code].in_(language)
        return said.format(label=self.label.in_(language), **values)


Reading = tuple[Any, list[Refusal]]
"""A canonical answer, and the reasons against what cannot be read."""


class Unreadable(ValueError):
    """What was typed cannot be read as this type of answer."""

    def __init__(self, code: str, *, part: str = "", **values: Any) -> None:
        super().__init__(code)
        self.part = part
        self.code, self.values = code, values


@dataclass(frozen=True)
class EntryFacts:
    """What everybody may know of a register's entry."""

    facts: Mapping[str, Any]
    in_force: bool
    number: str
    called: Mapping[str, str] = field(default_factory=dict)
    """The first thing that the register says of it, by language."""


Look = Callable[[str | None, str, str], EntryFacts | None]
"""The entry of a service's register (None: the service at hand) with this reference, None when there is none."""


@dataclass(frozen=True)
class Asking:
    """What is known while an answer is checked.

    `look` finds entries of registers, `digest` says what was answered before a question, `now` is the moment of
    signing; where one is missing, what needs it is not checked.
    """

    today: date
    context: Mapping[str, Any] = field(default_factory=dict)
    look: Look | None = None
    digest: Callable[[str], str] | None = None
    now: datetime | None = None


class Whole(dict[str, Any]):
    """An answer of several parts as expressions see it, which can still be shown as its question shows it."""

    __slots__ = ("kept", "question")

    def __init__(self, parts: Mapping[str, Any], question: "Question", kept: Any) -> None:
        super().__init__(parts)
        self.question, self.kept = question, kept

    def shown(self, language: str) -> str:
        """The whole answer as people read it."""
        return self.question.shown(self.kept, language)

    def part_shown(self, name: str, language: str) -> str | None:
        """One part as people read it; None where the part has no words of its own."""
        return self.question.part_shown(self.kept, name, language)


class Answered(dict[str, Any]):
    """Answers by name as expressions see them, each of which can still be shown as its question shows it.

    What was not answered is null. Also an item of a repeat, the section of a party, the findings of a reviewer.
    """

    __slots__ = ("kept", "questions")

    def __init__(
        self,
        questions: "Mapping[str, Question] | Iterable[Question]",
        kept: Mapping[str, Any],
        look: "Look | None" = None,
    ) -> None:
        # Hundreds of rows share one mapping.
        by_name = questions if isinstance(questions, Mapping) else {question.name: question for question in questions}
        self.questions, self.kept = by_name, kept
        super().__init__({name: question.known(kept.get(name), look) for name, question in self.questions.items()})

    def put(self, name: str, value: Any) -> None:
        """Fill in an answer that is worked out; None where it is not known."""
        self.kept = {**self.kept, name: value}
        self[name] = self.questions[name].known(value)

    def part_shown(self, name: str, language: str) -> str | None:
        """The answer to one question as people read it; None where nobody asked it, empty where nobody answered."""
        known, question = self.get(name), self.questions.get(name)
        if question is None:
            return None
        if isinstance(known, Whole):
            return known.shown(language)
        kept = self.kept.get(name)
        return question.shown(kept, language) if kept is not None else ""


class Rule(Model):
    """A condition that an answer must meet, and the sentence that says how to mend it."""

    unless: Expression
    say: Text


class Question(Model):
    """One question. Each type adds its own words and knows how to read, check, describe and show an answer."""

    name: Name
    label: Text
    hint: Text | None = None
    when: Expression | None = None
    optional: bool = False
    personal: bool = False
    purpose: Text | None = None
    fill: str | None = None
    shown_to_applicant: bool = False
    missing: Text | None = None
    rules: tuple[Rule, ...] = ()
    default: Any = None

    def posted(self, form: Posted, at: str) -> Any:
        """The answer typed in field `at`, None when empty. Raises Unreadable when it cannot be read, NotText."""
        return line(first(form, at)) or None

    def taken(self, value: Any) -> Any:
        """The canonical answer of a value that came as JSON or from a story: its words read as a page reads them.

        What cannot be read is answered as it is, and refused as such.
        """
        return value

    def read(self, form: Posted, at: str) -> Reading:
        """The answer typed in field `at`, and the reasons against what cannot be read."""
        try:
            return self.posted(form, at), []
        except Unreadable as unreadable:
            where = f"{at}-{unreadable.part}" if unreadable.part else at
            return None, [self.refuse(where, unreadable.code, **unreadable.values)]
        except NotText as wrong:
            return None, [self.refuse(at, "control_character", character=wrong.character)]

    def settled(self, value: Any, asking: Asking) -> Any:
        """The answer with what the platform adds to what the person said."""
        return value

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        """Every reason against a canonical value that is not None."""
        return iter(())

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of the canonical value."""
        raise NotImplementedError

    def shown(self, value: Any, language: str) -> str:
        """The answer as a person reads it."""
        return str(value)

    def part_shown(self, value: Any, part: str, language: str) -> str | None:
        """A part of the answer as a person reads it; None where the part has no words of its own."""
        return None

    def known(self, value: Any, look: Look | None = None) -> Any:
        """The answer as an expression sees it."""
        return Whole(value, self, value) if isinstance(value, dict) else value

    @property
    def cells(self) -> Mapping[str, Text]:
        """The closed list, value -> label, by which figures can be counted; empty when there is none."""
        return {}

    @property
    def overlaps(self) -> bool:
        """Whether one answer may be counted under several of the cells."""
        return False

    def cell(self, value: Any) -> str | Sequence[str]:
        """Under which of the cells an answer is counted; a list where they overlap."""
        return str(value)

    def refusals(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        """Every reason against `value`: it is missing, of the wrong shape, or breaks a rule."""
        if value is None or value in ("", []):
            if not self.optional:
                yield Refusal(at, self.missing_code, self.label, said=self.missing)
            return
        character = _refused_in(value)
        if character:
            yield self.refuse(at, "control_character", character=character)
            return
        reasons = list(self.refused(value, at, asking))
        yield from reasons
        if not reasons:
            for rule in self.rules:
                if not rule.unless.holds(asking.context):
                    yield Refusal(at, "rule", self.label, said=rule.say)

    def refuse(self, at: str, code: str, **values: Any) -> Refusal:
        """A reason against the answer at `at`."""
        return Refusal(at, code, self.label, values)

    @property
    def missing_code(self) -> str:
        """What is said when nothing was answered."""
        return "missing"

    @cached_property
    def type_name(self) -> str:
        """The word of the language for this type."""
        return str(getattr(self, "type"))  # noqa: B009


def first(form: Posted, at: str) -> str:
    """The first value of a field, as it was sent."""
    values = form.get(at) or ("",)
    return values[0]


def parts_read(form: Posted, at: str, parts: Sequence[str]) -> dict[str, str]:
    """The lines typed in the parts of a field, those that are empty left out. Raises Unreadable."""
    found = {}
    for part in parts:
        try:
            found[part] = line(first(form, f"{at}-{part}"))
        except NotText as wrong:
            raise Unreadable("control_character", part=part, character=wrong.character) from None
    return {part: typed for part, typed in found.items() if typed}


def parts_taken(value: Any) -> Any:
    """The lines of an answer in parts that came as JSON, read as a page reads them."""
    if not isinstance(value, dict) or _refused_in(value):
        return value
    read = {part: line(text) if isinstance(text, str) else text for part, text in value.items()}
    return {part: text for part, text in read.items() if text != ""}


def answers_taken(questions: Iterable[Question], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers that came as JSON or from a story, their words read as a page reads them; what says nothing is left out.

    Answers to what nobody asks stay as they are.
    """
    known = {question.name: question for question in questions}
    read = {name: known[name].taken(value) if name in known else value for name, value in answers.items()}
    return {name: value for name, value in read.items() if name not in known or value not in ("", {})}


def _refused_in(value: Any) -> str:
    """The first character that no answer may hold, in a text or in the parts of an answer."""
    if isinstance(value, str):
        return refused_character(value)
    texts = value.values() if isinstance(value, dict) else ()
    return next((wrong for text in texts if isinstance(text, str) and (wrong := refused_character(text))), "")


def evaluated(expression: Expression | None, asking: Asking) -> Any:
    """The value of a limit, or None while what it depends on is not answered."""
    if expression is None:
        return None
    try:
        return expression.value(asking.context)
    except ExpressionFailed:
        return None
