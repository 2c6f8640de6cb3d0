"""Every word of the language: its type and default from the models, its sentence and example from
language.yaml or its chapter.
"""

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from praya.definition import (
    example,
    flow,
    form,
    identifiers,
    maps,
    opening,
    outcome,
    pack,
    reasoning,
    roles,
    service,
    ways,
)
from praya.definition.chapter import FLOW
from praya.definition.chapters import CHAPTERS
from praya.definition.model import FROM_PACK, Model, Named
from praya.definition.questions import (
    AnyQuestion,
    Content,
    DetailsBlock,
    GuidanceBlock,
    Option,
    Question,
    WarningBlock,
)
from praya.definition.questions.question import Rule
from praya.definition.source import read
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression
from praya.kernel.number import is_number
from praya.kernel.text import Citation, Text

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Word:
    """One word of the language, and where it belongs."""

    part: str
    name: str
    kind: str
    default: str
    sentence: str
    example: Any

    @property
    def required(self) -> bool:
        """Whether it must be written."""
        return self.default == "required"


def question_types() -> dict[str, type[Question]]:
    """The question types by their word."""
    union = get_args(get_args(AnyQuestion)[0])
    return {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in union}


def content_types() -> dict[str, type[Content]]:
    """The types of content between questions that is only read, by their word."""
    return {
        get_args(kind.model_fields["type"].annotation)[0]: kind for kind in (GuidanceBlock, WarningBlock, DetailsBlock)
    }


def parts() -> dict[str, type[BaseModel]]:
    """Every part of the language in the order in which a reader meets it."""
    listed: list[type[Model]] = [
        service.Service, outcome.Legal, opening.OpeningTimes, opening.Closure,
        form.Parameter, form.DatedValue,
        reasoning.Condition, reasoning.Decision, reasoning.Row,
        form.Page, Question, Rule, *question_types().values(), Option, *content_types().values(), form.Eligibility,
        *_parts(before_flow=True), flow.Flow, flow.State,
        flow.Action, flow.Effects, flow.Timer, ways.Way, flow.Late, *_parts(before_flow=False),
        outcome.Fact,
        outcome.Statistics, example.Example, example.Held, example.GivenEntry, example.Step,
        example.Reply, example.Expect, pack.Pack, pack.Department, roles.PackRole,
        roles.Community, pack.Topic, pack.LifeEvent, pack.Season, pack.Alert, pack.Days, pack.Holiday,
        maps.Map, maps.Land, maps.Spot, identifiers.Scheme, identifiers.WeightedCheck,
    ]  # fmt: skip
    return {part.__name__: part for part in listed}


def _parts(*, before_flow: bool) -> list[type[Model]]:
    ordered = sorted(CHAPTERS, key=lambda chapter: (chapter.at, chapter.name))
    return [part for chapter in ordered if (chapter.at < FLOW) == before_flow for part in chapter.parts]


@lru_cache(maxsize=1)
def sentences() -> dict[str, dict[str, Any]]:
    """The sentences of language.yaml and the chapters about each part."""
    parts: dict[str, dict[str, Any]] = dict(read(HERE / "language.yaml").data)
    for chapter in CHAPTERS:
        for part, words in chapter.reference.items():
            parts[part] = {**parts.get(part, {}), **words}
    return parts


@lru_cache(maxsize=1)
def names() -> dict[str, tuple[str, str]]:
    """The names in expressions, each with a sentence and where it is known: expressions.yaml and the chapters."""
    told = {
        name: (sentence, where) for name, (sentence, where) in read(HERE / "expressions.yaml").data["names"].items()
    }
    last = {name: told.pop(name) for name in [*told][-1:]}
    return {**told, **{name: said for chapter in CHAPTERS for name, said in chapter.names.items()}, **last}


def own_fields(part: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a part by the word written for them, without those it shares with its base."""
    shared: set[str] = set()
    for base in (Question, flow.Effects):
        if part is not base and issubclass(part, base):
            shared |= set(base.model_fields)
    fields = {}
    for name, field in part.model_fields.items():
        if name in shared or name in FROM_PACK or (name == "type" and issubclass(part, Question | Content)):
            continue
        fields[field.alias or name] = field
    return fields


def words(part: type[BaseModel]) -> Iterator[Word]:
    """The words of a part."""
    its_sentences = sentences().get(part.__name__, {})
    for name, field in own_fields(part).items():
        sentence, value = its_sentences[name]
        yield Word(part.__name__, name, _kind(field), _default(field), sentence, value)


def validated(word: Word, field: FieldInfo, context: dict[str, Any]) -> Any:
    """The example of a word as its field reads it. Raises pydantic.ValidationError."""
    kind: Any = field.annotation
    for extra in field.metadata:
        kind = typing.Annotated[kind, extra]
    return TypeAdapter(kind).validate_python(word.example, context=context)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value is None or value in ({}, ()):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, BaseModel):
        shown = {k: v for k, v in value.model_dump(mode="json", by_alias=True).items() if v not in ([], {}, None)}
        return ", ".join(f"{name}: {'all' if isinstance(v, list) and len(v) > 3 else v}" for name, v in shown.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def _kind(field: FieldInfo) -> str:
    limits = [f"{word} {value:g}" for meta in field.metadata for word, value in _limits(meta)]
    return f"{_named(field.annotation)}{', ' + ' '.join(limits) if limits else ''}"


def _limits(meta: Any) -> Iterator[tuple[str, Any]]:
    for attribute, word in (("ge", "from"), ("gt", "above"), ("le", "to"), ("lt", "below")):
        value = getattr(meta, attribute, None)
        if is_number(value):
            yield word, value


_PLAIN = {
    Text: "text in each language",
    Citation: "text in each language or one for all",
    Expression: "expression",
    Length: "length of time",
    str: "word",
    int: "whole number",
    float: "number",
    Decimal: "number",
    bool: "true or false",
    date: "date",
    datetime: "moment",
    time: "time of day",
    Any: "any value",
}


def _named(kind: Any) -> str:
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin is typing.Annotated:
        return "question" if Named in kind.__metadata__ else _named(inner[0])
    if origin in {Union, types.UnionType}:
        options = [_named(one) for one in inner if one is not type(None)]
        return "question" if len(options) > 6 else " or ".join(dict.fromkeys(options))
    if origin is Literal:
        return ", ".join("true" if one is True else str(one) for one in inner)
    if origin is tuple:
        if inner[-1] is not Ellipsis:
            return f"{len(inner)} {_named(inner[0])}s"
        return f"list of {_plural(_named(inner[0]))}"
    if origin is dict:
        return f"{_plural(_named(inner[1]))}, by name"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    return str(kind)


def _plural(kind: str) -> str:
    if kind.startswith("["):
        return kind
    first, _, rest = kind.partition(" ")
    if kind in {"text in each language", "length of time", "time of day"}:
        return f"{first}s {rest}"
    return kind if "," in kind or " or " in kind or kind.startswith(("list ", "any ")) else f"{kind}s"
