"""An authorization request: what is read, what is refused (RFC 6749, 7636, 9126, 9700; OpenID Connect Core)."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from praya.systems.openid.rules import fields
from praya.systems.openid.rules.clients import Details
from praya.systems.openid.rules.levels import Wanted, level_of
from praya.systems.openid.rules.refusal import ProtocolError

LONGEST = 2000
REQUEST_URI = "urn:ietf:params:oauth:request_uri:"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)
_PROMPTS = {"none", "login", "consent", "select_account"}
_NEVER = {"request": "request_not_supported", "registration": "registration_not_supported"}
Parameters = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Request:
    """A request that may be put before the person. `essential` and `voluntary` are fields, `in_id_token` claims."""

    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    state: str = ""
    nonce: str = ""
    prompts: frozenset[str] = frozenset()
    levels: tuple[int, ...] = ()
    levels_must: bool = False
    max_age: int | None = None
    essential: tuple[str, ...] = ()
    voluntary: tuple[str, ...] = ()
    in_id_token: tuple[str, ...] = ()
    subject: str = ""
    key_thumbprint: str = ""
    languages: tuple[str, ...] = field(default=())

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that is asked for."""
        return (*self.essential, *self.voluntary)

    def wanted(self, at_least: int) -> Wanted:
        """What the request asks of the sign-in; `at_least` is the client's minimum."""
        anew = self.max_age == 0 or bool(self.prompts & {"login", "select_account"})
        return Wanted(self.levels, self.levels_must, at_least, self.max_age, anew)

    def as_json(self) -> dict[str, Any]:
        """The request as a JSON value."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Request":
        """The request that `as_json` wrote."""
        known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}
        return cls(**{**known, "prompts": frozenset(known["prompts"])})


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else list(value) if isinstance(value, tuple) else value


def single(parameters: Parameters) -> dict[str, str]:
    """Each parameter's one value. Raises ProtocolError for one that is given twice, or is too long."""
    values = {}
    for name, given in parameters.items():
        if len(given) != 1:
            raise ProtocolError("invalid_request", f"{name[:40]} is given more than once")
        if len(given[0]) > (8000 if name in {"claims", "client_assertion", "id_token_hint"} else LONGEST):
            raise ProtocolError("invalid_request", f"{name[:40]} is too long")
        values[name] = given[0]
    return values


def redirect_uri(values: Mapping[str, str], permitted: Collection[str]) -> str:
    """The redirect URI: exactly one of those that are registered, byte by byte. Raises ProtocolError."""
    given = values.get("redirect_uri", "")
    if given not in permitted:
        raise ProtocolError("invalid_request", "redirect_uri is not one of those that are registered for this client")
    return given


def read(values: Mapping[str, str], client: Details) -> Request:
    """The request of a client whose redirect URI was checked before. Raises ProtocolError, for the client."""
    for name, code in _NEVER.items():
        if name in values:
            raise ProtocolError(code, f"{name} is not supported")
    if values.get("response_type") != "code":
        raise ProtocolError("unsupported_response_type", "response_type must be code")
    if values.get("response_mode", "query") != "query":
        raise ProtocolError("invalid_request", "response_mode must be query")
    scopes = tuple(dict.fromkeys(values.get("scope", "").split()))
    if "openid" not in scopes:
        raise ProtocolError("invalid_scope", "scope must include openid")
    if unknown := [scope for scope in scopes if scope not in fields.SCOPES]:
        raise ProtocolError("invalid_scope", f"there is no scope {unknown[0][:40]}")
    asked, in_id_token, about = _claims(values.get("claims", ""))
    levels, must = _levels(values.get("acr_values", ""), about.get("acr"))
    essential = fields.of_claims(name for name, must_have in asked.items() if must_have) & set(client.fields)
    wanted = (fields.of_scopes(scopes) | fields.of_claims(asked)) & set(client.fields)
    return Request(
        redirect_uri=values["redirect_uri"],
        scopes=scopes,
        challenge=_challenge(values),
        state=values.get("state", ""),
        nonce=values.get("nonce", ""),
        prompts=_prompts(values.get("prompt", "")),
        levels=levels,
        levels_must=must,
        max_age=_max_age(values.get("max_age"), about.get("auth_time")),
        essential=tuple(name for name in fields.FIELDS if name in essential),
        voluntary=tuple(name for name in fields.FIELDS if name in wanted - essential),
        in_id_token=tuple(name for name in in_id_token if name in fields.OF_CLAIM),
        subject=_subject(about.get("sub")),
        key_thumbprint=values.get("dpop_jkt", "")[:43],
        languages=tuple(values.get("ui_locales", "").split()[:5]),
    )


def _challenge(values: Mapping[str, str]) -> str:
    # Without a method RFC 7636 means `plain`, which whoever sees the request can answer.
    if values.get("code_challenge_method") != "S256":
        raise ProtocolError("invalid_request", "code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(values.get("code_challenge", "")):
        raise ProtocolError("invalid_request", "code_challenge must be the base64url of a SHA-256")
    return values["code_challenge"]


def is_verifier(text: str) -> bool:
    """Whether a text has the form of a `code_verifier`."""
    return bool(_VERIFIER.fullmatch(text))


def _prompts(text: str) -> frozenset[str]:
    prompts = frozenset(text.split())
    if not prompts <= _PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise ProtocolError("invalid_request", "prompt has values that are unknown or exclude each other")
    return prompts


def _max_age(text: str | None, _auth_time: Any) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ProtocolError("invalid_request", "max_age must be a number of seconds")
    return int(text)


def _claims(text: str) -> tuple[dict[str, bool], tuple[str, ...], dict[str, Any]]:
    """Claim -> whether it is essential; the claims of the ID token; and the claims about the sign-in."""
    if not text:
        return {}, (), {}
    try:
        value = json.loads(text)
        parts = {name: value.get(name) or {} for name in ("userinfo", "id_token")}
        rows = [(part, name, row or {}) for part, names in parts.items() for name, row in names.items()]
        asked: dict[str, bool] = {}
        for _, name, row in rows:
            asked[name] = asked.get(name, False) or row.get("essential") is True
        about = {name: row for part, name, row in rows if part == "id_token" and name in {"acr", "auth_time", "sub"}}
    except (ValueError, AttributeError, RecursionError):
        raise ProtocolError("invalid_request", "claims is not what OpenID Connect Core 5.5 describes") from None
    return asked, tuple(parts["id_token"]), about


def _levels(acr_values: str, row: Mapping[str, Any] | None) -> tuple[tuple[int, ...], bool]:
    """The levels that are wanted, in their order, and whether one of them is essential."""
    values: list[Any] = acr_values.split()
    must = False
    if row:
        named = row.get("values", [row["value"]] if "value" in row else [])
        must = row.get("essential") is True and bool(named)
        values = (list(named) if isinstance(named, list) else []) or values
    levels = tuple(dict.fromkeys(level for one in values if isinstance(one, str) and (level := level_of(one))))
    if must and not levels:
        raise ProtocolError("unmet_authentication_requirements", "none of the essential acr values is known here")
    return levels, must


def _subject(row: Mapping[str, Any] | None) -> str:
    value = row.get("value", "") if row else ""
    return value if isinstance(value, str) else ""
