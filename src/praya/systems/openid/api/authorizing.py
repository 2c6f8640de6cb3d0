"""From an authorization request to a code: the request is read once, waits for the person, and ends in a redirect."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db import transaction

from praya.blocks.identity import api as identity
from praya.kernel import jsontext
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.systems.openid import store
from praya.systems.openid.api import proving
from praya.systems.openid.api.clients import Client, client_of
from praya.systems.openid.models import Asked as AskedRow
from praya.systems.openid.models import Client as ClientRow
from praya.systems.openid.models import Grant
from praya.systems.openid.rules import levels, requests, tokens
from praya.systems.openid.rules.clients import Details
from praya.systems.openid.rules.refusal import ProtocolError
from praya.systems.openid.rules.requests import REQUEST_URI, Parameters, Request

PUSHED_SECONDS = int(tokens.PUSHED_LIFE.total_seconds())


class NotAsked(LookupError):
    """There is no such request: it was answered, or is too old."""


class Sandboxed(PermissionError):
    """The client is in the sandbox, and the person is no officer of its department."""


class Answered(Exception):
    """A request is answered without asking the person: `url` is where the browser goes, `silent` by a redirect only."""

    def __init__(self, url: str, *, silent: bool = False) -> None:
        super().__init__("answered")
        self.url, self.silent = url, silent


@dataclass(frozen=True, slots=True)
class Session:
    """The session of a person in the browser that asks."""

    person: str
    ref: str
    level: int
    level_at: datetime
    trial: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that waits for the person, with the fields that they agreed to before."""

    ref: str
    client: Client
    request: Request
    asked_at: datetime
    given: frozenset[str] = frozenset()
    settled: bool = False
    """Whether the person has answered all of it before, for the same purpose."""


def pseudonym(sector: str, person: str) -> str:
    """The `sub` of a person for a sector: nobody else's, and no key to another sector's."""
    return vault.blind_index("openid.sub", f"{sector}:{person}")


def begin(parameters: Parameters, *, issuer: str, at: datetime) -> tuple[str, tuple[str, ...]]:
    """Take a request of a browser; return its reference and the languages that it wishes for.

    Raises ProtocolError where nobody but the person may be told, and Answered with the error for the client.
    """
    values = requests.single(parameters)
    if values.get("request_uri"):
        return _of_pushed(values, at)
    row = store.client(values.get("client_id", ""))
    if row is None:
        raise ProtocolError("invalid_request", "there is no such client")
    details = Details.from_json(json.loads(row.details))
    requests.redirect_uri(values, details.redirect_uris)
    try:
        if details.pushed:
            raise ProtocolError("invalid_request", "this client pushes its requests (PAR)")
        request = requests.read(values, details)
    except ProtocolError as problem:
        raise Answered(_error(values["redirect_uri"], values.get("state", ""), problem.code, issuer, problem)) from None
    return _keep(row, request, pushed=False, at=at), request.languages


def push(sent: proving.Sent, parameters: Parameters, *, at: datetime) -> str:
    """Take a pushed request of a client (RFC 9126); return its `request_uri`. Raises ProtocolError."""
    proven = proving.client(sent, at=at)
    values = requests.single(parameters)
    if "request_uri" in values:
        raise ProtocolError("invalid_request", "request_uri cannot be pushed")
    requests.redirect_uri(values, proven.details.redirect_uris)
    request = requests.read(values, proven.details)
    bound = proving.thumbprint(sent, at=at)
    if bound:
        if request.key_thumbprint and request.key_thumbprint != bound:
            raise ProtocolError("invalid_dpop_proof", "dpop_jkt is not the key of the proof")
        request = Request.from_json({**request.as_json(), "key_thumbprint": bound})
    return f"{REQUEST_URI}{_keep(proven.row, request, pushed=True, at=at)}"


def _of_pushed(values: Mapping[str, str], at: datetime) -> tuple[str, tuple[str, ...]]:
    uri = values["request_uri"]
    row = store.asked(uri.removeprefix(REQUEST_URI), pushed=True, at=at) if uri.startswith(REQUEST_URI) else None
    # Once only, and by the client that pushed it.
    if row is None or row.client_id != values.get("client_id") or not store.take(row.ref):
        raise ProtocolError("invalid_request_uri", "request_uri is unknown, too old, or was used")
    request = Request.from_json(json.loads(row.request))
    return _keep(row.client, request, pushed=False, at=at), request.languages


def _keep(row: ClientRow, request: Request, *, pushed: bool, at: datetime) -> str:
    life = tokens.PUSHED_LIFE if pushed else tokens.ASKED_LIFE
    made = AskedRow.objects.create(
        ref=opaque(), client=row, request=jsontext.dumps(request.as_json()), pushed=pushed, created_at=at,
        expires_at=at + life,
    )  # fmt: skip
    return made.ref


def look(ref: str, session: Session | None, *, issuer: str, at: datetime) -> tuple[Asked, bool]:
    """A request, and whether the person must sign in (anew) first.

    Raises NotAsked; Sandboxed; Answered where the request is answered without a question.
    """
    row = store.asked(ref, pushed=False, at=at)
    if row is None:
        raise NotAsked(ref)
    request = Request.from_json(json.loads(row.request))
    client, silent = client_of(row.client), "none" in request.prompts
    if session is None:
        if silent:
            raise _answered(row, request, "login_required", issuer)
        return Asked(ref, client, request, row.created_at), True
    _check_sandbox(client, session)
    wanted = request.wanted(client.details.level)
    lacking = levels.missing(wanted, level=session.level, level_at=session.level_at, asked_at=row.created_at, at=at)
    if request.subject and request.subject != pseudonym(row.client.sector, session.person):
        lacking = "sign_in" if not lacking and session.level_at < row.created_at else lacking or "person"
    if lacking == "level":
        raise _answered(row, request, "unmet_authentication_requirements", issuer)
    if lacking == "person" or (lacking and silent):
        raise _answered(row, request, "login_required", issuer)
    if lacking:
        store.note_session(ref, session.ref)
        return Asked(ref, client, request, row.created_at), True
    known = store.answers(session.person, row.client_id)
    answered = {name for name, one in known.items() if one.edition == row.client.edition}
    given = frozenset(name for name in answered if known[name].answer == "given")
    # `openid` stands for the pseudonym: a client that asks for nothing else is put before the person once too.
    settled = {"openid", *request.fields} <= answered and "openid" in given
    settled = settled and set(request.essential) <= given and "consent" not in request.prompts
    if silent and not settled:
        raise _answered(row, request, "consent_required", issuer)
    return Asked(ref, client, request, row.created_at, given, settled), False


def agree(ref: str, session: Session, *, given: Collection[str], issuer: str, at: datetime) -> str:
    """Grant a request with these fields; return where the browser goes. Raises as `look`, and NotAsked if answered."""
    asked, first = look(ref, session, issuer=issuer, at=at)
    if first:
        raise NotAsked(ref)
    request, fields = asked.request, set(asked.request.fields)
    agreed = sorted((fields & set(given)) | set(request.essential))
    by = f"person:{session.person}"
    with transaction.atomic():
        row = store.asked(ref, pushed=False, at=at)
        if row is None or not store.take(ref):
            raise NotAsked(ref)
        said = store.answer(
            session.person, row.client_id, row.client.edition, [*agreed, "openid"], sorted(fields - set(agreed)), at
        )
        if said:
            facts = {"client": row.client_id, "edition": row.client.edition}
            facts |= {"given": sorted(one.field for one in said if one.answer == "given"),
                      "refused": sorted(one.field for one in said if one.answer == "refused")}  # fmt: skip
            journal.record(event="consent_answered", at=at, by=by, subject=session.person, facts=facts)
        if row.session and row.session != session.ref:
            store.move_grants(row.session, session.ref)
        grant = Grant.objects.create(
            ref=opaque(), client=row.client, person=session.person, epoch=identity.epoch(session.person) or 0,
            session=session.ref, scopes=" ".join(request.scopes), fields=" ".join(agreed),
            in_id_token=" ".join(request.in_id_token), acr=levels.told(request.levels, session.level),
            level=session.level, level_at=session.level_at, nonce=request.nonce, redirect_uri=request.redirect_uri,
            challenge=request.challenge, key_thumbprint=request.key_thumbprint, created_at=at,
        )  # fmt: skip
    code = tokens.code(grant.ref, vault.blind_index)
    return _redirect(request.redirect_uri, {"code": code, "state": request.state, "iss": issuer})


def decline(ref: str, *, issuer: str, at: datetime) -> str:
    """Refuse a request; return where the browser goes. Raises NotAsked."""
    row = store.asked(ref, pushed=False, at=at)
    if row is None:
        raise NotAsked(ref)
    return _answered(row, Request.from_json(json.loads(row.request)), "access_denied", issuer).url


def _check_sandbox(client: Client, session: Session) -> None:
    """Refuse residents at a client that nobody has approved, and made-up people at one that is approved."""
    if client.state == "live":
        if session.trial:
            raise Sandboxed(client.ref)
        return
    officer = identity.officer_for(person_ref=session.person)
    if not session.trial and (officer is None or client.department not in officer.departments):
        raise Sandboxed(client.ref)


_SENTENCES = {
    "login_required": "the person must sign in",
    "consent_required": "the person must agree",
    "access_denied": "the person refused",
    "unmet_authentication_requirements": "the assurance level that is asked for was not reached",
}


def _answered(row: AskedRow, request: Request, code: str, issuer: str) -> Answered:
    store.take(row.ref)
    return Answered(_error(request.redirect_uri, request.state, code, issuer), silent="none" in request.prompts)


def _error(uri: str, state: str, code: str, issuer: str, problem: ProtocolError | None = None) -> str:
    sentence = problem.sentence if problem else _SENTENCES[code]
    return _redirect(uri, {"error": code, "error_description": sentence, "state": state, "iss": issuer})


def _redirect(uri: str, values: Mapping[str, str]) -> str:
    """The redirect URI with these parameters; `iss` tells the client which provider answers (RFC 9207)."""
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{uri}{'&' if '?' in uri else '?'}{query}"


__all__: Sequence[str] = [
    "Answered", "Asked", "NotAsked", "Sandboxed", "Session", "agree", "begin", "decline", "look", "pseudonym", "push",
]  # fmt: skip
