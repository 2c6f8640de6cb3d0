"""What a service works out from answers: named conditions, decision tables, and the order in which they follow."""

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
    """A rule with a name; `label` says it in words where a result is explained."""

    name: Name
    when: Expression
    label: Text | None = None


class Row(Model):
    """One line of a decision table: the result, when it holds, and the days between which it is law."""

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
        """Whether it takes whatever the rows before it left."""
        return self.when is None and self.from_date is None and self.until is None

    def in_force(self, day: date) -> bool:
        """Whether it is law on that day; `until` is the last."""
        return (self.from_date is None or self.from_date <= day) and (self.until is None or day <= self.until)


class Decision(Model):
    """A decision table: read from the top, the first row that holds decides."""

    name: Name
    label: Text | None = None
    reference: Citation | None = None
    rows: tuple[Row, ...] = Field(min_length=1)
    several: Expression | None = None

    @property
    def repeat(self) -> str | None:
        """The repeat for each item of which it decides."""
        return self.several.source.removeprefix("answers.").strip() if self.several else None

    @property
    def paths(self) -> frozenset[Node]:
        """What its rows read."""
        return frozenset(path for expression in self.expressions() for path in expression.paths)

    @field_validator("rows")
    @classmethod
    def _all_are_reached(cls, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        if any(row.is_last for row in rows[:-1]):
            raise ValueError("a row without 'when' takes everything, so the rows below it are never read; put it last")
        return rows

    def row(self, context: Mapping[str, Any], day: date) -> Row | None:
        """The row that decides; None when none does, or while something that a row reads is not answered."""
        for row in self.rows:
            if not row.in_force(day):
                continue
            holds = row.when is None or row.when.truth(context)
            if holds is not False:
                return row if holds else None
        return None

    def decided(self, context: Mapping[str, Any], day: date) -> Any:
        """The result, None while it is not known."""
        row = self.row(context, day)
        if row is None or row.value is None:
            return row.then if row else None
        try:
            return row.value.value(context)
        except ExpressionFailed:
            return None

    def label_of(self, value: Any) -> Text | None:
        """What a result is called; the same result is called the same in every row."""
        return next((row.label for row in self.rows if row.label and row.then == value and row.then is not None), None)

    def expressions(self) -> Iterator[Expression]:
        """Everything that it reads."""
        for row in self.rows:
            yield from (expression for expression in (row.when, row.value) if expression is not None)


def in_order(reads: Reads) -> tuple[Node, ...]:
    """What is worked out, each after what it reads. Raises graphlib.CycleError, a ValueError."""
    return tuple(node for node in TopologicalSorter(reads).static_order() if node in reads)


def circles(reads: Reads) -> Iterator[list[Node]]:
    """Each circle: what reads the next, and the last of them the first."""
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
    """Everything from which these nodes come, themselves included; only what stands under `through` is opened."""
    found: set[Node] = set()
    todo = list(nodes)
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo += reads.get(node, ()) if node[0] in through else ()
    return found
