"""What a preview shows: the newest good edition of one service, its examples, and what is wrong with the file now."""

import itertools
import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from praya.definition.example import Example
from praya.definition.service import Service
from praya.definition.source import Problem


@dataclass(frozen=True)
class Edition:
    """One save. `service` is the last that could be read, None while there was none; `problems` are of this save."""

    number: int
    saved_at: datetime
    name: str
    service: Service | None = None
    stories: tuple[tuple[str, Example], ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What keeps this save from being shown."""
        return tuple(problem for problem in self.problems if problem.level == "error")


@dataclass
class Doing:
    """What the designer looks at: the draft or case that was touched last, and its story so far."""

    kind: str = ""
    ref: str = ""
    person_ref: str = ""
    story: dict[str, Any] = field(default_factory=dict)


_numbers = itertools.count(1)
_changed = threading.Condition()
_now: list[Edition] = []
doing = Doing()


def show(edition: Edition) -> None:
    """Let every page know of a new edition."""
    with _changed:
        _now[:] = [edition]
        _changed.notify_all()


def edition() -> Edition:
    """The edition that is shown."""
    return _now[0]


def next_number() -> int:
    """A number that no made-up case had yet."""
    return next(_numbers)


def newer(than: int, *, seconds: float) -> int:
    """The number of the edition, as soon as it is another than `than`; at the latest after `seconds`."""
    with _changed:
        _changed.wait_for(lambda: edition().number != than, timeout=seconds)
    return edition().number
