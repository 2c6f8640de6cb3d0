"""What a department declares of a client, and what is refused of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from praya.systems.openid.rules.fields import FIELDS
from praya.systems.openid.rules.levels import LEVELS

LONGEST_URI = 500
MOST_URIS = 10
MOST_CREDENTIALS = 5
LIFE = timedelta(days=365)
"""The longest life of a key or a secret."""
WARNINGS = (60, 30, 7)
"""Days before the end of a key or a secret at which its department is warned."""
WAYS = ("private_key_jwt", "secret", "none")
LANGUAGES = ("en", "zh-hant")


class Unfit(Exception):
    """What was declared cannot be used; the text is a code, of which words.yaml has a sentence."""


@dataclass(frozen=True, slots=True)
class Details:
    """What a client is. `title` and `purpose` are by language; `fields` are those that it may ask for.

    `way` is how it proves who it is: `private_key_jwt`, `secret` or `none` (a public client). `level` is the lowest
    assurance level with which anybody signs in to it. `pushed` demands pushed requests (PAR), `bound` demands DPoP.
    """

    title: Mapping[str, str]
    purpose: Mapping[str, str]
    redirect_uris: tuple[str, ...]
    fields: tuple[str, ...] = ()
    way: str = "private_key_jwt"
    level: int = 1
    logout_uris: tuple[str, ...] = ()
    back_channel: str = ""
    pushed: bool = False
    bound: bool = False

    def as_json(self) -> dict[str, Any]:
        """The details as a JSON value."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Details":
        """The details that `as_json` wrote."""
        known: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in value.items()}
        return cls(**known)


def checked(details: Details, *, live: bool) -> Details:
    """The details, if they can be used. Raises Unfit with a code of words.yaml.

    A client in the sandbox may use http on its own machine; a live one uses https only.
    """
    if any(not details.title.get(language, "").strip() for language in LANGUAGES):
        raise Unfit("title_missing")
    if any(not details.purpose.get(language, "").strip() for language in LANGUAGES):
        raise Unfit("purpose_missing")
    if not details.redirect_uris:
        raise Unfit("uri_missing")
    back = (details.back_channel,) if details.back_channel else ()
    for uris in (details.redirect_uris, details.logout_uris, back):
        if len(uris) > MOST_URIS or len(set(uris)) != len(uris):
            raise Unfit("uri_many")
        for uri in uris:
            _check_uri(uri, live=live)
    # The pseudonym of a person is made for one host, so that two hosts cannot compare notes about somebody.
    if len({urlsplit(uri).hostname for uri in details.redirect_uris}) != 1:
        raise Unfit("uri_hosts")
    if details.way not in WAYS or details.level not in LEVELS or not set(details.fields) <= set(FIELDS):
        raise Unfit("choice_unknown")
    return details


def _check_uri(uri: str, *, live: bool) -> None:
    """Refuse an address that two parsers may read in two ways. Raises Unfit."""
    fine = uri.isascii() and uri.isprintable() and not set(uri) & set(" \\#*<>\"'`{}|^") and len(uri) <= LONGEST_URI
    if not fine:
        raise Unfit("uri_characters")
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        raise Unfit("uri_form") from None
    host = parts.hostname or ""
    netloc = f"[{host}]" if ":" in host else host
    if parts.scheme not in {"https", "http"} or not host or parts.netloc != (f"{netloc}:{port}" if port else netloc):
        raise Unfit("uri_form")
    if ".." in parts.path or not uri.startswith(f"{parts.scheme}://{parts.netloc}/"):
        raise Unfit("uri_form")
    if parts.scheme == "http" and (live or not is_loopback(host)):
        raise Unfit("uri_https")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def sector(department: str, details: Details) -> str:
    """For whom a person's pseudonym is made: a host of a department."""
    return f"{department}/{urlsplit(details.redirect_uris[0]).hostname}"


def due_warning(expires_at: datetime, warned: int, at: datetime) -> int:
    """The warning, in days before the end, that is due; 0 for none. `warned` is the last one that was given."""
    left = expires_at - at
    due = [days for days in WARNINGS if left <= timedelta(days=days)]
    latest = min(due, default=0)
    return latest if latest and (not warned or latest < warned) else 0
