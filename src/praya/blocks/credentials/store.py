"""Rows of keys and records: queries, writes, encryption, signatures."""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from praya.blocks.credentials import rules
from praya.blocks.credentials.models import RecordRow, SigningKey
from praya.kernel.crypto import vault
from praya.kernel.rows import one_or_none, row_by, rows_by

OURS = "@credentials"
"""The subject whose key encrypts the signing keys."""

_PRIVATE = "credentials.key.private"
_TOKEN = "credentials.record.token"  # noqa: S105 (a place, not a secret)


def signature_index(signature: bytes) -> str:
    """The stored hash of a signature. It reveals a second signature for the same record, even if a key leaks."""
    return hashlib.sha256(signature).hexdigest()


# Keys


def add_key(at: datetime, *, replacing: bool) -> bool:
    """Create a signing key, the first one or a replacement; False when another process did so at the same moment."""
    key = ECKey.generate_key("P-256", private=True)
    kid = key.thumbprint()
    vault.new_key(OURS)
    sealed = vault.seal_json(key.as_dict(private=True), subject=OURS, place=_PRIVATE, row=kid)
    public = {**key.as_dict(private=False), "kid": kid, "alg": rules.ALGORITHM, "use": "sig"}
    try:
        with transaction.atomic():
            if replacing:
                SigningKey.objects.filter(current=True).update(current=False, private=None)
            SigningKey.objects.create(kid=kid, public=json.dumps(public), private=sealed, created_at=at)
    except IntegrityError:
        return False
    return True


def current_key() -> SigningKey | None:
    """The current signing key; None before the first record."""
    return one_or_none(SigningKey.objects.filter(current=True))


def private_key(row: SigningKey) -> dict[str, Any]:
    """The private key as a JWK. Raises vault.Tampered, Forgotten."""
    opened: dict[str, Any] = vault.unseal_json(row.private or b"", subject=OURS, place=_PRIVATE, row=row.kid)
    return opened


def sign(row: SigningKey, claims: dict[str, Any]) -> str:
    """A compact JWS over these claims."""
    private = private_key(row)
    header = {"alg": rules.ALGORITHM, "typ": rules.TYPE, "kid": row.kid}
    payload = json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()
    return jws.serialize_compact(header, payload, ECKey.import_key(private), algorithms=[rules.ALGORITHM])


def trusted_key(kid: str) -> ECKey | None:
    """The public key with this identifier; None when it is unknown or distrusted."""
    row = one_or_none(SigningKey.objects.filter(kid=kid, distrusted_at__isnull=True).only("public"))
    return ECKey.import_key(json.loads(row.public)) if row is not None else None


def signed_by(key: ECKey, token: str) -> bool:
    """Whether the key signed the token."""
    try:
        jws.deserialize_compact(token, key, algorithms=[rules.ALGORITHM])
    except (JoseError, ValueError):
        return False
    return True


def public_keys() -> list[dict[str, str]]:
    """Every trusted public key as a JWK, the newest first."""
    rows = SigningKey.objects.filter(distrusted_at__isnull=True).order_by("-created_at")
    return [json.loads(public) for public in rows.values_list("public", flat=True)]


def distrust(kid: str, at: datetime) -> bool:
    """Distrust a key; return whether it was trusted before."""
    rows = SigningKey.objects.filter(kid=kid, distrusted_at__isnull=True)
    return rows.update(distrusted_at=at, current=False, private=None) == 1


# Records


def by_once_key(once_key: str) -> RecordRow | None:
    """The record that was issued with this key."""
    return row_by(RecordRow, once_key=once_key)


def add_record(*, ref: str, person_ref: str, token: str, once_key: str, **columns: Any) -> tuple[RecordRow, bool]:
    """Store a record once for each `once_key`; return it and whether it is new. Raises Forgotten."""
    sealed = vault.seal(token.encode(), subject=person_ref, place=_TOKEN, row=ref)
    parts = rules.take_apart(token)
    if not isinstance(parts, rules.Parts):
        raise ValueError(f"a record must have a token of at most {rules.TOKEN_BYTES} bytes")
    row = RecordRow(
        ref=ref,
        person_ref=person_ref,
        token=sealed,
        signature_index=signature_index(parts.signature),
        once_key=once_key,
        **columns,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return RecordRow.objects.get(once_key=once_key), False
    return row, True


def token(row: RecordRow) -> str:
    """The token of a record. Raises Forgotten once the person is erased."""
    return vault.unseal(row.token, subject=row.person_ref, place=_TOKEN, row=row.ref).decode()


def record_row(ref: str) -> RecordRow | None:
    """A record."""
    return row_by(RecordRow, ref=ref)


def record_rows(**which: str) -> list[RecordRow]:
    """The records of a person or a case, newest first; of those issued together that of the last item first."""
    return rows_by(RecordRow, "-issued_at", "-once_key", **which)


def revoke(row: RecordRow, because: str, at: datetime, replaced_by: str = "") -> bool:
    """Revoke a record; False when it was already revoked."""
    rows = RecordRow.objects.filter(ref=row.ref, revoked_at__isnull=True)
    return rows.update(revoked_at=at, revoked_because=because, replaced_by=replaced_by) == 1


def revoked_refs() -> list[str]:
    """The references of all revoked records, in the order of revocation."""
    rows = RecordRow.objects.filter(revoked_at__isnull=False).order_by("revoked_at", "ref")
    return list(rows.values_list("ref", flat=True))
