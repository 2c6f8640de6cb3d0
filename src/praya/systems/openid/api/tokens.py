"""The endpoints for clients: tokens for codes and refresh tokens, the data of a person, introspection, revocation."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from hmac import compare_digest
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from praya.blocks.identity import api as identity
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.systems.openid import store
from praya.systems.openid.api import keys, proving
from praya.systems.openid.api.authorizing import pseudonym
from praya.systems.openid.api.clients import client_of
from praya.systems.openid.models import Grant
from praya.systems.openid.rules import fields, jose, levels, requests, tokens
from praya.systems.openid.rules.refusal import ProtocolError

log = structlog.get_logger("openid")


def exchange(sent: proving.Sent, *, at: datetime) -> dict[str, Any]:
    """The answer of the token endpoint. Raises ProtocolError."""
    proven = proving.client(sent, at=at)
    match sent.values.get("grant_type", ""):
        case "authorization_code":
            return _for_code(proven, sent, at)
        case "refresh_token":
            return _for_refresh(proven, sent, at)
    raise ProtocolError("unsupported_grant_type", "grant_type must be authorization_code or refresh_token")


def _for_code(proven: proving.Proven, sent: proving.Sent, at: datetime) -> dict[str, Any]:
    values = sent.values
    grant = _grant(values.get("code", ""), "code", proven)
    if not requests.is_verifier(verifier := values.get("code_verifier", "")):
        raise ProtocolError("invalid_grant", "code_verifier is missing or has a wrong form")
    if not compare_digest(jose.digest(verifier), grant.challenge):
        raise ProtocolError("invalid_grant", "code_verifier does not answer the code_challenge")
    if values.get("redirect_uri") != grant.redirect_uri:
        raise ProtocolError("invalid_grant", "redirect_uri is not that of the request")
    if at > grant.created_at + tokens.CODE_LIFE and grant.used_at is None:
        raise ProtocolError("invalid_grant", "the code is too old")
    thumbprint = _bound(proven, sent, grant.key_thumbprint, at)
    _check_person(grant)
    if not store.use_code(grant.ref, thumbprint=thumbprint, at=at):
        # Somebody has the code who should not: nothing that it gave may be used any further.
        _end_family(grant, "code", at)
        raise ProtocolError("invalid_grant", "the code was used before; what it gave is revoked")
    grant.used_at, grant.key_thumbprint = at, thumbprint
    return _answer(grant, at, id_token=True)


def _for_refresh(proven: proving.Proven, sent: proving.Sent, at: datetime) -> dict[str, Any]:
    token = tokens.read(sent.values.get("refresh_token", ""), vault.blind_index)
    grant = _grant(sent.values.get("refresh_token", ""), "refresh", proven)
    assert token is not None  # noqa: S101 (`_grant` refuses what cannot be read)
    if "offline_access" not in grant.scopes.split():
        raise ProtocolError("invalid_grant", "the grant has no offline_access")
    if at > grant.created_at + tokens.GRANT_LIFE or at > (grant.refreshed_at or at) + tokens.IDLE_LIFE:
        raise ProtocolError("invalid_grant", "the refresh token is too old")
    if (asked := set(sent.values.get("scope", "").split())) - set(grant.scopes.split()):
        raise ProtocolError("invalid_scope", f"the grant has no {min(asked - set(grant.scopes.split()))[:40]}")
    _bound(proven, sent, grant.key_thumbprint, at)
    _check_person(grant)
    if token.round != grant.round or not store.use_refresh(grant.ref, token.round, at=at):
        _end_family(grant, "refresh", at)
        raise ProtocolError("invalid_grant", "the refresh token was used before; all that came of it is revoked")
    grant.round += 1
    return _answer(grant, at, id_token=True)


def _grant(text: str, kind: str, proven: proving.Proven) -> Grant:
    token = tokens.read(text, vault.blind_index)
    grant = store.grant(token.grant, of=proven.row) if token is not None and token.kind == kind else None
    if grant is None or grant.client_id != proven.row.ref or grant.ended_at is not None:
        raise ProtocolError("invalid_grant", f"the {kind} is unknown, revoked, or another client's")
    return grant


def _bound(proven: proving.Proven, sent: proving.Sent, to: str, at: datetime) -> str:
    """The key to which the tokens are bound. A grant that is bound stays so."""
    key = proving.thumbprint(sent, at=at)
    if to and key != to:
        raise ProtocolError("invalid_dpop_proof", "a proof by the key is needed to which the grant is bound")
    if proven.details.bound and not key:
        raise ProtocolError("invalid_dpop_proof", "this client proves that it has a key (DPoP)")
    return key


def _check_person(grant: Grant) -> None:
    """Refuse a grant of somebody who was erased, or who signed out everywhere since."""
    if identity.epoch(grant.person) != grant.epoch:
        raise ProtocolError("invalid_grant", "the person has ended it")


def _end_family(grant: Grant, kind: str, at: datetime) -> None:
    with transaction.atomic():
        if store.end_grant(grant.ref, at):
            facts = {"client": grant.client_id, "kind": kind}
            journal.record(event="openid_replay_stopped", at=at, by="system", subject=grant.ref, facts=facts)
            log.warning("a token was used twice; its family is revoked", client=grant.client_id, kind=kind)


def _answer(grant: Grant, at: datetime, *, id_token: bool) -> dict[str, Any]:
    seal: Callable[[str, str], str] = vault.blind_index
    expires_at = at + tokens.ACCESS_LIFE
    access = tokens.access_token(grant.ref, grant.round, expires_at, seal)
    answer: dict[str, Any] = {
        "access_token": access,
        "token_type": "DPoP" if grant.key_thumbprint else "Bearer",
        "expires_in": int(tokens.ACCESS_LIFE.total_seconds()),
        "scope": grant.scopes,
    }
    if "offline_access" in grant.scopes.split():
        answer["refresh_token"] = tokens.refresh_token(grant.ref, grant.round, seal)
    if id_token:
        answer["id_token"] = keys.sign(_id_token(grant, access, at), kind="JWT", at=at)
    return answer


def _issuer() -> str:
    return str(settings.PRAYA.base_url)


def _id_token(grant: Grant, access: str, at: datetime) -> dict[str, Any]:
    moment = int(at.timestamp())
    claims: dict[str, Any] = {
        "iss": _issuer(),
        "sub": pseudonym(grant.client.sector, grant.person),
        "aud": grant.client_id,
        "iat": moment,
        "exp": moment + int(tokens.ID_TOKEN_LIFE.total_seconds()),
        "auth_time": int(grant.level_at.timestamp()),
        "acr": grant.acr,
        "sid": session_id(grant.ref),
        "at_hash": _half(access),
    }
    if grant.nonce:
        claims["nonce"] = grant.nonce
    if wanted := grant.in_id_token.split():
        claims |= {name: value for name, value in _data(grant).items() if name in wanted}
    return claims


def _half(text: str) -> str:
    """The left half of the SHA-256, as `at_hash` has it."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).rstrip(b"=").decode()


def session_id(grant: str) -> str:
    """The `sid` of a grant."""
    return vault.blind_index("openid.sid", grant)


def _data(grant: Grant) -> dict[str, Any]:
    """The claims of the fields that the person gave, and has not withdrawn since."""
    present = store.answers(grant.person, grant.client_id)
    given = [name for name in grant.fields.split() if name in present and present[name].answer == "given"]
    if not given:
        return {}
    person = identity.person(grant.person)
    known: Mapping[str, Any] = {
        "name": person.name,
        "email": person.email,
        # The address is the one to which the person's codes go.
        "email_verified": True,
        "locale": person.language,
    }
    claims = [claim for name in given for claim in fields.FIELDS.get(name, ())]
    return {claim: known[claim] for claim in claims if known[claim] is not None}


def person_data(sent: proving.Sent, *, at: datetime) -> dict[str, Any]:
    """The answer of the userinfo endpoint. Raises ProtocolError (401) with the challenge for the client."""
    scheme, _, text = sent.authorization.partition(" ")
    grant = _of_access(text, at)
    if grant is None:
        raise _challenge(scheme, "invalid_token", "the access token is unknown, expired or revoked")
    if grant.key_thumbprint:
        if scheme.lower() != "dpop":
            raise _challenge("DPoP", "invalid_token", "the access token is bound to a key: use DPoP")
        try:
            key = proving.thumbprint(sent, at=at, access_token=text)
        except ProtocolError as problem:
            raise _challenge("DPoP", problem.code, problem.sentence) from None
        if key != grant.key_thumbprint:
            raise _challenge("DPoP", "invalid_dpop_proof", "the proof is not by the key of the access token")
    elif scheme.lower() != "bearer":
        raise _challenge("Bearer", "invalid_token", "the access token is a bearer token")
    needed = client_of(grant.client).details.level
    if grant.level < needed:
        # The client's minimum was raised since (RFC 9470).
        raise step_up(scheme, needed)
    return {"sub": pseudonym(grant.client.sector, grant.person), **_data(grant)}


def _of_access(text: str, at: datetime) -> Grant | None:
    """The grant of an access token that is good now."""
    token = tokens.read(text, vault.blind_index)
    if token is None or token.kind != "access" or token.expires_at is None or token.expires_at <= at:
        return None
    grant = store.grant(token.grant)
    if grant is None or grant.ended_at is not None or token.round < grant.access_from:
        return None
    return grant if identity.epoch(grant.person) == grant.epoch else None


def _challenge(scheme: str, code: str, sentence: str) -> ProtocolError:
    name = "DPoP" if scheme.lower() == "dpop" else "Bearer"
    header = f'{name} error="{code}", error_description="{sentence}"'
    if name == "DPoP":
        header += f', algs="{" ".join(jose.ALGORITHMS)}"'
    return ProtocolError(code, sentence, status=401, headers={"WWW-Authenticate": header})


def step_up(scheme: str, level: int, max_age: int | None = None) -> ProtocolError:
    """The challenge for a client whose person must sign in at a higher level, or more recently (RFC 9470)."""
    problem = _challenge(scheme, "insufficient_user_authentication", "a higher level of sign-in is needed")
    more = f', acr_values="{" ".join(levels.acr(one) for one in levels.LEVELS if one >= level)}"'
    more += f", max_age={max_age}" if max_age is not None else ""
    return ProtocolError(
        problem.code, problem.sentence, status=401,
        headers={"WWW-Authenticate": problem.headers["WWW-Authenticate"] + more},
    )  # fmt: skip


def introspect(sent: proving.Sent, *, at: datetime) -> dict[str, Any]:
    """What a token is (RFC 7662), for its own client and for others of its department. Raises ProtocolError."""
    proven = proving.client(sent, at=at)
    if proven.details.way == "none":
        raise ProtocolError("invalid_client", "a public client cannot introspect", status=401)
    text = sent.values.get("token", "")
    token = tokens.read(text, vault.blind_index)
    if token is None or token.kind == "code":
        return {"active": False}
    grant = _of_access(text, at) if token.kind == "access" else _of_refresh(token, at)
    if grant is None or grant.client.department != proven.row.department:
        return {"active": False}
    said: dict[str, Any] = {
        "active": True,
        "iss": _issuer(),
        "client_id": grant.client_id,
        "sub": pseudonym(grant.client.sector, grant.person),
        "scope": grant.scopes,
        "acr": grant.acr,
        "auth_time": int(grant.level_at.timestamp()),
    }
    if token.expires_at is not None:
        said |= {"exp": int(token.expires_at.timestamp()), "token_type": "DPoP" if grant.key_thumbprint else "Bearer"}
    if grant.key_thumbprint:
        said["cnf"] = {"jkt": grant.key_thumbprint}
    return said


def _of_refresh(token: tokens.Token, at: datetime) -> Grant | None:
    grant = store.grant(token.grant)
    if grant is None or grant.ended_at is not None or token.round != grant.round:
        return None
    return grant if identity.epoch(grant.person) == grant.epoch else None


def revoke(sent: proving.Sent, *, at: datetime) -> None:
    """Revoke a token of the client (RFC 7009): a refresh token with all that came of it. Raises ProtocolError."""
    proven = proving.client(sent, at=at)
    token = tokens.read(sent.values.get("token", ""), vault.blind_index)
    grant = store.grant(token.grant) if token is not None else None
    if token is None or grant is None or grant.client_id != proven.row.ref:
        return
    if token.kind == "access":
        store.end_access(grant.ref, token.round)
    else:
        store.end_grant(grant.ref, at)
