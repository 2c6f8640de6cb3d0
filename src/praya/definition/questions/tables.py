"""Tables: the same few questions for each of several rows that the service names."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from praya.definition.model import Named
from praya.definition.own_words import WORDS, colon
from praya.definition.questions.choices import ChoiceQuestion, Option, YesNoQuestion, options_from_list
from praya.definition.questions.particulars import EmailQuestion, IdentifierQuestion, PhoneQuestion
from praya.definition.questions.question import (
    Answered,
    Asking,
    Look,
    Posted,
    Question,
    Reading,
    Refusal,
    Whole,
    answers_taken,
)
from praya.definition.questions.typed import MoneyQuestion, NumberQuestion, TextQuestion, TimeQuestion

Column = Annotated[
    Annotated[
        TextQuestion
        | NumberQuestion
        | MoneyQuestion
        | TimeQuestion
        | ChoiceQuestion
        | YesNoQuestion
        | IdentifierQuestion
        | PhoneQuestion
        | EmailQuestion,
        Field(discriminator="type"),
    ],
    Named,
]
Cells = dict[str, dict[str, Any]]


class TableQuestion(Question):
    """The same questions for each of several fixed rows; the answer is {row: {column: answer}}.

    Columns are questions that fit a cell: text, number, money, time, choice, yes-no, identifier, phone, email.
    """

    type: Literal["table"]
    rows: tuple[Option, ...] = ()
    list: str | None = None
    columns: tuple[Column, ...] = Field(min_length=1, max_length=8)
    optional_rows: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, data: Any, info: ValidationInfo) -> Any:
        return options_from_list(data, info, "rows")

    @model_validator(mode="after")
    def _has_rows(self) -> "TableQuestion":
        names = [row.value for row in self.rows]
        if not 1 <= len(names) <= 60:
            raise ValueError("a table needs 1 to 60 'rows', or the name of a 'list'")
        if len(set(names)) < len(names):
            raise ValueError("two rows have the same value")
        return self

    @field_validator("columns")
    @classmethod
    def _plain_columns(cls, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        if len({column.name for column in columns}) < len(columns):
            raise ValueError("two columns have the same name")
        for column in columns:
            for word in ("when", "fill", "rules"):
                if getattr(column, word):
                    raise ValueError(f"the column '{column.name}' cannot have '{word}'; the table itself can")
        return columns

    def posted(self, form: Posted, at: str) -> Any:
        return self.read(form, at)[0]

    def read(self, form: Posted, at: str) -> Reading:
        cells: Cells = {}
        refusals: list[Refusal] = []
        for row in self.rows:
            for column in self.columns:
                value, unreadable = column.read(form, f"{at}.{row.value}.{column.name}")
                refusals += [replace(refusal, items=((row.label, None),)) for refusal in unreadable]
                if value is not None:
                    cells.setdefault(row.value, {})[column.name] = value
        # A row with unreadable text stays in the answer, so that it is not reported as missing.
        for refusal in refusals:
            cells.setdefault(refusal.path.removeprefix(f"{at}.").partition(".")[0], {})
        return cells or None, refusals

    def taken(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            row: answers_taken(self.columns, cells) if isinstance(cells, dict) else cells
            for row, cells in value.items()
        }

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        columns = {column.name for column in self.columns}
        if (
            not isinstance(value, dict)
            or not set(value) <= {row.value for row in self.rows}
            or not all(isinstance(cells, dict) and set(cells) <= columns for cells in value.values())
        ):
            yield self.refuse(at, "wrong_kind")
            return
        for row in self.rows:
            cells = value.get(row.value)
            if cells is None and self.optional_rows:
                continue
            for column in self.columns:
                where = f"{at}.{row.value}.{column.name}"
                for refusal in column.refusals((cells or {}).get(column.name), where, asking):
                    yield replace(refusal, items=((row.label, None),))

    def refusals(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if value in (None, {}) and not self.optional and not self.optional_rows and self.missing is None:
            yield from self.refused({}, at, asking)
        else:
            yield from super().refusals(value or None, at, asking)

    def json_schema(self) -> dict[str, Any]:
        required = [column.name for column in self.columns if not column.optional]
        cells = {
            "type": "object",
            "additionalProperties": False,
            "properties": {c.name: {"title": c.label.in_("en"), **c.json_schema()} for c in self.columns},
            **({"required": required} if required else {}),
        }
        whole = {"required": [row.value for row in self.rows]} if required and not self.optional_rows else {}
        return {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": {row.value: {"title": row.label.in_("en"), **cells} for row in self.rows},
            **whole,
        }

    def shown(self, value: Any, language: str) -> str:
        return "\n".join(
            f"{row.label.in_(language)}{colon(language)}{self.row_shown(value[row.value], language)}"
            for row in self.rows
            if value.get(row.value)
        )

    def row_shown(self, cells: dict[str, Any], language: str) -> str:
        """The cells of a row as one line of text."""
        shown_cells = (
            f"{column.label.in_(language)} {column.shown(cells[column.name], language)}"
            for column in self.columns
            if cells.get(column.name) is not None
        )
        return WORDS["comma"].in_(language).join(shown_cells)

    def known(self, value: Any, look: Look | None = None) -> Any:
        rows = value if isinstance(value, dict) else {}
        known = {row.value: self._row_known(rows.get(row.value), look) for row in self.rows}
        return Whole(known, self, rows)

    def _row_known(self, cells: Any, look: Look | None) -> dict[str, Any]:
        return Answered(self.columns, cells if isinstance(cells, dict) else {}, look)
