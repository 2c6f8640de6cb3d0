"""A call: the cases of a service that wait in a state for what is done to all of them on a day, as judging and ranking.

Cases of every version that says the same of the state belong together. A story is a call of its own: its members and
its cases mix with nobody else's.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Generic, TypeVar

from praya.blocks.cases import api as cases
from praya.blocks.services import api as services
from praya.definition.service import Service
from praya.journey import load

W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class Story:
    """What sets a story apart: a key of its own, and the references of its cases."""

    key: str
    refs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Call(Generic[W]):
    """The cases in one state, and what its word (`judging`, `ranking`) says; of several versions the newest counts."""

    service: Service
    state: str
    word: W
    versions: frozenset[int]
    story: Story | None = None

    def ref(self, kind: str, day: date) -> str:
        """The reference of what is done on a day: another day is another one."""
        return hashed(kind, self.service.service, self.state, day.isoformat(), key=self.story.key if self.story else "")

    def waiting(self) -> list[cases.Waiting]:
        """The open cases that are in the state."""
        waiting_cases = cases.waiting(service=self.service.service, state=self.state, versions=self.versions)
        return [one for one in waiting_cases if self.story is None or one.ref in self.story.refs]


def hashed(*parts: str, key: str = "") -> str:
    """A reference that follows from these words; `key` is a story's."""
    return hashlib.sha256(":".join((*parts, key)).encode()).hexdigest()[:32]


def of_service(
    service: Service,
    versions: Iterable[int],
    words: Callable[[Service], Iterator[tuple[str, W]]],
    day: Callable[[W], date],
    story: Story | None = None,
) -> list[Call[W]]:
    """The calls of a service by these versions besides its own, each state and day once."""
    by_day: dict[tuple[str, date], Call[W]] = {}
    for version in sorted({service.version, *versions}, reverse=True):
        versioned = service if version == service.version else load.compiled(service.service, version)
        for state, word in words(versioned):
            key = (state, day(word))
            call = by_day.get(key) or Call(versioned, state, word, frozenset(), story)
            by_day[key] = replace(call, versions=call.versions | {version})
    return list(by_day.values())


def every(
    words: Callable[[Service], Iterator[tuple[str, W]]], day: Callable[[W], date]
) -> Iterator[tuple[str, list[Call[W]]]]:
    """The calls of every service that has some; a version before counts for as long as cases of it are open."""
    waiting: Mapping[str, Iterable[int]] = services.versions_that_wait_for_all()
    for name, versions in waiting.items():
        service = load.territory().owner(name)
        if service is not None:
            yield name, of_service(service, cases.open_versions(name, versions), words, day)
