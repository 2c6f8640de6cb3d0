"""A group of questions answered several times; groups may nest."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, PrivateAttr

from praya.definition.model import Name
from praya.definition.own_words import WORDS, colon
from praya.definition.questions.content import questions_in
from praya.definition.questions.question import Answered, Asking, Look, Posted, Question, Refusal, answers_taken
from praya.kernel import jsontext
from praya.kernel.alikeness import compared
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.number import is_number
from praya.kernel.text import Text, spoken

if TYPE_CHECKING:
    from praya.definition.questions import AnyPart, AnyQuestion


ROW = "row"
"""In an item of a repeat of rows that are there (`of`): the row for which it stands, with its answers."""


class RepeatQuestion(Question):
    """The same questions for each of several things; the answer is a list of {question: answer}."""

    codes: ClassVar[tuple[str, ...]] = (
        "too_few_items",
        "too_many_items",
        "not_so_many_items",
        "rows_alike",
        "rows_no_file",
        "rows_unreadable",
        "rows_empty",
        "rows_no_column",
    )
    type: Literal["repeat"]
    item: Text
    min: int = Field(0, ge=0, le=500)
    max: int = Field(20, ge=1, le=500)
    content: "tuple[AnyPart, ...]" = Field(min_length=1, alias="questions")
    number: Expression | None = None
    from_file: bool = False
    of: Expression | None = None
    distinct: tuple[Name, ...] = ()
    # The repeat of the rows in `of`; the service, which has both, stores it here.
    _rows_of: "RepeatQuestion | None" = PrivateAttr(default=None)

    def stand_for(self, repeat: "RepeatQuestion") -> None:
        """Let there be one item for each row of another repeat."""
        object.__setattr__(self, "max", repeat.max)
        self._rows_of = repeat

    @property
    def rows_of(self) -> "RepeatQuestion | None":
        """The repeat for whose rows the items stand; None without `of`."""
        return self._rows_of

    @property
    def of_row(self) -> "Mapping[str, AnyQuestion]":
        """The questions of the rows that are there; empty without `of`."""
        return self._rows_of.by_name if self._rows_of else {}

    def rows(self, context: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
        """The stored answers of the rows that are there, one for each item; None without `of`."""
        if self.of is None:
            return None
        try:
            rows = self.of.itself(context)
        except ExpressionFailed:
            return []
        return [row.stored for row in rows if isinstance(row, Answered)] if isinstance(rows, list) else []

    def joined(self, value: Any, context: Mapping[str, Any]) -> Any:
        """The answer with the row of each item. An answer that is no list of items stays as it is."""
        rows = self.rows(context)
        if rows is None or not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            return value
        return [{**item, ROW: rows[at] if at < len(rows) else {}} for at, item in enumerate(value)]

    def item_known(self, item: Mapping[str, Any], look: Look | None = None) -> Answered:
        """An item as expressions know it, with its row."""
        known = Answered(self.by_name, item, look)
        if self.of is not None:
            row = item.get(ROW) or {}
            known[ROW] = self._rows_of.item_known(row, look) if self._rows_of else Answered({}, row, look)
        return known

    def row_known(self, item: Answered) -> dict[str, Any]:
        """What expressions within an item know beside `item`: the `row` for which it stands."""
        return {ROW: item[ROW]} if self.of is not None else {}

    def row_shown(self, row: Mapping[str, Any], language: str) -> str:
        """What identifies a row: the answer to its first question; empty without one."""
        question = next(iter(self.of_row.values()), None)
        if self._rows_of is not None and self._rows_of.of is not None:
            # What was found of a row is known by what identifies the row itself.
            return self._rows_of.row_shown(row.get(ROW) or {}, language)
        value = row.get(question.name) if question else None
        return question.shown(value, language) if question and value is not None else ""

    def title(self, number: int, item: Mapping[str, Any], language: str) -> str:
        """What an item is called, counted from 1: `Vehicle 1`, or `Vehicle 1: LB77` where it stands for a row."""
        name, row = f"{self.item.in_(language)} {number}", self.row_shown(item.get(ROW) or {}, language)
        return f"{name}{colon(language)}{row}" if row else name

    def item_count(self, context: Mapping[str, Any]) -> int | None:
        """The number of items that answers prescribe; None if none does, or while it is unknown."""
        if (rows := self.rows(context)) is not None:
            return len(rows)
        if self.number is None:
            return None
        try:
            value = self.number.value(context)
        except ExpressionFailed:
            return None
        return min(max(int(value), 0), self.max) if is_number(value) else None

    @cached_property
    def questions(self) -> "tuple[AnyQuestion, ...]":
        """The questions of an item, without content that is only read."""
        return questions_in(self.content)

    @cached_property
    def by_name(self) -> "dict[str, AnyQuestion]":
        """The questions of an item, by name."""
        return {question.name: question for question in self.questions}

    def count(self, form: Posted, at: str) -> int:
        """The number of posted items: at least `min`, at most one more than `max`."""
        posted = form.get(f"{at}.count") or ("",)
        number = int(posted[0]) if posted[0].isdecimal() and len(posted[0]) < 4 else 0
        return min(max(number, self.min), self.max + 1)

    def posted(self, form: Posted, at: str) -> Any:
        """Raises TypeError: the forms block reads a repeat item by item."""
        raise TypeError("a repeat is read item by item")

    def taken(self, value: Any) -> Any:
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            return value
        return [answers_taken(self.questions, item) for item in value]

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            yield self.refuse(at, "wrong_kind")
        elif (wanted := self.item_count(asking.context)) is not None and len(value) != wanted:
            yield self.refuse(at, "not_so_many_items", number=wanted, count=len(value))
        elif len(value) < self.min:
            yield self.refuse(at, "too_few_items", min=self.min)
        elif len(value) > self.max:
            yield self.refuse(at, "too_many_items", max=self.max)
        else:
            yield from self._alike(value, at)

    def _alike(self, rows: list[dict[str, Any]], at: str) -> Iterator[Refusal]:
        """Refuse each row that is like an earlier one in the questions of `distinct`, if it answers them all."""
        first: dict[str, int] = {}
        asked = [self.by_name[name] for name in self.distinct if name in self.by_name]
        for number, row in enumerate(rows if asked else (), 1):
            given = [row.get(question.name) for question in asked]
            if None in given:
                continue
            before = first.setdefault(jsontext.dumps([compared(value) for value in given]), number)
            if before != number:
                comma = WORDS["comma"]
                every = Text({lang: comma.in_(lang).join(q.label.in_(lang) for q in asked) for lang in spoken()})
                values = {"item": self.item, "first": before, "number": number}
                yield Refusal(
                    f"{at}.{number - 1}.{asked[0].name}", "rows_alike", every, values, own=self.errors.get("rows_alike")
                )

    def refusals(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if value in (None, []):
            wanted = self.item_count(asking.context)
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
        values = (q.shown(item[q.name], language) for q in self.questions if item.get(q.name) is not None)
        words = between.join(one.replace("\n", lines) for one in values if one)
        title = self.title(number, item, language)
        # After the row that it stands for, what was answered of it.
        return f"{title}{between if item.get(ROW) else colon(language)}{words}"

    def known(self, value: Any, look: Look | None = None) -> Any:
        if not isinstance(value, list):
            return []
        items = [item for item in value if isinstance(item, dict)]
        known = [self.item_known(item, look) for item in items]
        # An item without answers does not count, unless it stands for a row.
        return [item for item in known if self.of or any(answer not in (None, []) for answer in item.values())]
