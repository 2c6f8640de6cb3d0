"""When a signing key is made, signs and is published: a new one is known a day before it signs, an old one a day after.

Relying parties store the keys for a while. With the overlap nobody meets a signature by a key that they cannot find.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SIGNS_FOR = timedelta(days=90)
OVERLAP = timedelta(days=1)
"""For how long a key is published before it signs, and after."""
CACHED = timedelta(hours=1)
"""For how long the key set may be stored, which is far less than the overlap."""


@dataclass(frozen=True, slots=True)
class Times:
    """A key, by its number, and the moment from which it signs."""

    number: int
    signs_from: datetime


def signing(keys: Sequence[Times], at: datetime) -> int | None:
    """The number of the key that signs: the newest whose time has come; None when there is none."""
    begun = [key for key in keys if key.signs_from <= at]
    return max(begun, key=lambda key: key.signs_from).number if begun else None


def published(keys: Sequence[Times], at: datetime) -> list[int]:
    """The numbers of the keys with which signatures may be verified."""
    ordered = sorted(keys, key=lambda key: key.signs_from)
    ends = [later.signs_from + OVERLAP for later in ordered[1:]]
    return [key.number for key, end in zip(ordered, [*ends, None], strict=True) if end is None or at < end]


def next_from(keys: Sequence[Times], at: datetime) -> datetime | None:
    """The moment from which a key signs that must be made now; None when none is needed yet."""
    newest = max((key.signs_from for key in keys), default=None)
    if newest is None:
        return at
    return max(newest + SIGNS_FOR, at + OVERLAP) if at >= newest + SIGNS_FOR - OVERLAP else None
