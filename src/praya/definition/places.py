"""Find the effects and expressions in a definition, each with its path."""

from collections.abc import Iterator
from typing import Any

from praya.definition.model import Path, leaves
from praya.kernel.expression import PLACEHOLDER, Expression
from praya.kernel.text import Text


def with_effects(service: Any) -> Iterator[tuple[Path, Any]]:
    """Yield everything with effects, with its path."""
    for state in service.flow.states.values():
        path: Path = ("flow", "states", state.name)
        yield path, state
        for action in state.actions.values():
            yield (*path, "actions", action.name), action
        for index, timer in enumerate(state.timers):
            yield (*path, "timers", index), timer
        for index, late in enumerate(state.when_late):
            yield (*path, "when_late", index), late


def in_braces(words: str) -> Iterator[Expression]:
    """Yield the expressions in braces in a text; braces without a valid expression are left out."""
    for source in PLACEHOLDER.findall(words):
        try:
            yield Expression(source)
        except ValueError:
            continue


def expressions(value: Any, path: Path = ()) -> Iterator[tuple[Path, Expression]]:
    """Yield every expression within a part of a definition, with its path; also those in braces of notices.

    Braces without a valid expression are left out; the check of the text reports them.
    """
    yield from leaves(value, Expression, path)
    for where, text in leaves(value, Text, path):
        for language, words in text.written.items() if where and where[0] == "notices" else ():
            yield from (((*where, language), expression) for expression in in_braces(words))
