"""Find the answer that is missing when a value cannot be computed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from praya.definition.own_words import WORDS
from praya.definition.questions import DerivedQuestion, Question, RepeatQuestion
from praya.definition.service import Service
from praya.definition.value_words import fitted
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.text import Text


@dataclass(frozen=True)
class Missing:
    """A question that is not answered, its path in the answers, and the items of repeats that contain it."""

    question: Question
    path: str
    items: tuple[tuple[Text, int], ...] = ()

    def sentence(self, language: str) -> str:
        """The sentence that a value is unknown because this answer is missing."""
        where = "".join(f"{item.in_(language)} {number} – " for item, number in self.items)
        label = f"{where}{self.question.label.in_(language)}"
        return fitted(WORDS["missing_answer"], language, known=WORDS["not_known"].in_(language), label=label)


def missing_in(service: Service, expression: Expression, context: Mapping[str, Any]) -> Missing | None:
    """The first answer that an expression lacks, directly or through derived answers, decisions and conditions."""
    todo, seen = [expression], set[str]()
    while todo:
        one = todo.pop()
        try:
            value = one.value(context)
            names: tuple[str | int, ...] = _path(one) if value is None else ()
        except ExpressionFailed as failed:
            names = failed.missing
        if len(names) < 2 or ".".join(map(str, names[:2])) in seen:
            continue
        seen.add(".".join(map(str, names[:2])))
        root, name = str(names[0]), str(names[1])
        question = service.questions.get(name) if root == "answers" else None
        if isinstance(question, DerivedQuestion):
            todo.append(question.value)
        elif question is not None:
            return _within(question, names[2:])
        elif root == "conditions" and name in service.conditions:
            todo.append(service.conditions[name].when)
        elif root == "decisions" and name in service.decisions:
            todo += reversed(list(service.decisions[name].expressions()))
    return None


def _path(expression: Expression) -> tuple[str | int, ...]:
    return expression.deepest[0] if len(expression.deepest) == 1 else ()


def _within(question: Question, names: tuple[str | int, ...]) -> Missing:
    """The question at this path inside items of repeats; items are counted from 1."""
    path, items = [question.name], list[tuple[Text, int]]()
    while len(names) > 1 and isinstance(question, RepeatQuestion) and isinstance(names[0], int):
        inner = next((one for one in question.questions if one.name == names[1]), None)
        if inner is None:
            break
        items.append((question.item, names[0]))
        path += [str(names[0] - 1), inner.name]
        question, names = inner, names[2:]
    return Missing(question, ".".join(path), tuple(items))
