"""The door of registers: what was granted, to whom, from when until when, for everybody to look up.

What a public register says is public by law and stored as it is said; the journal holds references only.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from praya.blocks.registers import rules, store
from praya.blocks.registers.models import EarlierRow, EntryRow
from praya.blocks.registers.rules import NotEnterable, Value
from praya.kernel.journal import api as journal
from praya.kernel.text import Text

__all__ = [
    "Earlier",
    "Entry",
    "NoEntry",
    "NotEnterable",
    "Page",
    "Value",
    "all_entries",
    "amend",
    "earlier",
    "enter",
    "entries",
    "entry",
    "of_case",
    "strike",
]

LARGEST_PAGE = 500
LAST_PAGE = 10_000


class NoEntry(LookupError):
    """There is no such entry, or none that stands."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a register. It is in force from `from_date` to `until_date`, both included, unless struck off."""

    ref: str
    register: str
    service: str
    facts: Mapping[str, Value]
    from_date: date
    until_date: date | None
    struck_at: datetime | None

    def said(self, name: str, language: str) -> str:
        """A fact as a reader of this language reads it; empty when the entry does not say it."""
        value = self.facts.get(name, "")
        return value if isinstance(value, str) else Text(value).in_(language)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an entry said until it was amended."""

    facts: Mapping[str, Value]
    from_date: date
    until_date: date | None
    amended_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries in order, and whether more follow."""

    entries: tuple[Entry, ...]
    more: bool


def enter(
    *,
    service: str,
    register: str,
    case_ref: str,
    facts: Mapping[str, Value],
    from_date: date,
    until_date: date | None,
    once_key: str,
    at: datetime,
    by: str,
) -> Entry:
    """Enter what was granted. The same `once_key` twice is one entry. Raises NotEnterable.

    The first fact decides where the entry stands in its register.
    """
    rules.check(facts, from_date, until_date)
    with transaction.atomic():
        row, new = store.add(
            facts=facts,
            once_key=once_key,
            service=service,
            register=register,
            case_ref=case_ref,
            from_date=from_date,
            until_date=until_date,
            entered_at=at,
        )
        if new:
            _record("register_entered", row, at, by)
    return _entry(row)


def strike(*, case_ref: str, register: str | None = None, at: datetime, by: str, because: str) -> int:
    """Strike off what stands for a case, in one register or in all; answers how many entries.

    `because` stays in the block, out of the journal.
    """
    with transaction.atomic():
        struck = [row for row in store.standing(case_ref, register) if store.strike(row, at, because[:200])]
        for row in struck:
            _record("register_struck", row, at, by)
    return len(struck)


def amend(
    *,
    case_ref: str,
    register: str,
    facts: Mapping[str, Value] | None = None,
    from_date: date | None = None,
    until_date: date | None = None,
    at: datetime,
    by: str,
) -> Entry:
    """Let a case's entry say something else, or last longer; None leaves what is. What it said is kept.

    Raises NoEntry when nothing stands; NotEnterable.
    """
    with transaction.atomic():
        rows = store.standing(case_ref, register)
        if not rows:
            raise NoEntry(case_ref)
        row = rows[-1]
        new_facts = _facts(row) if facts is None else facts
        begins, ends = from_date or row.from_date, until_date or row.until_date
        rules.check(new_facts, begins, ends)
        amended = store.amend(row, new_facts, begins, ends, at)
        _record("register_amended", row, at, by)
    return _entry(amended)


def entry(ref: str) -> Entry:
    """An entry, standing or not. Raises NoEntry."""
    row = store.entry_row(ref)
    if row is None:
        raise NoEntry(ref)
    return _entry(row)


def earlier(ref: str) -> list[Earlier]:
    """What an entry said before, oldest first."""
    return [Earlier(_facts(row), row.from_date, row.until_date, row.amended_at) for row in store.earlier(ref)]


def of_case(case_ref: str) -> list[Entry]:
    """The entries of a case, oldest first, standing or not."""
    return [_entry(row) for row in store.of_case(case_ref)]


def entries(*, service: str, register: str, on: date, query: str = "", page: int = 1, size: int = 50) -> Page:
    """A page of what is in force on a day, in the register's order; one query however long the register is.

    An entry is found when it holds every word of `query` anywhere, in either Chinese script, large or small.
    """
    size = min(max(size, 1), LARGEST_PAGE)
    first = (min(max(page, 1), LAST_PAGE) - 1) * size
    rows = store.page(service, register, on=on, words=rules.words(query), first=first, most=size + 1)
    return Page(tuple(_entry(row) for row in rows[:size]), more=len(rows) > size)


def all_entries(*, service: str, register: str, on: date | None = None) -> Iterator[Entry]:
    """Every entry in order, in constant memory: in force on a day, or all there ever were without one."""
    return (_entry(row) for row in store.every(service, register, on=on))


def _record(event: str, row: EntryRow, at: datetime, by: str) -> None:
    said = {"entry": row.ref, "register": row.register}
    journal.record(event=event, at=at, by=by, subject=row.case_ref, service=row.service, facts=said)


def _facts(row: EntryRow | EarlierRow) -> dict[str, Value]:
    facts: dict[str, Value] = json.loads(row.facts)
    return facts


def _entry(row: EntryRow) -> Entry:
    return Entry(row.ref, row.register, row.service, _facts(row), row.from_date, row.until_date, row.struck_at)
