"""How a client proves who it is at an endpoint: a signed assertion, a secret, or nothing for a public client."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from urllib.parse import unquote_plus

from praya.kernel.crypto import vault
from praya.systems.openid import store
from praya.systems.openid.api.clients import SECRET
from praya.systems.openid.models import Client
from praya.systems.openid.rules import jose
from praya.systems.openid.rules.clients import Details
from praya.systems.openid.rules.refusal import ProtocolError

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request at an endpoint: its address (without a query), method, parameters, and the headers that count."""

    url: str
    method: str
    values: Mapping[str, str]
    issuer: str
    authorization: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Proven:
    """A client that has proven who it is."""

    row: Client
    details: Details


def client(sent: Sent, *, at: datetime) -> Proven:
    """The client that sent a request. Raises ProtocolError (401, `invalid_client`)."""
    ref, secret = _basic(sent.authorization)
    values = sent.values
    assertion = values.get("client_assertion", "")
    if (bool(secret) + bool(assertion) + ("client_secret" in values)) > 1:
        raise ProtocolError("invalid_request", "a client proves who it is in one way only")
    named = values.get("client_id", "") or ref
    if ref and ref != named:
        raise _refused("client_id is not that of the header", basic=True)
    token = _assertion(values) if assertion else None
    if token is not None:
        issuer = str(token.claims.get("iss", ""))
        if named and named != issuer:
            raise _refused("client_id is not the one who asserts")
        named = issuer
    row = store.client(named)
    if row is None:
        raise _refused("there is no such client", basic=bool(ref))
    details = Details.from_json(json.loads(row.details))
    match details.way:
        case "private_key_jwt":
            if token is None:
                raise _refused("this client signs an assertion (private_key_jwt)", basic=bool(ref))
            _check_assertion(token, row, sent, at)
        case "secret":
            _check_secret(row, secret or values.get("client_secret", ""), at, basic=bool(ref))
        case _:
            if token is not None or secret or "client_secret" in values:
                raise _refused("this client is public: it has nothing to prove with", basic=bool(ref))
    return Proven(row, details)


def thumbprint(sent: Sent, *, at: datetime, access_token: str = "") -> str:
    """The thumbprint of the key of a DPoP proof; empty without one. Raises ProtocolError (`invalid_dpop_proof`)."""
    if not sent.proof:
        return ""
    try:
        key, jti = jose.check_proof(sent.proof, method=sent.method, url=sent.url, at=at, access_token=access_token)
    except jose.Forged as forged:
        raise ProtocolError("invalid_dpop_proof", str(forged)) from None
    until = at + jose.PROOF_LIFE + 2 * jose.CLOCKS
    if not store.use_once("proof", f"{key}:{jti}", until):
        raise ProtocolError("invalid_dpop_proof", "the proof was used before")
    return key


def _basic(header: str) -> tuple[str, str]:
    if not header.lower().startswith("basic "):
        return "", ""
    try:
        text = base64.b64decode(header[6:].strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise _refused("the header Authorization cannot be read", basic=True) from None
    ref, _, secret = text.partition(":")
    return unquote_plus(ref), unquote_plus(secret)


def _assertion(values: Mapping[str, str]) -> jose.Parsed:
    if values.get("client_assertion_type") != ASSERTION:
        raise _refused(f"client_assertion_type must be {ASSERTION}")
    try:
        return jose.parsed(values["client_assertion"])
    except jose.Forged as forged:
        raise _refused(f"the assertion is refused: {forged}") from None


def _check_assertion(token: jose.Parsed, row: Client, sent: Sent, at: datetime) -> None:
    keys = [json.loads(one.value) for one in store.in_force(row.ref, "key", at)]
    if not keys:
        raise _refused("no key of this client is in force: they have expired or were ended")
    # The issuer, the token endpoint and the endpoint itself, as RFC 9126 has it. Never another server.
    audiences = frozenset({sent.issuer, f"{sent.issuer}/openid/token", sent.url})
    try:
        jti = jose.check_assertion(token, client_id=row.ref, keys=keys, audiences=audiences, at=at)
    except jose.Forged as forged:
        raise _refused(f"the assertion is refused: {forged}") from None
    until = at + jose.ASSERTION_LIFE + timedelta(minutes=5)
    if not store.use_once("assertion", f"{row.ref}:{jti}", until):
        raise _refused("the assertion was used before")


def _check_secret(row: Client, given: str, at: datetime, *, basic: bool) -> None:
    hashed = vault.blind_index(SECRET, given)
    known = store.in_force(row.ref, "secret", at)
    if not known:
        raise _refused("no secret of this client is in force: they have expired or were ended", basic=basic)
    # Every one is compared, whichever is right.
    if sum(compare_digest(one.value, hashed) for one in known) != 1:
        raise _refused("the secret is wrong", basic=basic)


def _refused(sentence: str, *, basic: bool = False) -> ProtocolError:
    headers = {"WWW-Authenticate": 'Basic realm="openid"'} if basic else {}
    return ProtocolError("invalid_client", sentence, status=401, headers=headers)
