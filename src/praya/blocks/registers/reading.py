"""Queries about registers: one entry, the entries of a case or person, pages of a register. `api` re-exports them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from praya.blocks.registers import rules, store
from praya.blocks.registers.keys import Search
from praya.blocks.registers.models import EntryRow
from praya.blocks.registers.rows import entry_of, facts_of, read_facts, read_inside, values_of
from praya.blocks.registers.values import Earlier, Entry, Inside, NoEntry, Page
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal

LARGEST_PAGE = 500


LAST_PAGE = 10_000


def entry(ref: str) -> Entry:
    """An entry by its reference or number, also one that was struck off. Raises NoEntry."""
    row = store.entry_row(ref)
    if row is None:
        raise NoEntry(ref)
    return entry_of(row)


def inside(entries: Sequence[Entry]) -> dict[str, Inside]:
    """The private parts of these entries, by reference; empty when the holder was erased."""
    rows = {row.ref: row for row in EntryRow.objects.filter(ref__in=[entry.ref for entry in entries])}
    vault.gather(row.holder_ref or store.NOBODY for row in rows.values() if row.sealed)
    return {ref: read_inside(row, row.holder_ref, row.sealed) for ref, row in rows.items()}


def earlier(ref: str) -> list[Earlier]:
    """The earlier versions of an entry, oldest first."""
    return [
        Earlier(
            facts=facts_of(row),
            from_date=row.from_date,
            until_date=row.until_date,
            amended_at=row.amended_at,
            kind=row.kind,
            case_ref=row.case_ref,
            holder_ref=row.holder_ref,
            values=values_of(row),
        )
        for row in store.earlier(ref)
    ]


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
        return entry_of(row), read_inside(row, row.holder_ref, row.sealed), changed
    old = later[0]
    facts, values = read_facts(row.service, row.register, facts_of(old), values_of(old)), values_of(old)
    entry = replace(entry_of(row), facts=facts, values=values, from_date=old.from_date, until_date=old.until_date)
    return entry, read_inside(row, old.holder_ref, old.sealed), changed


def _changed_after(since: int, ref: str, case_ref: str) -> bool:
    facts = journal.about(case_ref) if case_ref else []
    return any(fact.seq > since and fact.facts.get("entry") == ref for fact in facts)


def of_case(case_ref: str) -> list[Entry]:
    """The entries of a case, oldest first, also those struck off."""
    return [entry_of(row) for row in store.of_case(case_ref)]


def of_holder(holder_ref: str, *, limit: int = 50) -> list[Entry]:
    """The entries of a person, newest first, also those struck off."""
    return [entry_of(row) for row in store.of_holder(holder_ref, limit)]


def own(holder_ref: str, *, service: str, register: str, most: int) -> list[Entry]:
    """At most `most` entries of a person in one register, newest first, also those that have ended."""
    return [entry_of(row) for row in store.own(holder_ref, service, register, most)] if holder_ref else []


def matching(
    *, service: str, register: str, search: Search, on: date, ended: bool = False, most: int
) -> tuple[Entry, ...]:
    """At most `most` entries of a register that match a search and are in force `on` a day, by an index.

    With `ended`, also those that have ended or have not begun. Entries that were struck off are never returned.
    """
    rows = store.matching(service, register, search, on=on, ended=ended, most=most)
    return tuple(entry_of(row) for row in rows)


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
    search: Search | None = None,
) -> Page:
    """A page of a register in its order: the entries in force `on` a day, or all entries when that is None.

    It is page number `page`, or the page after the entry whose reference is `after`. With `search`, only the entries
    with these values, all of which it gives.

    An entry matches when its public facts contain every word of `query`, in either Chinese script and either case. With
    `with_inside`, its private facts match too: by whole words, or by pairs of Chinese characters.
    """
    size = min(max(size, 1), LARGEST_PAGE)
    first = (min(max(page, 1), LAST_PAGE) - 1) * size
    rows = store.page(
        service, register, on=on, words=rules.words(query), inside=with_inside, first=0 if after else first,
        most=size + 1, after=store.entry_row(after) if after else None, search=search,
    )  # fmt: skip
    return Page(tuple(entry_of(row) for row in rows[:size]), more=len(rows) > size)


def entries_of_several(
    places: Sequence[tuple[str, str]], *, on: date, after: str = "", size: int = 50
) -> tuple[list[Entry], str]:
    """A page of the entries in force in several registers, each given by service and name, in order.

    `after` is the reference of the last entry of the page before; the second value is that of the next page, or "".
    """
    size = min(max(size, 1), LARGEST_PAGE)
    rows = store.page_of_several(sorted(places), on=on, after=store.entry_row(after) if after else None, most=size + 1)
    return [entry_of(row) for row in rows[:size]], rows[size - 1].ref if len(rows) > size else ""


def all_entries(*, service: str, register: str, on: date | None = None) -> Iterator[Entry]:
    """Every entry of a register in order, in constant memory: those in force `on` a day, or all when that is None."""
    return (entry_of(row) for row in store.every(service, register, on=on))


def to_remind(*, on: date) -> Iterator[Entry]:
    """Entries with a reminder due by this day, the longest due first, each once even if it stays due."""
    return (entry_of(row) for row in store.to_remind(on))


def first_reminder() -> date | None:
    """The day of the earliest reminder."""
    return store.first_reminder()


def note_read(*, ref: str, service: str, by: str, at: datetime) -> None:
    """Record in the journal that an officer read the private part of an entry."""
    journal.record(event="entry_read", at=at, by=by, subject=ref, service=service)


def reads(ref: str) -> list[datetime]:
    """When officers read the private part of an entry, newest first. Its holder sees this list."""
    return [fact.at for fact in journal.about(ref, events=["entry_read"], limit=50)]
