"""The state of a preview: the last valid edition of the service, its examples, and the errors of the file."""

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
    """One save of the file. `service` is the last valid definition, or None; `problems` are those of this save.

    For a file of a kind that a plug brings there is no service; `address`, after `/<lang>/`, is the page that displays
    its last valid content, empty when there is none.
    """

    number: int
    saved_at: datetime
    name: str
    service: Service | None = None
    stories: tuple[tuple[str, Example], ...] = ()
    problems: tuple[Problem, ...] = ()
    address: str = ""

    @property
    def has_page(self) -> bool:
        """Whether there is valid content to display."""
        return self.service is not None or bool(self.address)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that make this save invalid."""
        return tuple(problem for problem in self.problems if problem.level == "error")


@dataclass
class Doing:
    """The draft or case that the designer used last, and its recorded steps."""

    kind: str = ""
    ref: str = ""
    person_ref: str = ""
    story: dict[str, Any] = field(default_factory=dict)


_numbers = itertools.count(1)
_changed = threading.Condition()
_now: list[Edition] = []
doing = Doing()


def show(edition: Edition) -> None:
    """Set the current edition, and wake the requests that wait for one."""
    with _changed:
        _now[:] = [edition]
        _changed.notify_all()


def edition() -> Edition:
    """The current edition."""
    return _now[0]


def next_number() -> int:
    """A new number for a generated case."""
    return next(_numbers)


def newer(than: int, *, seconds: float) -> int:
    """Wait until the edition's number differs from `than`, at most `seconds`, and return it."""
    with _changed:
        _changed.wait_for(lambda: edition().number != than, timeout=seconds)
    return edition().number
