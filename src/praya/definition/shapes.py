"""Which question an expression names: of the applicant, of an officer, of a party, in an item of a repeat."""

from collections.abc import Mapping
from typing import Any

from praya.definition.chapters import CHAPTERS
from praya.definition.questions import Question, RepeatQuestion, TableQuestion
from praya.definition.service import Service
from praya.kernel.syntax import Index, Literal, Macro, Member, Name, Node

Shape = Any
"""What stands behind a name: a mapping of shapes, a list of one shape, a tuple of questions, or a question."""


def roots(service: Service) -> Mapping[str, Shape]:
    """What stands behind the names of answers, whoever gave them."""
    return {
        "answers": tuple(service.questions.values()),
        "findings": tuple(service.flow.asked.values()),
        "reviews": {action.reviewed_as: [action.ask] for action in service.flow.reviewed},
        **{name: shape for chapter in CHAPTERS for name, shape in chapter.shapes(service).items()},
    }


def question_of(node: Node, service: Service, items: Mapping[str, Shape] | None = None) -> Question | None:
    """The question whose answer a node is; None where it is no answer. `items` are the variables of loops around it."""
    shape = behind(node, {**roots(service), **(items or {})})
    return shape if isinstance(shape, Question) else None


def behind(node: Node, known: Mapping[str, Shape]) -> Shape:
    """What stands behind a node; None where nothing is known of it."""
    match node:
        case Name(name=name):
            return known.get(name)
        case Member(of=of, name=name) | Index(of=of, key=Literal(value=str(name))):
            return _within(behind(of, known), name)
        case Index(of=of):
            return item_of(behind(of, known))
        case Macro(name="filter", of=of):
            return behind(of, known)
        case Macro(name="map", of=of, variable=variable, body=body):
            return [behind(body, {**known, variable: item_of(behind(of, known))})]
    return None


def item_of(shape: Shape) -> Shape:
    """What stands behind each item of a list; None where it is none."""
    if isinstance(shape, RepeatQuestion):
        return shape.questions
    return shape[0] if isinstance(shape, list) else None


def _within(shape: Shape, name: str) -> Shape:
    if isinstance(shape, tuple):
        return next((question for question in shape if question.name == name), None)
    if isinstance(shape, TableQuestion):
        return shape.columns
    return shape.get(name) if isinstance(shape, Mapping) else None
