"""Residents: who they are, in which language they read, and their erasure."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from praya.blocks.identity import store
from praya.blocks.identity.models import PersonRow
from praya.blocks.identity.rules.addresses import address
from praya.blocks.identity.values import Erased, NoPerson, Person
from praya.kernel import reading
from praya.kernel.crypto import vault
from praya.kernel.crypto.vault import Forgotten
from praya.kernel.journal import api as journal
from praya.kernel.text import spoken


def person(ref: str) -> Person:
    """A person. Raises Erased, NoPerson."""
    row = store.person_row(ref)
    if row is None:
        raise NoPerson(ref)
    return person_from(row)


def addresses(refs: Collection[str]) -> dict[str, str]:
    """The addresses of several persons, by person; erased persons are left out."""
    rows = [row for row in store.person_rows(refs) if row.erased_at is None] if refs else []
    vault.gather(row.ref for row in rows)
    by_person = {}
    for row in rows:
        try:
            by_person[row.ref] = store.person_email(row)
        except Forgotten:
            continue
    return by_person


def find(*, email: str) -> Person | None:
    """The person with an address; None when there is none. Raises NotAnAddress."""
    row = store.person_by_index(store.email_index(address(email)))
    return person_from(row) if row is not None else None


def enrol(*, email: str, name: str | None, language: str, at: datetime, by: str = "system") -> Person:
    """The person with an address, created if there is none: for assisted service, demonstrations and tests.

    An existing person is returned unchanged. Raises NotAnAddress; NotText for a name with refused characters.
    """
    name = reading.line(name) or None if name else None
    with transaction.atomic():
        row, created = store.find_or_add_person(address(email), name, known_language(language), at)
        if created:
            journal.record(event="person_enrolled", at=at, by=by, subject=row.ref)
    return person_from(row)


def set_language(*, person_ref: str, language: str, at: datetime) -> None:
    """Set the language of a person. Raises Erased, NoPerson."""
    known_language(language)
    with transaction.atomic():
        if person(person_ref).language == language:
            return
        store.write_language(person_ref, language)
        _record_own("person_language_set", person_ref, at)


def rename(*, person_ref: str, name: str, at: datetime) -> None:
    """Set the name by which a person is addressed, 1 to 200 characters. Raises Erased, NoPerson, ValueError."""
    name = reading.line(name)
    if not name or len(name) > 200:
        raise ValueError("a name has between 1 and 200 characters")
    with transaction.atomic():
        if person(person_ref).name == name:
            return
        store.write_name(person_ref, name)
        _record_own("person_renamed", person_ref, at)


def enrolled_just_now(person_ref: str, *, at: datetime) -> bool:
    """Whether a person was created within the last minute, as by their first sign-in."""
    row = store.person_row(person_ref)
    return row is not None and at - row.created_at < timedelta(minutes=1)


def epoch(person_ref: str) -> int | None:
    """The epoch of a person's sessions; one of an earlier epoch has ended. None for an unknown or erased person."""
    return store.person_epoch(person_ref)


def sign_out_everywhere(*, person_ref: str, at: datetime) -> None:
    """End every session of a person, on every device. Raises NoPerson."""
    with transaction.atomic():
        if not store.bump_person_epoch(person_ref):
            raise NoPerson(person_ref)
        store.drop_sessions(holder=f"person:{person_ref}")
        _record_own("person_sessions_ended", person_ref, at)


def erase(*, person_ref: str, at: datetime, by: str) -> bool:
    """Erase a person: delete their key, so that everything encrypted with it in any block is unreadable.

    Other processes may cache the key for a minute. False when the person was already erased. Raises NoPerson.
    """
    with transaction.atomic():
        row = store.person_row(person_ref)
        if row is None:
            raise NoPerson(person_ref)
        if row.erased_at is not None:
            return False
        store.erase_person(row, at)
        journal.record(event="person_erased", at=at, by=by, subject=person_ref)
        return True


def residents(limit: int = 100) -> list[Person]:
    """The newest persons, for the list of invented people in a demonstration.

    Raises PermissionError in production, where nobody may list all persons.
    """
    if settings.PRAYA.mode == "production":
        raise PermissionError("production has no list of persons")
    rows = store.newest_persons(limit)
    vault.gather(row.ref for row in rows)
    return [person_from(row) for row in rows]


def _record_own(event: str, person_ref: str, at: datetime) -> None:
    journal.record(event=event, at=at, by=f"person:{person_ref}", subject=person_ref)


def person_from(row: PersonRow) -> Person:
    """The person of a row. Raises Erased."""
    if row.erased_at is not None:
        raise Erased(row.ref)
    try:
        return Person(row.ref, store.person_email(row), store.person_name(row), row.language)
    except Forgotten:
        raise Erased(row.ref) from None


def known_language(language: str) -> str:
    """The language, if the territory speaks it. Raises ValueError."""
    if language not in spoken():
        raise ValueError(f"no such language: {language[:20]}")
    return language
