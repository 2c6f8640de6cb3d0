"""What is worked out for each item of a repeat: derived answers among its questions, and decision tables by row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from praya.definition.questions import Answered, DerivedQuestion, Question, RepeatQuestion
from praya.definition.reasoning import Decision, Node, Reads, in_order


@dataclass(frozen=True)
class Rows:
    """What is worked out of each item of one repeat, in order: ("item", a derived answer), ("decisions", a table)."""

    derived: Mapping[str, DerivedQuestion]
    decisions: Mapping[str, Decision]
    inner: Reads
    """What each of these reads, also of the item."""

    @property
    def order(self) -> tuple[Node, ...]:
        """Each after what it reads. Raises graphlib.CycleError."""
        return in_order(self.inner)

    @property
    def reads(self) -> frozenset[Node]:
        """What they read beside the items."""
        every = frozenset(node for read in self.inner.values() for node in read)
        return frozenset(node for node in every if node[0] != "item" and node not in self.inner)

    def work_out(self, items: Iterable[Any], context: Mapping[str, Any], day: date, *, anew: bool) -> dict[str, Any]:
        """Fill in the derived answers of the items, unless they are kept, and answer the results of the tables.

        These are lists, by the name of the table, with a result for each item.
        """
        results: dict[str, list[Any]] = {name: [] for name in self.decisions}
        for item in items:
            decided = {**context["decisions"], **dict.fromkeys(results)}
            seen = {**context, "item": item, "decisions": decided}
            for root, name in self.order:
                if root == "decisions":
                    decided[name] = self.decisions[name].decided(seen, day)
                elif anew and isinstance(item, Answered):
                    item.put(name, self.derived[name].worked_out(seen))
            for name, result in results.items():
                result.append(decided[name])
        return results


def rows_of(questions: Iterable[Question], decisions: Mapping[str, Decision]) -> dict[str, Rows]:
    """What is worked out by row, for each repeat among the questions of which something is."""
    found = {}
    for repeat in questions:
        if not isinstance(repeat, RepeatQuestion):
            continue
        derived = {q.name: q for q in repeat.questions if isinstance(q, DerivedQuestion)}
        tables = {name: one for name, one in decisions.items() if one.repeat == repeat.name}
        if derived or tables:
            inner: dict[Node, frozenset[Node]] = {
                ("item", name): q.value.paths | (q.when.paths if q.when else frozenset()) for name, q in derived.items()
            }
            inner |= {("decisions", name): one.paths for name, one in tables.items()}
            own = ("answers", repeat.name)
            found[repeat.name] = Rows(derived, tables, {n: r - {own} for n, r in inner.items()})
    return found


def of_row(context: Mapping[str, Any], rows: Rows | None, item: Any, number: int) -> dict[str, Any]:
    """What expressions see of one item, counted from 1: `item`, and of each table by row the result for it."""
    decided = dict(context.get("decisions", {}))
    for name in rows.decisions if rows else ():
        results = decided.get(name)
        decided[name] = results[number - 1] if isinstance(results, list) and number <= len(results) else None
    return {**context, "item": item, "decisions": decided}


def with_rows(reads: Reads, rows: Mapping[str, Rows]) -> dict[Node, frozenset[Node]]:
    """What each thing reads, the items of repeats too of which something is worked out by row."""
    tables = {("decisions", name): repeat for repeat, one in rows.items() for name in one.decisions}
    found = {node: frozenset({("answers", tables[node])}) if node in tables else read for node, read in reads.items()}
    return {**found, **{("answers", name): one.reads for name, one in rows.items()}}
