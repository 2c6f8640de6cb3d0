"""Passkeys: WebAuthn credentials with which persons and officers sign in and confirm what they do.

A ceremony is what the server remembers between its question and the answer; it belongs into the signed session of
the browser that asked, and is answered once. The address of the installation is the only origin, its host the RP id.
"""

import hashlib
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from praya.blocks.identity import passkey_store as store
from praya.blocks.identity.proofs import guarded
from praya.blocks.identity.rules import passkeys as rules
from praya.blocks.identity.store import officer_row, person_epoch
from praya.kernel import reading
from praya.kernel.crypto import vault
from praya.kernel.crypto.vault import Forgotten
from praya.kernel.journal import api as journal

# fido2 writes each credential's id at this level, and logs hold no personal data.
logging.getLogger("fido2").setLevel(logging.WARNING)

Purpose = Literal["add", "sign_in", "step_up"]
Ceremony = dict[str, str | int]
REQUIRED = UserVerificationRequirement.REQUIRED


class PasskeyRefused(Exception):
    """The answer does not prove what was asked, or the passkey cannot be kept as it is.

    The text is `failed`, `unknown`, `copied`, `over`, `many`, `long`, or from a page `waits`.
    """


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of somebody, with the name that they gave it. It counts from `counts_from` on."""

    ref: str
    name: str
    synced: bool
    created_at: datetime
    counts_from: datetime
    used_at: datetime | None

    def __repr__(self) -> str:
        return f"Passkey({self.ref!r})"


@dataclass(frozen=True, slots=True)
class PasskeyUsed:
    """Who answered with a passkey, and whether it counts already."""

    holder: str
    ref: str
    counts: bool


def can_have_passkeys() -> bool:
    """Whether this installation can ask for passkeys: browsers refuse a host that is an IP address."""
    try:
        ip_address(_host())
    except ValueError:
        return True
    return False


def _host() -> str:
    return urlsplit(str(settings.PRAYA.base_url)).hostname or ""


@lru_cache(maxsize=4)
def _server(base_url: str) -> Fido2Server:
    # The exact origin: the library's own test would accept every name below ours.
    rp = PublicKeyCredentialRpEntity(id=urlsplit(base_url).hostname or "", name="Praya")
    return Fido2Server(rp, verify_origin=lambda origin: origin == base_url)


def _our_server() -> Fido2Server:
    return _server(str(settings.PRAYA.base_url))


def user_handle(holder: str) -> bytes:
    """What authenticators store to tell accounts apart: a keyed hash, the same for all passkeys of a holder."""
    return vault.blind_index("identity.user_handle", holder).encode()


def passkeys(holder: str) -> list[Passkey]:
    """The passkeys of `person:<ref>` or `officer:<ref>`, the oldest first."""
    return [_passkey(row) for row in store.rows_of(holder)]


def _passkey(row: store.PasskeyRow) -> Passkey:
    return Passkey(row.ref, store.name_of(row), row.synced, row.created_at, row.counts_from, row.used_at)


def has_passkey(holder: str, *, at: datetime) -> bool:
    """Whether a holder has a passkey that counts."""
    return store.some_count(holder, at)


def ask_new_passkey(*, holder: str, name: str, shown_name: str, at: datetime) -> tuple[dict[str, Any], Ceremony]:
    """What a browser needs to make a passkey, as JSON of WebAuthn, and the ceremony."""
    user = PublicKeyCredentialUserEntity(name=name, id=user_handle(holder), display_name=shown_name)
    challenge = secrets.token_bytes(32)
    options, _ = _our_server().register_begin(
        user, _credentials(holder), resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=REQUIRED, challenge=challenge,
    )  # fmt: skip
    return dict(options.public_key), _ceremony("add", holder, challenge, at)


def add_passkey(
    *,
    holder: str,
    name: str,
    ceremonies: Sequence[Ceremony],
    answer: Mapping[str, Any],
    by_passkey: bool,
    at: datetime,
) -> Passkey:
    """Store the passkey that a browser made. `by_passkey`: the session began with a passkey that counts.

    One that is added without a passkey to an account with a proven identity or an earlier passkey counts only after
    WAITING_PERIOD. Raises PasskeyRefused; NotText.
    """
    name = _read_name(name)
    try:
        state = _state(ceremonies, "add", holder, RegistrationResponse.from_dict(answer).response.client_data, at)
        made = _our_server().register_complete(state, answer)
    except _BAD_ANSWER:
        raise PasskeyRefused("failed") from None
    with transaction.atomic():
        _use_up(state, at)
        if store.lock_and_count(holder) >= rules.MOST_PASSKEYS:
            raise PasskeyRefused("many")
        data = made.credential_data
        assert data is not None  # noqa: S101 (the library has seen to it)
        try:
            with transaction.atomic():
                row = store.add(
                    holder, bytes(data), data.credential_id, name, at,
                    counter=made.counter, synced=made.is_backup_eligible(),
                    counts_from=rules.counts_from(at, guarded=guarded(holder), by_passkey=by_passkey),
                )  # fmt: skip
        except IntegrityError:
            raise PasskeyRefused("failed") from None  # it is stored already, perhaps for somebody else
        _record("passkey_added", holder, row.ref, at, waits=row.counts_from > at)
    return _passkey(row)


def ask_passkey(*, holder: str = "", at: datetime) -> tuple[dict[str, Any], Ceremony]:
    """What a browser needs to answer with a passkey: of anybody (sign-in), or of a holder (step-up)."""
    challenge = secrets.token_bytes(32)
    options, _ = _our_server().authenticate_begin(
        _credentials(holder) if holder else None, user_verification=REQUIRED, challenge=challenge
    )
    return dict(options.public_key), _ceremony("step_up" if holder else "sign_in", holder, challenge, at)


def answer_passkey(
    *, ceremonies: Sequence[Ceremony], answer: Mapping[str, Any], holder: str = "", desk: bool = False, at: datetime
) -> PasskeyUsed:
    """Check the answer to one of the questions of `ask_passkey`, and note the sign-in or the confirmation.

    With a `holder` only theirs will do; without, one of an officer if `desk`, else of a person. Raises PasskeyRefused.

    Must be called outside any transaction, so that a challenge stays used and a copied key stays noted.
    """
    purpose: Purpose = "step_up" if holder else "sign_in"
    try:
        read = AuthenticationResponse.from_dict(answer)
        sent = AuthenticatorData(read.response.authenticator_data)
    except _BAD_ANSWER:
        raise PasskeyRefused("failed") from None
    state = _state(ceremonies, purpose, holder, read.response.client_data, at)
    with transaction.atomic(durable=True):
        _use_up(state, at)
    row = store.row_with(read.raw_id)
    if row is None or not _is_here(row.holder):
        raise PasskeyRefused("unknown")
    if row.holder != holder if holder else desk != row.holder.startswith("officer:"):
        raise PasskeyRefused("unknown")
    _insist_on_handle(read.response.user_handle, row.holder, known=bool(holder))
    try:
        credential = AttestedCredentialData(store.credential_of(row))
    except Forgotten:
        raise PasskeyRefused("unknown") from None
    try:
        _our_server().authenticate_complete(state, [credential], answer)
    except _BAD_ANSWER:
        raise PasskeyRefused("failed") from None
    with transaction.atomic(durable=True):
        if not store.count(row.ref, sent.counter, at):
            _record("passkey_copied", row.holder, row.ref, at)
            refused = True
        else:
            refused = False
            kind = row.holder.partition(":")[0]
            _record("passkey_used" if holder else f"{kind}_signed_in", row.holder, row.ref, at)
    if refused:
        raise PasskeyRefused("copied")
    return PasskeyUsed(row.holder, row.ref, row.counts_from <= at)


_BAD_ANSWER = (ValueError, TypeError, KeyError, AttributeError, IndexError, AssertionError, NotImplementedError)
"""What fido2 raises for an answer that is malformed or false."""


def _is_here(holder: str) -> bool:
    """Whether the person is not erased, or the officer still in office, at the moment of the answer."""
    kind, _, ref = holder.partition(":")
    return person_epoch(ref) is not None if kind == "person" else officer_row(ref) is not None


def _insist_on_handle(sent: bytes | None, holder: str, *, known: bool) -> None:
    """The handle names the owner of the credential. It may be missing only where the account was known before.

    Raises PasskeyRefused.
    """
    if not sent:
        if not known:
            raise PasskeyRefused("failed")  # a discoverable credential without its handle
    elif not secrets.compare_digest(sent, user_handle(holder)):
        raise PasskeyRefused("failed")


def _read_name(typed: str) -> str:
    name = reading.line(typed)
    if len(name) > rules.LONGEST_NAME:
        raise PasskeyRefused("long")
    return name


def rename_passkey(*, holder: str, ref: str, name: str, at: datetime) -> None:
    """Give one of a holder's passkeys another name.

    Raises LookupError, PasskeyRefused for a long name, NotText, ValueError for an empty one.
    """
    name = _read_name(name)
    if not name:
        raise ValueError("a passkey has a name")
    with transaction.atomic():
        row = _own(holder, ref)
        store.write_name(row, name)
        _record("passkey_renamed", holder, ref, at)


def remove_passkey(*, holder: str, ref: str, by_passkey: bool, at: datetime) -> None:
    """Remove one of a holder's passkeys. One that counts is removed only by a session that a passkey began.

    Otherwise whoever reads somebody's e-mail could remove it, and then add one that nothing guards.
    Raises LookupError; PermissionError.
    """
    with transaction.atomic():
        row = _own(holder, ref)
        if row.counts_from <= at and not by_passkey:
            raise PermissionError("only who shows a passkey may remove one")
        store.remove(row)
        _record("passkey_removed", holder, ref, at)


def _own(holder: str, ref: str) -> store.PasskeyRow:
    row = store.own_row(holder, ref[:32])
    if row is None:
        raise LookupError(ref[:32])
    return row


def _credentials(holder: str) -> Sequence[AttestedCredentialData]:
    return [AttestedCredentialData(store.credential_of(row)) for row in store.rows_of(holder)]


def _ceremony(purpose: Purpose, holder: str, challenge: bytes, at: datetime) -> Ceremony:
    until = int((at + rules.CHALLENGE_LIFE).timestamp())
    return {"for": purpose, "holder": holder, "challenge": websafe_encode(challenge), "until": until}


def _state(
    ceremonies: Sequence[Ceremony], purpose: Purpose, holder: str, sent: CollectedClientData, at: datetime
) -> dict[str, Any]:
    """What the library wants to know of the question that is answered. Raises PasskeyRefused when there is none."""
    if sent.cross_origin:
        raise PasskeyRefused("failed")  # asked by a page within another site's
    challenge = websafe_encode(sent.challenge)
    for one in ceremonies:
        asked = (one.get("for"), one.get("holder"), one.get("challenge")) == (purpose, holder, challenge)
        if asked and int(one.get("until", 0)) >= at.timestamp():
            return {"challenge": challenge, "user_verification": REQUIRED}
    raise PasskeyRefused("over")


def _use_up(state: Mapping[str, Any], at: datetime) -> None:
    """Note that a challenge is answered. A copy of the cookie that holds it answers nothing any more."""
    digest = hashlib.sha256(websafe_decode(state["challenge"])).hexdigest()
    if not store.use_challenge(digest, at):
        raise PasskeyRefused("over")


def forget_used_challenges(*, at: datetime) -> int:
    """Delete the hashes of challenges that could not be answered any more anyway; return how many."""
    return store.drop_challenges(before=at - 2 * rules.CHALLENGE_LIFE)


def _record(event: str, holder: str, ref: str, at: datetime, **facts: Any) -> None:
    journal.record(event=event, at=at, by=holder, subject=holder.partition(":")[2], facts={"passkey": ref, **facts})
