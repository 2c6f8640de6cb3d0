"""Rows of entries: queries and writes."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from praya.blocks.registers import rules
from praya.blocks.registers.models import EarlierRow, EntryRow
from praya.kernel.ids import opaque

AT_ONCE = 500
"""How many entries are in memory while a whole register is read."""


def _derived(facts: Mapping[str, rules.Value]) -> dict[str, str]:
    said = {name: value if isinstance(value, str) else dict(value) for name, value in facts.items()}
    return {
        "facts": json.dumps(said, ensure_ascii=False, separators=(",", ":")),
        "searched": rules.searched(facts),
        "stands_by": rules.order(facts),
    }


def add(*, facts: Mapping[str, rules.Value], once_key: str, **columns: Any) -> tuple[EntryRow, bool]:
    """Keep an entry once for its key; answers it and whether it is new."""
    found = EntryRow.objects.filter(once_key=once_key).first()
    if found is not None:
        return found, False
    row = EntryRow(ref=opaque(), once_key=once_key, **columns, **_derived(facts))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return EntryRow.objects.get(once_key=once_key), False
    return row, True


def standing(case_ref: str, register: str | None) -> list[EntryRow]:
    """The entries of a case that are not struck off, held for a change."""
    rows = EntryRow.objects.select_for_update().filter(case_ref=case_ref, struck_at__isnull=True)
    return list((rows if register is None else rows.filter(register=register)).order_by("ref"))


def strike(row: EntryRow, at: datetime, because: str) -> bool:
    """Strike an entry off once; answers whether this call did."""
    rows = EntryRow.objects.filter(ref=row.ref, struck_at__isnull=True)
    return rows.update(struck_at=at, struck_because=because) == 1


def amend(
    row: EntryRow, facts: Mapping[str, rules.Value], from_date: date, until_date: date | None, at: datetime
) -> EntryRow:
    """Let an entry say something else, keeping what it said."""
    EarlierRow.objects.create(
        entry=row, facts=row.facts, from_date=row.from_date, until_date=row.until_date, amended_at=at
    )
    changes = {"from_date": from_date, "until_date": until_date, **_derived(facts)}
    EntryRow.objects.filter(ref=row.ref).update(**changes)
    return EntryRow.objects.get(ref=row.ref)


def earlier(ref: str) -> list[EarlierRow]:
    """What an entry said before, oldest first."""
    return list(EarlierRow.objects.filter(entry_id=ref).order_by("amended_at", "id"))


def entry_row(ref: str) -> EntryRow | None:
    """An entry."""
    return EntryRow.objects.filter(ref=ref).first()


def of_case(case_ref: str) -> list[EntryRow]:
    """The entries of a case, oldest first."""
    return list(EntryRow.objects.filter(case_ref=case_ref).order_by("entered_at", "ref"))


def page(service: str, register: str, *, on: date, words: list[str], first: int, most: int) -> list[EntryRow]:
    """Entries in force on a day that hold every word, in the register's order."""
    rows = _in_force(_register(service, register), on)
    for word in words:
        rows = rows.filter(searched__contains=word)
    return list(rows[first : first + most])


def every(service: str, register: str, *, on: date | None) -> Iterator[EntryRow]:
    """Every entry in the register's order, a few hundred in memory at a time."""
    rows = _register(service, register)
    if on is not None:
        rows = _in_force(rows, on)
    last: EntryRow | None = None
    while True:
        # Beginning where the last one ended, rather than with a cursor: nothing is held open between two reads.
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
