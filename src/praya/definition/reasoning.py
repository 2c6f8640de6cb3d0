"""Values that a service computes from answers: named conditions, decision tables, and their order of evaluation."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pydantic import Field, field_validator, model_validator

from praya.definition.model import Model, Name, Plain
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.text import Citation, Text

Node = tuple[str, str]
"""What an expression may name: ("decisions", "band"), ("answers", "total")."""
Reads = Mapping[Node, frozenset[Node]]
"""What each thing that is worked out reads."""
WORKED_OUT = ("answers", "conditions", "decisions", "lookups")


class Condition(Model):
    """A rule with a name; `label` stands for it in the explanation of a result."""

    name: Name
    when: Expression
    label: Text | None = None


class Row(Model):
    """A row of a decision table: its result, its condition, and the days between which it is law."""

    when: Expression | None = None
    then: str | bool | int | Plain | None = None
    value: Expression | None = None
    label: Text | None = None
    from_date: date | None = Field(None, alias="from")
    until: date | None = None
    reference: Citation | None = None

    @model_validator(mode="after")
    def _has_one_result(self) -> "Row":
        if (self.then is None) == (self.value is None):
            raise ValueError("a row needs either 'then', like full, or 'value', an expression")
        if self.from_date and self.until and self.from_date > self.until:
            raise ValueError("'from' is later than 'until', so the row never applies")
        return self

    @property
    def is_last(self) -> bool:
        """Whether it applies to everything that no earlier row decides."""
        return self.when is None and self.from_date is None and self.until is None

    def in_force(self, day: date) -> bool:
        """Whether it is law on that day; `until` is included."""
        return (self.from_date is None or self.from_date <= day) and (self.until is None or day <= self.until)


class Decision(Model):
    """A decision table: the first row that holds decides."""

    name: Name
    label: Text | None = None
    reference: Citation | None = None
    rows: tuple[Row, ...] = Field(min_length=1)
    several: Expression | None = None

    @property
    def rows_of(self) -> Node | None:
        """The repeat for each item of which the table decides, with its root; None for a table that decides once."""
        if self.several is None:
            return None
        root, _, name = self.several.source.strip().partition(".")
        return root, name

    @property
    def repeat(self) -> str | None:
        """The repeat of the form for each item of which the table decides; None for any other table."""
        return self.rows_of[1] if self.rows_of and self.rows_of[0] == "answers" else None

    @property
    def paths(self) -> frozenset[Node]:
        """The names that its rows read."""
        return frozenset(path for expression in self.expressions() for path in expression.paths)

    @field_validator("rows")
    @classmethod
    def _all_are_reached(cls, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        if any(row.is_last for row in rows[:-1]):
            raise ValueError("a row without 'when' takes everything, so the rows below it are never read; put it last")
        return rows

    def row(self, context: Mapping[str, Any], day: date) -> Row | None:
        """The row that decides; None when none does, or while an answer that a row reads is missing."""
        for row in self.rows:
            if not row.in_force(day):
                continue
            holds = row.when is None or row.when.truth(context)
            if holds is not False:
                return row if holds else None
        return None

    def decided(self, context: Mapping[str, Any], day: date) -> Any:
        """The result; None while it is unknown."""
        row = self.row(context, day)
        if row is None or row.value is None:
            return row.then if row else None
        try:
            return row.value.value(context)
        except ExpressionFailed:
            return None

    def label_of(self, value: Any) -> Text | None:
        """The label of a result, which is the same in every row."""
        return next((row.label for row in self.rows if row.label and row.then == value and row.then is not None), None)

    def expressions(self) -> Iterator[Expression]:
        """All its expressions."""
        for row in self.rows:
            yield from (expression for expression in (row.when, row.value) if expression is not None)


def in_order(reads: Reads) -> tuple[Node, ...]:
    """The computed values in their order of evaluation. Raises graphlib.CycleError, a ValueError."""
    return tuple(node for node in TopologicalSorter(reads).static_order() if node in reads)


def circles(reads: Reads) -> Iterator[list[Node]]:
    """The cycles: each value reads the next one, and the last reads the first."""
    left = dict(reads)
    while True:
        try:
            TopologicalSorter(left).prepare()
        except CycleError as error:
            # A node is listed before those that read it.
            circle = list(reversed(error.args[1]))[:-1]
            yield circle
            left = {node: read for node, read in left.items() if node not in circle}
        else:
            return


def rests_on(nodes: Iterable[Node], reads: Reads, *, through: Collection[str] = WORKED_OUT) -> set[Node]:
    """Everything on which these nodes depend, including themselves; only names under `through` are followed."""
    reached: set[Node] = set()
    todo = list(nodes)
    while todo:
        node = todo.pop()
        if node not in reached:
            reached.add(node)
            todo += reads.get(node, ()) if node[0] in through else ()
    return reached
