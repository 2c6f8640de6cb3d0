"""Rules for records: when they expire, how a token is parsed, what fits a QR code. Pure."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from praya.kernel.reading import together, without_controls

TYPE = "praya-record+jws"
ALGORITHM = "ES256"
TOKEN_BYTES = 8192
# A QR code holds 2331 bytes. The address of the verification page, the header and the signature take at most 331 of
# them, and base64 turns three bytes into four characters: (2331 - 331) x 3/4.
PAYLOAD_BYTES = 1500
_BASE64URL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
KID_LENGTH = 43
"""An RFC 7638 thumbprint with SHA-256, in base64url."""

Misfit = Literal["unreadable", "forged"]


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a token whose signature is not verified yet."""

    kid: str
    claims: dict[str, Any]
    signature: bytes


def expires_at(valid_until: date, zone: str) -> datetime:
    """The first moment at which a record is no longer valid: the end of its last day in the time zone."""
    return datetime.combine(valid_until + timedelta(days=1), time(), ZoneInfo(zone))


def take_apart(token: str) -> Parts | Misfit:
    """Parse a compact JWS: its parts, or `unreadable` or `forged`.

    `unreadable` is not a record of this platform; `forged` claims to be one, with a header that we never write. A
    header must have exactly three members, so no part of a token can influence its verification (RFC 8725, 3.1 and
    3.10). Base64 must be canonical, and JSON must not repeat members: so each token has exactly one text.
    """
    if len(token) > TOKEN_BYTES or token.count(".") != 2:
        return "unreadable"
    header, payload, signature = (_decoded(part) for part in token.split("."))
    if header is None or payload is None or signature is None:
        return "unreadable"
    members, claims = _object(header), _object(payload)
    if members is None or members.get("typ") != TYPE:
        return "unreadable"
    kid = members.get("kid")
    if set(members) != {"alg", "typ", "kid"} or members["alg"] != ALGORITHM or claims is None:
        return "forged"
    if not isinstance(kid, str) or len(kid) != KID_LENGTH or not _BASE64URL.issuperset(kid):
        return "forged"
    return Parts(kid, claims, signature)


def fitted(claims: Mapping[str, Any], facts: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """Shorten the values of facts until the payload fits a QR code; return them and the names of those shortened."""
    texts = [without_controls(text) for fact in facts for text in _texts(fact)]

    def with_texts(some: Sequence[str]) -> list[dict[str, Any]]:
        given = iter(some)
        values = [next(given) if isinstance(f["v"], str) else {lang: next(given) for lang in f["v"]} for f in facts]
        return [{**fact, "v": value} for fact, value in zip(facts, values, strict=True)]

    def fits(some: Sequence[str]) -> bool:
        payload = json.dumps({**claims, "fct": with_texts(some)}, ensure_ascii=False, separators=(",", ":"))
        return len(payload.encode()) <= PAYLOAD_BYTES

    short, whole = with_texts(together(texts, fits)), with_texts(texts)
    return short, [fact["n"] for fact, before in zip(short, whole, strict=True) if fact != before]


def _texts(fact: Mapping[str, Any]) -> list[str]:
    return [fact["v"]] if isinstance(fact["v"], str) else list(fact["v"].values())


def _decoded(part: str) -> bytes | None:
    if not part or not _BASE64URL.issuperset(part):
        return None
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return None
    return data if base64.urlsafe_b64encode(data).rstrip(b"=").decode() == part else None


def _object(data: bytes) -> dict[str, Any] | None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise ValueError("a member is repeated")
        return members

    try:
        value = json.loads(data, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
