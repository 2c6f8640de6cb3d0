"""The dimensions of statistics: questions with closed lists, in the form or in the items of a repeat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from praya.definition.own_words import colon
from praya.definition.questions import Question, RepeatQuestion
from praya.definition.service import Service
from praya.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Dimension:
    """A question by which applications are counted; with a `repeat`, a question of its items."""

    question: Question
    repeat: RepeatQuestion | None = None

    @property
    def cells(self) -> Mapping[str, Text]:
        """The closed list, value -> label; empty when there is none."""
        return self.question.cells

    @property
    def overlaps(self) -> bool:
        """Whether one application may be counted under several of the cells."""
        return self.repeat is not None or self.question.overlaps

    def label(self, language: str) -> str:
        """The label of the question, after that of its repeat."""
        own = self.question.label.in_(language)
        return own if self.repeat is None else f"{self.repeat.label.in_(language)}{colon(language)}{own}"

    def cell(self, answers: Mapping[str, Any]) -> str | Sequence[str] | None:
        """The cell in which an application is counted, a list if cells overlap; None when it is unknown.

        An application with two items of one kind is counted under that kind once.
        """
        if self.repeat is None:
            value = answers.get(self.question.name)
            return None if value is None else self.question.cell(value)
        items = [item[self.question.name] for item in answers.get(self.repeat.name) or () if self.question.name in item]
        cells = (self.question.cell(value) for value in items if value is not None)
        return sorted({one for cell in cells for one in ([cell] if isinstance(cell, str) else cell)}) or None


def dimension(service: Service, name: str) -> Dimension | None:
    """The question that `statistics.by` names; None where there is none."""
    outer, dot, inner = name.partition(".")
    asked = service.questions.get(outer)
    if not dot:
        return None if asked is None else Dimension(asked)
    if not isinstance(asked, RepeatQuestion) or inner not in asked.by_name:
        return None
    return Dimension(asked.by_name[inner], asked)


def dimensions(service: Service) -> dict[str, Dimension]:
    """All dimensions of the service, by name."""
    by_name = {name: dimension(service, name) for name in service.statistics.by}
    return {name: one for name, one in by_name.items() if one is not None}
