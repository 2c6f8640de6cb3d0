"""Changes of an entry: it is made, renewed, amended, transferred, struck off. The journal records each."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from praya.blocks.registers import rules, store
from praya.blocks.registers.keys import Finding
from praya.blocks.registers.models import EntryRow
from praya.blocks.registers.rows import all_values, entry_of, facts_of, private_part, values_of
from praya.blocks.registers.rules import Value
from praya.blocks.registers.values import Entry, NewEntry, NoEntry
from praya.kernel import jsontext
from praya.kernel.journal import api as journal


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
    return entry_of(row)


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
    """Strike off one entry on behalf of the case `case_ref`; False when it was already struck off."""
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
    """Set a new last day of an entry; `finding` is how the register is searched now, if that has changed.

    Raises NoEntry when it was struck off; NotEnterable; NotUnique.
    """
    with transaction.atomic():
        row = _standing(ref)
        rules.check_days(row.from_date, until_date)
        changes = {"until_date": until_date, "remind_on": remind_on, "reminded": reminded}
        row = store.change(row, "renewed", case_ref, changes, at)
        _write_keys(row, finding)
        _record("register_renewed", row, case_ref, at, by)
    return entry_of(row)


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
        old = private_part(row.holder_ref, row.ref, row.sealed)
        public, private = {**facts_of(row), **facts}, {**old.facts, **(inside or {})}
        rules.check({**public, **private}, row.from_date, row.until_date)
        public, private, shortened = _fitted(public, private)
        sealed = store.private_columns(row, row.holder_ref, private, {**old.known, **(known or {})})
        typed = jsontext.dumps({**values_of(row), **(values or {})})
        changes = {**store.public_columns(public, row.entered_at), **sealed, "values": typed}
        row = store.change(row, "amended", case_ref, changes, at)
        _write_keys(row, finding)
        _record("register_amended", row, case_ref, at, by, shortened)
    return entry_of(row)


def transfer(*, ref: str, case_ref: str, holder_ref: str, at: datetime, by: str) -> Entry:
    """Give an entry to another holder, with whose key its private part is encrypted again. Raises NoEntry."""
    with transaction.atomic():
        row = _standing(ref)
        old = private_part(row.holder_ref, row.ref, row.sealed)
        changes = {"holder_ref": holder_ref, **store.private_columns(row, holder_ref, old.facts, old.known)}
        row = store.change(row, "transferred", case_ref, changes, at)
        _record("register_transferred", row, case_ref, at, by)
    return entry_of(row)


def lock(ref: str) -> None:
    """Lock an entry until the transaction ends."""
    store.standing_row(ref)


def write_keys(ref: str, finding: Finding, *, shown: Sequence[str]) -> None:
    """Write the search keys of an entry again, after the register's definition has changed.

    The public facts `shown` get their known values, which old entries do not have as public values yet.
    Raises NotUnique.
    """
    with transaction.atomic():
        row = store.standing_row(ref)
        if row is None:
            return
        everything = all_values(row)
        values = {name: everything[name] for name in shown if everything.get(name) is not None}
        if values != values_of(row):
            store.set_values(row, values)
        store.write_keys(row, finding, everything)


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


def _standing(ref: str) -> EntryRow:
    row = store.standing_row(ref)
    if row is None:
        raise NoEntry(ref)
    return row


def _fitted(
    facts: Mapping[str, Value], inside: Mapping[str, Value]
) -> tuple[dict[str, Value], dict[str, Value], list[str]]:
    """Shorten facts that are too long; return the public ones, the private ones, and the names of those shortened."""
    fitted, shortened = rules.fitted({**facts, **inside})
    return {name: fitted[name] for name in facts}, {name: fitted[name] for name in inside}, shortened


def _record(event: str, row: EntryRow, case_ref: str, at: datetime, by: str, shortened: Sequence[str] = ()) -> None:
    facts: dict[str, Any] = {"entry": row.ref, "register": row.register}
    if shortened:
        facts["shortened"] = list(shortened)
    journal.record(event=event, at=at, by=by, subject=case_ref, service=row.service, facts=facts)


def _write_keys(row: EntryRow, finding: Finding | None) -> None:
    if finding is None:
        store.set_days_of_keys(row)
    else:
        store.write_keys(row, finding, all_values(row))
