"""Lists of rows in expressions: a repeat, or those of its items that `filter` keeps."""

from typing import Any

from praya.definition.questions import RepeatQuestion
from praya.kernel.expression import Expression
from praya.kernel.syntax import Macro, named


def unfiltered(expression: Expression) -> Expression:
    """The list of which an expression may keep some items."""
    node = expression.node
    while isinstance(node, Macro) and node.name == "filter":
        node = node.of
    return Expression.of(node)


def rows_behind(expression: Expression, service: Any, *, findings: bool = False) -> RepeatQuestion | None:
    """The repeat whose items an expression lists: one of the form or, with `findings`, of an action."""
    root, name = named(unfiltered(expression).node) or ("", "")
    known = service.questions if root == "answers" else {}
    if findings and root == "findings":
        known = service.flow.action_questions
    question = known.get(name)
    return question if isinstance(question, RepeatQuestion) else None
