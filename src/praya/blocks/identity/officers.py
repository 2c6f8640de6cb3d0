"""Officers: their names, addresses and roles, and the person that an officer also is."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from praya.blocks.identity import store
from praya.blocks.identity.models import OfficerRow
from praya.blocks.identity.persons import enrol
from praya.blocks.identity.rules import names
from praya.blocks.identity.rules.addresses import NotAnAddress, address
from praya.blocks.identity.values import COMMUNITY, Colleague, NoOfficer, Officer, Person, Role
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal


def add_officer(*, name: str, email: str, roles: frozenset[Role], at: datetime, by: str) -> Officer:
    """Add an officer with these roles; an officer with this address gets the new name and roles instead.

    Raises NotAnAddress.
    """
    with transaction.atomic():
        ref, created = store.write_officer(name, address(email), at)
        store.write_roles(ref, _pairs(roles))
        event = "officer_added" if created else "officer_changed"
        journal.record(event=event, at=at, by=by, subject=ref, facts=_facts(roles))
    return officer(ref)


def set_roles(*, officer_ref: str, roles: frozenset[Role], at: datetime, by: str) -> Officer:
    """Replace all roles of an officer, and end their sessions. Raises NoOfficer."""
    with transaction.atomic():
        end_sessions(officer_ref, at=at, by=by)
        store.write_roles(officer_ref, _pairs(roles))
        journal.record(event="officer_changed", at=at, by=by, subject=officer_ref, facts=_facts(roles))
    return officer(officer_ref)


def officer(ref: str) -> Officer:
    """An officer in office. Raises NoOfficer."""
    row = store.officer_row(ref)
    if row is None:
        raise NoOfficer(ref)
    return officer_from(row)


def officer_names(refs: Collection[str]) -> dict[str, str]:
    """The names of these officers, by officer; those who left are left out. Two queries, for any number."""
    rows = store.named_rows(refs) if refs else []
    vault.gather(row.ref for row in rows)
    return {row.ref: store.officer_name(row) for row in rows}


def colleagues(department: str, typed: str, *, limit: int) -> list[Colleague]:
    """Search the officers of a department by address, or by the beginnings of the words of their name.

    Returns at most `limit`, the longest-serving first; only the names of these are decrypted.
    """
    try:
        rows = store.colleague_rows(department, (), address(typed), limit)
    except NotAnAddress:
        words = names.name_words(typed)
        rows = store.colleague_rows(department, words, None, limit) if words else []
    vault.gather(row.ref for row in rows)
    return [Colleague(row.ref, store.officer_name(row), store.officer_email(row)) for row in rows]


def members(community: str, *, after: str = "", limit: int) -> list[Officer]:
    """A page of the officers in office who have a role in a community, by reference, beginning after `after`."""
    return holders(COMMUNITY + community, after=after, limit=limit)


def holders(department: str, *, after: str = "", limit: int) -> list[Officer]:
    """A page of the officers in office who have a role in a department, `community:<name>` or `system:<name>`."""
    rows = store.holders_of(department, after, limit)
    vault.gather(row.ref for row in rows)
    return [officer_from(row) for row in rows]


def holders_of_roles(department: str, roles: Collection[str]) -> list[str]:
    """The references of the officers in office who have one of these roles in a department; no name is read."""
    return store.holders_of_roles(department, roles)


def serves(officer_ref: str, department: str) -> bool:
    """Whether an officer is in office in a department."""
    return store.serves(officer_ref, department)


def index_names() -> int:
    """Index the names of officers that have no name index yet; return how many. A migration calls it."""
    rows = store.rows_without_beginnings()
    vault.gather(row.ref for row in rows)
    for row in rows:
        store.write_beginnings(row.ref, store.officer_name(row))
    return len(rows)


def person_of_officer(ref: str) -> str | None:
    """The person with the same address as the officer, if there is one."""
    return store.person_of_officer(ref)


def resident_for(*, officer_ref: str, language: str, at: datetime) -> Person:
    """The person with an officer's own address, created if there is none, signed in by the officer's sign-in.

    The journal does not name the officer, because it must not reveal which officer is which resident. Raises NoOfficer.
    """
    with transaction.atomic():
        email = officer(officer_ref).email
        person = enrol(email=email, name=None, language=language, at=at)
        journal.record(event="person_signed_in", at=at, by=f"person:{person.ref}", subject=person.ref)
    return person


def officer_for(*, person_ref: str) -> Officer | None:
    """The officer in office who signs in with a person's own address, if there is one."""
    row = store.officer_of_person(person_ref)
    return officer_from(row) if row is not None else None


def note_officer_signed_in(officer_ref: str, *, at: datetime) -> None:
    """Record that an officer signed in without a code of their own, because they had signed in as a resident."""
    journal.record(event="officer_signed_in", at=at, by=f"officer:{officer_ref}", subject=officer_ref)


def officers(*, limit: int | None = None) -> list[Officer]:
    """The officers in office, the longest-serving first; at most `limit`, if given."""
    rows = store.officer_rows()[:limit]
    vault.gather(row.ref for row in rows)
    return [officer_from(row) for row in rows]


def end_sessions(ref: str, *, at: datetime, by: str) -> None:
    """End every session of an officer by beginning a new epoch. Raises NoOfficer."""
    with transaction.atomic():
        if not store.bump_epoch(ref):
            raise NoOfficer(ref)
        store.drop_sessions(holder=f"officer:{ref}")
        journal.record(event="officer_sessions_ended", at=at, by=by, subject=ref)


def officer_leaves(*, officer_ref: str, at: datetime, by: str) -> None:
    """End an officer's office: no sign-in, no session, no role. Raises NoOfficer."""
    with transaction.atomic():
        if not store.bump_epoch(officer_ref, left_at=at):
            raise NoOfficer(officer_ref)
        store.drop_sessions(holder=f"officer:{officer_ref}")
        store.write_roles(officer_ref, frozenset())
        journal.record(event="officer_left", at=at, by=by, subject=officer_ref)


def officer_from(row: OfficerRow) -> Officer:
    """The officer of a row, with their roles."""
    roles = frozenset(Role(r.department, r.role) for r in row.roles.all())
    return Officer(row.ref, store.officer_name(row), store.officer_email(row), roles, row.epoch)


def _pairs(roles: frozenset[Role]) -> frozenset[tuple[str, str]]:
    return frozenset((r.department, r.role) for r in roles)


def _facts(roles: frozenset[Role]) -> dict[str, list[str]]:
    return {"roles": sorted(f"{r.department}:{r.role}" for r in roles)}
