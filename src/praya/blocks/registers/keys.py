"""The keys by which entries are searched and kept unique: hashes of values, map squares, ordered numbers. Pure."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from math import ceil, cos, floor, radians
from typing import Any

from praya.kernel import jsontext
from praya.kernel.alikeness import compared
from praya.kernel.geo import is_point
from praya.kernel.number import is_number, written

# The sides of map squares in degrees, each with the greatest distance in metres for which it is used.
SQUARES = ((Decimal("0.01"), 2_000), (Decimal("0.1"), 20_000))
FARTHEST = SQUARES[-1][1]
_HIGHEST = 10**21


@dataclass(frozen=True, slots=True)
class Finding:
    """The groups of facts by which the entries of a register are searched, and the facts that are unique together.

    The last fact of a group may be a place, a number or a day. `sealed` are the facts that are not public. For a group
    that contains one, only a keyed hash is stored, so its number, day or place can only be searched by equality.
    """

    found_by: tuple[tuple[str, ...], ...] = ()
    unique: tuple[str, ...] = ()
    sealed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Key:
    """One key of an entry: see KeyRow."""

    facts: str
    key: str
    number: Decimal | None = None
    is_sealed: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """A search for entries by a group of facts: it gives the values of all but the last.

    For the last fact it gives a value, a range of numbers or days, or a greatest distance in metres from a point.
    """

    facts: tuple[str, ...]
    values: tuple[Any, ...]
    low: Any = None
    high: Any = None
    near: Mapping[str, Any] | None = None
    within: int = 0
    sealed: frozenset[str] = field(default_factory=frozenset)


Hashed = Callable[[str], str]
"""The keyed hash of a text."""


def keys(finding: Finding, values: Mapping[str, Any], hashed: Hashed) -> Iterator[Key]:
    """The keys of an entry with these values. A group with an unknown value has none."""
    for group in finding.found_by:
        given = [values.get(name) for name in group]
        if any(value is None for value in given):
            continue
        is_sealed = bool(finding.sealed.intersection(group))
        *before, last = given
        number = None if is_sealed else in_order(last)
        if number is not None:
            yield Key("+".join(group), _key(before, is_sealed, hashed), number)
        elif isinstance(last, Mapping) and is_point(last) and not is_sealed:
            for size, _ in SQUARES:
                lat, lon = _square(last["lat"], size), _square(last["lon"], size)
                yield Key("+".join(group), _key([*before, f"{size}:{lat}:{lon}"], is_sealed, hashed))
        else:
            yield Key("+".join(group), _key(given, is_sealed, hashed), is_sealed=is_sealed)


def unique_key(finding: Finding, values: Mapping[str, Any], hashed: Hashed) -> str | None:
    """The key that must be unique among live entries; None if the register has none, or a value is unknown."""
    given = [values.get(name) for name in finding.unique]
    return None if not given or any(value is None for value in given) else _key(given, True, hashed)


def searched_keys(search: Search, hashed: Hashed) -> list[str]:
    """The keys that a search matches: one, or those of all squares around a point."""
    is_sealed = bool(search.sealed.intersection(search.facts))
    values = list(search.values)
    if search.near is not None:
        size = next(size for size, farthest in SQUARES if search.within <= farthest)
        return [_key([*values, f"{size}:{at}"], is_sealed, hashed) for at in _squares(search.near, search.within, size)]
    if len(values) < len(search.facts):
        return [_key(values, is_sealed, hashed)]
    if not is_sealed and in_order(values[-1]) is not None:
        values.pop()
    return [_key(values, is_sealed, hashed)]


def range_of(search: Search) -> tuple[Decimal | None, Decimal | None]:
    """The least and the greatest number of the last fact, both included; None for no bound."""
    if len(search.values) == len(search.facts) and not search.sealed.intersection(search.facts):
        exact = in_order(search.values[-1])
        return exact, exact
    return in_order(search.low), in_order(search.high)


def alike(one: Any, other: Any) -> bool:
    """Whether two values have the same key."""
    return one is not None and other is not None and compared(one) == compared(other)


def is_between(value: Any, low: Any, high: Any) -> bool:
    """Whether a number or a day is within bounds, both included; None means no bound."""
    number, least, most = in_order(value), in_order(low), in_order(high)
    return number is not None and (least is None or least <= number) and (most is None or number <= most)


def in_order(value: Any) -> Decimal | None:
    """The number by which a value is ordered: itself, or a day as a count of days; None for any other value."""
    if isinstance(value, Mapping) and set(value) == {"day"}:
        return Decimal(date.fromisoformat(value["day"]).toordinal())
    if is_number(value) and abs(value) < _HIGHEST:
        return round(Decimal(written(value)), 6)
    return None


def _square(degrees: Any, size: Decimal) -> int:
    return floor(Decimal(str(degrees)) / size)


def _squares(point: Mapping[str, Any], within: int, size: Decimal) -> list[str]:
    lat, lon = Decimal(str(point["lat"])), Decimal(str(point["lon"]))
    up = Decimal(str(within / 111_195))
    # A degree of longitude is shorter towards the poles.
    aside = up / Decimal(str(max(cos(radians(min(abs(float(lat)) + float(up), 85.0))), 0.08)))
    rows = range(_square(lat - up, size), _square(lat + up, size) + 1)
    columns = range(_square(lon - aside, size), _square(lon + aside, size) + 1)
    whole = ceil(360 / size)
    around = -whole // 2
    return [f"{row}:{(column - around) % whole + around}" for row in rows for column in columns]


def _key(values: Sequence[Any], is_sealed: bool, hashed: Hashed) -> str:
    text = jsontext.dumps([compared(value) for value in values])
    return hashed(text) if is_sealed else hashlib.sha256(text.encode()).hexdigest()[:32]
