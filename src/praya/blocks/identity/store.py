"""Rows of persons, officers and challenges: queries, writes, encryption."""

import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Exists, F, Max, OuterRef, QuerySet

from praya.blocks.identity.models import (
    Challenge,
    CounterCode,
    NameRow,
    OfficerRow,
    PasskeyRow,
    PersonRow,
    ProofRow,
    RoleRow,
    SessionRow,
)
from praya.blocks.identity.rules import names, sign_in_limits
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.rows import one_or_none, row_by

OURS = "@identity"
"""The subject whose key encrypts addresses in challenges, which belong to no person yet."""

Tried = Literal["right", "wrong", "spent", "expired"]


def email_index(email: str) -> str:
    """The blind index of an address in its canonical form."""
    return vault.blind_index("identity.email", email)


def code_index(challenge: str, code: str) -> str:
    """The keyed hash of a code, which is stored: useless without the index key, and for any other challenge."""
    return vault.blind_index("identity.code", f"{challenge}:{code}")


def _seal(text: str, column: str, subject: str, row: str) -> bytes:
    return vault.seal(text.encode(), subject=subject, place=f"identity.{column}", row=row)


def _open(sealed: bytes | memoryview, column: str, subject: str, row: str) -> str:
    return vault.unseal(sealed, subject=subject, place=f"identity.{column}", row=row).decode()


# Challenges


def network_index(network: str) -> str:
    """The keyed hash of a network, by which its codes are counted."""
    return vault.blind_index("identity.network", network)


def unused_codes(index: str, since: datetime, *, known: bool) -> list[tuple[datetime, str]]:
    """Moment and network of each unused code of an address: of known browsers, or of all others."""
    rows = Challenge.objects.filter(email_index=index, known=known, created_at__gt=since, used_at__isnull=True)
    return list(rows.values_list("created_at", "network_index"))


def add_challenge(
    email: str,
    code: str,
    language: str,
    at: datetime,
    *,
    number_after: int | None,
    for_officer: bool,
    known: bool,
    network: str,
) -> str:
    """Store a challenge; return its reference. Raises IntegrityError when a concurrent request took its number."""
    ref = opaque()
    vault.new_key(OURS)
    Challenge.objects.create(
        ref=ref,
        email=_seal(email, "challenge.email", OURS, ref),
        email_index=email_index(email),
        number=(number_after or 0) + 1,
        code_index=code_index(ref, code),
        language=language,
        for_officer=for_officer,
        known=known,
        network_index=network,
        created_at=at,
        expires_at=at + sign_in_limits.CODE_LIFE,
    )
    return ref


def last_number(index: str) -> int | None:
    """The number of an address's newest challenge."""
    number: int | None = Challenge.objects.filter(email_index=index).aggregate(last=Max("number"))["last"]
    return number


def try_code(challenge: str, code: str, at: datetime, *, for_officer: bool) -> tuple[Tried, int]:
    """Count one try, then compare; return the result and the number of tries left.

    One conditional UPDATE counts the try before the comparison, so concurrent tries are all counted. Its row lock lasts
    until the end of the transaction, so of two concurrent right answers the second finds the code used.
    """
    mine = Challenge.objects.filter(ref=challenge, for_officer=for_officer, used_at__isnull=True, expires_at__gt=at)
    counted = mine.filter(tries__lt=sign_in_limits.TRIES).update(tries=F("tries") + 1)
    row = mine.only("code_index", "tries").first()
    # The comparison is made even for an unknown challenge, so that the time does not reveal it.
    same = hmac.compare_digest(row.code_index if row else "0" * 32, code_index(challenge, code))
    if row is None:
        return "expired", 0
    if not counted:
        return "spent", 0
    if not same:
        return ("wrong" if row.tries < sign_in_limits.TRIES else "spent"), sign_in_limits.TRIES - row.tries
    mine.update(used_at=at)
    return "right", sign_in_limits.TRIES - row.tries


def give_back(challenge: str) -> int:
    """Undo the use of a right code, whose try still counts, so that it looks like a wrong one; return tries left."""
    Challenge.objects.filter(ref=challenge).update(used_at=None)
    return sign_in_limits.TRIES - Challenge.objects.values_list("tries", flat=True).get(ref=challenge)


def challenged(challenge: str) -> tuple[str, str]:
    """The address and language of a challenge."""
    row = Challenge.objects.get(ref=challenge)
    return _open(row.email, "challenge.email", OURS, row.ref), row.language


def open_challenge_address(challenge: str, at: datetime) -> str:
    """The address of a challenge that can still be answered; empty for any other."""
    row = one_or_none(Challenge.objects.filter(ref=challenge, used_at__isnull=True, expires_at__gt=at))
    return _open(row.email, "challenge.email", OURS, row.ref) if row is not None else ""


def drop_old_challenges(*, before: datetime, slice_size: int = 500) -> int:
    """Delete challenges created before this moment, the oldest first; return how many."""
    rows = Challenge.objects.filter(created_at__lt=before).order_by("created_at")
    refs = list(rows.values_list("ref", flat=True)[:slice_size])
    return Challenge.objects.filter(ref__in=refs).delete()[0] if refs else 0


def oldest_challenge() -> datetime | None:
    """The moment of the oldest challenge."""
    return Challenge.objects.order_by("created_at").values_list("created_at", flat=True).first()


# Sessions


def add_session(holder: str, device: str, level: int, way: str, at: datetime) -> str:
    """Store a new session; return its reference."""
    row = SessionRow.objects.create(
        ref=opaque(), holder=holder, device=device, began_at=at, seen_at=at, level=level, level_at=at, way=way
    )
    return row.ref


def session_state(ref: str, holder: str, seen_before: datetime) -> str:
    """`over`; `unseen` when it was not used since `seen_before`; otherwise `seen`."""
    # Every page runs this query, and the ORM takes several times as long to build it as the database to run it.
    moment = connection.ops.adapt_datetimefield_value(seen_before)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seen_at < %s FROM identity_session WHERE ref = %s AND holder = %s", [moment, ref, holder]
        )
        row = cursor.fetchone()
    if row is None:
        return "over"
    return "unseen" if row[0] else "seen"


def note_seen(ref: str, at: datetime) -> None:
    """Record that a session was used; ignored when the database is read-only, so that reading stays possible."""
    try:
        with transaction.atomic():
            SessionRow.objects.filter(ref=ref).update(seen_at=at)
    except DatabaseError:
        return


def sessions_of(holder: str, *, seen_after: datetime, began_after: datetime) -> list[SessionRow]:
    """The sessions of a holder that are still valid, the newest first."""
    rows = SessionRow.objects.filter(holder=holder, seen_at__gt=seen_after, began_at__gt=began_after)
    return list(rows.order_by("-began_at", "ref")[:100])


def drop_sessions(*, ref: str | None = None, holder: str | None = None, began_before: datetime | None = None) -> int:
    """Delete one session of a holder, all of them, or old sessions; return how many."""
    if began_before is not None:
        rows = SessionRow.objects.filter(began_at__lt=began_before)
    else:
        rows = SessionRow.objects.filter(holder=holder)
    return (rows.filter(ref=ref) if ref is not None else rows).delete()[0]


# Persons


def person_row(ref: str) -> PersonRow | None:
    """A person's row."""
    return row_by(PersonRow, ref=ref)


def person_epoch(ref: str) -> int | None:
    """The epoch of a person; None for an unknown or erased person."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT epoch FROM identity_person WHERE ref = %s AND erased_at IS NULL", [ref])
        row = cursor.fetchone()
    return row[0] if row else None


def person_session(ref: str, session: str, seen_before: datetime) -> tuple[int | None, str]:
    """The result of `person_epoch` and that of `session_state`, by one query."""
    moment = connection.ops.adapt_datetimefield_value(seen_before)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.epoch, s.seen_at < %s FROM identity_person p"
            " LEFT JOIN identity_session s ON s.ref = %s AND s.holder = %s"
            " WHERE p.ref = %s AND p.erased_at IS NULL",
            [moment, session, f"person:{ref}", ref],
        )
        row = cursor.fetchone()
    if row is None:
        return None, "over"
    return row[0], "over" if row[1] is None else "unseen" if row[1] else "seen"


def bump_person_epoch(ref: str) -> bool:
    """Begin a person's next epoch; False for an unknown or erased person."""
    return PersonRow.objects.filter(ref=ref, erased_at__isnull=True).update(epoch=F("epoch") + 1) == 1


def person_by_index(index: str) -> PersonRow | None:
    """The row of the person with an address."""
    return one_or_none(PersonRow.objects.filter(email_index=index))


def person_rows(refs: Iterable[str]) -> list[PersonRow]:
    """Several persons."""
    return list(PersonRow.objects.filter(ref__in=list(refs)))


def newest_persons(limit: int) -> list[PersonRow]:
    """The newest persons who are not erased."""
    return list(PersonRow.objects.filter(erased_at__isnull=True).order_by("-created_at", "ref")[:limit])


def person_email(row: PersonRow) -> str:
    """The address of a person. Raises Forgotten when the key was deleted."""
    return _open(row.email or b"", "person.email", row.ref, row.ref)


def person_name(row: PersonRow) -> str | None:
    """The name, if the person gave one. Raises Forgotten when the key was deleted."""
    return None if row.name is None else _open(row.name, "person.name", row.ref, row.ref)


def find_or_add_person(email: str, name: str | None, language: str, at: datetime) -> tuple[PersonRow, bool]:
    """The person with an address, created with a new key if there is none; and whether it was created."""
    index = email_index(email)
    existing = person_by_index(index)
    if existing is not None:
        return existing, False
    ref = opaque()
    try:
        with transaction.atomic():
            vault.new_key(ref)
            row = PersonRow.objects.create(
                ref=ref,
                email=_seal(email, "person.email", ref, ref),
                email_index=index,
                name=_seal(name, "person.name", ref, ref) if name else None,
                language=language,
                created_at=at,
            )
    except IntegrityError:
        # Somebody signed in with the same address at the same moment.
        return PersonRow.objects.get(email_index=index), False
    return row, True


def write_name(ref: str, name: str) -> None:
    """Store a person's name."""
    PersonRow.objects.filter(ref=ref).update(name=_seal(name, "person.name", ref, ref))


def write_language(ref: str, language: str) -> None:
    """Store a person's language."""
    PersonRow.objects.filter(ref=ref).update(language=language)


def erase_person(row: PersonRow, at: datetime) -> None:
    """Delete the key, the personal columns, the sessions, the passkeys, the proof and the challenges of a person."""
    if row.email_index:
        Challenge.objects.filter(email_index=row.email_index).delete()
    drop_sessions(holder=f"person:{row.ref}")
    PasskeyRow.objects.filter(holder=f"person:{row.ref}").delete()
    CounterCode.objects.filter(person=row.ref).delete()
    ProofRow.objects.filter(person=row.ref).delete()
    PersonRow.objects.filter(ref=row.ref).update(email=None, email_index=None, name=None, erased_at=at)
    vault.forget(row.ref)


# Officers


def officer_row(ref: str) -> OfficerRow | None:
    """The row of an officer in office, with roles."""
    return one_or_none(OfficerRow.objects.prefetch_related("roles").filter(ref=ref, left_at__isnull=True))


def officer_by_index(index: str) -> OfficerRow | None:
    """The row of the officer in office with an address."""
    return one_or_none(OfficerRow.objects.prefetch_related("roles").filter(email_index=index, left_at__isnull=True))


def person_of_officer(ref: str) -> str | None:
    """The person who signs in as a resident with the address of an officer."""
    mine = OfficerRow.objects.filter(ref=ref).values("email_index")
    return PersonRow.objects.filter(email_index__in=mine).values_list("ref", flat=True).first()


def officer_of_person(person_ref: str) -> OfficerRow | None:
    """The officer in office who signs in with the address of a person."""
    mine = PersonRow.objects.filter(ref=person_ref).values("email_index")
    rows = OfficerRow.objects.prefetch_related("roles").filter(email_index__in=mine, left_at__isnull=True)
    return one_or_none(rows)


def name_index(beginning: str) -> str:
    """The blind index of a beginning of an officer's name."""
    return vault.blind_index("identity.officer_name", beginning)


def write_beginnings(ref: str, name: str) -> None:
    """Replace the name index of an officer."""
    NameRow.objects.filter(officer_id=ref).delete()
    NameRow.objects.bulk_create(
        [NameRow(officer_id=ref, beginning=name_index(part)) for part in sorted(names.beginnings(name))]
    )


def rows_without_beginnings() -> list[OfficerRow]:
    """Officers without a name index."""
    return list(OfficerRow.objects.filter(beginnings__isnull=True).only("ref", "name"))


def colleague_rows(department: str, words: Iterable[str], email: str | None, limit: int) -> list[OfficerRow]:
    """Officers in office in a department whose name has words with these beginnings, or who have this address."""
    rows = OfficerRow.objects.filter(left_at__isnull=True)
    rows = rows.filter(Exists(RoleRow.objects.filter(officer=OuterRef("pk"), department=department)))
    if email is not None:
        rows = rows.filter(email_index=email_index(email))
    else:
        for word in words:
            rows = rows.filter(beginnings__beginning=name_index(word))
    return list(rows.order_by("created_at", "ref")[:limit])


def holders_of(department: str, after: str, limit: int) -> list[OfficerRow]:
    """A page of the officers in office who have a role in a department, system or community, by reference."""
    held = RoleRow.objects.filter(officer=OuterRef("pk"), department=department)
    rows = OfficerRow.objects.prefetch_related("roles").filter(Exists(held), left_at__isnull=True, ref__gt=after)
    return list(rows.order_by("ref")[:limit])


def holders_of_roles(department: str, roles: Iterable[str]) -> list[str]:
    """The references of the officers in office with one of these roles in a department, in their order."""
    held = RoleRow.objects.filter(department=department, role__in=list(roles), officer__left_at__isnull=True)
    return sorted(set(held.values_list("officer_id", flat=True)))


def serves(ref: str, department: str) -> bool:
    """Whether an officer is in office in a department."""
    return RoleRow.objects.filter(officer_id=ref, officer__left_at__isnull=True, department=department).exists()


def named_rows(refs: Iterable[str]) -> list[OfficerRow]:
    """These officers, of those in office, without their roles."""
    return list(OfficerRow.objects.filter(ref__in=list(refs), left_at__isnull=True).only("ref", "name"))


def officer_rows() -> "QuerySet[OfficerRow]":
    """All officers in office, with their roles."""
    rows = OfficerRow.objects.prefetch_related("roles").filter(left_at__isnull=True)
    return rows.order_by("created_at", "ref")


def officer_email(row: OfficerRow) -> str:
    """An officer's address."""
    return _open(row.email, "officer.email", row.ref, row.ref)


def officer_name(row: OfficerRow) -> str:
    """An officer's name."""
    return _open(row.name, "officer.name", row.ref, row.ref)


def write_officer(name: str, email: str, at: datetime) -> tuple[str, bool]:
    """Put the officer with an address in office again, or create one; return the reference and whether it is new."""
    index = email_index(email)
    existing = one_or_none(OfficerRow.objects.filter(email_index=index))
    ref = existing.ref if existing else opaque()
    vault.new_key(ref)
    sealed = _seal(name, "officer.name", ref, ref)
    if existing is not None:
        OfficerRow.objects.filter(ref=ref).update(name=sealed, left_at=None)
        write_beginnings(ref, name)
        return ref, False
    OfficerRow.objects.create(
        ref=ref,
        name=sealed,
        email=_seal(email, "officer.email", ref, ref),
        email_index=index,
        created_at=at,
    )
    write_beginnings(ref, name)
    return ref, True


def write_roles(ref: str, roles: frozenset[tuple[str, str]]) -> None:
    """Replace the roles of an officer."""
    RoleRow.objects.filter(officer_id=ref).delete()
    RoleRow.objects.bulk_create(RoleRow(officer_id=ref, department=d, role=r) for d, r in sorted(roles))


def bump_epoch(ref: str, *, left_at: datetime | None = None) -> int:
    """Begin an officer's next epoch, and end the office when `left_at` is given; return how many rows changed."""
    rows = OfficerRow.objects.filter(ref=ref, left_at__isnull=True)
    if left_at is None:
        return rows.update(epoch=F("epoch") + 1)
    return rows.update(epoch=F("epoch") + 1, left_at=left_at)
