"""Rows of entries: queries and writes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from praya.blocks.registers import keys, rules
from praya.blocks.registers.models import EarlierRow, EntryRow, KeyRow
from praya.kernel import jsontext
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque, read_reference, reference
from praya.kernel.rows import one_or_none, row_by, rows_by, walk

AT_ONCE = 500
"""How many entries are in memory while a whole register is read."""
PLACES_AT_ONCE = 200
IN_ORDER = ("service", "register", "stands_by", "ref")

NUMBER = "E"
"""The prefix of entry numbers. Services have prefixes of two or more letters, so no case reference looks the same."""

PLACE = "registers.entry.sealed"
NOBODY = "@registers"
"""Whose key encrypts the private part of entries that nobody holds."""


class NotUnique(ValueError):
    """A live entry of the register has the same unique facts; carries its number, and where it is of another item of
    the same case both `items`, counted from 1.
    """

    def __init__(self, number: str, items: tuple[int, int] | None = None) -> None:
        super().__init__(number)
        self.items = items


def public_columns(facts: Mapping[str, rules.Value], at: datetime) -> dict[str, str]:
    """The columns of the public facts. An entry without public facts is sorted by its moment."""
    values = {name: value if isinstance(value, str) else dict(value) for name, value in facts.items()}
    return {
        "facts": json.dumps(values, ensure_ascii=False, separators=(",", ":")),
        "searched": rules.searched(facts),
        "stands_by": rules.order(facts) if facts else at.isoformat(),
    }


def private_columns(
    row: EntryRow, holder_ref: str, inside: Mapping[str, rules.Value], known: Mapping[str, Any]
) -> dict[str, Any]:
    """The columns of the private part, encrypted with the holder's key; empty when the holder was erased."""
    if not (inside or known):
        return {"sealed": None, "marks": ""}
    if not holder_ref:
        vault.new_key(NOBODY)
    values = {name: value if isinstance(value, str) else dict(value) for name, value in inside.items()}
    try:
        sealed = vault.seal_json([values, dict(known)], subject=holder_ref or NOBODY, place=PLACE, row=row.ref)
    except vault.Forgotten:
        return {"sealed": None, "marks": ""}
    hashed = (mark_of(row.service, row.register, mark) for mark in rules.marks_of(inside))
    return {"sealed": sealed, "marks": " ".join(hashed)}


def mark_of(service: str, register: str, mark: str) -> str:
    """The keyed hash of a search unit, which differs between registers."""
    return vault.blind_index(f"register:{service}/{register}", mark)[:16]


def add(
    *,
    facts: Mapping[str, rules.Value],
    inside: Mapping[str, rules.Value],
    known: Mapping[str, Any],
    values: Mapping[str, Any],
    finding: keys.Finding,
    once_key: str,
    entered_at: datetime,
    **columns: Any,
) -> tuple[EntryRow, bool]:
    """Store an entry once for each `once_key`; return it and whether it is new. Raises NotUnique."""
    existing = row_by(EntryRow, once_key=once_key)
    if existing is not None:
        return existing, False
    row = EntryRow(
        ref=opaque(),
        number=_free_number(),
        once_key=once_key,
        entered_at=entered_at,
        values=jsontext.dumps(dict(values)),
        **columns,
        **public_columns(facts, entered_at),
    )
    for name, value in private_columns(row, row.holder_ref, inside, known).items():
        setattr(row, name, value)
    everything = {**values, **known}
    row.unique_key = _unique_key(row, finding, everything)
    try:
        with transaction.atomic():
            _give_up_keys(row)
            row.save(force_insert=True)
    except IntegrityError:
        existing = row_by(EntryRow, once_key=once_key)
        if existing is None:
            raise _not_unique(row) from None
        return existing, False
    _write_keys(row, finding, everything)
    return row, True


def _hashed(row: EntryRow) -> keys.Hashed:
    return lambda text: hashed(row.service, row.register, text)


def hashed(service: str, register: str, text: str) -> str:
    """The keyed hash of values of facts, which differs between registers."""
    return vault.blind_index(f"register-key:{service}/{register}", text)


def _unique_key(row: EntryRow, finding: keys.Finding, values: Mapping[str, Any]) -> str | None:
    return keys.unique_key(finding, values, _hashed(row))


def _give_up_keys(row: EntryRow) -> None:
    """Clear the unique key of entries that end before this one begins."""
    if row.unique_key is not None:
        EntryRow.objects.filter(
            service=row.service, register=row.register, unique_key=row.unique_key, until_date__lt=row.from_date
        ).exclude(ref=row.ref).update(unique_key=None)


def _not_unique(row: EntryRow) -> NotUnique:
    live = EntryRow.objects.filter(service=row.service, register=row.register, unique_key=row.unique_key)
    other = live.exclude(ref=row.ref).first()
    if other is None:
        return NotUnique("")
    of_one_case = row.case_ref and other.case_ref == row.case_ref and row.item and other.item
    return NotUnique(other.number, (other.item, row.item) if of_one_case else None)


def write_keys(row: EntryRow, finding: keys.Finding, values: Mapping[str, Any]) -> None:
    """Replace the search keys and the unique key of an entry. Raises NotUnique."""
    row.unique_key = _unique_key(row, finding, values)
    try:
        with transaction.atomic():
            _give_up_keys(row)
            EntryRow.objects.filter(ref=row.ref).update(unique_key=row.unique_key)
    except IntegrityError:
        raise _not_unique(row) from None
    KeyRow.objects.filter(entry=row).delete()
    _write_keys(row, finding, values)


def set_values(row: EntryRow, values: Mapping[str, Any]) -> None:
    """Store the values of an entry's public facts."""
    EntryRow.objects.filter(ref=row.ref).update(values=jsontext.dumps(dict(values)))


def set_days_of_keys(row: EntryRow) -> None:
    """Copy the last day of an entry to its search keys."""
    KeyRow.objects.filter(entry=row).update(until_date=row.until_date or date.max)


def _write_keys(row: EntryRow, finding: keys.Finding, values: Mapping[str, Any]) -> None:
    KeyRow.objects.bulk_create(
        KeyRow(
            entry=row, service=row.service, register=row.register, facts=one.facts, key=one.key, number=one.number,
            is_sealed=one.is_sealed, until_date=row.until_date or date.max,
        )
        for one in keys.keys(finding, values, _hashed(row))
    )  # fmt: skip


def matching(service: str, register: str, search: keys.Search, *, on: date, ended: bool, most: int) -> list[EntryRow]:
    """At most `most` entries that match a search and are in force `on` a day; those that end last come first.

    With `ended`, also those that have ended or have not begun. Entries that were struck off are never returned.
    """
    wanted = keys.searched_keys(search, lambda text: hashed(service, register, text))
    rows = KeyRow.objects.filter(service=service, register=register, facts="+".join(search.facts), key__in=wanted)
    low, high = keys.range_of(search)
    if low is not None:
        rows = rows.filter(number__gte=low)
    if high is not None:
        rows = rows.filter(number__lte=high)
    # The last to end are usually the newest, and a register keeps ended entries for years.
    is_range = low is not None or high is not None
    if not ended and is_range:
        # The entry's column is tested, so that SQLite uses the index of numbers and not that of days.
        rows = rows.filter(Q(entry__until_date__isnull=True) | Q(entry__until_date__gte=on), entry__from_date__lte=on)
    elif not ended:
        rows = rows.filter(until_date__gte=on, entry__from_date__lte=on)
    order = ("-number", "-id") if is_range else ("-until_date", "-id")
    refs = list(rows.order_by(*order).values_list("entry_id", flat=True)[:most])
    entries = EntryRow.objects.in_bulk(refs)
    return [entries[ref] for ref in refs]


def own(holder_ref: str, service: str, register: str, most: int) -> list[EntryRow]:
    """At most `most` entries of a person in one register, the newest first."""
    rows = EntryRow.objects.filter(holder_ref=holder_ref, service=service, register=register)
    return list(rows.order_by("-entered_at", "ref")[:most])


def _free_number() -> str:
    for _ in range(5):
        number = reference(NUMBER)
        if not EntryRow.objects.filter(number=number).exists():
            return number
    raise RuntimeError("no free number was found")


def standing(case_ref: str, register: str | None) -> list[EntryRow]:
    """The entries of a case that are not struck off, locked."""
    rows = EntryRow.objects.select_for_update().filter(case_ref=case_ref, struck_at__isnull=True)
    return list((rows if register is None else rows.filter(register=register)).order_by("ref"))


def standing_row(ref: str) -> EntryRow | None:
    """An entry that is not struck off, locked."""
    return one_or_none(EntryRow.objects.select_for_update().filter(ref=ref, struck_at__isnull=True))


def respell() -> int:
    """Compute the search and sort columns of all entries again; return how many."""
    count = 0
    for row in EntryRow.objects.order_by("ref").iterator(chunk_size=AT_ONCE):
        columns = public_columns(json.loads(row.facts), row.entered_at)
        if row.sealed:
            with suppress(vault.Forgotten):
                inside, known = vault.unseal_json(
                    row.sealed, subject=row.holder_ref or NOBODY, place=PLACE, row=row.ref
                )
                columns |= {"marks": private_columns(row, row.holder_ref, inside, known)["marks"]}
        EntryRow.objects.filter(ref=row.ref).update(**columns)
        count += 1
    return count


def strike(row: EntryRow, case_ref: str, at: datetime, because: str) -> bool:
    """Strike an entry off; False when it was already struck off."""
    rows = EntryRow.objects.filter(ref=row.ref, struck_at__isnull=True)
    changes = {"struck_at": at, "struck_because": because, "struck_case": case_ref, "remind_on": None}
    KeyRow.objects.filter(entry=row).delete()
    return rows.update(**changes, unique_key=None) == 1


def change(row: EntryRow, kind: str, case_ref: str, changes: Mapping[str, Any], at: datetime) -> EntryRow:
    """Store the present version of an entry as an earlier one, then change the entry."""
    EarlierRow.objects.create(
        entry=row,
        kind=kind,
        case_ref=case_ref,
        holder_ref=row.holder_ref,
        facts=row.facts,
        sealed=row.sealed,
        values=row.values,
        from_date=row.from_date,
        until_date=row.until_date,
        amended_at=at,
    )
    EntryRow.objects.filter(ref=row.ref).update(**changes)
    return EntryRow.objects.get(ref=row.ref)


def earlier(ref: str) -> list[EarlierRow]:
    """The earlier versions of an entry, oldest first."""
    return list(EarlierRow.objects.filter(entry_id=ref).order_by("amended_at", "id"))


def entry_row(ref: str) -> EntryRow | None:
    """An entry, by its reference or by its number as somebody typed it."""
    number = read_reference(ref)
    return row_by(EntryRow, **({"number": number} if number else {"ref": ref}))


def of_case(case_ref: str) -> list[EntryRow]:
    """The entries of a case, oldest first; those with the same moment by register and item."""
    return rows_by(EntryRow, "entered_at", "register", "item", "ref", case_ref=case_ref)


def of_holder(holder_ref: str, most: int) -> list[EntryRow]:
    """The entries of a person, the newest first."""
    return list(EntryRow.objects.filter(holder_ref=holder_ref).order_by("-entered_at", "ref")[:most])


def to_remind(on: date) -> Iterator[EntryRow]:
    """Entries with a reminder due by this day."""
    return walk(EntryRow.objects.filter(remind_on__lte=on, struck_at__isnull=True), "remind_on")


def first_reminder() -> date | None:
    """The day of the earliest reminder."""
    rows = EntryRow.objects.filter(remind_on__isnull=False, struck_at__isnull=True).order_by("remind_on")
    return rows.values_list("remind_on", flat=True).first()


def set_reminder(ref: str, *, reminded: int, on: date | None) -> None:
    """Record how many reminders of an entry were sent, and the day of the next one."""
    EntryRow.objects.filter(ref=ref).update(reminded=reminded, remind_on=on)


def forget_holder(holder_ref: str) -> None:
    """Delete the private part and the search hashes of the entries of an erased person."""
    KeyRow.objects.filter(entry__holder_ref=holder_ref, is_sealed=True).delete()
    EntryRow.objects.filter(holder_ref=holder_ref).update(marks="", sealed=None, unique_key=None)
    EarlierRow.objects.filter(holder_ref=holder_ref).update(sealed=None)


def page(
    service: str,
    register: str,
    *,
    on: date | None,
    words: Sequence[str],
    inside: bool,
    first: int,
    most: int,
    after: EntryRow | None = None,
    search: keys.Search | None = None,
) -> list[EntryRow]:
    """Entries of a register that contain every word, in order: those in force `on` a day, or all when that is None.

    With `inside` a word may also match the private part; with `after`, only entries after that one; with `search`,
    only those with its values.
    """
    rows = _register(service, register)
    if search is not None:
        (key,) = keys.searched_keys(search, lambda text: hashed(service, register, text))
        found = KeyRow.objects.filter(service=service, register=register, facts="+".join(search.facts), key=key)
        rows = rows.filter(ref__in=found.values("entry_id"))
    if after is not None:
        # The condition on `stands_by` gives the index its starting point; `_behind` skips equal sort keys.
        rows = rows.filter(_behind(after), stands_by__gte=after.stands_by)
    if on is not None:
        rows = _in_force(rows, on)
    for word in words:
        matches = Q(searched__contains=word)
        marks = rules.marks(word) if inside else []
        if marks:
            marked = Q()
            for mark in marks:
                marked &= Q(marks__contains=mark_of(service, register, mark))
            matches |= marked
        rows = rows.filter(matches)
    return list(rows[first : first + most])


def page_of_several(
    places: Sequence[tuple[str, str]], *, on: date, after: EntryRow | None, most: int
) -> list[EntryRow]:
    """Entries in force in several registers, given by service and name: one register after the other, each in order."""
    entries: list[EntryRow] = []
    for start in range(0, len(places), PLACES_AT_ONCE):
        several = Q()
        for service, register in places[start : start + PLACES_AT_ONCE]:
            several |= Q(service=service, register=register)
        rows = _in_force(EntryRow.objects.filter(several), on).order_by(*IN_ORDER)
        if after is not None:
            rows = rows.filter(_behind(after))
        entries += rows[: most - len(entries)]
        if len(entries) == most:
            break
    return entries


def _behind(row: EntryRow) -> Q:
    """The condition for entries after this row in the order of all registers."""
    behind, same = Q(), Q()
    for name in IN_ORDER:
        value = getattr(row, name)
        behind |= same & Q(**{f"{name}__gt": value})
        same &= Q(**{name: value})
    return behind


def every(service: str, register: str, *, on: date | None) -> Iterator[EntryRow]:
    """Every entry in the register's order, a few hundred in memory at a time."""
    rows = _register(service, register)
    if on is not None:
        rows = _in_force(rows, on)
    last: EntryRow | None = None
    while True:
        # Each query continues after the last entry, so no database cursor stays open between them.
        after = Q() if last is None else Q(stands_by__gt=last.stands_by) | Q(stands_by=last.stands_by, ref__gt=last.ref)
        some = list(rows.filter(after)[:AT_ONCE])
        yield from some
        if len(some) < AT_ONCE:
            return
        last = some[-1]


def _register(service: str, register: str) -> QuerySet[EntryRow]:
    return EntryRow.objects.filter(service=service, register=register).order_by("stands_by", "ref")


def _in_force(rows: QuerySet[EntryRow], on: date) -> QuerySet[EntryRow]:
    begun = rows.filter(from_date__lte=on)
    not_over = Q(until_date__isnull=True) | Q(until_date__gte=on)
    not_struck = Q(struck_at__isnull=True) | Q(struck_at__gte=rules.day_after(on, settings.TIME_ZONE))
    return begun.filter(not_over, not_struck)
