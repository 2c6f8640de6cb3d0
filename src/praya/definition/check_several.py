"""Checks of what is made for each item of a repeat."""

from collections.abc import Mapping
from typing import Any

from praya.definition.chapter import Problems, Whole
from praya.definition.model import Path, Several
from praya.definition.questions import ROW, RepeatQuestion
from praya.definition.reasoning import Decision
from praya.definition.row_lists import rows_behind
from praya.definition.source import Message, unknown


def several(service: Any, one: "Several | Decision", path: Path) -> Problems:
    """Check that `several` names a repeat of the applicant's form; for a decision table, or one of an action."""
    repeats = _repeats(service, findings=isinstance(one, Decision))
    if one.several and one.several.source.strip() not in repeats:
        yield (*path, "several"), unknown("repeat", one.several.source, repeats)


def _repeats(service: Any, *, findings: bool = False) -> list[str]:
    asked = {"answers": service.questions, "findings": service.flow.action_questions if findings else {}}
    return [f"{root}.{q.name}" for root, by in asked.items() for q in by.values() if isinstance(q, RepeatQuestion)]


def of_each_item(whole: Whole, word: str, made: Mapping[str, Several]) -> Problems:
    """Check that the expressions under a word read `item` only if something is made for each item of a repeat."""
    for name, one in made.items():
        repeat = rows_behind(one.several, whole.service, findings=True) if one.several else None
        if one.several is not None and repeat is None:
            yield (word, name, "several"), unknown("repeat", one.several.source, _repeats(whole.service, findings=True))
        inner = {*repeat.by_name, *({ROW} if repeat.of else ())} if repeat is not None else set()
        for where, expression in whole.expressions:
            if where[:2] != (word, name) or where[-1] == "several" or "item" not in expression.names:
                continue
            if one.several is None:
                yield where, Message("not-possible", "there is no item: say of which repeat, 'several: answers.…'")
            for root, member in sorted(expression.paths):
                if root == "item" and repeat is not None and member not in inner:
                    yield where, unknown(f"question of '{repeat.name}'", member, inner)
            if repeat is None or repeat.of is None:
                continue
            for names in expression.deepest:
                if names[:2] == ("item", ROW) and len(names) > 2 and names[2] not in {*repeat.of_row, ROW}:
                    yield where, unknown("question of the row", names[2], repeat.of_row)
