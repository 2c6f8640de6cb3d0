"""Conversion between table rows and values. Facts that are not public are encrypted with the key of the holder."""

import json
from collections.abc import Mapping
from typing import Any

from praya.blocks.registers import store
from praya.blocks.registers.models import EarlierRow, EntryRow
from praya.blocks.registers.rules import Value
from praya.blocks.registers.values import Entry, Inside
from praya.kernel import jsontext, plug
from praya.kernel.crypto import vault
from praya.kernel.number import grouped, is_number, written


def facts_of(row: EntryRow | EarlierRow) -> dict[str, Value]:
    """The public facts of a row, by name, as texts for readers."""
    facts: dict[str, Value] = json.loads(row.facts)
    return facts


def read_facts(service: str, register: str, facts: Mapping[str, Value], values: Mapping[str, Any]) -> dict[str, Value]:
    """The facts as people read them: a stored text that is no more than the number itself is said as its fact says it.

    Entries keep the words of the day on which they were made, when the fact may not have been known to be money.
    """
    numbers = {name: values[name] for name in facts if is_number(values.get(name))}
    bare = {name: number for name, number in numbers.items() if _is_bare(facts[name], number)}
    if not bare:
        return dict(facts)
    words = [plug.value(one.fact_words)(service, register, bare) for one in plug.plugs() if one.fact_words]
    return {**facts, **{name: said for each in words for name, said in each.items()}}


def _is_bare(said: Value, number: Any) -> bool:
    texts = {said} if isinstance(said, str) else {*said.values()}
    return texts <= {written(number), grouped(number)}


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


def read_inside(row: EntryRow, holder_ref: str, sealed: bytes | memoryview | None) -> Inside:
    """The private part of an entry, or of an earlier version of it, as people read it."""
    part = private_part(holder_ref, row.ref, sealed)
    return Inside(read_facts(row.service, row.register, part.facts, part.known), part.known)


def entry_of(row: EntryRow) -> Entry:
    """The entry that a row holds."""
    values = values_of(row)
    return Entry(
        ref=row.ref,
        number=row.number,
        register=row.register,
        service=row.service,
        facts=read_facts(row.service, row.register, facts_of(row), values),
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
        values=values,
    )
