"""Conditions and amounts in CEL (Common Expression Language), compiled once and evaluated on the server.

The vocabulary is CEL's standard functions and those in `FUNCTIONS`; numbers are decimal and exact. Evaluation has no
side effects, no access to anything but its context, and a bounded number of steps: definitions come from outside and
are never trusted as code.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Self

import structlog
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from praya.kernel import evaluation, syntax
from praya.kernel.evaluation_scope import MOST_STEPS, Scope, TooCostly
from praya.kernel.functions import ALL, FUNCTIONS, STANDARD, TAKES, Failed, Unknown, pattern
from praya.kernel.number import TooLarge, written
from praya.kernel.syntax import Node

MAX_LENGTH = 2000
# An expression inside a text is written in braces.
PLACEHOLDER = re.compile(r"\{([^{}]{1,200})\}")
log = structlog.get_logger("expressions")


class ExpressionFailed(Exception):
    """An expression cannot be evaluated with these values.

    `missing` is the path of the missing answer or fact, such as ("answers", "lines", 2, "price") for the second item;
    it is empty when something else is wrong.
    """

    def __init__(self, message: str, missing: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.missing = missing


class Expression:
    """A compiled expression. Immutable."""

    __slots__ = ("_depth", "_run", "mentions", "names", "node", "source")

    def __init__(self, source: str, node: Node | None = None) -> None:
        """Compile `source`, or `node` if it is a part of another expression. Raises ValueError with the reason."""
        if len(source) > MAX_LENGTH:
            raise ValueError(f"the expression is longer than {MAX_LENGTH} characters")
        if node is None:
            try:
                node = syntax.parse(source)
            except syntax.NotReadable as error:
                raise ValueError(f"the expression cannot be read: {error}") from None
        self.source, self.node = source, node
        _insist_on_functions(node)
        self._run, self._depth = evaluation.run(node), evaluation.depth(node)
        read = [(part, bound) for part, bound in syntax.free(node)]
        # The variables that the expression reads, such as `answers`.
        self.names = frozenset(
            part.name for part, bound in read if isinstance(part, syntax.Name) and part.name not in bound
        )
        # The first two parts of every path, such as ("answers", "area"), in order.
        paths = ((syntax.named(part), bound) for part, bound in read)
        self.mentions = tuple(dict.fromkeys(path for path, bound in paths if path and path[0] not in bound))

    @classmethod
    def of(cls, node: Node) -> Self:
        """The expression of a node. The node must not use a variable of an enclosing macro."""
        return cls(node.text, node)

    @property
    def deepest(self) -> tuple[tuple[str, ...], ...]:
        """Every path in full length, such as ("parties", "doctor", "answers", "fit")."""
        return tuple(dict.fromkeys(_deepest(self.node, frozenset())))

    @property
    def paths(self) -> frozenset[tuple[str, str]]:
        """The first two parts of every path, as a set."""
        return frozenset(self.mentions)

    def value(self, context: Mapping[str, Any]) -> Any:
        """The value: numbers are int or Decimal, and an answer that was not given is None.

        Raises ExpressionFailed when a value needed for the computation is missing or of the wrong kind, on division by
        zero, or when the evaluation takes too many steps.
        """
        return evaluation.outside(self.itself(context))

    def itself(self, context: Mapping[str, Any]) -> Any:
        """The value as the context holds it: a mapping is the same object and no copy. Raises as `value`."""
        result = self._evaluate(context)
        if isinstance(result, Unknown):
            path = ".".join(map(str, result.missing)) or "something"
            raise ExpressionFailed(f"'{self.source}' is not known: {path} is missing", result.missing)
        return result

    def truth(self, context: Mapping[str, Any]) -> bool | None:
        """Whether the condition is true; None when it is unknown or cannot be evaluated."""
        try:
            result = self._evaluate(context)
        except ExpressionFailed:
            return None
        return result if isinstance(result, bool) else None

    def holds(self, context: Mapping[str, Any]) -> bool:
        """Whether the condition is true; False when it is unknown."""
        return self.truth(context) is True

    def _evaluate(self, context: Mapping[str, Any]) -> Any:
        try:
            return evaluation.evaluated(self._run, Scope(context, self._depth))
        except TooCostly:
            log.error("an expression takes too long", expression=self.source)
            raise ExpressionFailed(f"'{self.source}' takes more than {MOST_STEPS} steps") from None
        except TooLarge:
            raise ExpressionFailed(f"'{self.source}' comes to a number with too many digits") from None
        except Failed as failed:
            raise ExpressionFailed(f"'{self.source}' cannot be evaluated: {failed}") from None
        except evaluation.WRONG as error:
            raise ExpressionFailed(f"'{self.source}' cannot be evaluated: {type(error).__name__}") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.source == other.source

    def __hash__(self) -> int:
        return hash(self.source)

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"

    @classmethod
    def _read(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if isinstance(value, bool):
            return cls("true" if value else "false")
        if isinstance(value, int | float | Decimal):
            return cls(written(value))
        if not isinstance(value, str) or not value.strip():
            raise ValueError('expected an expression, like "answers.area > 300"')
        return cls(value.strip())

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._read, serialization=core_schema.plain_serializer_function_ser_schema(lambda e: e.source)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": ["string", "number", "boolean"], "description": "A CEL expression."}


def _deepest(node: Node, bound: frozenset[str]) -> Iterator[tuple[str, ...]]:
    names = syntax.path(node)
    if names is not None:
        if names[0] not in bound:
            yield names
        return
    if isinstance(node, syntax.Macro):
        yield from _deepest(node.of, bound)
        for part in (node.where, node.body):
            if part is not None:
                yield from _deepest(part, bound | {node.variable})
        return
    for part in node.parts():
        yield from _deepest(part, bound)


def _insist_on_functions(node: Node) -> None:
    """Check that functions exist and get the right number of values, and patterns are valid. Raises ValueError."""
    for part in node.walk():
        if not isinstance(part, syntax.Call) or part.name == "has":
            continue
        if part.name not in ALL:
            near = nearest(part.name, [*ALL, *syntax.MACROS, "has"]) or f" (known: {', '.join(sorted(FUNCTIONS))})"
            raise ValueError(f"unknown function '{part.name}'{near}")
        least, most = TAKES[part.name]
        if not least <= len(part.arguments) <= most:
            takes = str(least) if least == most else f"{least} to {most}"
            raise ValueError(f"'{part.name}' takes {takes} values, here it gets {len(part.arguments)}")
        if part.name == "matches" and isinstance(source := part.arguments[1], syntax.Literal):
            try:
                pattern(str(source.value))
            except Failed as failed:
                raise ValueError(f"'{part.text}' has {failed}") from None


CLOSE = 0.6
"""The similarity, from 0 to 1, above which a word is suggested for a misspelt one."""


def nearest(word: str, words: Sequence[str]) -> str:
    """`; did you mean 'x'?` for the nearest of `words`, or nothing."""
    close = difflib.get_close_matches(word, words, n=1, cutoff=CLOSE)
    return f"; did you mean '{close[0]}'?" if close else ""


MOST_NAMED = 24
"""Up to this many known words are all listed."""
NEAREST_NAMED = 5


def among(word: str, words: Iterable[str]) -> str:
    """`; did you mean 'x'? (known: x, y, z)`; of more than MOST_NAMED, the nearest and the number of others."""
    known = sorted(words)
    if len(known) <= MOST_NAMED:
        return f"{nearest(word, known)} (known: {', '.join(known) or 'none'})"
    near = difflib.get_close_matches(word, known, n=NEAREST_NAMED, cutoff=0.3) or known[:NEAREST_NAMED]
    mean = f"; did you mean '{near[0]}'?" if difflib.SequenceMatcher(None, near[0], word).ratio() >= CLOSE else ""
    return f"{mean} (known: {', '.join(near)} and {len(known) - len(near):,} more)"


__all__ = ["FUNCTIONS", "MAX_LENGTH", "PLACEHOLDER", "STANDARD", "Expression", "ExpressionFailed", "among", "nearest"]
