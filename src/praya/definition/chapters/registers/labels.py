"""Checks of the labels that a fact of a register or of a publication gives to its values."""

from collections.abc import Iterator, Mapping
from typing import Any

from praya.definition.chapter import Problems
from praya.definition.model import Path
from praya.definition.source import Message, unknown
from praya.kernel.expression import Expression
from praya.kernel.syntax import Choice, Literal, Node


def of_facts(facts: Mapping[str, Any], path: Path) -> Problems:
    """Check that what facts with labels are worked out from are values that have one."""
    for name, fact in facts.items():
        if fact.labels and fact.kind not in (None, "choice"):
            message = f"values with labels are a choice, and the fact says 'kind: {fact.kind}'; take one of the two out"
            yield (*path, name, "labels"), Message("wrong-kind", message)
        yield from written(fact, fact.value, (*path, name, "value"))


def written(fact: Any, expression: Expression, path: Path) -> Problems:
    """Check that each word that an expression writes into a fact has a label, where the fact's values have any."""
    for value in dict.fromkeys(_words(expression.node)) if fact.labels else ():
        if value not in fact.labels:
            yield path, unknown(f"label of '{fact.name}' for", value, fact.labels)


def _words(node: Node) -> Iterator[str]:
    """The texts that an expression may come to, as far as they stand in it."""
    if isinstance(node, Choice):
        yield from _words(node.one)
        yield from _words(node.other)
    elif isinstance(node, Literal) and isinstance(node.value, str):
        yield node.value
