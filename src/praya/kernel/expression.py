"""Conditions and amounts in CEL (Common Expression Language), compiled once and evaluated on the server.

The vocabulary is CEL's standard one and the functions in `FUNCTIONS`. Evaluation has no side effect,
no loop and no way out: a definition comes from outside and is never trusted as code.
"""

import difflib
import logging
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from math import isfinite
from types import ModuleType
from typing import Any, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

# The library imports its own command line, with all that draws a terminal: a third of the time in which each of our
# processes starts, for what nobody here calls.
sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))
import cel  # noqa: E402

# The library logs the text of every failure, which may quote what a person typed; failures are ours to tell of.
logging.getLogger("cel").setLevel(logging.CRITICAL + 1)
MAX_LENGTH = 2000
# An expression within a text stands in braces.
PLACEHOLDER = re.compile(r"\{([^{}]{1,200})\}")
_MACROS = {"all", "exists", "exists_one", "filter", "map", "has"}
_PATH = re.compile(r"(?<![\w.'\"])([a-z_]\w*)\.([a-z_]\w*)")
_BOUND = re.compile(r"\.(?:all|exists|exists_one|filter|map)\(\s*(\w+)\s*,")
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


class ExpressionFailed(Exception):
    """An expression that cannot be evaluated with these values."""


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return date.fromisoformat(value)


def _date(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)


def _years(start: Any, end: Any) -> int:
    born, on = _day(start), _day(end)
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _days(start: Any, end: Any) -> int:
    return (_day(end) - _day(start)).days


def _days_after(start: Any, days: float) -> datetime:
    return datetime.combine(_day(start) + timedelta(days=int(days)), time(), tzinfo=UTC)


def _given(*values: Any) -> list[Any]:
    """What was given in a list, or as several values: nothing counts that was not answered."""
    listed = values[0] if len(values) == 1 and isinstance(values[0], list | tuple) else values
    return [value for value in listed if value is not None]


def _average(values: Sequence[float | None]) -> float | None:
    given = _given(values)
    return sum(given) / len(given) if given else None


def _flat(values: Sequence[Any]) -> list[Any]:
    return [inner for value in values for inner in (_flat(value) if isinstance(value, list | tuple) else [value])]


def rounded(value: float, decimals: float = 0, way: str = ROUND_HALF_UP) -> float | int:
    """To so many decimals, a half away from zero as people round, and not to the even as Python does."""
    number = Decimal(str(value)).quantize(Decimal(1).scaleb(-int(decimals)), way)
    return int(number) if number == number.to_integral_value() else float(number)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "date": _date,
    "years_between": _years,
    "age": _years,
    "days_between": _days,
    "days_after": _days_after,
    "sum": lambda values: sum(_given(values)),
    "count": lambda values: sum(1 for value in _given(values) if value is not False),
    "average": _average,
    "highest": lambda *values: max(_given(*values), default=None),
    "lowest": lambda *values: min(_given(*values), default=None),
    "max": lambda *values: max(_given(*values), default=None),
    "min": lambda *values: min(_given(*values), default=None),
    "flatten": _flat,
    "round": rounded,
    "floor": lambda value: rounded(value, 0, ROUND_FLOOR),
    "ceil": lambda value: rounded(value, 0, ROUND_CEILING),
}
STANDARD = {
    "size", "contains", "startsWith", "endsWith", "matches", "string", "int", "double", "uint", "bool", "timestamp",
    "duration", "type", "getFullYear", "getMonth", "getDate", "getDayOfWeek", "getHours", "getMinutes", "dyn",
} | _MACROS  # fmt: skip


class Expression:
    """A compiled CEL expression. Immutable."""

    __slots__ = ("_lifted", "_program", "mentions", "names", "source")

    def __init__(self, source: str) -> None:
        """Compile `source`. Raises ValueError with a sentence that says where it is wrong."""
        if len(source) > MAX_LENGTH:
            raise ValueError(f"the expression is longer than {MAX_LENGTH} characters")
        try:
            self._program = cel.compile(source)
        except BaseException as error:
            # The Rust extension may raise a panic that is no Exception.
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise ValueError(f"the expression cannot be read: {_where(str(error))}") from None
        self._lifted = _lifted(source)
        unknown = sorted(set(self._program.functions()) - FUNCTIONS.keys() - STANDARD - _OPERATORS)
        unknown = [name for name in unknown if re.fullmatch(r"\w+", name)]
        if unknown:
            near = nearest(unknown[0], [*FUNCTIONS, *STANDARD]) or f" (known: {', '.join(sorted(FUNCTIONS))})"
            raise ValueError(f"unknown function '{unknown[0]}'{near}")
        self.source = source
        # The variables that it reads, such as `answers`.
        self.names = frozenset(set(self._program.variables()) - set(_BOUND.findall(source)))
        # The first two parts of every dotted name, such as ("answers", "area"), as they are written.
        found = _PATH.findall(_STRING.sub("''", source))
        self.mentions = tuple(dict.fromkeys((root, name) for root, name in found if root in self.names))

    @property
    def paths(self) -> frozenset[tuple[str, str]]:
        """The first two parts of every dotted name, in no order."""
        return frozenset(self.mentions)

    def value(self, context: Mapping[str, Any]) -> Any:
        """Evaluate. Raises ExpressionFailed when a value is missing, of the wrong kind, or divided by nothing."""
        found = self._evaluated(context)
        if isinstance(found, float) and not isfinite(found):
            raise ExpressionFailed(f"'{self.source}' is no number: it divides by nothing, or is too large")
        return found

    def _evaluated(self, context: Mapping[str, Any]) -> Any:
        try:
            if self._lifted is not None and "/" in self.source:
                # Whole numbers would be divided with the remainder thrown away: 100 / 12 is not 8.
                return self._lifted.execute({**_FLOATING, **_floats(context)})
            return self._program.execute({**FUNCTIONS, **context})
        except Exception as error:
            if isinstance(error, TypeError) and self._lifted is not None:
                return self._value_in_floats(context)
            raise ExpressionFailed(f"'{self.source}' cannot be evaluated: {type(error).__name__}") from error

    def _value_in_floats(self, context: Mapping[str, Any]) -> Any:
        """CEL does not mix whole numbers and decimals: `answers.rent * 12` with a rent of 5200.50. People do."""
        assert self._lifted is not None  # noqa: S101 (the caller looked)
        try:
            return self._lifted.execute({**_FLOATING, **_floats(context)})
        except Exception as error:
            raise ExpressionFailed(f"'{self.source}' cannot be evaluated: {type(error).__name__}") from error

    def holds(self, context: Mapping[str, Any]) -> bool:
        """Whether it is true; something that is not answered yet makes it false."""
        try:
            return self.value(context) is True
        except ExpressionFailed:
            return False

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
        if isinstance(value, int | float):
            return cls(repr(value))
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


_ARITHMETIC = re.compile(r"[-+*/%]")
_PIECES = re.compile(r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\[[^\[\]]*\])|(?<![\w.])(\d+)(?![\w.])""")


def _lifted(source: str) -> Any:
    """The same expression with decimals for whole numbers; None where nothing is computed or it cannot be read so."""
    bare = _STRING.sub("''", source)
    if not _ARITHMETIC.search(bare):
        return None
    text = _PIECES.sub(lambda m: m[1] if m[1] is not None else f"{m[2]}.0", source)
    try:
        return cel.compile(_sizes_as_decimals(text))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        return None


def _sizes_as_decimals(text: str) -> str:
    """`size(x)` as `double(size(x))`."""
    out, at = [], 0
    for match in re.finditer(r"(?<![\w.])size\(", text):
        depth, end = 1, match.end()
        while end < len(text) and depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        if match.start() >= at and not depth:
            out += [text[at : match.start()], "double(", text[match.start() : end], ")"]
            at = end
    return "".join([*out, text[at:]])


def _floats(value: Any) -> Any:
    """Every number as a decimal."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return float(value)
    if isinstance(value, Mapping):
        return {key: _floats(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_floats(item) for item in value]
    return value


def _floating(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *given: _floats(function(*given))


_FLOATING = {name: _floating(function) for name, function in FUNCTIONS.items()}


CLOSE = 0.6
"""How alike two words are, from 0 to 1, of which one was most likely meant as the other."""


def nearest(word: str, words: Sequence[str]) -> str:
    """`; did you mean 'x'?` for the nearest of `words`, or nothing."""
    close = difflib.get_close_matches(word, words, n=1, cutoff=CLOSE)
    return f"; did you mean '{close[0]}'?" if close else ""


MOST_NAMED = 24
"""How many words that could stand in a place are all named."""
NEAREST_NAMED = 5


def among(word: str, words: Iterable[str]) -> str:
    """`; did you mean 'x'? (known: x, y, z)`; of very many words the nearest, and how many more there are."""
    known = sorted(words)
    if len(known) <= MOST_NAMED:
        return f"{nearest(word, known)} (known: {', '.join(known) or 'none'})"
    near = difflib.get_close_matches(word, known, n=NEAREST_NAMED, cutoff=0.3) or known[:NEAREST_NAMED]
    mean = f"; did you mean '{near[0]}'?" if difflib.SequenceMatcher(None, near[0], word).ratio() >= CLOSE else ""
    return f"{mean} (known: {', '.join(near)} and {len(known) - len(near):,} more)"


def _where(message: str) -> str:
    found = re.search(r"<input>:\d+:(\d+): (?:Syntax error: )?(.*)", message)
    if found is None:
        return message.splitlines()[0][:160] if message else "syntax error"
    return f"column {found[1]}: {found[2].split(' expecting ')[0][:120]}"


_OPERATORS = {"_&&_", "_||_", "!_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_+_", "_-_", "_*_", "_/_", "_%_",
              "_?_:_", "@in", "-_", "_[_]", "_in_", "@not_strictly_false"}  # fmt: skip
