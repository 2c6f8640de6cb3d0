"""Questions answered by choosing: choice, choices, yes or no, declaration."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints, ValidationInfo, model_validator

from praya.definition.model import Model, Name
from praya.definition.own_words import WORDS
from praya.definition.questions.question import Asking, Posted, Question, Refusal, first
from praya.kernel.expression import Expression, nearest
from praya.kernel.text import Text

Value = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)]


class Option(Model):
    """An option. It is offered when `when` holds; an `exclusive` one ("none of these") can only be chosen alone."""

    value: Value
    label: Text
    hint: Text | None = None
    when: Expression | None = None
    exclusive: bool = False


def options_from_list(data: Any, info: ValidationInfo, word: str) -> Any:
    """The definition, with the options of the pack's list that it names under `word`. Raises ValueError."""
    if not isinstance(data, dict) or not isinstance(data.get("list"), str):
        return data
    lists = (info.context or {}).get("lists")
    if lists is None:
        return data
    if data["list"] not in lists:
        raise ValueError(f"the pack has no list '{data['list']}'{nearest(data['list'], list(lists))}")
    return {**data, word: lists[data["list"]]}


def _options_from_stock(data: Any, info: ValidationInfo) -> Any:
    """The definition, with the things of the service's stock that it names as options. Raises ValueError."""
    if not isinstance(data, dict) or not isinstance(data.get("stock"), str) or "options" in data:
        return data
    context = info.context or {}
    stocks = context.get("stocks") or {}
    stock = stocks.get(data["stock"]) if isinstance(stocks, dict) else None
    if stock is None:
        known = list(stocks) if isinstance(stocks, dict) else []
        raise ValueError(f"the service has no stock '{data['stock']}'{nearest(data['stock'], known)}")
    if isinstance(stock, dict) and isinstance(stock.get("list"), str):
        found = options_from_list(stock, info, "things")["things"]
    else:
        things = stock.get("things") if isinstance(stock, dict) else None
        things = (
            [thing for thing in things or () if isinstance(thing, dict)] if isinstance(things, list | tuple) else ()
        )
        found = [{word: value for word, value in thing.items() if word != "facts"} for thing in things]
    return {**data, "options": found}


class _Options(Question):
    """The base of questions with options, which are written here or come from a list of the pack."""

    options: tuple[Option, ...] = ()
    list: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, data: Any, info: ValidationInfo) -> Any:
        return options_from_list(data, info, "options")

    @model_validator(mode="after")
    def _has_options(self) -> "_Options":
        values = [option.value for option in self.options]
        if not values:
            raise ValueError("a choice needs 'options' or the name of a 'list'")
        if len(set(values)) < len(values):
            raise ValueError("two options have the same value")
        return self

    @cached_property
    def depends(self) -> bool:
        """Whether the options that are offered depend on other answers."""
        return any(option.when is not None for option in self.options)

    def offered(self, context: Mapping[str, Any]) -> tuple[Option, ...]:
        """The options whose condition holds."""
        return tuple(option for option in self.options if option.when is None or option.when.holds(context))

    @property
    def cells(self) -> Mapping[str, Text]:
        return {option.value: option.label for option in self.options}

    @property
    def missing_code(self) -> str:
        return "missing_choice"

    def labelled(self, value: str, language: str) -> str:
        """The label of an option; for an unknown one, its value."""
        return next((o.label.in_(language) for o in self.options if o.value == value), value)


class ChoiceQuestion(_Options):
    """One of several options. With `stock`, each option is a thing that is given once, and is offered while available.

    `may_take` is the condition under which somebody may take a thing, which it reads as `thing`.
    """

    codes: ClassVar[tuple[str, ...]] = ("not_an_option", "not_offered", "thing_taken")
    type: Literal["choice"]
    stock: Name | None = None
    may_take: Expression | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_stock(cls, data: Any, info: ValidationInfo) -> Any:
        return _options_from_stock(data, info)

    @model_validator(mode="after")
    def _of_a_stock(self) -> "ChoiceQuestion":
        if self.may_take is not None and self.stock is None:
            raise ValueError("'may_take' says who may take a thing of a 'stock'; options have a 'when'")
        return self

    @cached_property
    def depends(self) -> bool:
        """Whether the options that are offered depend on other answers, or on the things that are available."""
        return self.stock is not None or any(option.when is not None for option in self.options)

    def offered(self, context: Mapping[str, Any]) -> tuple[Option, ...]:
        """The options whose condition holds; of a stock, those that are available and that the person may take."""
        options = super().offered(context)
        stock = context.get("stocks", {}).get(self.stock) if self.stock is not None else None
        if stock is None:
            return options
        gone, facts = stock["taken"], stock["facts"]
        left = (option for option in options if option.value not in gone)
        if self.may_take is None:
            return tuple(left)
        may_take = self.may_take
        return tuple(
            o for o in left if may_take.holds({**context, "thing": {**facts.get(o.value, {}), "value": o.value}})
        )

    def gone(self, at: str, value: Any) -> Refusal:
        """The refusal of a thing that somebody else has taken."""
        return self.refuse(at, "thing_taken", option=_Labelled(self, value))

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if not any(option.value == value for option in self.options):
            yield self.refuse(at, "not_an_option")
        elif self._is_gone(value, asking.context):
            yield self.gone(at, value)
        elif not any(option.value == value for option in self.offered(asking.context)):
            yield self.refuse(at, "not_offered", option=_Labelled(self, value))

    def _is_gone(self, value: Any, context: Mapping[str, Any]) -> bool:
        stock = context.get("stocks", {}).get(self.stock) if self.stock is not None else None
        return stock is not None and value in stock["taken"]

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": [option.value for option in self.options]}

    def shown(self, value: Any, language: str) -> str:
        return self.labelled(value, language)


class ChoicesQuestion(_Options):
    """Between `min` and `max` of several options."""

    codes: ClassVar[tuple[str, ...]] = (
        "not_an_option",
        "not_offered",
        "chosen_alone",
        "too_few_choices",
        "too_many_choices",
    )
    type: Literal["choices"]
    min: int = Field(0, ge=0)
    max: int | None = Field(None, ge=1)

    @property
    def overlaps(self) -> bool:
        return True

    def cell(self, value: Any) -> Sequence[str]:
        return [str(chosen) for chosen in value]

    def posted(self, form: Posted, at: str) -> Any:
        chosen = [value for value in form.get(at, ()) if value]
        return list(dict.fromkeys(chosen)) or None

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        known = {option.value for option in self.options}
        if not isinstance(value, list) or any(not isinstance(v, str) or v not in known for v in value):
            yield self.refuse(at, "not_an_option")
            return
        offered = {option.value for option in self.offered(asking.context)}
        alone = next((option for option in self.options if option.exclusive and option.value in value), None)
        gone = next((chosen for chosen in value if chosen not in offered), None)
        if gone is not None:
            yield self.refuse(at, "not_offered", option=_Labelled(self, gone))
        elif alone is not None and len(value) > 1:
            yield self.refuse(at, "chosen_alone", option=alone.label)
        elif len(set(value)) < len(value):
            yield self.refuse(at, "wrong_kind")
        elif len(value) < self.min and alone is None:
            yield self.refuse(at, "too_few_choices", min=self.min)
        elif self.max is not None and len(value) > self.max:
            yield self.refuse(at, "too_many_choices", max=self.max)

    def json_schema(self) -> dict[str, Any]:
        limits = {"minItems": self.min or None, "maxItems": self.max}
        return {
            "type": "array",
            "uniqueItems": True,
            "items": {"type": "string", "enum": [option.value for option in self.options]},
            **{k: v for k, v in limits.items() if v is not None},
        }

    def shown(self, value: Any, language: str) -> str:
        separator = WORDS["list_comma"].in_(language)
        return separator.join(self.labelled(v, language) for v in value)


class _Labelled:
    """An option in a message, in the reader's language."""

    def __init__(self, question: _Options, value: str) -> None:
        self.question, self.value = question, value

    def in_(self, language: str) -> str:
        return self.question.labelled(self.value, language)

    def __str__(self) -> str:
        return self.value


YES_NO = {"yes": WORDS["answer_yes"], "no": WORDS["answer_no"]}


class YesNoQuestion(Question):
    """Yes or no."""

    codes: ClassVar[tuple[str, ...]] = ("not_an_option",)
    type: Literal["yes-no"]

    @property
    def missing_code(self) -> str:
        return "missing_choice"

    def posted(self, form: Posted, at: str) -> bool | None:
        return {"yes": True, "no": False}.get(first(form, at))

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if not isinstance(value, bool):
            yield self.refuse(at, "not_an_option")

    def json_schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def shown(self, value: Any, language: str) -> str:
        return YES_NO[self.cell(value)].in_(language)

    @property
    def cells(self) -> Mapping[str, Text]:
        return YES_NO

    def cell(self, value: Any) -> str:
        return "yes" if value else "no"


class DeclarationQuestion(Question):
    """A statement that the person confirms by ticking a box."""

    codes: ClassVar[tuple[str, ...]] = ("not_declared",)
    type: Literal["declaration"]
    statement: Text

    def posted(self, form: Posted, at: str) -> bool | None:
        return True if first(form, at) == "yes" else None

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if value is not True:
            yield self.refuse(at, "not_declared")

    @property
    def missing_code(self) -> str:
        return "not_declared"

    def json_schema(self) -> dict[str, Any]:
        return {"const": True}

    def shown(self, value: Any, language: str) -> str:
        return WORDS["confirmed"].in_(language)
