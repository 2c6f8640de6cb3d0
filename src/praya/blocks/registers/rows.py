"""Conversion between table rows and values. Facts that are not public are encrypted with the key of the holder."""

import json
from typing import Any

from praya.blocks.registers import store
from praya.blocks.registers.models import EarlierRow, EntryRow
from praya.blocks.registers.rules import Value
from praya.blocks.registers.values import Entry, Inside
from praya.kernel import jsontext
from praya.kernel.crypto import vault


def facts_of(row: EntryRow | EarlierRow) -> dict[str, Value]:
    """The public facts of a row, by name, as texts for readers."""
    facts: dict[str, Value] = json.loads(row.facts)
    return facts


def values_of(row: EntryRow | EarlierRow) -> dict[str, Any]:
    """The public facts of a row in the form that expressions use."""
    values: dict[str, Any] = jsontext.loads(row.values)
    return values


def all_values(row: EntryRow) -> dict[str, Any]:
    """The values of all facts of an entry, public or not, by name."""
    return {**values_of(row), **private_part(row.holder_ref, row.ref, row.sealed).known}


def private_part(holder_ref: str, ref: str, sealed: bytes | memoryview | None) -> Inside:
    """The private part of an entry, decrypted; empty when there is none or the holder was erased."""
    if not sealed:
        return Inside()
    try:
        return Inside(*vault.unseal_json(sealed, subject=holder_ref or store.NOBODY, place=store.PLACE, row=ref))
    except vault.Forgotten:
        return Inside()


def entry_of(row: EntryRow) -> Entry:
    """The entry that a row holds."""
    return Entry(
        ref=row.ref,
        number=row.number,
        register=row.register,
        service=row.service,
        facts=facts_of(row),
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
        values=values_of(row),
    )
