"""The interface of registers: each entry records what was granted, to whom, for which time, and every change of it.

Public facts are public by law and stored as plain text. All others are encrypted with the holder's key and searched by
keyed hashes. The journal contains references only.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from django.db import transaction

from praya.blocks.registers import rules, store
from praya.blocks.registers.keys import FARTHEST, Finding, Search, alike, is_between
from praya.blocks.registers.models import EarlierRow, EntryRow
from praya.blocks.registers.rules import NotEnterable, Value
from praya.blocks.registers.store import NotUnique
from praya.kernel import jsontext
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.text import Text

__all__ = [
    "FARTHEST",
    "Earlier",
    "Entry",
    "Finding",
    "Inside",
    "NewEntry",
    "NoEntry",
    "NotEnterable",
    "NotUnique",
    "Page",
    "Search",
    "State",
    "Value",
    "alike",
    "all_entries",
    "amend",
    "as_it_was",
    "earlier",
    "enter",
    "entries",
    "entry",
    "forget_holder",
    "found",
    "hashed_key",
    "inside",
    "is_between",
    "is_entered",
    "lock",
    "note_read",
    "of_case",
    "of_holder",
    "own",
    "reads",
    "renew",
    "respell",
    "said",
    "set_reminder",
    "strike",
    "strike_entry",
    "to_remind",
    "transfer",
    "write_keys",
]

LARGEST_PAGE = 500
NO_FINDING = Finding()
LAST_PAGE = 10_000
State = Literal["coming", "in-force", "lapsed", "struck"]


class NoEntry(LookupError):
    """There is no such entry, or it was struck off."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a register. It is in force from `from_date` to `until_date`, both included, unless struck off.

    `facts` are the public facts as they are read, `values` the same in the form that is kept for expressions: JSON, a
    day as `{"day": "2026-03-01"}`. `number` is the reference for people, such as `E-4K7P-9QXW`; `item` counts, from 1,
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

    def said(self, name: str, language: str) -> str:
        """A public fact in a language; empty when the entry does not have it."""
        return said(self.facts.get(name, ""), language)

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
    expressions. `inside` are the facts that are not public, and `known` the values of all facts. `finding` says by what
    the entry is found, and by what it is unique.
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


def said(value: Value, language: str) -> str:
    """A value in a language."""
    return value if isinstance(value, str) else Text(value).in_(language)


def enter(new: NewEntry, *, at: datetime, by: str) -> Entry:
    """Make an entry. Facts that are too long are shortened, and the journal names them.

    Raises NotEnterable; NotUnique when a live entry has the same unique facts.
    """
    rules.check({**new.facts, **new.inside}, new.from_date, new.until_date)
    facts, inside, shortened = _fitted(new.facts, new.inside)
    with transaction.atomic():
        row, is_new = store.add(
            facts=facts, inside=inside, known=new.known, values=new.values, finding=new.finding, once_key=new.once_key,
            service=new.service, register=new.register, case_ref=new.case_ref, holder_ref=new.holder_ref, item=new.item,
            from_date=new.from_date, until_date=new.until_date, entered_at=at, remind_on=new.remind_on,
            reminded=new.reminded,
        )  # fmt: skip
        if is_new:
            _record("register_entered", row, new.case_ref, at, by, shortened)
    return _entry(row)


def is_entered(once_key: str) -> bool:
    """Whether an entry was made under this key."""
    return EntryRow.objects.filter(once_key=once_key).exists()


def hashed_key(service: str, register: str, text: str) -> str:
    """The keyed hash of the key of a row in a file from which a register is filled."""
    return store.hashed(service, register, text)


def strike(*, case_ref: str, register: str | None = None, at: datetime, by: str, because: str) -> int:
    """Strike off the entries of a case, in one register or in all; return how many.

    `because` is stored in the entry, not in the journal.
    """
    with transaction.atomic():
        struck = [row for row in store.standing(case_ref, register) if store.strike(row, case_ref, at, because[:200])]
        for row in struck:
            _record("register_struck", row, case_ref, at, by)
    return len(struck)


def strike_entry(*, ref: str, case_ref: str, at: datetime, by: str, because: str) -> bool:
    """Strike off one entry, on behalf of another case than its own; False when it was already struck off."""
    with transaction.atomic():
        row = store.standing_row(ref)
        struck = row is not None and store.strike(row, case_ref, at, because[:200])
        if row is not None and struck:
            _record("register_struck", row, case_ref, at, by)
    return struck


def renew(
    *,
    ref: str,
    case_ref: str,
    until_date: date,
    remind_on: date | None = None,
    reminded: int = 0,
    finding: Finding | None = None,
    at: datetime,
    by: str,
) -> Entry:
    """Set a new last day of an entry; `finding` says by what it is found if that has changed.

    Raises NoEntry when it was struck off; NotEnterable; NotUnique.
    """
    with transaction.atomic():
        row = _standing(ref)
        rules.check_days(row.from_date, until_date)
        changes = {"until_date": until_date, "remind_on": remind_on, "reminded": reminded}
        row = store.change(row, "renewed", case_ref, changes, at)
        _write_keys(row, finding)
        _record("register_renewed", row, case_ref, at, by)
    return _entry(row)


def amend(
    *,
    ref: str,
    case_ref: str,
    facts: Mapping[str, Value],
    inside: Mapping[str, Value] | None = None,
    known: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
    finding: Finding | None = None,
    at: datetime,
    by: str,
) -> Entry:
    """Change these facts of an entry; its other facts stay. The earlier version is stored.

    Raises NoEntry when it was struck off; NotEnterable; NotUnique.
    """
    with transaction.atomic():
        row = _standing(ref)
        old = _opened(row.holder_ref, row.ref, row.sealed)
        public, private = {**_facts(row), **facts}, {**old.facts, **(inside or {})}
        rules.check({**public, **private}, row.from_date, row.until_date)
        public, private, shortened = _fitted(public, private)
        sealed = store.private_columns(row, row.holder_ref, private, {**old.known, **(known or {})})
        typed = jsontext.dumps({**_values(row), **(values or {})})
        changes = {**store.public_columns(public, row.entered_at), **sealed, "values": typed}
        row = store.change(row, "amended", case_ref, changes, at)
        _write_keys(row, finding)
        _record("register_amended", row, case_ref, at, by, shortened)
    return _entry(row)


def transfer(*, ref: str, case_ref: str, holder_ref: str, at: datetime, by: str) -> Entry:
    """Give an entry to another holder, with whose key its private part is encrypted again. Raises NoEntry."""
    with transaction.atomic():
        row = _standing(ref)
        old = _opened(row.holder_ref, row.ref, row.sealed)
        changes = {"holder_ref": holder_ref, **store.private_columns(row, holder_ref, old.facts, old.known)}
        row = store.change(row, "transferred", case_ref, changes, at)
        _record("register_transferred", row, case_ref, at, by)
    return _entry(row)


def entry(ref: str) -> Entry:
    """An entry by its reference or number, also one that was struck off. Raises NoEntry."""
    row = store.entry_row(ref)
    if row is None:
        raise NoEntry(ref)
    return _entry(row)


def inside(entries: Sequence[Entry]) -> dict[str, Inside]:
    """The private parts of these entries, by reference; empty when the holder was erased."""
    rows = {row.ref: row for row in EntryRow.objects.filter(ref__in=[entry.ref for entry in entries])}
    vault.gather(row.holder_ref or store.NOBODY for row in rows.values() if row.sealed)
    return {ref: _opened(row.holder_ref, ref, row.sealed) for ref, row in rows.items()}


def earlier(ref: str) -> list[Earlier]:
    """The earlier versions of an entry, oldest first."""
    return [
        Earlier(
            facts=_facts(row),
            from_date=row.from_date,
            until_date=row.until_date,
            amended_at=row.amended_at,
            kind=row.kind,
            case_ref=row.case_ref,
            holder_ref=row.holder_ref,
            values=_values(row),
        )
        for row in store.earlier(ref)
    ]


def lock(ref: str) -> None:
    """Lock an entry until the transaction ends."""
    store.standing_row(ref)


def as_it_was(ref: str, *, at: datetime, since: int, case_ref: str) -> tuple[Entry, Inside, bool]:
    """An entry as it was at a moment, before any change by the case; and whether another case has changed it since.

    `since` is the journal's sequence number of that moment; it orders changes with the same timestamp.
    Raises NoEntry.
    """
    row = store.entry_row(ref)
    if row is None:
        raise NoEntry(ref)

    def is_later(changed_at: datetime, by_case: str) -> bool:
        return by_case == case_ref or changed_at > at or (changed_at == at and _changed_after(since, row.ref, by_case))

    later = [old for old in store.earlier(row.ref) if is_later(old.amended_at, old.case_ref)]
    struck = row.struck_at is not None and is_later(row.struck_at, row.struck_case)
    changed = any(old.case_ref != case_ref for old in later) or (struck and row.struck_case != case_ref)
    if not later:
        return _entry(row), _opened(row.holder_ref, row.ref, row.sealed), changed
    old = later[0]
    entry = replace(
        _entry(row), facts=_facts(old), values=_values(old), from_date=old.from_date, until_date=old.until_date
    )
    return entry, _opened(old.holder_ref, row.ref, old.sealed), changed


def _changed_after(since: int, ref: str, case_ref: str) -> bool:
    facts = journal.about(case_ref) if case_ref else []
    return any(fact.seq > since and fact.facts.get("entry") == ref for fact in facts)


def of_case(case_ref: str) -> list[Entry]:
    """The entries of a case, oldest first, also those struck off."""
    return [_entry(row) for row in store.of_case(case_ref)]


def of_holder(holder_ref: str, *, limit: int = 50) -> list[Entry]:
    """The entries of a person, newest first, also those struck off."""
    return [_entry(row) for row in store.of_holder(holder_ref, limit)]


def own(holder_ref: str, *, service: str, register: str, most: int) -> list[Entry]:
    """The entries of a person in one register, at most so many, newest first, also those that are over."""
    return [_entry(row) for row in store.own(holder_ref, service, register, most)] if holder_ref else []


def found(
    *, service: str, register: str, search: Search, on: date, ended: bool = False, most: int
) -> tuple[Entry, ...]:
    """At most so many entries of a register with these values, found by an index: those in force `on` a day.

    With `ended`, also those that are over or have not begun. What was struck off is never found.
    """
    rows = store.found(service, register, search, on=on, ended=ended, most=most)
    return tuple(_entry(row) for row in rows)


def write_keys(ref: str, finding: Finding, *, shown: Sequence[str]) -> None:
    """Write anew by what an entry is found, where the register's definition says something else since.

    The facts that are `shown` get the values that are known of them, of which an entry of long ago has none in public.
    Raises NotUnique.
    """
    with transaction.atomic():
        row = store.standing_row(ref)
        if row is None:
            return
        everything = _everything(row)
        values = {name: everything[name] for name in shown if everything.get(name) is not None}
        if values != _values(row):
            store.set_values(row, values)
        store.write_keys(row, finding, everything)


def entries(
    *,
    service: str,
    register: str,
    on: date | None,
    query: str = "",
    page: int = 1,
    size: int = 50,
    with_inside: bool = False,
    after: str = "",
) -> Page:
    """A page of a register in its order: the entries in force `on` a day, or all entries when that is None.

    It is page number `page`, or the page after the entry whose reference is `after`.

    An entry matches when its public facts contain every word of `query`, in either Chinese script and either case. With
    `with_inside`, its private facts match too: by whole words, or by pairs of Chinese characters.
    """
    size = min(max(size, 1), LARGEST_PAGE)
    first = (min(max(page, 1), LAST_PAGE) - 1) * size
    rows = store.page(
        service, register, on=on, words=rules.words(query), inside=with_inside, first=0 if after else first,
        most=size + 1, after=store.entry_row(after) if after else None,
    )  # fmt: skip
    return Page(tuple(_entry(row) for row in rows[:size]), more=len(rows) > size)


def entries_of_several(
    places: Sequence[tuple[str, str]], *, on: date, after: str = "", size: int = 50
) -> tuple[list[Entry], str]:
    """A page of the entries in force in several registers, each given by service and name, in order.

    `after` is the reference of the last entry of the page before; the second value is that of the next page, or "".
    """
    size = min(max(size, 1), LARGEST_PAGE)
    rows = store.page_of_several(sorted(places), on=on, after=store.entry_row(after) if after else None, most=size + 1)
    return [_entry(row) for row in rows[:size]], rows[size - 1].ref if len(rows) > size else ""


def all_entries(*, service: str, register: str, on: date | None = None) -> Iterator[Entry]:
    """Every entry of a register in order, in constant memory: those in force `on` a day, or all when that is None."""
    return (_entry(row) for row in store.every(service, register, on=on))


def to_remind(*, on: date) -> Iterator[Entry]:
    """Entries with a reminder due by this day, the longest due first, each once even if it stays due."""
    return (_entry(row) for row in store.to_remind(on))


def first_reminder() -> date | None:
    """The day of the earliest reminder."""
    return store.first_reminder()


def set_reminder(*, ref: str, reminded: int, on: date | None) -> None:
    """Record how many reminders of an entry were sent, and the day of the next one."""
    store.set_reminder(ref, reminded=reminded, on=on)


def respell() -> int:
    """Compute the search and sort columns of every entry again; return how many."""
    return store.respell()


def forget_holder(*, holder_ref: str) -> None:
    """Delete the private parts of the entries of an erased person, and their search hashes."""
    with transaction.atomic():
        store.forget_holder(holder_ref)


def note_read(*, ref: str, service: str, by: str, at: datetime) -> None:
    """Record in the journal that an officer read the private part of an entry."""
    journal.record(event="entry_read", at=at, by=by, subject=ref, service=service)


def reads(ref: str) -> list[datetime]:
    """When officers read the private part of an entry, newest first. Its holder sees this list."""
    return [fact.at for fact in journal.about(ref, events=["entry_read"], limit=50)]


def _standing(ref: str) -> EntryRow:
    row = store.standing_row(ref)
    if row is None:
        raise NoEntry(ref)
    return row


def _fitted(
    facts: Mapping[str, Value], inside: Mapping[str, Value]
) -> tuple[dict[str, Value], dict[str, Value], list[str]]:
    """The facts, shortened where they are too long: public ones, private ones, and the names of those shortened."""
    fitted, shortened = rules.fitted({**facts, **inside})
    return {name: fitted[name] for name in facts}, {name: fitted[name] for name in inside}, shortened


def _record(event: str, row: EntryRow, case_ref: str, at: datetime, by: str, shortened: Sequence[str] = ()) -> None:
    facts: dict[str, Any] = {"entry": row.ref, "register": row.register}
    if shortened:
        facts["shortened"] = list(shortened)
    journal.record(event=event, at=at, by=by, subject=case_ref, service=row.service, facts=facts)


def _facts(row: EntryRow | EarlierRow) -> dict[str, Value]:
    facts: dict[str, Value] = json.loads(row.facts)
    return facts


def _write_keys(row: EntryRow, finding: Finding | None) -> None:
    if finding is None:
        store.set_days_of_keys(row)
    else:
        store.write_keys(row, finding, _everything(row))


def _values(row: EntryRow | EarlierRow) -> dict[str, Any]:
    values: dict[str, Any] = jsontext.loads(row.values)
    return values


def _everything(row: EntryRow) -> dict[str, Any]:
    """Every value of an entry by which it can be found, public or not."""
    return {**_values(row), **_opened(row.holder_ref, row.ref, row.sealed).known}


def _opened(holder_ref: str, ref: str, sealed: bytes | memoryview | None) -> Inside:
    if not sealed:
        return Inside()
    try:
        return Inside(*vault.unseal_json(sealed, subject=holder_ref or store.NOBODY, place=store.PLACE, row=ref))
    except vault.Forgotten:
        return Inside()


def _entry(row: EntryRow) -> Entry:
    return Entry(
        ref=row.ref,
        number=row.number,
        register=row.register,
        service=row.service,
        facts=_facts(row),
        from_date=row.from_date,
        until_date=row.until_date,
        struck_at=row.struck_at,
        case_ref=row.case_ref,
        holder_ref=row.holder_ref,
        entered_at=row.entered_at,
        struck_case=row.struck_case,
        reminded=row.reminded,
        item=row.item,
        remind_on=row.remind_on,
        values=_values(row),
    )
