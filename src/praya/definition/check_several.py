"""What is made for each item of a repeat names a repeat, and speaks of that item."""

from collections.abc import Mapping
from typing import Any

from praya.definition.chapter import Found, Whole
from praya.definition.model import Path, Several
from praya.definition.questions import RepeatQuestion
from praya.definition.reasoning import Decision
from praya.definition.source import Said, unknown


def several(service: Any, one: "Several | Decision", path: Path) -> Found:
    """Check that `several` names a repeat of the applicant's."""
    repeats = [f"answers.{q.name}" for q in service.questions.values() if isinstance(q, RepeatQuestion)]
    if one.several and one.several.source.strip() not in repeats:
        yield (*path, "several"), unknown("repeat", one.several.source, repeats)


def of_each_item(whole: Whole, word: str, made: Mapping[str, Several]) -> Found:
    """Check what a service makes under a word: for each item of a repeat it may read `item`, otherwise not."""
    for name, one in made.items():
        yield from several(whole.service, one, (word, name))
        repeat = whole.service.questions.get(one.repeat or "")
        inner = {question.name for question in getattr(repeat, "questions", ())}
        for where, expression in whole.expressions:
            if where[:2] != (word, name) or where[-1] == "several" or "item" not in expression.names:
                continue
            if one.several is None:
                yield where, Said("not-possible", "there is no item: say of which repeat, 'several: answers.…'")
            for root, member in sorted(expression.paths):
                if root == "item" and repeat is not None and member not in inner:
                    yield where, unknown(f"question of '{repeat.name}'", member, inner)
