"""Checks of loops: the names that an expression reads of each item in `map`, `filter`, `exists` and `all`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from praya.definition.chapters import CHAPTERS
from praya.definition.questions import ROW, Question, RepeatQuestion
from praya.definition.service import Service
from praya.definition.source import Message
from praya.kernel.expression import Expression, among
from praya.kernel.syntax import Macro, Node, path

Shape = Mapping[str, Any]
"""What stands behind a dot: a shape, a list of one shape, or None, of which nothing is known."""


def of_items(service: Service, expression: Expression, section: Any = None) -> Iterator[Message]:
    """Yield a problem for each name that no item has. `section` is the section that contains it, if not the form."""
    if any(isinstance(part, Macro) for part in expression.node.walk()):
        yield from _of_items(expression.node, _roots(service, section), frozenset())


def _of_items(node: Node, known: Shape, bound: frozenset[str]) -> Iterator[Message]:
    """Check a node. `known` is the structure of each name, including the `bound` variables."""
    if isinstance(node, Macro):
        yield from _of_items(node.of, known, bound)
        shape = shape_of(node.of, known)
        inner = {**known, node.variable: shape[0] if isinstance(shape, list) else None}
        for part in (node.where, node.body):
            if part is not None:
                yield from _of_items(part, inner, bound | {node.variable})
        return
    if (names := path(node)) and len(names) > 1:
        if names[0] in bound:
            yield from _no_such(names, known)
        return
    for part in node.parts():
        yield from _of_items(part, known, bound)


def _no_such(names: tuple[str, ...], known: Shape) -> Iterator[Message]:
    shape = known.get(names[0])
    for name in names[1:]:
        if not isinstance(shape, Mapping):
            return
        if name not in shape:
            yield Message("unknown-name", f"'{'.'.join(names)}': no item has '{name}'{among(name, shape)}")
            return
        shape = shape[name]


def shape_of(node: Node, known: Shape) -> Any:
    """The structure of the value of a path, or of the result of `filter`; None if it is unknown."""
    if isinstance(node, Macro) and node.name == "filter":
        return shape_of(node.of, known)
    shape: Any = known
    for name in path(node) or ("",):
        shape = shape.get(name) if isinstance(shape, Mapping) else None
    return shape


def _roots(service: Service, section: Any) -> Shape:
    answers = {**_shape(service.questions.values()), **(_shape(section.questions.values()) if section else {})}
    return {
        "answers": answers,
        "findings": _shape(service.flow.action_questions.values()),
        "reviews": {action.reviewed_as: [_shape(action.ask)] for action in service.flow.reviewed},
        **{name: _shaped(shape) for chapter in CHAPTERS for name, shape in chapter.shapes(service).items()},
    }


def _shaped(declared: Any) -> Any:
    """Convert a structure that a chapter declares: questions are replaced by their structures."""
    if isinstance(declared, Mapping):
        return {name: _shaped(inner) for name, inner in declared.items()}
    if isinstance(declared, list):
        return [_shaped(inner) for inner in declared]
    return _shape(declared) if isinstance(declared, tuple) else declared


def _shape(questions: Iterable[Question]) -> Shape:
    """The structure of the repeats among these questions; other answers are unknown."""
    return {q.name: [_of_item(q)] if isinstance(q, RepeatQuestion) else None for q in questions}


def _of_item(repeat: RepeatQuestion) -> Shape:
    row = {ROW: _of_item(repeat.rows_of) if repeat.rows_of else {}} if repeat.of is not None else {}
    return {**_shape(repeat.questions), **row}
