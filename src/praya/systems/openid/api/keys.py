"""The keys that sign ID tokens and logout tokens."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from praya.kernel.journal import api as journal
from praya.systems.openid import store
from praya.systems.openid.models import SigningKey
from praya.systems.openid.rules import keys as rules

_lock = threading.Lock()
_CACHED = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class _Known:
    until: datetime
    since: datetime
    kid: str
    key: ECKey


_known: list[_Known] = []


def forget() -> None:
    """Drop what this process remembers."""
    with _lock:
        _known.clear()


def key_set(*, at: datetime) -> dict[str, Any]:
    """The public keys with which signatures can be verified now or soon (RFC 7517)."""
    rows = _rows(at)
    published = rules.published([_times(row) for row in rows], at)
    return {"keys": [json.loads(row.public) for row in rows if row.number in published]}


def sign(claims: Mapping[str, Any], *, kind: str, at: datetime) -> str:
    """A JWT of these claims by the key that signs now; `kind` is its `typ`."""
    known = _signing(at)
    header = {"alg": "ES256", "typ": kind, "kid": known.kid}
    return jwt.encode(header, dict(claims), known.key, algorithms=["ES256"])


def opened(token: str, *, at: datetime) -> dict[str, Any] | None:
    """The claims of an ID token that we signed, however old; None for any other text."""
    try:
        keys = KeySet.import_key_set(key_set(at=at))  # type: ignore[arg-type]
        return dict(jwt.decode(token, keys, algorithms=["ES256"]).claims)
    except (JoseError, ValueError, TypeError):
        return None


def rotate(*, at: datetime) -> int:
    """Make the next key if it is time; return how many were made."""
    rows = store.signing_keys()
    signs_from = rules.next_from([_times(row) for row in rows], at)
    if signs_from is None:
        return 0
    number = rows[-1].number + 1 if rows else 1
    store.add_key(number, ECKey.generate_key("P-256"), at=at, signs_from=signs_from)
    journal.record(event="openid_key_made", at=at, by="system", subject=str(number))
    forget()
    return 1


def _rows(at: datetime) -> list[SigningKey]:
    rows = store.signing_keys()
    if not rows:
        rotate(at=at)
        rows = store.signing_keys()
    return rows


def _signing(at: datetime) -> _Known:
    with _lock:
        known = _known[0] if _known else None
    if known is not None and known.since <= at < known.until:
        return known
    rows = {row.number: row for row in _rows(at)}
    number = rules.signing([_times(row) for row in rows.values()], at)
    row = rows[number if number is not None else min(rows)]
    key = ECKey.import_key(store.private_pem(row))
    known = _Known(at + _CACHED, at, json.loads(row.public)["kid"], key)
    with _lock:
        _known[:] = [known]
    return known


def _times(row: SigningKey) -> rules.Times:
    return rules.Times(row.number, row.signs_from)
