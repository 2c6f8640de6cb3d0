"""Find the question that an expression names: in the form, in an action, in a party's section, in a repeat."""

from collections.abc import Mapping
from typing import Any

from praya.definition.chapters import CHAPTERS
from praya.definition.questions import ROW, Question, RepeatQuestion, TableQuestion
from praya.definition.service import Service
from praya.kernel.syntax import Index, Literal, Macro, Member, Name, Node

Shape = Any
"""What stands behind a name: a mapping of shapes, a list of one shape, a tuple of questions, or a question."""


def roots(service: Service) -> Mapping[str, Shape]:
    """The structure of all names of answers."""
    return {
        "answers": tuple(service.questions.values()),
        "findings": tuple(service.flow.action_questions.values()),
        "reviews": {action.reviewed_as: [action.ask] for action in service.flow.reviewed},
        **{name: shape for chapter in CHAPTERS for name, shape in chapter.shapes(service).items()},
    }


def question_of(node: Node, service: Service, items: Mapping[str, Shape] | None = None) -> Question | None:
    """The question whose answer a node is; None for any other node. `items` are the variables of enclosing loops."""
    shape = behind(node, {**roots(service), **(items or {})})
    return shape if isinstance(shape, Question) else None


def behind(node: Node, known: Mapping[str, Shape]) -> Shape:
    """The structure of the value of a node; None if it is unknown."""
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
    """The structure of each item of a list; None if it is not a list."""
    if isinstance(shape, RepeatQuestion):
        if shape.of is None:
            return shape.questions
        return {**shape.by_name, ROW: item_of(shape.rows_of)}
    return shape[0] if isinstance(shape, list) else None


def _within(shape: Shape, name: str) -> Shape:
    if isinstance(shape, tuple):
        return next((question for question in shape if question.name == name), None)
    if isinstance(shape, TableQuestion):
        return shape.columns
    return shape.get(name) if isinstance(shape, Mapping) else None
