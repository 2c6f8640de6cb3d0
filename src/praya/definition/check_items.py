"""What an expression reads of each item of a list, behind the variable of `map`, `filter`, `exists` and `all`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from praya.definition.chapters import CHAPTERS
from praya.definition.questions import Question, RepeatQuestion
from praya.definition.service import Service
from praya.definition.source import Said
from praya.kernel.expression import Expression, among
from praya.kernel.syntax import Macro, Node, path

Shape = Mapping[str, Any]
"""What stands behind a dot: a shape, a list of one shape, or None, of which nothing is known."""


def of_items(service: Service, expression: Expression, section: Any = None) -> Iterator[Said]:
    """Names that no item has; only what is certain is told. `section` is the one in which it stands, not the form."""
    if any(isinstance(part, Macro) for part in expression.node.walk()):
        yield from _of_items(expression.node, _roots(service, section), frozenset())


def _of_items(node: Node, known: Shape, bound: frozenset[str]) -> Iterator[Said]:
    """`known` is what stands behind each name here, those of the `bound` variables too."""
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


def _no_such(names: tuple[str, ...], known: Shape) -> Iterator[Said]:
    shape = known.get(names[0])
    for name in names[1:]:
        if not isinstance(shape, Mapping):
            return
        if name not in shape:
            yield Said("unknown-name", f"'{'.'.join(names)}': no item has '{name}'{among(name, shape)}")
            return
        shape = shape[name]


def shape_of(node: Node, known: Shape) -> Any:
    """The shape of what a path leads to, or of the list that `filter` leaves; None where nothing is known."""
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
        "findings": _shape(service.flow.asked.values()),
        "reviews": {action.reviewed_as: [_shape(action.ask)] for action in service.flow.reviewed},
        **{name: _shaped(shape) for chapter in CHAPTERS for name, shape in chapter.shapes(service).items()},
    }


def _shaped(declared: Any) -> Any:
    """A shape as a chapter declares it, with its questions opened."""
    if isinstance(declared, Mapping):
        return {name: _shaped(inner) for name, inner in declared.items()}
    if isinstance(declared, list):
        return [_shaped(inner) for inner in declared]
    return _shape(declared) if isinstance(declared, tuple) else declared


def _shape(questions: Iterable[Question]) -> Shape:
    """What repeats among these have; of other answers nothing is said here."""
    return {q.name: [_shape(q.questions)] if isinstance(q, RepeatQuestion) else None for q in questions}
