"""The form in which values are compared: entries of a register, rows of a repeat. Pure."""

from collections.abc import Mapping
from typing import Any

from praya.kernel.number import is_number, written
from praya.kernel.reading import searchable


def compared(value: Any) -> Any:
    """The form in which a value is compared; that of a text ignores case, width, script and spaces."""
    if isinstance(value, str):
        return "".join(searchable(value).split())
    if isinstance(value, bool) or value is None:
        return value
    if is_number(value):
        return written(value)
    if isinstance(value, Mapping):
        return {name: compared(value[name]) for name in sorted(value)}
    return [compared(one) for one in value]
