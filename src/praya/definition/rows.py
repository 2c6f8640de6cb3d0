"""Values computed for each item of a repeat: derived answers among its questions, and decision tables by row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from praya.definition.questions import ROW, Answered, DerivedQuestion, Question, RepeatQuestion
from praya.definition.reasoning import Decision, Node, Reads, in_order


@dataclass(frozen=True)
class Rows:
    """The values computed for each item of a repeat, in order: ("item", derived answer), ("decisions", table)."""

    derived: Mapping[str, DerivedQuestion]
    decisions: Mapping[str, Decision]
    inner: Reads
    """The names that each of these reads, including those of the item."""

    @cached_property
    def order(self) -> tuple[Node, ...]:
        """The order of evaluation. Raises graphlib.CycleError."""
        return in_order(self.inner)

    @property
    def reads(self) -> frozenset[Node]:
        """The names that they read, except those of the items."""
        every = frozenset(node for read in self.inner.values() for node in read)
        return frozenset(node for node in every if node[0] not in {"item", ROW} and node not in self.inner)

    def work_out(self, items: Iterable[Any], context: Mapping[str, Any], day: date, *, anew: bool) -> dict[str, Any]:
        """Compute the derived answers of the items, unless they are stored, and return the results of the tables.

        The results are lists with one result for each item, by the name of the table.
        """
        if not anew and not self.decisions:
            return {}
        results: dict[str, list[Any]] = {name: [] for name in self.decisions}
        for item in items:
            decided = {**context["decisions"], **dict.fromkeys(results)}
            seen = {**context, "item": item, "decisions": decided}
            if isinstance(item, Answered) and ROW in item:
                seen[ROW] = item[ROW]
            for root, name in self.order:
                if root == "decisions":
                    decided[name] = self.decisions[name].decided(seen, day)
                elif anew and isinstance(item, Answered):
                    item.put(name, self.derived[name].worked_out(seen))
            for name, result in results.items():
                result.append(decided[name])
        return results


def rows_of(questions: Iterable[Question], decisions: Mapping[str, Decision], root: str = "answers") -> dict[str, Rows]:
    """The values computed by row, for each repeat that has any; `root` is that of the questions in expressions."""
    by_repeat = {}
    for repeat in questions:
        if not isinstance(repeat, RepeatQuestion):
            continue
        derived = {q.name: q for q in repeat.questions if isinstance(q, DerivedQuestion)}
        tables = {name: one for name, one in decisions.items() if one.rows_of == (root, repeat.name)}
        if derived or tables:
            inner: dict[Node, frozenset[Node]] = {
                ("item", name): q.value.paths | (q.when.paths if q.when else frozenset()) for name, q in derived.items()
            }
            inner |= {("decisions", name): one.paths for name, one in tables.items()}
            own = (root, repeat.name)
            by_repeat[repeat.name] = Rows(derived, tables, {n: r - {own} for n, r in inner.items()})
    return by_repeat


def of_row(context: Mapping[str, Any], rows: Rows | None, item: Any, number: int) -> dict[str, Any]:
    """The context of one item, counted from 1: `item`, and the result of each table by row for it."""
    decided = dict(context.get("decisions", {}))
    for name in rows.decisions if rows else ():
        results = decided.get(name)
        decided[name] = results[number - 1] if isinstance(results, list) and number <= len(results) else None
    return {**context, "item": item, "decisions": decided}


def with_rows(reads: Reads, rows: Mapping[str, Rows]) -> dict[Node, frozenset[Node]]:
    """The names that each value reads, including repeats with values computed by row."""
    tables = {("decisions", name): repeat for repeat, one in rows.items() for name in one.decisions}
    reads_of = {
        node: frozenset({("answers", tables[node])}) if node in tables else read for node, read in reads.items()
    }
    return {**reads_of, **{("answers", name): one.reads for name, one in rows.items()}}
