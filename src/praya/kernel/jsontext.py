"""JSON whose numbers stay decimal: what is written is read again digit by digit."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import simplejson

from praya.kernel.number import plain


def dumps(
    value: Any, *, sort_keys: bool = False, indent: int | None = None, default: Callable[[Any], Any] | None = None
) -> str:
    """The JSON of a value, in one line unless it is indented; days and moments in ISO 8601 (RFC 3339)."""
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
    """The value of a JSON text: a number is an int where it is whole and a Decimal otherwise. Raises ValueError."""
    return simplejson.loads(text, parse_float=plain, parse_constant=_refuse)


def _moment(value: Any) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"a {type(value).__name__} is no JSON")


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
