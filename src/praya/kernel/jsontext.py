"""JSON with decimal numbers: a number is read back with exactly the digits that were written."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import simplejson

from praya.kernel.number import plain


def dumps(
    value: Any, *, sort_keys: bool = False, indent: int | None = None, default: Callable[[Any], Any] | None = None
) -> str:
    """The JSON of a value, on one line unless indented; days and moments in ISO 8601 (RFC 3339)."""
    text: str = simplejson.dumps(
        value,
        ensure_ascii=False,
        sort_keys=sort_keys,
        indent=indent,
        separators=(",", ":") if indent is None else (",", ": "),
        namedtuple_as_object=False,
        allow_nan=False,
        default=default or _moment,
    )
    return text


def loads(text: str | bytes) -> Any:
    """Parse JSON: whole numbers become int, others Decimal. Raises ValueError."""
    return simplejson.loads(text, parse_float=plain, parse_constant=_refuse)


def _moment(value: Any) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"a {type(value).__name__} is no JSON")


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
