"""The end of a session: at the wish of a client, and told to every client of the session (back-channel logout)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import structlog
from django.conf import settings

from praya.blocks.identity import api as identity
from praya.kernel import plug, posting
from praya.kernel.ids import opaque
from praya.kernel.journal.api import Fact
from praya.kernel.journal.folds import Fold
from praya.systems.openid import store
from praya.systems.openid.api import keys
from praya.systems.openid.api.authorizing import pseudonym
from praya.systems.openid.api.tokens import session_id
from praya.systems.openid.models import Farewell, Grant
from praya.systems.openid.rules.clients import Details
from praya.systems.openid.rules.refusal import ProtocolError

log = structlog.get_logger("openid")
EVENT = "http://schemas.openid.net/event/backchannel-logout"
GRACE = timedelta(seconds=60)
"""How long a session's grants outlive it: whoever signs in anew at a request's wish takes them along."""
TOKEN_LIFE = timedelta(minutes=2)
PAUSES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
AT_ONCE = 50
ENDS = frozenset({"person_session_ended", "person_sessions_ended", "person_erased"})


@dataclass(frozen=True, slots=True)
class Logout:
    """A client's wish that the person signs out; `back` is where the browser goes afterwards, empty for nowhere."""

    title: Mapping[str, str]
    back: str


def wished(values: Mapping[str, str], *, issuer: str, at: datetime) -> Logout:
    """Read a wish (RP-Initiated Logout). Raises ProtocolError: no browser is sent to an unregistered address."""
    named = values.get("client_id", "")
    if hint := values.get("id_token_hint", ""):
        claims = keys.opened(hint, at=at)
        if claims is None or claims.get("iss") != issuer or (named and claims.get("aud") != named):
            raise ProtocolError("invalid_request", "id_token_hint is no ID token of this client")
        named = str(claims.get("aud", ""))
    row = store.client(named) if named else None
    back = values.get("post_logout_redirect_uri", "")
    if row is None:
        if back or named:
            raise ProtocolError("invalid_request", "there is no such client, so the browser is sent nowhere")
        return Logout({}, "")
    details = Details.from_json(json.loads(row.details))
    if back and back not in details.logout_uris:
        raise ProtocolError("invalid_request", "post_logout_redirect_uri is not one of those that are registered")
    if back and values.get("state"):
        back += f"{'&' if '?' in back else '?'}{urlencode({'state': values['state']})}"
    return Logout(details.title, back)


def client_of_hint(values: Mapping[str, str], *, at: datetime) -> str:
    """The client for which an `id_token_hint` was made; empty without one."""
    claims = keys.opened(values.get("id_token_hint", ""), at=at)
    return str(claims.get("aud", "")) if claims is not None else ""


def _apply(facts: Sequence[Fact]) -> None:
    """Note which grants a session's end ends: those of sessions that are no more, unless they may go on offline."""
    for fact in facts:
        rows = list(store.open_grants(fact.subject))
        if not rows:
            continue
        idle = timedelta(minutes=settings.PRAYA.session_minutes)
        alive = {one.ref for one in identity.sessions(holder=f"person:{fact.subject}", idle=idle, at=fact.at)}
        over = [row for row in rows if row.session not in alive]
        store.note_farewells([Farewell(grant=row, due_at=fact.at + GRACE) for row in over])


def _empty() -> None:
    """Keep what is noted: a rebuild of the fold tells nobody a second time."""


FOLDS = (Fold(name="openid_logouts", events=ENDS, apply=_apply, empty=_empty),)


def send(*, at: datetime) -> int:
    """End the grants of sessions that are over, and tell their clients; return how many were handled."""
    ours = plug.settings_of("openid")
    mine = []
    for row in store.due_farewells(at, AT_ONCE):
        pause = PAUSES[min(row.attempts, len(PAUSES) - 1)]
        if store.postpone(row.pk, expected=row.attempts, due_at=at + pause):
            mine.append(row)
    to_tell = []
    for row in mine:
        grant = row.grant
        if row.attempts == 0 and _goes_on(grant, at):
            store.drop_farewell(row.pk)
            continue
        if "offline_access" not in grant.scopes.split():
            store.end_grant(grant.ref, at)
        address = Details.from_json(json.loads(grant.client.details)).back_channel
        if address and grant.used_at is not None:
            to_tell.append((row, address))
        else:
            store.drop_farewell(row.pk)
    answers = posting.send(
        [[[posting.Request(address, _body(row.grant, at), _headers)]] for row, address in to_tell],
        context=posting.tls(ours.ca_file),
        permitted=partial(posting.permitted, networks=ours.networks),
        seconds=ours.seconds,
        begin_within=60,
        most_failures=1,
    ) if to_tell else []  # fmt: skip
    for (row, _), answer in zip(to_tell, answers, strict=True):
        status = answer[0, 0].status if answer else 0
        # 400 says that the client could not do it; repeating the same would not help.
        if 200 <= status < 300 or status == 400 or row.attempts >= len(PAUSES):
            store.drop_farewell(row.pk)
        if not 200 <= status < 300:
            log.warning("a logout was not taken", client=row.grant.client_id, status=status, attempt=row.attempts + 1)
    return len(mine)


def _goes_on(grant: Grant, at: datetime) -> bool:
    """Whether the grant has moved to a session that lives."""
    if identity.epoch(grant.person) != grant.epoch:
        return False
    idle = timedelta(minutes=settings.PRAYA.session_minutes)
    return grant.session in {one.ref for one in identity.sessions(holder=f"person:{grant.person}", idle=idle, at=at)}


def _body(grant: Grant, at: datetime) -> bytes:
    moment = int(at.timestamp())
    claims: dict[str, Any] = {
        "iss": settings.PRAYA.base_url,
        "sub": pseudonym(grant.client.sector, grant.person),
        "aud": grant.client_id,
        "iat": moment,
        "exp": moment + int(TOKEN_LIFE.total_seconds()),
        "jti": opaque(),
        "sid": session_id(grant.ref),
        "events": {EVENT: {}},
    }
    return urlencode({"logout_token": keys.sign(claims, kind="logout+jwt", at=at)}).encode()


def _headers() -> dict[str, str]:
    return {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Praya"}
