"""What the system decides: where a webhook may go, how it is signed, when it is sent again. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

import idna

from praya.kernel import jsontext
from praya.kernel.outbox.retry import Retry
from praya.kernel.posting import permitted

EVENTS = {
    "case_opened": "case.opened",
    "case_moved": "case.moved",
    "case_closed": "case.closed",
    "case_taken_back": "case.taken_back",
    "case_referred": "case.referred",
    "referral_replied": "case.replied",
    "case_erased": "case.erased",
    **dict.fromkeys(
        ("fee_charged", "fee_changed", "fee_paid", "fee_waived", "fee_refunded", "fee_forfeited"), "case.fees_changed"
    ),
    **dict.fromkeys(("grant_promised", "grant_paid", "grant_withdrawn", "grant_returned"), "case.grants_changed"),
}
"""Events of the journal, and what receivers get them as."""
TEST = "test"
LONGEST_URL = 500
MOST_ENDPOINTS = 10
"""Of one department."""
RETRY = Retry(first=timedelta(seconds=5), longest=timedelta(hours=1))
IN_A_ROW = 3
"""After so many failures one after another the endpoint rests: only one event is tried at a time. An event is given up
after no fewer."""
PAUSE_AFTER = timedelta(days=3)
"""An endpoint that has failed for so long is paused, and its department is told."""
GIVE_UP_AFTER = timedelta(days=5)
"""An event that is refused for so long, by an endpoint that takes others, is given up."""
KEEP = timedelta(days=30)
"""How long deliveries are listed, and can be sent again."""
OVERLAP = timedelta(days=2)
"""How long the secret before a rotation signs too."""
SECRET_BYTES = 32
_PREFIX = "whsec_"

Verdict = Literal["delivered", "later", "gone"]


class Unfit(ValueError):
    """An address that cannot be taken. Its text is a key of words: `webhooks.` and the code."""


def checked_url(text: str, networks: str) -> str:
    """The address as it is kept, its host in ASCII. Raises Unfit.

    It is `https`, without a user's name, password or fragment. A host that is an address must be permitted already.
    """
    if len(text) > LONGEST_URL or any(not c.isprintable() or c.isspace() for c in text):
        raise Unfit("url_shape")
    if not text.isascii() and not text.partition("//")[2].partition("/")[2].isascii():
        raise Unfit("url_shape")
    try:
        parts = urlsplit(text)
        port = parts.port
        host = parts.hostname or ""
    except ValueError:
        raise Unfit("url_shape") from None
    if parts.scheme != "https":
        raise Unfit("url_https")
    if "@" in parts.netloc or parts.fragment:
        raise Unfit("url_secret")
    try:
        name = f"[{host}]" if ":" in host else host if _is_address(host) else idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        raise Unfit("url_host") from None
    if _is_address(host) and not permitted(host, networks):
        raise Unfit("url_private")
    if not _is_address(host) and "." not in name:
        raise Unfit("url_host")
    path = parts.path or "/"
    return f"https://{name}{f':{port}' if port and port != 443 else ''}{path}{f'?{parts.query}' if parts.query else ''}"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def new_secret(random: bytes) -> str:
    """A secret as it is shown to the department: `whsec_` and base64."""
    return _PREFIX + base64.b64encode(random).decode()


def body(*, event: str, at: datetime, service: str, reference: str, sequence: int) -> bytes:
    """What is sent: which case, what happened and when; nothing of the person. `sequence` rises from event to event."""
    data = {"reference": reference, "service": service, "sequence": sequence}
    return jsontext.dumps({"type": event, "timestamp": at, "data": data}).encode()


def message_id(sequence: int) -> str:
    """The identifier of an event, the same whenever it is sent."""
    return f"praya-{sequence}"


def headers(ref: str, content: bytes, *, secrets: Sequence[str], timestamp: int) -> dict[str, str]:
    """The headers of Standard Webhooks: HMAC-SHA-256 of `id.timestamp.body` by each secret."""
    signed = f"{ref}.{timestamp}.".encode() + content
    keys = [base64.b64decode(secret.removeprefix(_PREFIX)) for secret in secrets]
    signatures = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Praya-Webhooks/1",
        "webhook-id": ref,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def verdict(status: int) -> Verdict:
    """What an answer means; `status` is 0 where there was none. Every 2xx has taken the event, 410 wants no more."""
    if 200 <= status < 300:
        return "delivered"
    return "gone" if status == 410 else "later"


def is_lost(age: timedelta, *, attempts: int) -> bool:
    """Whether an event that a healthy endpoint refused this often, and never took, is given up."""
    return age > GIVE_UP_AFTER and attempts >= IN_A_ROW


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint is: its failures in a row, since when, and when it may be tried again."""

    failures: int = 0
    failed_since: datetime | None = None
    retry_at: datetime | None = None

    def after_failure(self, at: datetime, *, wait: timedelta = timedelta(0)) -> "Health":
        """Its health after one more failure. `wait` is what the receiver asked for, at most the longest pause."""
        failures = self.failures + 1
        rest = RETRY.pause(failures) if failures >= IN_A_ROW else timedelta(0)
        rest = max(rest, min(wait, RETRY.longest))
        return Health(failures, self.failed_since or at, at + rest if rest else None)

    def is_lost(self, at: datetime) -> bool:
        """Whether it has failed for so long that it is paused."""
        return self.failed_since is not None and at - self.failed_since >= PAUSE_AFTER
