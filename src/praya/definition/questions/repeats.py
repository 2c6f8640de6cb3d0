"""A group of questions answered several times; groups may nest."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from praya.definition.own_words import WORDS, colon
from praya.definition.questions.asked import Answered, Asking, Look, Posted, Question, Refusal, answers_taken
from praya.definition.questions.content import questions_in
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.number import is_number
from praya.kernel.text import Text

if TYPE_CHECKING:
    from praya.definition.questions import AnyPart, AnyQuestion


class RepeatQuestion(Question):
    """The same questions for each of several things; the answer is a list of {question: answer}."""

    type: Literal["repeat"]
    item: Text
    min: int = Field(0, ge=0, le=500)
    max: int = Field(20, ge=1, le=500)
    content: "tuple[AnyPart, ...]" = Field(min_length=1, alias="questions")
    number: Expression | None = None
    from_file: bool = False

    def wanted(self, context: Mapping[str, Any]) -> int | None:
        """How many items there are, where an answer says so; None where none does, or while it is not known."""
        if self.number is None:
            return None
        try:
            value = self.number.value(context)
        except ExpressionFailed:
            return None
        return min(max(int(value), 0), self.max) if is_number(value) else None

    @cached_property
    def questions(self) -> "tuple[AnyQuestion, ...]":
        """What is asked of each; what is only to be read left out."""
        return questions_in(self.content)

    @cached_property
    def by_name(self) -> "dict[str, AnyQuestion]":
        """What is asked of each, by name."""
        return {question.name: question for question in self.questions}

    def count(self, form: Posted, at: str) -> int:
        """How many items were posted; `min` at least, one more than `max` at most."""
        posted = form.get(f"{at}.count") or ("",)
        number = int(posted[0]) if posted[0].isdecimal() and len(posted[0]) < 4 else 0
        return min(max(number, self.min), self.max + 1)

    def posted(self, form: Posted, at: str) -> Any:
        """Reading item by item is the forms block's; here only the shape."""
        raise TypeError("a repeat is read item by item")

    def taken(self, value: Any) -> Any:
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            return value
        return [answers_taken(self.questions, item) for item in value]

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            yield self.refuse(at, "wrong_kind")
        elif (wanted := self.wanted(asking.context)) is not None and len(value) != wanted:
            yield self.refuse(at, "not_so_many_items", number=wanted, count=len(value))
        elif len(value) < self.min:
            yield self.refuse(at, "too_few_items", min=self.min)
        elif len(value) > self.max:
            yield self.refuse(at, "too_many_items", max=self.max)

    def refusals(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if value in (None, []):
            wanted = self.wanted(asking.context)
            if wanted:
                yield self.refuse(at, "not_so_many_items", number=wanted, count=0)
            elif self.min > 0 and wanted is None:
                yield self.refuse(at, "too_few_items", min=self.min)
            return
        yield from super().refusals(value, at, asking)

    def json_schema(self) -> dict[str, Any]:
        from praya.definition.questions import answers_schema  # noqa: PLC0415 (the types contain each other)

        return {
            "type": "array",
            "minItems": self.min,
            "maxItems": self.max,
            "items": answers_schema(self.questions),
        }

    def shown(self, value: Any, language: str) -> str:
        return "\n".join(self._item_shown(item, number, language) for number, item in enumerate(value, 1))

    def _item_shown(self, item: dict[str, Any], number: int, language: str) -> str:
        between, lines = WORDS["comma"].in_(language), WORDS["semicolon"].in_(language)
        said = (q.shown(item[q.name], language) for q in self.questions if item.get(q.name) is not None)
        words = between.join(one.replace("\n", lines) for one in said if one)
        return f"{self.item.in_(language)} {number}{colon(language)}{words}"

    def known(self, value: Any, look: Look | None = None) -> Any:
        if not isinstance(value, list):
            return []
        items = [item for item in value if isinstance(item, dict)]
        known = [Answered(self.by_name, item, look) for item in items]
        # An item in which nothing was answered is none.
        return [item for item in known if any(answer not in (None, []) for answer in item.values())]
