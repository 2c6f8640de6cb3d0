"""Rows of passkeys: queries, writes, encryption with the key of whom they belong to."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import BigIntegerField, Case, F, Q, Value, When

from praya.blocks.identity.models import PasskeyRow, UsedChallenge
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.rows import one_or_none

__all__ = [
    "PasskeyRow", "add", "count", "credential_of", "drop_challenges", "drop_of", "lock_and_count", "name_of", "own_row",
    "remove", "row_with", "rows_of", "some_count", "use_challenge", "write_name",
]  # fmt: skip


def _subject(holder: str) -> str:
    return holder.partition(":")[2]


def _index(credential_id: bytes) -> str:
    return vault.blind_index("identity.credential", credential_id.hex())


def rows_of(holder: str) -> list[PasskeyRow]:
    """The passkeys of a holder, the oldest first."""
    return list(PasskeyRow.objects.filter(holder=holder).order_by("created_at", "ref"))


def some_count(holder: str, at: datetime) -> bool:
    """Whether a passkey of a holder counts."""
    return PasskeyRow.objects.filter(holder=holder, counts_from__lte=at).exists()


def lock_and_count(holder: str) -> int:
    """How many passkeys a holder has; who adds another one at the same time waits."""
    return len(PasskeyRow.objects.select_for_update().filter(holder=holder).values_list("ref", flat=True))


def add(
    holder: str, credential: bytes, credential_id: bytes, name: str, at: datetime,
    *, counter: int, synced: bool, counts_from: datetime,
) -> PasskeyRow:  # fmt: skip
    """Store a passkey. Raises IntegrityError for a credential that is stored already."""
    ref, subject = opaque(), _subject(holder)
    return PasskeyRow.objects.create(
        ref=ref,
        holder=holder,
        credential_index=_index(credential_id),
        credential=vault.seal(credential, subject=subject, place="identity.passkey.credential", row=ref),
        name=vault.seal(name.encode(), subject=subject, place="identity.passkey.name", row=ref),
        counter=counter,
        synced=synced,
        created_at=at,
        counts_from=counts_from,
    )


def row_with(credential_id: bytes) -> PasskeyRow | None:
    """The passkey with a credential id."""
    return one_or_none(PasskeyRow.objects.filter(credential_index=_index(credential_id)))


def own_row(holder: str, ref: str) -> PasskeyRow | None:
    """A passkey of a holder."""
    return one_or_none(PasskeyRow.objects.filter(holder=holder, ref=ref))


def credential_of(row: PasskeyRow) -> bytes:
    """The credential with its public key. Raises Forgotten."""
    return vault.unseal(row.credential, subject=_subject(row.holder), place="identity.passkey.credential", row=row.ref)


def name_of(row: PasskeyRow) -> str:
    """The name that its holder gave a passkey. Raises Forgotten."""
    return vault.unseal(row.name, subject=_subject(row.holder), place="identity.passkey.name", row=row.ref).decode()


def write_name(row: PasskeyRow, name: str) -> None:
    """Store a passkey's name."""
    sealed = vault.seal(name.encode(), subject=_subject(row.holder), place="identity.passkey.name", row=row.ref)
    PasskeyRow.objects.filter(ref=row.ref).update(name=sealed)


def remove(row: PasskeyRow) -> None:
    """Delete a passkey."""
    PasskeyRow.objects.filter(ref=row.ref).delete()


def drop_of(holder: str) -> int:
    """Delete all passkeys of a holder; return how many."""
    return PasskeyRow.objects.filter(holder=holder).delete()[0]


def count(ref: str, sent: int, at: datetime) -> bool:
    """Take over a counter; False when it says that the key was copied, or when the passkey is gone.

    Many authenticators do not count, and always send 0. Synced keys are copies by design, whose counters may go back:
    refusing them would lock people out. One conditional UPDATE, so that of two equal counters one is refused.
    """
    fine = Q(synced=True) | Q(counter__lt=sent) | (Q(counter=0) if sent == 0 else Q(pk__in=[]))
    highest = Case(When(counter__lt=sent, then=Value(sent)), default=F("counter"), output_field=BigIntegerField())
    return PasskeyRow.objects.filter(fine, ref=ref).update(counter=highest, used_at=at) == 1


def use_challenge(digest: str, at: datetime) -> bool:
    """Note that a challenge is used; False when it was used before."""
    try:
        with transaction.atomic():
            UsedChallenge.objects.create(hash=digest, used_at=at)
    except IntegrityError:
        return False
    return True


def drop_challenges(*, before: datetime) -> int:
    """Delete used challenges of before a moment; return how many."""
    return UsedChallenge.objects.filter(used_at__lt=before).delete()[0]
