"""The interface of credentials: issue, revoke and verify signed records.

A record is a compact JWS (RFC 7515) with ES256. Its claims: `iss`, `jti` (the record's reference), `iat`, `exp` when it
expires, `svc` and `rec` (service and record name), `ttl` (title, language -> text) and `fct`, a list of facts
`{n: name, l: {language: label}, v: value or {language: value}}`. Revocation refers to `jti`, never to the token's text.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from django.conf import settings
from django.db import transaction

from praya.blocks.credentials import rules, store
from praya.blocks.credentials.models import RecordRow, SigningKey
from praya.blocks.credentials.pictures import Busy, NotAPicture, TooLong, TooManyPixels, qr_png, qr_svg, read_picture
from praya.kernel.crypto.vault import Forgotten
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.text import Text, spoken

__all__ = [
    "Busy",
    "NewRecord",
    "NoRecord",
    "NotAPicture",
    "PersonGone",
    "Record",
    "RecordFact",
    "State",
    "TooLong",
    "TooManyPixels",
    "Verdict",
    "distrust_key",
    "issue",
    "jwks",
    "of_case",
    "of_person",
    "qr_png",
    "qr_svg",
    "read_picture",
    "record",
    "revoke",
    "revoked",
    "rotate_key",
    "standing_about",
    "verify",
]

State = Literal["valid", "expired", "revoked", "replaced", "unknown", "forged", "unreadable"]


class NoRecord(LookupError):
    """There is no such record, or its person was erased."""


class PersonGone(LookupError):
    """The person was erased: no record can be issued to them."""


@dataclass(frozen=True, slots=True)
class RecordFact:
    """A fact that a record states. Its value is one text for every language, or a text in each language."""

    name: str
    label: Text
    value: str | Mapping[str, str]

    def in_(self, language: str) -> str:
        """The value in a language."""
        return self.value if isinstance(self.value, str) else Text(self.value).in_(language)


@dataclass(frozen=True, slots=True)
class Record:
    """An issued record. It is valid until the end of the day `valid_until`, that is, before `expires_at`.

    `about_ref` is an opaque reference to the thing that it certifies.
    """

    ref: str
    person_ref: str
    case_ref: str
    about_ref: str
    service: str
    name: str
    title: Text
    facts: tuple[RecordFact, ...]
    issued_at: datetime
    valid_until: date | None
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_because: str
    replaced_by: str
    token: str

    def __repr__(self) -> str:
        return f"Record({self.ref!r})"

    def state(self, *, at: datetime) -> State:
        """The state at a moment: `valid`, `expired`, `revoked`, or `replaced` by a newer record."""
        return _state(self.revoked_at, self.replaced_by, self.expires_at, at)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of verifying a token. All fields but `state` are empty unless this installation signed the token.

    `unknown`: the key or the record is not known to this installation. `forged`: the signature is not that of the named
    key, or the header tries to influence the verification. `unreadable`: the text is not a record of this platform.
    """

    state: State
    ref: str | None = None
    service: str | None = None
    name: str | None = None
    title: Text | None = None
    facts: tuple[RecordFact, ...] = ()
    issued_at: datetime | None = None
    valid_until: date | None = None
    revoked_at: datetime | None = None
    replaced_by: str = ""
    """The record in whose favour it was revoked; else empty."""

    def __repr__(self) -> str:
        return f"Verdict({self.state!r}, ref={self.ref!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """A record that is to be issued. The same `once_key` issues it once.

    `about_ref` refers to the thing that it certifies; `standing_about` searches by it. The records `replaces` are
    revoked in its favour, and their verification says so.
    """

    person_ref: str
    case_ref: str
    service: str
    name: str
    title: Text
    facts: Sequence[RecordFact]
    valid_until: date | None
    once_key: str
    about_ref: str = ""
    replaces: Iterable[str] = ()


def issue(new: NewRecord, *, at: datetime, by: str = "system") -> Record:
    """Sign a record and store it for its person.

    Machine-drafted translations are left out, since readers can draft them again. Values are shortened until a QR code
    can hold the record; the journal names the shortened facts.
    Raises PersonGone; ValueError when the definition's own texts alone exceed 8 kB.
    """
    with transaction.atomic():
        existing = store.by_once_key(new.once_key)
        if existing is not None:
            return _record(existing)
        ref, valid_until = opaque(), new.valid_until
        claims: dict[str, Any] = {"iss": settings.PRAYA.base_url, "jti": ref, "iat": int(at.timestamp())}
        if valid_until is not None:
            claims["exp"] = int(rules.expires_at(valid_until, settings.TIME_ZONE).timestamp())
        claims |= {"svc": new.service, "rec": new.name, "ttl": new.title.written}
        claims["fct"], shortened = rules.fitted(claims, [_claim(fact) for fact in new.facts])
        token = store.sign(_signing_key(at), claims)
        columns = {"case_ref": new.case_ref, "about_ref": new.about_ref, "service": new.service, "name": new.name}
        try:
            row, is_new = store.add_record(
                ref=ref, person_ref=new.person_ref, token=token, once_key=new.once_key, issued_at=at,
                valid_until=valid_until, **columns,
            )  # fmt: skip
        except Forgotten:
            raise PersonGone(new.person_ref) from None
        if is_new:
            facts: dict[str, Any] = {
                "record": ref,
                "name": new.name,
                "valid_until": valid_until.isoformat() if valid_until else None,
            }
            facts |= {"shortened": shortened} if shortened else {}
            journal.record(event="record_issued", at=at, by=by, subject=new.case_ref, service=new.service, facts=facts)
            _revoke([_row(other) for other in new.replaces if other != ref], "replaced", at, by, replaced_by=ref)
        return _record(row)


def revoke(*, case_ref: str | None = None, ref: str | None = None, because: str, at: datetime, by: str) -> int:
    """Revoke one record, or all of a case; return how many were newly revoked. `because` is not put into the journal.

    Raises NoRecord for an unknown `ref`; ValueError unless exactly one of the two is given.
    """
    if (case_ref is None) == (ref is None):
        raise ValueError("name a case or a record")
    with transaction.atomic():
        rows = store.record_rows(case_ref=case_ref) if case_ref is not None else [_row(ref or "")]
        return _revoke(rows, because, at, by)


def _revoke(rows: Iterable[RecordRow], because: str, at: datetime, by: str, *, replaced_by: str = "") -> int:
    revoked_now = [row for row in rows if store.revoke(row, because[:200], at, replaced_by)]
    for row in revoked_now:
        facts = {"record": row.ref, "name": row.name} | ({"replaced_by": replaced_by} if replaced_by else {})
        journal.record(event="record_revoked", at=at, by=by, subject=row.case_ref, service=row.service, facts=facts)
    return len(revoked_now)


def of_person(person_ref: str) -> list[Record]:
    """A person's records, newest first; none once the person is erased."""
    return _readable(store.record_rows(person_ref=person_ref))


def of_case(case_ref: str) -> list[Record]:
    """The records issued in a case, newest first; without those of erased persons."""
    return _readable(store.record_rows(case_ref=case_ref))


def standing_about(about_ref: str, name: str | None = None) -> list[str]:
    """The references of the unrevoked records about one thing, of one record name or of any."""
    rows = store.record_rows(about_ref=about_ref) if about_ref else []
    return [row.ref for row in rows if row.revoked_at is None and name in (None, row.name)]


def record(ref: str) -> Record:
    """A record. Raises NoRecord."""
    try:
        return _record(_row(ref))
    except Forgotten:
        raise NoRecord(ref) from None


def verify(token: str, *, at: datetime) -> Verdict:
    """Verify a token from anybody, of at most 8 kB. It raises nothing, whatever the text."""
    parts = rules.take_apart(token.strip())
    if not isinstance(parts, rules.Parts):
        return Verdict(parts)
    key = store.trusted_key(parts.kid)
    if key is None:
        return Verdict("unknown")
    if not store.signed_by(key, token.strip()):
        return Verdict("forged")
    row = store.record_row(str(parts.claims.get("jti", ""))[:32])
    if row is None:
        return Verdict("unknown")
    if row.signature_index != store.signature_index(parts.signature):
        # Our key and our record, but not the signature that we issued: somebody has used a stolen key.
        return Verdict("forged")
    title, facts = _title_and_facts(parts.claims)
    return Verdict(
        state=_state(row.revoked_at, row.replaced_by, _expires_at(row), at),
        ref=row.ref,
        service=row.service,
        name=row.name,
        title=title,
        facts=facts,
        issued_at=row.issued_at,
        valid_until=row.valid_until,
        revoked_at=row.revoked_at,
        replaced_by=row.replaced_by,
    )


def jwks() -> dict[str, list[dict[str, str]]]:
    """The public keys that verify records, the present and earlier ones, as a JWK Set (RFC 7517)."""
    return {"keys": store.public_keys()}


def revoked() -> list[str]:
    """The `jti` of every revoked record, for offline verifiers."""
    return store.revoked_refs()


def rotate_key(at: datetime, *, by: str = "system") -> str:
    """Replace the signing key; return the new `kid`. The private key of the old one is deleted."""
    with transaction.atomic():
        created = store.add_key(at, replacing=True)
        kid = _signing_key(at).kid
        if created:
            journal.record(event="record_key_rotated", at=at, by=by, facts={"kid": kid})
    return kid


def prove_key() -> None:
    """Check that the signing key, if there is one, can be decrypted. Raises vault.Tampered, Forgotten."""
    row = store.current_key()
    if row is not None:
        store.private_key(row)


def distrust_key(kid: str, *, at: datetime, by: str) -> bool:
    """Distrust a leaked key and every record that it signed; return whether it was trusted before.

    The verification of these records then gives `unknown`; they must be issued again.
    """
    with transaction.atomic():
        was_trusted = store.distrust(kid, at)
        if was_trusted:
            journal.record(event="record_key_distrusted", at=at, by=by, facts={"kid": kid})
    return was_trusted


def _signing_key(at: datetime) -> SigningKey:
    row = store.current_key()
    if row is None:
        store.add_key(at, replacing=False)
        row = store.current_key()
    if row is None:
        raise RuntimeError("no signing key could be made")
    return row


def _row(ref: str) -> RecordRow:
    row = store.record_row(ref)
    if row is None:
        raise NoRecord(ref)
    return row


def _readable(rows: list[RecordRow]) -> list[Record]:
    readable = []
    for row in rows:
        try:
            readable.append(_record(row))
        except Forgotten:
            continue
    return readable


def _record(row: RecordRow) -> Record:
    token = store.token(row)
    parts = rules.take_apart(token)
    title, facts = _title_and_facts(parts.claims if isinstance(parts, rules.Parts) else {})
    return Record(
        ref=row.ref,
        person_ref=row.person_ref,
        case_ref=row.case_ref,
        about_ref=row.about_ref,
        service=row.service,
        name=row.name,
        title=title,
        facts=facts,
        issued_at=row.issued_at,
        valid_until=row.valid_until,
        expires_at=_expires_at(row),
        revoked_at=row.revoked_at,
        revoked_because=row.revoked_because,
        replaced_by=row.replaced_by,
        token=token,
    )


def _state(revoked_at: datetime | None, replaced_by: str, expires_at: datetime | None, at: datetime) -> State:
    if revoked_at is not None:
        return "replaced" if replaced_by else "revoked"
    return "expired" if expires_at is not None and at >= expires_at else "valid"


def _expires_at(row: RecordRow) -> datetime | None:
    return rules.expires_at(row.valid_until, settings.TIME_ZONE) if row.valid_until else None


def _claim(fact: RecordFact) -> dict[str, Any]:
    value = fact.value if isinstance(fact.value, str) else Text(fact.value).written
    if not isinstance(value, str) and len(set(value.values())) == 1:
        # A value that is the same in every language, such as a name, is stored once, as a QR code has little room.
        value = {"": next(iter(value.values()))}
    return {"n": fact.name, "l": fact.label.written, "v": value}


def _title_and_facts(claims: Mapping[str, Any]) -> tuple[Text, tuple[RecordFact, ...]]:
    facts = tuple(RecordFact(fact["n"], Text(fact["l"]), _value(fact["v"])) for fact in claims.get("fct", ()))
    return Text(claims.get("ttl", {})), facts


def _value(value: str | dict[str, str]) -> str | Mapping[str, str]:
    if isinstance(value, dict) and "" in value:
        return dict.fromkeys(spoken(), value[""])
    return value if isinstance(value, str) else Text(value).words
