"""Proofs of identity at a counter: a person shows a code of their account, an officer sees face and document.

The code names the account, and not an address that somebody says: nobody can have their own face proven for the account
of another, and no officer chooses an account by hand.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from praya.blocks.identity import passkey_store, store
from praya.blocks.identity.models import CounterCode, ProofRow
from praya.blocks.identity.rules import passkeys as passkey_rules
from praya.blocks.identity.rules import proofs as rules
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none


class NotProven(Exception):
    """The identity was not proven; the text is `code`, `self`, `guardian_code`, `not_born`, `too_young`, `guardian`."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How a person's identity was proven. `guardian` is the reference of who approved for somebody under age."""

    person: str
    department: str
    document: str
    guardian: str
    proven_at: datetime


def counter_code(*, person_ref: str, at: datetime) -> str:
    """A new code for the counter, in place of an earlier one; good for CODE_LIFE and for one use."""
    code = f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}}"
    with transaction.atomic():
        CounterCode.objects.filter(person=person_ref).delete()
        CounterCode.objects.create(code_index=_index(code), person=person_ref, expires_at=at + rules.CODE_LIFE)
        journal.record(event="counter_code_asked", at=at, by=f"person:{person_ref}", subject=person_ref)
    return code


def _index(code: str) -> str:
    return vault.blind_index("identity.counter_code", code)


def _person_with(code: str, at: datetime) -> str:
    """Use up a code. Whose it is, or empty."""
    digits = "".join(c for c in code if c.isascii() and c.isdigit())
    row = one_or_none(CounterCode.objects.select_for_update().filter(code_index=_index(digits), expires_at__gt=at))
    if row is None or store.person_epoch(row.person) is None:
        return ""
    row.delete()
    return str(row.person)


def prove(
    *,
    code: str,
    guardian_code: str,
    officer_ref: str,
    department: str,
    document: str,
    born: date,
    today: date,
    at: datetime,
) -> Proof:
    """Note that an officer saw a person and their document. Their sessions end: the next sign-in has the new level.

    For somebody from 11 to 17 the guardian, whose own identity is proven, approves with a code of their own account.
    Nobody proves their own identity. Raises NotProven, and then no code is used up.
    """
    if document not in rules.DOCUMENTS:
        raise ValueError(f"no such kind of document: {document[:20]}")
    with transaction.atomic():
        person = _person_with(code, at)
        if not person:
            raise NotProven("code")
        guardian = _person_with(guardian_code, at) if guardian_code.strip() else ""
        if guardian_code.strip() and (not guardian or not _of_age(guardian, today)):
            raise NotProven("guardian_code")
        if (store.person_of_officer(officer_ref) or officer_ref) in {person, guardian}:
            raise NotProven("self")
        if why := rules.refusal(born, today, guardian=bool(guardian)):
            raise NotProven(why)
        ProofRow.objects.update_or_create(
            person=person,
            defaults={
                "officer": officer_ref, "department": department, "document": document, "guardian": guardian,
                "born": vault.seal(born.isoformat().encode(), subject=person, place="identity.proof.born", row=person),
                "proven_at": at,
            },
        )  # fmt: skip
        store.drop_sessions(holder=f"person:{person}")
        journal.record(
            event="identity_proven", at=at, by=f"officer:{officer_ref}", subject=person,
            facts={"department": department, "document": document, **({"guardian": guardian} if guardian else {})},
        )  # fmt: skip
    return Proof(person, department, document, guardian, at)


def _of_age(person: str, today: date) -> bool:
    row = one_or_none(ProofRow.objects.filter(person=person))
    if row is None:
        return False
    born = vault.unseal(row.born, subject=person, place="identity.proof.born", row=person).decode()
    return rules.age(date.fromisoformat(born), today) >= rules.OF_AGE


def proof(person_ref: str) -> Proof | None:
    """How a person's identity was proven; None when it was not."""
    row = one_or_none(ProofRow.objects.filter(person=person_ref))
    return Proof(row.person, row.department, row.document, row.guardian, row.proven_at) if row is not None else None


def withdraw_proof(*, person_ref: str, at: datetime, by: str) -> bool:
    """Take a proof back, such as one of the wrong person, and end the sessions that rest on it; False without one."""
    with transaction.atomic():
        if not ProofRow.objects.filter(person=person_ref).delete()[0]:
            return False
        store.drop_sessions(holder=f"person:{person_ref}")
        journal.record(event="identity_proof_withdrawn", at=at, by=by, subject=person_ref)
        return True


def guarded(holder: str) -> bool:
    """Whether an account has more to lose than an address: a proven identity, or any passkey."""
    kind, _, ref = holder.partition(":")
    proven = kind == "person" and ProofRow.objects.filter(person=ref).exists()
    return proven or bool(passkey_store.rows_of(holder))


def passkey_level(holder: str, *, step_up: bool) -> int:
    """The assurance level that a holder reaches with a passkey that counts: by signing in, or by a confirmation.

    Officers have level 1 always: what they may do rests on their roles.
    """
    kind, _, ref = holder.partition(":")
    proven = kind == "person" and ProofRow.objects.filter(person=ref).exists()
    return passkey_rules.level_of(proven=proven, step_up=step_up)


def forget_counter_codes(*, at: datetime) -> int:
    """Delete codes that are over; return how many."""
    return CounterCode.objects.filter(expires_at__lte=at).delete()[0]
