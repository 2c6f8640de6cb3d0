"""When a record expires, and which pieces of text may be a token: pure decisions."""

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
# A QR code holds 2331 bytes: the address of the check page, the header and the signature take at most 331 of them, and
# base64 makes four of three.
PAYLOAD_BYTES = 1500
_BASE64URL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
KID_LENGTH = 43
"""An RFC 7638 thumbprint with SHA-256, in base64url."""

Misfit = Literal["unreadable", "forged"]


@dataclass(frozen=True, slots=True)
class Parts:
    """A token taken apart, its signature not yet checked."""

    kid: str
    claims: dict[str, Any]
    signature: bytes


def expires_at(valid_until: date, zone: str) -> datetime:
    """The first moment at which a record is no longer valid: the end of its last day in the territory."""
    return datetime.combine(valid_until + timedelta(days=1), time(), ZoneInfo(zone))


def take_apart(token: str) -> Parts | Misfit:
    """The parts of a compact JWS, or what it is instead.

    `unreadable` is no record of ours; `forged` claims to be one with a header that we never write. A header has three
    members and no others, so nothing in a token chooses how it is verified (RFC 8725, 3.1 and 3.10). Base64 must be in
    its one canonical form and JSON without repeated members: there is one text of a token only.
    """
    if len(token) > TOKEN_BYTES or token.count(".") != 2:
        return "unreadable"
    header, payload, signature = (_decoded(part) for part in token.split("."))
    if header is None or payload is None or signature is None:
        return "unreadable"
    said, claims = _object(header), _object(payload)
    if said is None or said.get("typ") != TYPE:
        return "unreadable"
    kid = said.get("kid")
    if set(said) != {"alg", "typ", "kid"} or said["alg"] != ALGORITHM or claims is None:
        return "forged"
    if not isinstance(kid, str) or len(kid) != KID_LENGTH or not _BASE64URL.issuperset(kid):
        return "forged"
    return Parts(kid, claims, signature)


def fitted(claims: Mapping[str, Any], facts: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """The facts of a record as a QR code holds them beside the other claims, and the names of those shortened."""
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
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a member is repeated")
        return found

    try:
        value = json.loads(data, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
