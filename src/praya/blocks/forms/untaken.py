"""Forms that were sent and could not be taken: kept for a day, sealed with a key that only their browser holds."""

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
"""So many pages are kept for one browser; the oldest goes first."""
LONGEST_PAGE = 400
NONCE = 12

File = tuple[str, str, bytes]
"""Name, media type and bytes."""


@dataclass(frozen=True, slots=True)
class Untaken:
    """What was sent from a page: for whom the page was made, why it was not taken, the fields and the files."""

    whose: str
    why: str
    fields: Mapping[str, Sequence[str]]
    files: Mapping[str, Sequence[File]] = field(default_factory=dict)


def new_key() -> str:
    """A key for a browser to keep."""
    return secrets.token_hex(32)


def keep(sent: Untaken, *, key: str, page: str, at: datetime) -> None:
    """Keep what was sent from `page`, in place of what was kept of it before. Only `key` opens it."""
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
    """What this browser sent from `page` within the last day and what was not taken; None when there is nothing."""
    browser = _browser(key)
    row = models.UntakenForm.objects.filter(browser=browser, page=page, created_at__gt=at - LIFE).first()
    if row is None:
        return None
    sealed = bytes(row.sealed)
    try:
        body = AESGCM(bytes.fromhex(key)).decrypt(sealed[:NONCE], sealed[NONCE:], _bound(browser, page))
    except InvalidTag:
        return None
    found = json.loads(body)
    files = {at: [(name, kind, b64decode(data)) for name, kind, data in sent] for at, sent in found["files"].items()}
    return Untaken(found["whose"], found["why"], found["fields"], files)


def drop(*, key: str, page: str | None = None) -> None:
    """Forget what was kept of a page, or all that was kept for this browser."""
    rows = models.UntakenForm.objects.filter(browser=_browser(key))
    (rows if page is None else rows.filter(page=page)).delete()


def forget(*, at: datetime, limit: int = 500) -> int:
    """Delete what is older than a day; answers how many, at most `limit`."""
    old = list(models.UntakenForm.objects.filter(created_at__lte=at - LIFE).values_list("pk", flat=True)[:limit])
    return models.UntakenForm.objects.filter(pk__in=old).delete()[0] if old else 0


def oldest() -> datetime | None:
    """When the oldest is to be deleted."""
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
