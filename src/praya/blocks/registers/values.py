"""Values of registers: an entry, its private part, its earlier versions, an entry to be made, a page of entries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from praya.blocks.registers.keys import Finding
from praya.blocks.registers.rules import Value
from praya.kernel.text import Text

NO_FINDING = Finding()


State = Literal["coming", "in-force", "lapsed", "struck"]


class NoEntry(LookupError):
    """There is no such entry, or it was struck off."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a register. It is in force from `from_date` to `until_date`, both included, unless struck off.

    `facts` are the public facts as texts for readers, `values` the same as JSON values for expressions, a day as
    `{"day": "2026-03-01"}`. `number` is the reference for people, such as `E-4K7P-9QXW`; `item` counts, from 1,
    the entries that a case made of the items of a repeat, and is 0 otherwise.
    """

    ref: str
    number: str
    register: str
    service: str
    facts: Mapping[str, Value]
    from_date: date
    until_date: date | None
    struck_at: datetime | None
    case_ref: str = ""
    holder_ref: str = ""
    entered_at: datetime | None = None
    struck_case: str = ""
    reminded: int = 0
    item: int = 0
    remind_on: date | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def fact_text(self, name: str, language: str) -> str:
        """The text of a public fact in a language; empty when the entry does not have it."""
        return value_text(self.facts.get(name, ""), language)

    def state(self, on: date) -> State:
        """The state of the entry on a day. It lapses after its last day, without any further act."""
        if self.struck_at is not None:
            return "struck"
        if on < self.from_date:
            return "coming"
        return "lapsed" if self.until_date is not None and self.until_date < on else "in-force"


@dataclass(frozen=True, slots=True)
class Inside:
    """The part of an entry that is not public: its other facts, and every value in the form that expressions use."""

    facts: Mapping[str, Value] = field(default_factory=dict)
    known: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier version of an entry, and the case that renewed, amended or transferred it."""

    facts: Mapping[str, Value]
    from_date: date
    until_date: date | None
    amended_at: datetime
    kind: str = "amended"
    case_ref: str = ""
    holder_ref: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry that is to be made. The same `once_key` makes it once.

    `facts` are public, and the first of them sorts the entry in its register; `values` are the same as JSON values for
    expressions. `inside` are the facts that are not public, and `known` the values of all facts. `finding` gives the
    groups of facts by which the entry can be searched, and those that are unique.
    """

    service: str
    register: str
    case_ref: str
    facts: Mapping[str, Value]
    from_date: date
    until_date: date | None
    once_key: str
    holder_ref: str = ""
    item: int = 0
    inside: Mapping[str, Value] = field(default_factory=dict)
    known: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    finding: Finding = NO_FINDING
    remind_on: date | None = None
    reminded: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries in order, and whether more follow."""

    entries: tuple[Entry, ...]
    more: bool


def value_text(value: Value, language: str) -> str:
    """The text of a value in a language."""
    return value if isinstance(value, str) else Text(value).in_(language)
