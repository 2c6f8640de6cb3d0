"""The base of all question types: their common words, when a question is asked, and the methods of a type."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

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
    """Why an answer is refused: its path, a code for machines, and the values of the message."""

    path: str
    code: str
    label: Text
    values: Mapping[str, Any] = field(default_factory=dict)
    sentence: Text | None = None
    items: tuple[tuple[Text, int | None], ...] = ()
    own: Text | None = None
    """The definition's sentence for this code, with the same values in braces as the usual one."""

    @property
    def question(self) -> str:
        """The name of the form's question that contains the answer."""
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
        if self.sentence is not None:
            return self.sentence.in_(language)
        values = {k: v.in_(language) if hasattr(v, "in_") else v for k, v in self.values.items()}
        sentence = (self.own or MESSAGES[self.code]).in_(language)
        return sentence.format(label=self.label.in_(language), **values)


Reading = tuple[Any, list[Refusal]]
"""A canonical answer, and the reasons against what cannot be read."""


class Unreadable(ValueError):
    """The typed text cannot be read as this type of answer."""

    def __init__(self, code: str, *, part: str = "", **values: Any) -> None:
        super().__init__(code)
        self.part = part
        self.code, self.values = code, values


@dataclass(frozen=True)
class EntryFacts:
    """The public facts of a register's entry."""

    facts: Mapping[str, Any]
    in_force: bool
    number: str
    called: Mapping[str, str] = field(default_factory=dict)
    """The text of its first fact, by language."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """The values of its public facts, as expressions have them."""


Look = Callable[[str | None, str, str], EntryFacts | None]
"""The entry of a service's register (None: the service at hand) with this reference, None when there is none."""


@dataclass(frozen=True)
class Asking:
    """The context in which an answer is checked.

    `look` finds entries of registers, `digest` returns the digest of the answers before a question, `now` is the moment
    of signing, `invites_applicant` tells of the place of an answer, and of what is known then, whether it invites the
    applicants as a party to their own case. Checks that need a missing one are skipped.
    """

    today: date
    context: Mapping[str, Any] = field(default_factory=dict)
    look: Look | None = None
    digest: Callable[[str], str] | None = None
    now: datetime | None = None
    invites_applicant: Callable[[str, Mapping[str, Any]], bool] | None = None


class Whole(dict[str, Any]):
    """An answer of several parts in the form for expressions, which its question can still display."""

    __slots__ = ("question", "stored")

    def __init__(self, parts: Mapping[str, Any], question: "Question", stored: Any) -> None:
        super().__init__(parts)
        self.question, self.stored = question, stored

    def shown(self, language: str) -> str:
        """The whole answer, as text for people."""
        return self.question.shown(self.stored, language)

    def part_shown(self, name: str, language: str) -> str | None:
        """One part, as text for people; None if the part has no words of its own."""
        return self.question.part_shown(self.stored, name, language)


class Answered(dict[str, Any]):
    """Answers by name in the form for expressions, which their questions can still display.

    A missing answer is None. Items of repeats, parties' sections and findings of reviewers have this form too.
    """

    __slots__ = ("questions", "stored")

    def __init__(
        self,
        questions: "Mapping[str, Question] | Iterable[Question]",
        stored: Mapping[str, Any],
        look: "Look | None" = None,
    ) -> None:
        # Hundreds of rows share one mapping.
        by_name = questions if isinstance(questions, Mapping) else {question.name: question for question in questions}
        self.questions, self.stored = by_name, stored
        super().__init__({name: question.known(stored.get(name), look) for name, question in self.questions.items()})

    def put(self, name: str, value: Any) -> None:
        """Store a derived answer; None when it is unknown."""
        self.stored = {**self.stored, name: value}
        self[name] = self.questions[name].known(value)

    def part_shown(self, name: str, language: str) -> str | None:
        """The answer to one question, as text for people; None for an unknown question, empty without an answer."""
        known, question = self.get(name), self.questions.get(name)
        if question is None:
            return None
        if isinstance(known, Whole):
            return known.shown(language)
        stored = self.stored.get(name)
        return question.shown(stored, language) if stored is not None else ""


OF_EVERY_TYPE = ("missing", "rule", "wrong_kind", "control_character", "unknown_answer")
"""Codes by which an answer of any type may be refused."""


class Rule(Model):
    """A condition on an answer, and the sentence that says how to correct it."""

    unless: Expression
    say: Text


class Question(Model):
    """A question. Each type adds its own words, and methods that read, check, describe and display an answer."""

    codes: ClassVar[tuple[str, ...]] = ()
    """The codes with which an answer of this type is refused, in addition to those of every type."""
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
    errors: dict[str, Text] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    default: Any = None

    def posted(self, form: Posted, at: str) -> Any:
        """The answer typed in field `at`, None when empty. Raises Unreadable when it cannot be read, NotText."""
        return line(first(form, at)) or None

    def taken(self, value: Any) -> Any:
        """The canonical answer of a value from JSON or a story; texts are read as on a page.

        A value that cannot be read is returned as it is, and refused later.
        """
        return value

    def read(self, form: Posted, at: str) -> Reading:
        """The answer typed in field `at`, and the refusals of values that cannot be read."""
        try:
            return self.posted(form, at), []
        except Unreadable as unreadable:
            where = f"{at}-{unreadable.part}" if unreadable.part else at
            return None, [self.refuse(where, unreadable.code, **unreadable.values)]
        except NotText as wrong:
            return None, [self.refuse(at, "control_character", character=wrong.character)]

    def settled(self, value: Any, asking: Asking) -> Any:
        """The answer, completed with what the platform adds to it."""
        return value

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        """Every refusal of a canonical value that is not None."""
        return iter(())

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of the canonical value."""
        raise NotImplementedError

    def shown(self, value: Any, language: str) -> str:
        """The answer, as text for people."""
        return str(value)

    def part_shown(self, value: Any, part: str, language: str) -> str | None:
        """A part of the answer, as text for people; None if the part has no words of its own."""
        return None

    def known(self, value: Any, look: Look | None = None) -> Any:
        """The answer in the form for expressions."""
        return Whole(value, self, value) if isinstance(value, dict) else value

    @property
    def cells(self) -> Mapping[str, Text]:
        """The closed list, value -> label, by which statistics can count; empty when there is none."""
        return {}

    @property
    def overlaps(self) -> bool:
        """Whether one answer may be counted under several of the cells."""
        return False

    def cell(self, value: Any) -> str | Sequence[str]:
        """The cell in which an answer is counted; a list if cells overlap."""
        return str(value)

    def refusals(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        """Every refusal of `value`: it is missing, has the wrong form, or breaks a rule."""
        if value is None or value in ("", []):
            if not self.optional:
                yield Refusal(at, self.missing_code, self.label, sentence=self.missing)
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
                    yield Refusal(at, "rule", self.label, sentence=rule.say)
            if asking.invites_applicant is not None and asking.invites_applicant(at, asking.context):
                yield self.refuse(at, "own_address")

    def refuse(self, at: str, code: str, **values: Any) -> Refusal:
        """The refusal of the answer at `at`."""
        return Refusal(at, code, self.label, values, own=self.errors.get(code))

    @property
    def missing_code(self) -> str:
        """The code of the refusal when there is no answer."""
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
    """The lines typed in the parts of a field, without empty ones. Raises Unreadable."""
    by_part = {}
    for part in parts:
        try:
            by_part[part] = line(first(form, f"{at}-{part}"))
        except NotText as wrong:
            raise Unreadable("control_character", part=part, character=wrong.character) from None
    return {part: typed for part, typed in by_part.items() if typed}


def parts_taken(value: Any) -> Any:
    """The lines of an answer in parts from JSON, read as on a page."""
    if not isinstance(value, dict) or _refused_in(value):
        return value
    read = {part: line(text) if isinstance(text, str) else text for part, text in value.items()}
    return {part: text for part, text in read.items() if text != ""}


def answers_taken(questions: Iterable[Question], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers from JSON or a story, with texts read as on a page; empty answers are left out.

    Answers to unknown questions stay as they are.
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
    """The value of a limit; None while an answer that it needs is missing."""
    if expression is None:
        return None
    try:
        return expression.value(asking.context)
    except ExpressionFailed:
        return None
