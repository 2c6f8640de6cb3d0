"""The form: pages of questions, who may use the service, and the law of the day."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from praya.definition.model import InCurrency, Model, Name, Slug
from praya.definition.questions import AnyPart, AnyQuestion, questions_in
from praya.definition.value_words import value_of
from praya.kernel.expression import Expression
from praya.kernel.money import Money
from praya.kernel.number import is_number
from praya.kernel.text import Citation, Text


class Page(Model):
    """A page: usually one question, at most one subject."""

    page: Slug
    title: Text | None = None
    guidance: Text | None = None
    when: Expression | None = None
    content: tuple[AnyPart, ...] = Field(min_length=1, alias="questions")

    @model_validator(mode="after")
    def _has_a_heading(self) -> "Page":
        if self.title is None and not self.questions:
            raise ValueError("a page that asks nothing needs its 'title'")
        return self

    @cached_property
    def questions(self) -> tuple[AnyQuestion, ...]:
        """What is asked; what is only to be read left out."""
        return questions_in(self.content)

    @property
    def heading(self) -> Text:
        """The page's title, or its only question's label."""
        return self.title or self.questions[0].label


class Eligibility(Model):
    """A condition under which somebody may not use the service, with a kind sentence about what to do instead."""

    unless: Expression
    refuse: Text
    after: Slug | None = None


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _with_days(value: Any) -> Any:
    """A value of the law in which each text like 2026-03-01 is that day, also within mappings and lists.

    A published definition is JSON, which writes days as texts.
    """
    if isinstance(value, dict):
        return {key: _with_days(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_with_days(one) for one in value]
    if isinstance(value, str) and _DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    return value


class DatedValue(Model):
    """A value that applies from a date, and its law."""

    from_date: date = Field(alias="from")
    value: Annotated[Any, BeforeValidator(_with_days)]
    reference: Citation | None = None


def _kind(value: Any) -> str:
    """The type of a value, in words."""
    if isinstance(value, bool):
        return "yes or no"
    kinds = {int: "a number", Decimal: "a number", str: "a text", dict: "a mapping", list: "a list", date: "a day"}
    return kinds.get(type(value), "a " + type(value).__name__)


class Parameter(InCurrency):
    """A parameter of the law: a value that changes by date."""

    name: Name
    label: Text | None = None
    shows: Literal["number", "money"] = "number"
    unit: Text | None = None
    values: tuple[DatedValue, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _has_values(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "values" not in data:
            raise ValueError("expected its values, each from a day on, like [{from: 2024-04-01, value: 1230}]")
        return data

    @field_validator("values")
    @classmethod
    def _in_order(cls, values: tuple[DatedValue, ...]) -> tuple[DatedValue, ...]:
        ordered = tuple(sorted(values, key=lambda v: v.from_date))
        for before, after in pairwise(ordered):
            if _kind(before.value) != _kind(after.value):
                message = (
                    f"from {after.from_date} the value is {_kind(after.value)}, {after.value!r}, and before it was"
                )
                raise ValueError(f"{message} {_kind(before.value)}, {before.value!r}; write both alike")
        return ordered

    def shown(self, value: Any, language: str) -> str:
        """A value of the parameter, as text for people."""
        if not is_number(value):
            return value_of(value, language)
        if self.shows == "money":
            return Money.of(value, self.in_currency).shown(language)
        number = value_of(value, language)
        return f"{number} {self.unit.in_(language)}" if self.unit else number

    def on(self, day: date) -> DatedValue | None:
        """The value in force on `day`, None before the first."""
        return next((v for v in reversed(self.values) if v.from_date <= day), None)


TO_READ = {"guidance", "warning", "details"}
"""Types of parts of a page that ask nothing."""


def seeing(part: Any, form: Iterable[Any]) -> Any:
    """A party or panel as it is written, with the questions of the pages that its `sees` names.

    Where a page and a question have one name, the question is meant. Names that the form does not have are kept.
    """
    sees = part.get("sees") if isinstance(part, dict) else None
    if not isinstance(sees, list | tuple):
        return part
    asked = {str(page.get("page")): [*_asked(page)] for page in form if isinstance(page, dict)}
    questions = {name for names in asked.values() for name in names}
    seen = (asked[name] if isinstance(name, str) and name in {*asked} - questions else [name] for name in sees)
    return {**part, "sees": [name for names in seen for name in names]}


def _asked(page: Mapping[str, Any]) -> Iterator[str]:
    """The names of the questions of a page as it is written; what is only to be read has none."""
    content = page.get("questions")
    for part in content if isinstance(content, list | tuple) else ():
        match part:
            case {"name": str(name), "type": str(kind)} if kind not in TO_READ:
                yield name
            case dict() if len(part) == 1:
                for name, body in part.items():
                    if isinstance(body, dict) and str(body.get("type")) not in TO_READ:
                        yield str(name)
