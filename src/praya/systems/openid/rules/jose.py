"""Signed tokens of others, read strictly: client assertions (RFC 7523) and DPoP proofs (RFC 9449).

The key never comes from where the token says: not by `jku`, `x5u` or `x5c`, and by `jwk` in a DPoP proof only, which
proves nothing but that its sender has the key. The algorithm is one of ours, never `none` and never one of a shared
secret.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

ALGORITHMS = ("ES256", "PS256", "Ed25519")
LONGEST = 8000
CLOCKS = timedelta(seconds=60)
"""How far the clocks of two machines may differ."""
ASSERTION_LIFE = timedelta(hours=1)
"""How far the end of a client assertion may be ahead: some libraries write an hour unless told otherwise."""
PROOF_LIFE = timedelta(minutes=2)
_KINDS = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}
_CURVES: Mapping[str, set[str | None]] = {"EC": {"P-256"}, "OKP": {"Ed25519"}, "RSA": {None}}
_OF_KIND = {"EC": "ES256", "RSA": "PS256", "OKP": "Ed25519"}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_SMALLEST_RSA, _LARGEST_RSA = 2048, 4096
# Parameters that would let the token choose its key, and extensions that nobody here understands.
_REFUSED = frozenset({"jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip"})


class Forged(Exception):
    """A token is not what it says; the text is for the integrator, without anything of the token."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A token as it is written, before anything of it is believed."""

    text: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    known = dict(pairs)
    if len(known) != len(pairs):
        raise Forged("a member is given twice")
    return known


def _part(text: str) -> Any:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        # One text for each value: what can be written in two ways defeats every list of what was seen.
        if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != text:
            raise Forged("it is not canonical base64url")
        return json.loads(data, object_pairs_hook=_once)
    except (ValueError, binascii.Error, RecursionError):
        raise Forged("it is no JWT") from None


def parsed(text: str) -> Parsed:
    """A compact JWS with JSON in it. Raises Forged."""
    parts = text.split(".")
    if len(parts) != 3 or len(text) > LONGEST or not text.isascii():
        raise Forged("it is no signed JWT")
    header, claims = _part(parts[0]), _part(parts[1])
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise Forged("it is no JWT")
    if header.get("alg") not in ALGORITHMS:
        raise Forged(f"alg must be one of {', '.join(ALGORITHMS)}")
    if refused := sorted(_REFUSED & set(header)):
        raise Forged(f"its header may not have {refused[0]}")
    return Parsed(text, header, claims)


def public_key(jwk: Mapping[str, Any]) -> ECKey | RSAKey | OKPKey:
    """A public key of a kind and size that we take. Raises Forged."""
    kind = jwk.get("kty")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise Forged("the key must be of kind EC, RSA or OKP")
    if _PRIVATE & set(jwk):
        raise Forged("the key is a private one")
    if jwk.get("crv") not in _CURVES[kind]:
        raise Forged("the key must be on the curve P-256 or Ed25519")
    named = {name: jwk[name] for name in ("kty", "crv", "x", "y", "n", "e", "kid") if name in jwk}
    try:
        key = _KINDS[kind].import_key(named)  # type: ignore[attr-defined]
        size = key.public_key.key_size if isinstance(key, RSAKey) else _SMALLEST_RSA
    except (JoseError, ValueError, TypeError, KeyError):
        raise Forged("the key cannot be read") from None
    if not _SMALLEST_RSA <= size <= _LARGEST_RSA:
        raise Forged("an RSA key must have between 2048 and 4096 bits")
    return key  # type: ignore[no-any-return]


def _verify(token: Parsed, key: ECKey | RSAKey | OKPKey) -> None:
    algorithm = _OF_KIND[key.key_type]
    if token.header["alg"] != algorithm:
        raise Forged("alg is not that of the key")
    try:
        jws.deserialize_compact(token.text, key, algorithms=[algorithm])
    except (JoseError, ValueError):
        raise Forged("the signature is not by that key") from None


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """The thumbprint of a public key (RFC 7638). Raises Forged."""
    return str(public_key(jwk).thumbprint())


def key_of(header: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The client's key that a header names: by `kid`, compared as text; without one the only key. Raises Forged."""
    kid = header.get("kid")
    if kid is None and len(keys) == 1:
        return keys[0]
    for key in keys:
        if isinstance(kid, str) and key.get("kid") == kid:
            return key
    raise Forged("kid is not that of a key of this client that is in force")


def check_assertion(
    token: Parsed, *, client_id: str, keys: Sequence[Mapping[str, Any]], audiences: frozenset[str], at: datetime
) -> str:
    """The `jti` of a client's assertion, which may be used once. Raises Forged."""
    if "jwk" in token.header:
        raise Forged("its header may not have jwk")
    _verify(token, public_key(key_of(token.header, keys)))
    claims = token.claims
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise Forged("iss and sub must be the client_id")
    # One audience: a token for us and for somebody else could be used by that other one.
    aud = claims.get("aud")
    audience = aud[0] if isinstance(aud, list) and len(aud) == 1 else aud
    if not isinstance(audience, str) or audience not in audiences:
        raise Forged("aud must be the issuer")
    _within(claims.get("exp"), at - CLOCKS, at + ASSERTION_LIFE + CLOCKS, "exp")
    if "nbf" in claims:
        _within(claims["nbf"], None, at + CLOCKS, "nbf")
    if "iat" in claims:
        _within(claims["iat"], None, at + CLOCKS, "iat")
    return _jti(claims)


def check_proof(text: str, *, method: str, url: str, at: datetime, access_token: str = "") -> tuple[str, str]:
    """The thumbprint of the key and the `jti` of a DPoP proof. Raises Forged."""
    token = parsed(text)
    if token.header.get("typ") != "dpop+jwt":
        raise Forged("typ must be dpop+jwt")
    jwk = token.header.get("jwk")
    if not isinstance(jwk, dict):
        raise Forged("its header must have jwk")
    key = public_key(jwk)
    _verify(token, key)
    claims = token.claims
    htu = claims.get("htu")
    if claims.get("htm") != method or not isinstance(htu, str) or htu.partition("?")[0].partition("#")[0] != url:
        raise Forged("htm and htu must be those of the request")
    _within(claims.get("iat"), at - PROOF_LIFE, at + CLOCKS, "iat")
    if access_token and claims.get("ath") != digest(access_token):
        raise Forged("ath must be the hash of the access token")
    return str(key.thumbprint()), _jti(claims)


def _within(value: Any, first: datetime | None, last: datetime, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Forged(f"{name} must be a number")
    if value > last.timestamp() or (first is not None and value < first.timestamp()):
        raise Forged(f"{name} is not of now")


def _jti(claims: Mapping[str, Any]) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 8 <= len(jti) <= 200:
        raise Forged("jti must be a text of 8 to 200 characters")
    return jti


def digest(text: str) -> str:
    """The base64url of the SHA-256 of a text, as PKCE and DPoP write it."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
