"""The base of every part of the language: frozen values that refuse unknown words."""

from datetime import time
from decimal import Decimal
from functools import cache, cached_property
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from praya.kernel.expression import Expression
from praya.kernel.money import symbol
from praya.kernel.number import plain

LANGUAGE = "^[a-z]{2,3}(-[a-z0-9]{2,8})*$"
NAME = "^[a-z][a-z0-9_]*$"
SLUG = "^[a-z][a-z0-9-]*$"
Path = tuple[str | int, ...]
Leaf = TypeVar("Leaf")
# The fields of a question that come from the pack and are not written in the file.
FROM_PACK = frozenset({"described", "districts", "in_currency"})
FROM_LISTS = frozenset({"options", "places", "things"})
Plain = Annotated[Decimal, AfterValidator(plain), PlainSerializer(lambda n: n), WithJsonSchema({"type": "number"})]
"""A number as it is written: an int where it is whole, a Decimal otherwise."""
Name = Annotated[str, StringConstraints(pattern=NAME, max_length=40)]
Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=60)]
SharedName = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]*\.)?[a-z][a-z0-9_-]*$", max_length=81)]
"""A question or page of the form; `findings.` and a question of an action; a party, `.`, and a question of its own."""
MATTER = "matter."
Deed = Annotated[str, StringConstraints(pattern=rf"^(matter\.)?{SLUG.removeprefix('^')}", max_length=67)]
"""An action that somebody did to the case; with `matter.` to the case that this one is about."""


class Model(BaseModel):
    """A part of a definition. Immutable; a word that the language does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Several(Model):
    """Something that is made once, or once for each item of a repeat."""

    several: Expression | None = None

    @cached_property
    def repeat(self) -> str | None:
        """The repeat for each item of which one is made; None for a single one."""
        return self.several.source.removeprefix("answers.").strip() if self.several else None


class InCurrency(Model):
    """A value that may be an amount of money, in the currency of the pack."""

    in_currency: str = "HKD"

    @model_validator(mode="before")
    @classmethod
    def _from_pack(cls, data: Any, info: ValidationInfo) -> Any:
        currency = (info.context or {}).get("currency")
        if currency is None or not isinstance(data, dict) or "in_currency" in data:
            return data
        return {**data, "in_currency": currency}

    @property
    def symbol(self) -> str:
        """The symbol before the amount."""
        return symbol(self.in_currency).strip()


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def leaves(value: Any, kind: type[Leaf], path: Path = (), *, written: bool = False) -> list[tuple[Path, Leaf]]:
    """Every value of a type within a part of a definition, with its path; values that come from the pack are left out.

    With `written`, options that come from a list of the pack are left out too.
    """
    told: list[tuple[Path, Leaf]] = []
    _gather(value, kind, path, written, told)
    return told


def _gather(value: Any, kind: type[Leaf], path: Path, written: bool, told: list[tuple[Path, Leaf]]) -> None:
    # A definition has thousands of parts and each check walks it: a list that is handed down costs half of generators
    # that hand each leaf up through every level.
    if isinstance(value, kind):
        told.append((path, value))
    elif isinstance(value, BaseModel):
        listed = written and (getattr(value, "list", None) or getattr(value, "stock", None))
        for name, word in _written_fields(type(value)):
            part = getattr(value, name)
            if part is not None and not (listed and name in FROM_LISTS):
                _gather(part, kind, (*path, word), written, told)
    elif isinstance(value, dict):
        for key, item in value.items():
            _gather(item, kind, (*path, key), written, told)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            _gather(item, kind, (*path, index), written, told)


@cache
def _written_fields(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """The fields of a part that its author writes, each with the word that stands for it in the file."""
    fields = model.model_fields.items()
    return tuple((name, field.alias or name) for name, field in fields if name not in FROM_PACK)


def named(value: Any) -> Any:
    """Read `- address: {type: address}` as `{name: address, type: address}`."""
    if isinstance(value, dict) and len(value) == 1:
        (name, body), *_ = value.items()
        if isinstance(body, dict) and "name" not in body:
            return {"name": name, **body}
    return value


def keyed(value: Any) -> Any:
    """Read `{vetting: {...}}` as `{vetting: {name: vetting, ...}}`."""
    if not isinstance(value, dict):
        return value
    return {k: {"name": k, **v} if isinstance(v, dict) and "name" not in v else v for k, v in value.items()}


Named = BeforeValidator(named)
Keyed = BeforeValidator(keyed)


def _clock(value: Any) -> Any:
    # YAML 1.1 readers see 9:30 as sixty-based; ours is YAML 1.2 and gives a string.
    return time.fromisoformat(value.strip().zfill(5)) if isinstance(value, str) else value


ClockTime = Annotated[time, BeforeValidator(_clock)]
"""A time of day, written 9:00 or '09:00'."""
