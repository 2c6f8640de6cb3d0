"""Assurance levels as `acr` values: which one a request wants, whether a session is enough, and what the token says."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

LEVELS = (1, 2, 3)
_PREFIX = "urn:praya:level:"
ACR_VALUES = tuple(f"{_PREFIX}{level}" for level in LEVELS)


def acr(level: int) -> str:
    """The `acr` of a level."""
    return f"{_PREFIX}{level}"


def level_of(value: str) -> int | None:
    """The level of an `acr`; None for a value that is not ours."""
    return ACR_VALUES.index(value) + 1 if value in ACR_VALUES else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asks of the sign-in.

    `levels` are in the client's order of preference. `must` says that one of them is essential. `at_least` is the
    client's own minimum, which no request lowers. `max_age` is in seconds; `anew` demands a sign-in after the request.
    """

    levels: tuple[int, ...] = ()
    must: bool = False
    at_least: int = 1
    max_age: int | None = None
    anew: bool = False

    @property
    def aim(self) -> int:
        """The level to which the person is led: what the client prefers, and never below its minimum."""
        return max(self.levels[0] if self.levels else 1, self.at_least)

    @property
    def floor(self) -> int:
        """The lowest level with which the request may succeed."""
        return max(min(self.levels) if self.levels and self.must else 1, self.at_least)


def missing(wanted: Wanted, *, level: int, level_at: datetime, asked_at: datetime, at: datetime) -> str:
    """What a session lacks for a request: `sign_in`, `level` for a level that it cannot reach, or an empty text.

    A sign-in after the request is never asked for again: whoever did not reach the aim by it goes on with what was
    reached, if the floor permits. The moments of sessions are whole seconds, so `after` means in a later second.
    """
    fresh = int(level_at.timestamp()) > int(asked_at.timestamp())
    if fresh:
        return "level" if level < wanted.floor else ""
    if wanted.anew or level < wanted.aim:
        return "sign_in"
    if wanted.max_age is not None and (at - level_at).total_seconds() > wanted.max_age:
        return "sign_in"
    return ""


def told(wanted: Iterable[int], level: int) -> str:
    """The `acr` of a token: the highest wanted level that was reached, or else the level itself."""
    reached = [one for one in wanted if one <= level]
    return acr(max(reached, default=level))
