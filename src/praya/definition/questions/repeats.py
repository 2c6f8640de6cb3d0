"""A group of questions answered several times; groups may nest."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from praya.definition.own_words import WORDS, colon
from praya.definition.questions.asked import Answered, Asking, Look, Posted, Question, Refusal, answers_taken
from praya.definition.questions.content import questions_in
from praya.kernel.text import Text

if TYPE_CHECKING:
    from praya.definition.questions import AnyPart, AnyQuestion


class RepeatQuestion(Question):
    """The same questions for each of several things; the answer is a list of {question: answer}."""

    type: Literal["repeat"]
    item: Text
    min: int = Field(0, ge=0, le=100)
    max: int = Field(20, ge=1, le=100)
    content: "tuple[AnyPart, ...]" = Field(min_length=1, alias="questions")

    @cached_property
    def questions(self) -> "tuple[AnyQuestion, ...]":
        """What is asked of each; what is only to be read left out."""
        return questions_in(self.content)

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
        elif len(value) < self.min:
            yield self.refuse(at, "too_few_items", min=self.min)
        elif len(value) > self.max:
            yield self.refuse(at, "too_many_items", max=self.max)

    def refusals(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if value in (None, []):
            if self.min > 0:
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
        known = [Answered(self.questions, item, look) for item in items]
        # An item in which nothing was answered is none.
        return [item for item in known if any(answer not in (None, []) for answer in item.values())]
