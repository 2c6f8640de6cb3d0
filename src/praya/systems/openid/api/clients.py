"""Clients: registered by an officer for the sandbox, approved for everybody by a second officer; keys and secrets."""

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from praya.kernel import jsontext
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.systems.openid import store
from praya.systems.openid.models import Client as ClientRow
from praya.systems.openid.models import Credential as CredentialRow
from praya.systems.openid.models import Purpose
from praya.systems.openid.rules import clients as rules
from praya.systems.openid.rules import jose
from praya.systems.openid.rules.clients import Details, Unfit

MOST_CLIENTS = 50
"""Clients of a department."""
SECRET = "openid.secret"  # noqa: S105 (the purpose of a keyed hash)


class NoClient(LookupError):
    """There is no such client, or it belongs to another department."""


class NotAnother(PermissionError):
    """The officer who proposed something may not approve it."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client. `proposed` are details that wait for another officer than `proposed_by`."""

    ref: str
    department: str
    state: str
    details: Details
    proposed: Details | None
    proposed_by: str
    created_at: datetime
    live_at: datetime | None


@dataclass(frozen=True, slots=True)
class Credential:
    """A key or a secret of a client; `name` is the key's `kid`, or the end of the secret's reference."""

    ref: str
    client: str
    kind: str
    name: str
    created_at: datetime
    expires_at: datetime


def register(*, department: str, details: Details, at: datetime, by: str) -> Client:
    """Register a client for the sandbox. Raises Unfit."""
    rules.checked(details, live=False)
    ref = opaque()
    with transaction.atomic():
        if len(store.clients([department])) >= MOST_CLIENTS:
            raise Unfit("too_many")
        row = ClientRow.objects.create(
            ref=ref, department=department, details=_written(details), created_at=at,
            sector=rules.sector(department, details),
        )  # fmt: skip
        _tell_purpose(row, details, at)
        _note("openid_client_registered", row, at, by)
    return client_of(row)


def change(ref: str, *, departments: Collection[str], details: Details, at: datetime, by: str) -> Client:
    """Change a client: at once in the sandbox; a live one when another officer approves it. Raises NoClient, Unfit."""
    with transaction.atomic():
        row = _row(ref, departments)
        rules.checked(details, live=row.state == "live")
        if rules.sector(row.department, details) != row.sector:
            # Its pseudonyms would change, and it would know nobody any more.
            raise Unfit("uri_host_changed")
        if row.state == "live":
            row.proposed, row.proposed_by = _written(details), by
            _note("openid_client_change_proposed", row, at, by)
        else:
            _use(row, details, at)
            _note("openid_client_changed", row, at, by)
        row.save()
    return client_of(row)


def ask_live(ref: str, *, departments: Collection[str], at: datetime, by: str) -> None:
    """Propose a client of the sandbox for everybody. Raises NoClient, Unfit."""
    with transaction.atomic():
        row = _row(ref, departments)
        if row.state != "sandbox":
            return
        rules.checked(Details.from_json(json.loads(row.details)), live=True)
        row.proposed, row.proposed_by = row.details, by
        row.save(update_fields=["proposed", "proposed_by"])
        _note("openid_client_live_asked", row, at, by)


def approve(ref: str, *, departments: Collection[str], at: datetime, by: str) -> None:
    """Put into force what another officer proposed. Raises NoClient, NotAnother, Unfit."""
    with transaction.atomic():
        row = _row(ref, departments)
        if not row.proposed:
            return
        if row.proposed_by == by:
            raise NotAnother(ref)
        details = rules.checked(Details.from_json(json.loads(row.proposed)), live=True)
        proposed_by = row.proposed_by
        _use(row, details, at)
        row.proposed, row.proposed_by = "", ""
        row.state, row.live_at = "live", row.live_at or at
        row.save()
        _note("openid_client_approved", row, at, by, {"proposed_by": proposed_by, "edition": row.edition})


def refuse(ref: str, *, departments: Collection[str], at: datetime, by: str) -> None:
    """Drop what was proposed; whoever proposed it may do so too. Raises NoClient."""
    with transaction.atomic():
        row = _row(ref, departments)
        if row.proposed:
            row.proposed, row.proposed_by = "", ""
            row.save(update_fields=["proposed", "proposed_by"])
            _note("openid_client_refused", row, at, by)


def close(ref: str, *, departments: Collection[str], at: datetime, by: str) -> None:
    """Close a client for ever: nobody signs in to it, and none of its tokens is good any more. Raises NoClient."""
    with transaction.atomic():
        row = _row(ref, departments)
        row.state, row.proposed, row.proposed_by = "closed", "", ""
        row.save(update_fields=["state", "proposed", "proposed_by"])
        CredentialRow.objects.filter(client=row, ended_at=None).update(ended_at=at)
        _note("openid_client_closed", row, at, by)


def add_secret(
    ref: str, *, departments: Collection[str], at: datetime, by: str, life: timedelta = rules.LIFE
) -> tuple[Credential, str]:
    """Make a secret; return it with its text, which cannot be read again. Raises NoClient, Unfit."""
    text = f"ps_{secrets.token_urlsafe(32)}"
    hashed = vault.blind_index(SECRET, text)
    return _add(ref, departments, "secret", hashed, at, by, life), text


def add_key(
    ref: str, *, departments: Collection[str], jwk: str, at: datetime, by: str, life: timedelta = rules.LIFE
) -> Credential:
    """Register a public key (a JWK as JSON). Raises NoClient, Unfit."""
    try:
        value = json.loads(jwk)
        if not isinstance(value, dict) or not isinstance(value.get("kid", ""), str):
            raise Unfit("key_form")
        thumbprint = jose.thumbprint(value)
    except (ValueError, RecursionError, jose.Forged):
        raise Unfit("key_form") from None
    named = {name: value[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in value}
    kid = (value.get("kid") or thumbprint)[:100]
    return _add(ref, departments, "key", jsontext.dumps({**named, "kid": kid}), at, by, life)


def end_credential(ref: str, credential: str, *, departments: Collection[str], at: datetime, by: str) -> None:
    """End a key or a secret at once. Raises NoClient."""
    with transaction.atomic():
        row = _row(ref, departments)
        if CredentialRow.objects.filter(client=row, ref=credential, ended_at=None).update(ended_at=at):
            _note("openid_credential_ended", row, at, by, {"credential": credential})


def clients(departments: Collection[str] | None) -> list[Client]:
    """The clients of departments, or of all when that is None."""
    return [client_of(row) for row in store.clients(departments)]


def client(ref: str, *, departments: Collection[str]) -> Client:
    """A client of one of these departments. Raises NoClient."""
    return client_of(_row(ref, departments, lock=False))


def credentials(ref: str, *, departments: Collection[str]) -> list[Credential]:
    """The keys and secrets of a client that were not ended, the newest first. Raises NoClient."""
    _row(ref, departments, lock=False)
    return [_credential(row) for row in store.credentials(ref)]


def ending(*, within: timedelta, at: datetime) -> list[tuple[Client, Credential]]:
    """The keys and secrets that have ended or end soon."""
    return [(client_of(row.client), _credential(row)) for row in store.ending(at + within)]


def client_of(row: ClientRow) -> Client:
    """The client of a row."""
    proposed = Details.from_json(json.loads(row.proposed)) if row.proposed else None
    return Client(
        row.ref, row.department, row.state, Details.from_json(json.loads(row.details)), proposed, row.proposed_by,
        row.created_at, row.live_at,
    )  # fmt: skip


def _add(
    ref: str, departments: Collection[str], kind: str, value: str, at: datetime, by: str, life: timedelta
) -> Credential:
    if not timedelta(0) < life <= rules.LIFE:
        raise Unfit("life")
    with transaction.atomic():
        row = _row(ref, departments)
        present = store.credentials(ref)
        if len(present) >= rules.MOST_CREDENTIALS:
            raise Unfit("too_many_credentials")
        if kind == "key" and any(_name(one) == json.loads(value)["kid"] for one in present if one.kind == "key"):
            raise Unfit("key_twice")
        made = CredentialRow.objects.create(
            ref=opaque(), client=row, kind=kind, value=value, created_at=at, expires_at=at + life
        )
        _note("openid_credential_added", row, at, by, {"credential": made.ref, "kind": kind})
    return _credential(made)


def _use(row: ClientRow, details: Details, at: datetime) -> None:
    before = Details.from_json(json.loads(row.details))
    row.details = _written(details)
    if (before.purpose, before.title, set(before.fields)) != (details.purpose, details.title, set(details.fields)):
        # Whoever agreed to another purpose is asked again.
        row.edition += 1
        _tell_purpose(row, details, at)


def _tell_purpose(row: ClientRow, details: Details, at: datetime) -> None:
    text = jsontext.dumps({"title": details.title, "purpose": details.purpose})
    Purpose.objects.create(client=row, edition=row.edition, text=text, told_at=at)


def _row(ref: str, departments: Collection[str], *, lock: bool = True) -> ClientRow:
    row = store.client(ref, lock=lock)
    if row is None or row.department not in departments:
        raise NoClient(ref)
    return row


def _written(details: Details) -> str:
    return jsontext.dumps(details.as_json())


def _credential(row: CredentialRow) -> Credential:
    return Credential(row.ref, row.client_id, row.kind, _name(row), row.created_at, row.expires_at)


def _name(row: CredentialRow) -> str:
    return str(json.loads(row.value)["kid"]) if row.kind == "key" else row.ref[-6:]


def _note(event: str, row: ClientRow, at: datetime, by: str, facts: Mapping[str, Any] | None = None) -> None:
    journal.record(event=event, at=at, by=by, subject=row.ref, facts={"department": row.department, **(facts or {})})
