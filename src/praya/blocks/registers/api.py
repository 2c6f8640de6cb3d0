"""The door of registers: what was granted, to whom, from when until when, and what became of it.

What is public is so by law and stored as it is said. What is not is sealed for the holder and found by keyed hashes.
The journal holds references only.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from django.db import transaction

from praya.blocks.registers import rules, store
from praya.blocks.registers.models import EarlierRow, EntryRow
from praya.blocks.registers.rules import NotEnterable, Value
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.text import Text

__all__ = [
    "Earlier",
    "Entry",
    "Inside",
    "NoEntry",
    "NotEnterable",
    "Page",
    "State",
    "Value",
    "all_entries",
    "amend",
    "as_it_was",
    "earlier",
    "enter",
    "entries",
    "entry",
    "forget_holder",
    "hold",
    "inside",
    "note_read",
    "of_case",
    "of_holder",
    "reads",
    "renew",
    "respell",
    "said",
    "set_reminder",
    "strike",
    "strike_entry",
    "to_remind",
    "transfer",
]

LARGEST_PAGE = 500
LAST_PAGE = 10_000
State = Literal["coming", "in-force", "lapsed", "struck"]


class NoEntry(LookupError):
    """There is no such entry, or none that stands."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a register. It is in force from `from_date` to `until_date`, both included, unless struck off.

    `facts` are those that everybody may read. `number` is what people type, such as `E-4K7P-9QXW`; `item` counts the
    entries that a case made of a repeat, from 1, and is 0 otherwise.
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

    def said(self, name: str, language: str) -> str:
        """A public fact as a reader of this language reads it; empty when the entry does not say it."""
        return said(self.facts.get(name, ""), language)

    def state(self, on: date) -> State:
        """What it is on a day; an entry that passes its last day lapses by itself."""
        if self.struck_at is not None:
            return "struck"
        if on < self.from_date:
            return "coming"
        return "lapsed" if self.until_date is not None and self.until_date < on else "in-force"


@dataclass(frozen=True, slots=True)
class Inside:
    """What of an entry is not public: its other facts, and every value as expressions know it."""

    facts: Mapping[str, Value] = field(default_factory=dict)
    known: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Earlier:
    """How an entry was until a case renewed, amended or transferred it."""

    facts: Mapping[str, Value]
    from_date: date
    until_date: date | None
    amended_at: datetime
    kind: str = "amended"
    case_ref: str = ""
    holder_ref: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries in order, and whether more follow."""

    entries: tuple[Entry, ...]
    more: bool


def said(value: Value, language: str) -> str:
    """A value in a language."""
    return value if isinstance(value, str) else Text(value).in_(language)


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
    holder_ref: str = "",
    item: int = 0,
    inside: Mapping[str, Value] | None = None,
    known: Mapping[str, Any] | None = None,
    remind_on: date | None = None,
    reminded: int = 0,
) -> Entry:
    """Enter what was granted. The same `once_key` twice is one entry. Raises NotEnterable.

    `facts` are public, and the first decides where the entry stands in its register; `inside` are not; `known` are
    JSON values for expressions. What is too long to stand in a register is shortened, and the journal says which fact.
    """
    rules.check({**facts, **(inside or {})}, from_date, until_date)
    facts, inside, shortened = _fitted(facts, inside or {})
    with transaction.atomic():
        row, new = store.add(
            facts=facts,
            inside=inside,
            known=known or {},
            once_key=once_key,
            service=service,
            register=register,
            case_ref=case_ref,
            holder_ref=holder_ref,
            item=item,
            from_date=from_date,
            until_date=until_date,
            entered_at=at,
            remind_on=remind_on,
            reminded=reminded,
        )
        if new:
            _record("register_entered", row, case_ref, at, by, shortened)
    return _entry(row)


def strike(*, case_ref: str, register: str | None = None, at: datetime, by: str, because: str) -> int:
    """Strike off what stands for a case, in one register or in all; answers how many entries.

    `because` stays in the block, out of the journal.
    """
    with transaction.atomic():
        struck = [row for row in store.standing(case_ref, register) if store.strike(row, case_ref, at, because[:200])]
        for row in struck:
            _record("register_struck", row, case_ref, at, by)
    return len(struck)


def strike_entry(*, ref: str, case_ref: str, at: datetime, by: str, because: str) -> bool:
    """Strike off one entry that another case made; answers whether it stood."""
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
    at: datetime,
    by: str,
) -> Entry:
    """Let an entry last until another day. Raises NoEntry when it does not stand; NotEnterable."""
    with transaction.atomic():
        row = _standing(ref)
        rules.check_days(row.from_date, until_date)
        changes = {"until_date": until_date, "remind_on": remind_on, "reminded": reminded}
        row = store.change(row, "renewed", case_ref, changes, at)
        _record("register_renewed", row, case_ref, at, by)
    return _entry(row)


def amend(
    *,
    ref: str,
    case_ref: str,
    facts: Mapping[str, Value],
    inside: Mapping[str, Value] | None = None,
    known: Mapping[str, Any] | None = None,
    at: datetime,
    by: str,
) -> Entry:
    """Let an entry say these facts; others stay as they are. What it said is kept.

    Raises NoEntry when it does not stand; NotEnterable.
    """
    with transaction.atomic():
        row = _standing(ref)
        old = _opened(row.holder_ref, row.ref, row.sealed)
        public, unsaid = {**_facts(row), **facts}, {**old.facts, **(inside or {})}
        rules.check({**public, **unsaid}, row.from_date, row.until_date)
        public, unsaid, shortened = _fitted(public, unsaid)
        sealed = store.unsaid(row, row.holder_ref, unsaid, {**old.known, **(known or {})})
        changes = {**store.said(public, row.entered_at), **sealed}
        row = store.change(row, "amended", case_ref, changes, at)
        _record("register_amended", row, case_ref, at, by, shortened)
    return _entry(row)


def transfer(*, ref: str, case_ref: str, holder_ref: str, at: datetime, by: str) -> Entry:
    """Let another person hold an entry; what is not public is sealed anew for them. Raises NoEntry."""
    with transaction.atomic():
        row = _standing(ref)
        old = _opened(row.holder_ref, row.ref, row.sealed)
        changes = {"holder_ref": holder_ref, **store.unsaid(row, holder_ref, old.facts, old.known)}
        row = store.change(row, "transferred", case_ref, changes, at)
        _record("register_transferred", row, case_ref, at, by)
    return _entry(row)


def entry(ref: str) -> Entry:
    """An entry by its reference or its number, standing or not. Raises NoEntry."""
    row = store.entry_row(ref)
    if row is None:
        raise NoEntry(ref)
    return _entry(row)


def inside(entries: Sequence[Entry]) -> dict[str, Inside]:
    """What of these entries is not public, by reference; nothing of a holder who was erased."""
    rows = {row.ref: row for row in EntryRow.objects.filter(ref__in=[found.ref for found in entries])}
    vault.gather(row.holder_ref for row in rows.values() if row.sealed)
    return {ref: _opened(row.holder_ref, ref, row.sealed) for ref, row in rows.items()}


def earlier(ref: str) -> list[Earlier]:
    """How an entry was before, oldest first."""
    return [
        Earlier(_facts(row), row.from_date, row.until_date, row.amended_at, row.kind, row.case_ref, row.holder_ref)
        for row in store.earlier(ref)
    ]


def hold(ref: str) -> None:
    """Let nobody else change an entry until the transaction ends."""
    store.standing_row(ref)


def as_it_was(ref: str, *, at: datetime, since: int, case_ref: str) -> tuple[Entry, Inside, bool]:
    """An entry as it was at a moment, before anything that the case did to it; and whether another changed it since.

    `since` is the journal's number of that moment, which parts what was written down in the same instant.
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
    entry = replace(_entry(row), facts=_facts(old), from_date=old.from_date, until_date=old.until_date)
    return entry, _opened(old.holder_ref, row.ref, old.sealed), changed


def _changed_after(since: int, ref: str, case_ref: str) -> bool:
    told = journal.about(case_ref) if case_ref else []
    return any(fact.seq > since and fact.facts.get("entry") == ref for fact in told)


def of_case(case_ref: str) -> list[Entry]:
    """The entries of a case, oldest first, standing or not."""
    return [_entry(row) for row in store.of_case(case_ref)]


def of_holder(holder_ref: str, *, limit: int = 50) -> list[Entry]:
    """The entries of a person, the newest first, standing or not."""
    return [_entry(row) for row in store.of_holder(holder_ref, limit)]


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
    """A page in the register's order, of what is in force on a day, or of everything without one.

    It is the page of that number, or what follows the entry whose reference is `after`.

    An entry is found when it holds every word of `query` anywhere in public, in either Chinese script, large or small;
    `with_inside` also by whole words, and by two Chinese letters, of what is not public.
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
    """A page of what is in force in several registers, each named by its service and its name, in their order.

    `after` is the reference of the last entry before; the second value is what the following page takes, or "".
    """
    size = min(max(size, 1), LARGEST_PAGE)
    rows = store.page_of_several(sorted(places), on=on, after=store.entry_row(after) if after else None, most=size + 1)
    return [_entry(row) for row in rows[:size]], rows[size - 1].ref if len(rows) > size else ""


def all_entries(*, service: str, register: str, on: date | None = None) -> Iterator[Entry]:
    """Every entry in order, in constant memory: in force on a day, or all there ever were without one."""
    return (_entry(row) for row in store.every(service, register, on=on))


def to_remind(*, on: date) -> Iterator[Entry]:
    """Entries whose holder is to be reminded by a day, the longest due first; each once, also when it stays."""
    return (_entry(row) for row in store.to_remind(on))


def first_reminder() -> date | None:
    """The first day on which a holder is to be reminded."""
    return store.first_reminder()


def set_reminder(*, ref: str, reminded: int, on: date | None) -> None:
    """Note how many reminders an entry has behind it, and the day of the next one."""
    store.set_reminder(ref, reminded=reminded, on=on)


def respell() -> int:
    """Work out anew by what every entry is found, and where it stands; answers how many."""
    return store.respell()


def forget_holder(*, holder_ref: str) -> None:
    """Forget what is not public of a person who was erased, and by what it was found."""
    with transaction.atomic():
        store.forget_holder(holder_ref)


def note_read(*, ref: str, service: str, by: str, at: datetime) -> None:
    """Journal that an officer read what is not public of an entry."""
    journal.record(event="entry_read", at=at, by=by, subject=ref, service=service)


def reads(ref: str) -> list[datetime]:
    """When officers read what is not public of an entry, for its holder to see; the newest first."""
    return [fact.at for fact in journal.about(ref, events=["entry_read"], limit=50)]


def _standing(ref: str) -> EntryRow:
    row = store.standing_row(ref)
    if row is None:
        raise NoEntry(ref)
    return row


def _fitted(
    facts: Mapping[str, Value], inside: Mapping[str, Value]
) -> tuple[dict[str, Value], dict[str, Value], list[str]]:
    """What an entry can say, in public and not, and which facts were shortened."""
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


def _opened(holder_ref: str, ref: str, sealed: bytes | memoryview | None) -> Inside:
    if not sealed:
        return Inside()
    try:
        return Inside(*vault.unseal_json(sealed, subject=holder_ref, place=store.PLACE, row=ref))
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
    )
