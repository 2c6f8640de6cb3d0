"""Forms that were submitted but not accepted, such as after the session ended: stored for a day.

The key that encrypts a form is stored only in the browser that submitted it; the database has a hash of the key.
"""

import hashlib
import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from praya.blocks.forms import models

LIFE = timedelta(hours=24)
MOST_PAGES = 20
"""At most this many pages are stored for one browser; the oldest is deleted first."""
LONGEST_PAGE = 400
NONCE = 12

File = tuple[str, str, bytes]
"""Name, media type and bytes."""


@dataclass(frozen=True, slots=True)
class Untaken:
    """A submitted form: the person for whom the page was made, why it was not accepted, its fields and files."""

    whose: str
    why: str
    fields: Mapping[str, Sequence[str]]
    files: Mapping[str, Sequence[File]] = field(default_factory=dict)


def new_key() -> str:
    """A new key for a browser to store."""
    return secrets.token_hex(32)


def keep(sent: Untaken, *, key: str, page: str, at: datetime) -> None:
    """Store the form submitted from `page`, replacing an earlier one. Only `key` decrypts it."""
    browser = _browser(key)
    nonce = secrets.token_bytes(NONCE)
    body = json.dumps(_plain(sent), ensure_ascii=False).encode(errors="replace")
    sealed = nonce + AESGCM(bytes.fromhex(key)).encrypt(nonce, body, _bound(browser, page))
    rows = models.UntakenForm.objects.filter(browser=browser)
    models.UntakenForm.objects.update_or_create(
        browser=browser, page=page, defaults={"sealed": sealed, "created_at": at}
    )
    beyond = list(rows.order_by("-created_at").values_list("pk", flat=True)[MOST_PAGES : MOST_PAGES * 2])
    if beyond:
        rows.filter(pk__in=beyond).delete()


def find(*, key: str, page: str, at: datetime) -> Untaken | None:
    """The form that this browser submitted from `page` within the last day; None when there is none."""
    browser = _browser(key)
    row = models.UntakenForm.objects.filter(browser=browser, page=page, created_at__gt=at - LIFE).first()
    if row is None:
        return None
    sealed = bytes(row.sealed)
    try:
        body = AESGCM(bytes.fromhex(key)).decrypt(sealed[:NONCE], sealed[NONCE:], _bound(browser, page))
    except InvalidTag:
        return None
    form = json.loads(body)
    files = {at: [(name, kind, b64decode(data)) for name, kind, data in sent] for at, sent in form["files"].items()}
    return Untaken(form["whose"], form["why"], form["fields"], files)


def drop(*, key: str, page: str | None = None) -> None:
    """Delete the stored form of a page, or all of this browser."""
    rows = models.UntakenForm.objects.filter(browser=_browser(key))
    (rows if page is None else rows.filter(page=page)).delete()


def forget(*, at: datetime, limit: int = 500) -> int:
    """Delete forms older than a day, at most `limit`; return how many."""
    old = list(models.UntakenForm.objects.filter(created_at__lte=at - LIFE).values_list("pk", flat=True)[:limit])
    return models.UntakenForm.objects.filter(pk__in=old).delete()[0] if old else 0


def oldest() -> datetime | None:
    """The moment since which the oldest form should have been deleted."""
    created = models.UntakenForm.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return created + LIFE if created is not None else None


def _browser(key: str) -> str:
    return hashlib.sha256(f"browser:{key}".encode()).hexdigest()[:32]


def _bound(browser: str, page: str) -> bytes:
    return f"forms.untaken:{browser}:{page}".encode()


def _plain(sent: Untaken) -> dict[str, Any]:
    files = {
        at: [(name, kind, b64encode(data).decode()) for name, kind, data in given] for at, given in sent.files.items()
    }
    fields = {name: list(values) for name, values in sent.fields.items()}
    return {"whose": sent.whose, "why": sent.why, "fields": fields, "files": files}
