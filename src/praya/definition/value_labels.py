"""The labels of what an expression comes to, where it is the result of a decision table or an option of a choice."""

from collections.abc import Mapping
from typing import Any

from praya.definition.questions import ChoiceQuestion, DerivedQuestion
from praya.definition.reasoning import Decision
from praya.kernel.syntax import Choice, Node, named
from praya.kernel.text import Text

MOST = 8
"""How many derived answers are followed, one from another."""


def labels_of(node: Node, known: Mapping[str, Mapping[str, Any]], *, left: int = MOST) -> dict[Any, Text]:
    """The labels by value; `known` are questions and tables by root. Of `condition ? one : other` those of both."""
    if isinstance(node, Choice):
        return {**labels_of(node.other, known, left=left), **labels_of(node.one, known, left=left)}
    root, name = named(node) or ("", "")
    what = known.get(root, {}).get(name)
    if isinstance(what, Decision):
        return {row.then: row.label for row in reversed(what.rows) if row.label and row.then is not None}
    if isinstance(what, ChoiceQuestion):
        return {option.value: option.label for option in what.options}
    if isinstance(what, DerivedQuestion) and left > 0:
        return labels_of(what.value.node, known, left=left - 1)
    return {}
