"""What a chapter of the definition language does to a case: its effects, its facts, what an example may expect of it.

Each file in `journey/chapters/` holds one `CHAPTER`; the words themselves are declared in the file of the same name in
`definition/chapters/`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.definition.pack import Pack
from praya.definition.questions import Look
from praya.definition.service import Service
from praya.journey import visits
from praya.kernel.text import Text


@dataclass
class Picture:
    """A case and everything about it that its definition can speak of."""

    case: cases.Case
    service: Service
    answers: dict[str, Any]
    findings: dict[str, Any]
    context: dict[str, Any]
    texts: dict[str, Text]
    person: identity.Person | None
    booking: bookings.Booking | None
    entry_changed: bool = False

    @property
    def raw(self) -> dict[str, Any]:
        """Answers and findings by name, as they are kept."""
        return {**self.answers, **self.findings}


@dataclass(frozen=True, slots=True)
class Reading:
    """A case that is read on a day, with its booking; `look` finds entries of registers that its answers name."""

    case: cases.Case
    service: Service
    pack: Pack
    today: date
    look: Look
    booking: bookings.Booking | None
    struck: frozenset[str] = frozenset()
    """Entries of the case that are read although they do not stand any more."""


class Reader(Protocol):
    """Reads the picture of a case as it is at this moment; entries that are `struck` as if they still stood."""

    def __call__(self, case: cases.Case, struck: frozenset[str] = frozenset()) -> Picture:
        """The picture of the case."""
        ...


@dataclass
class Occasion:
    """An action, a state that was entered, or a timer, whose effects are carried out now.

    `mark` tells this occasion from any other of the same case. `session` is the one that was chosen for a visit.
    `look` reads the case as it is at this moment, after the effects before. `found` collects the references of the
    entries that a look-up found and an effect has changed; `struck` those of the case that stood until now.
    """

    case: cases.Case
    service: Service
    pack: Pack
    mark: str
    reason: str
    session: visits.Session | None
    at: datetime
    by: str
    look: Reader
    found: list[str] = field(default_factory=list)
    struck: frozenset[str] = frozenset()

    def seen(self) -> Picture:
        """The case as it is at this moment."""
        return self.look(self.case)

    def told(self) -> Picture:
        """The case as letters, records and public notices tell of it: with the entry that was struck off just now."""
        return self.look(self.case, self.struck)

    def keep(self) -> None:
        """Keep for `told` the entries and public notices of the case, before an effect strikes any of them off."""
        self.struck |= {entry.ref for entry in registers.of_case(self.case.ref) if entry.struck_at is None}

    def once(self, name: str) -> str:
        """A key under which something of this name is made once, however often the occasion is tried."""
        return f"{self.case.ref}:{self.mark}:{name}"


@dataclass(frozen=True, slots=True)
class Effect:
    """A row of the table of effects. `run` is called when any of the words says something.

    `at` places the row: effects are carried out in this order, so that a letter can speak of a record that was issued.
    """

    at: int
    words: tuple[str, ...]
    run: Callable[[Any, Occasion], None]


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of an example, at which it expects something of its case."""

    service: Service
    pack: Pack
    case: cases.Case | None
    now: datetime
    told: frozenset[str] = frozenset()
    """The letters that belong to earlier moments, by reference."""
    subject_ref: str = ""

    @property
    def today(self) -> date:
        """The day on the calendar of the territory."""
        return self.pack.calendar.day_of(self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """What the words of one chapter do.

    `facts` answers two mappings: what expressions of a case read of it, by name, and what stands in braces in letters
    and records, by path. `expectations` finds, for each word of an example's expectation, what is compared with what
    was expected; it is given the moment and the expected value. `written` writes an expected value as what is found is
    written, for words whose value is compared in another form, or in any order.
    """

    effects: tuple[Effect, ...] = ()
    facts: Callable[[Reading], tuple[Mapping[str, Any], Mapping[str, Text]]] | None = None
    expectations: Mapping[str, Callable[[Moment, Any], Any]] = field(default_factory=dict)
    written: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)


def agreeing(value: Any, wanted: Any) -> Any:
    """A value in several languages agrees with an expectation in any of them."""
    if isinstance(value, Mapping) and not isinstance(wanted, Mapping):
        return wanted if str(wanted) in [str(v) for v in value.values()] else dict(value)
    return value
