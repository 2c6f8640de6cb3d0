"""Rows of notices and deliveries: queries, writes, encryption."""

from base64 import b64decode, b64encode
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from praya.blocks.notices.channels.message import LONGEST, LONGEST_FOR_CODE, Attachment, Message
from praya.blocks.notices.models import DeliveryRow, NoticeRow
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.rows import one_or_none, values_by

OURS = "@notices"
"""The subject whose key encrypts messages that belong to no inbox."""

TO_SEND = ("waiting", "failed")
"""States of deliveries that may be sent. One that failed is sent again only when an operator asks for it."""

_CONTENT = "notices.notice.content"
_MESSAGE = "notices.delivery.message"


def by_once_key(once_key: str) -> str | None:
    """The notice that was made with this key."""
    made = values_by(NoticeRow, "ref", once_key=once_key)
    return made[0] if made else None


def add_notice(content: dict[str, str], *, person_ref: str, once_key: str, **columns: Any) -> tuple[str, bool]:
    """Store a notice once for each `once_key`; return its reference and whether it is new. Raises Forgotten."""
    existing = by_once_key(once_key)
    if existing is not None:
        return existing, False
    ref = opaque()
    sealed = vault.seal_json(content, subject=person_ref, place=_CONTENT, row=ref)
    try:
        with transaction.atomic():
            NoticeRow.objects.create(ref=ref, person_ref=person_ref, once_key=once_key, content=sealed, **columns)
    except IntegrityError:
        return NoticeRow.objects.values_list("ref", flat=True).get(once_key=once_key), False
    return ref, True


def add_delivery(
    *, notice_ref: str | None, owner: str, channel: str, language: str, message: dict[str, Any], at: datetime
) -> str:
    """Store a message to an address, encrypted with the owner's key; return its reference."""
    if owner == OURS:
        vault.new_key(OURS)
    ref = opaque()
    DeliveryRow.objects.create(
        ref=ref,
        notice_id=notice_ref,
        channel=channel,
        language=language,
        message=vault.seal_json(message, subject=owner, place=_MESSAGE, row=ref),
        created_at=at,
    )
    return ref


def fail_unsent(ref: str, failure: str) -> None:
    """Record that a message can never be sent, and delete its content."""
    DeliveryRow.objects.filter(ref=ref).update(state="failed", failure=failure, message=None)


def content(row: NoticeRow) -> dict[str, str]:
    """The `subject` and `body` of a notice, and its sentence about `replies`, if any. Raises Forgotten."""
    opened: dict[str, str] = vault.unseal_json(row.content, subject=row.person_ref, place=_CONTENT, row=row.ref)
    return opened


def message(row: DeliveryRow) -> Message:
    """The message of a delivery, for its channel. Raises Forgotten, also when the content was deleted."""
    if row.message is None:
        raise vault.Forgotten(row.ref)
    owner = row.notice.person_ref if row.notice else OURS
    opened = vault.unseal_json(row.message, subject=owner, place=_MESSAGE, row=row.ref)
    if row.notice and row.channel == "email":
        opened |= content(row.notice)
    longest = LONGEST if row.notice else LONGEST_FOR_CODE
    body = "\n\n".join(part for part in (opened["body"], opened.get("replies")) if part)
    attached = tuple(
        Attachment(one["name"], one["media"], b64decode(one["data"])) for one in opened.get("attached", ())
    )
    subject, reply_to = opened.get("subject", ""), opened.get("reply_to", "")
    return Message(row.ref, opened["to"], subject, body, row.language, longest, reply_to, attached)


def as_stored(attached: Sequence[Attachment]) -> list[dict[str, str]]:
    """The files attached to an e-mail, as JSON values."""
    return [{"name": one.name, "media": one.media, "data": b64encode(one.data).decode()} for one in attached]


def last_sent_appointments(case_ref: str, person_ref: str) -> str:
    """The appointments (JSON) in the newest notice to a person in a case that has any; else empty."""
    rows = NoticeRow.objects.filter(case_ref=case_ref, person_ref=person_ref).exclude(appointments="")
    return rows.order_by("-created_at", "-ref").values_list("appointments", flat=True).first() or ""


def begin_attempt(ref: str) -> DeliveryRow | None:
    """Count an attempt and return the delivery."""
    DeliveryRow.objects.filter(ref=ref, state__in=TO_SEND).update(attempts=F("attempts") + 1)
    return delivery_row(ref)


def delivery_row(ref: str) -> DeliveryRow | None:
    """A delivery with its notice."""
    return one_or_none(DeliveryRow.objects.select_related("notice").filter(ref=ref))


def end_attempt(row: DeliveryRow, state: str, *, failure: str, at: datetime | None, wipe: bool) -> bool:
    """Record the end of a delivery; False when it had already ended."""
    changes: dict[str, Any] = {"state": state, "failure": failure[:40], "sent_at": at}
    if wipe:
        changes["message"] = None
    return DeliveryRow.objects.filter(ref=row.ref, state__in=TO_SEND).update(**changes) == 1


def oldest_code() -> datetime | None:
    """The moment at which the oldest stored code was queued."""
    rows = DeliveryRow.objects.filter(notice__isnull=True).order_by("created_at")
    return rows.values_list("created_at", flat=True).first()


def drop_codes(*, before: datetime, slice_size: int = 500) -> int:
    """Delete codes queued before this moment, the oldest first; return how many."""
    rows = DeliveryRow.objects.filter(notice__isnull=True, created_at__lt=before).order_by("created_at")
    refs = list(rows.values_list("ref", flat=True)[:slice_size])
    return DeliveryRow.objects.filter(ref__in=refs).delete()[0] if refs else 0


def of_person(person_ref: str, limit: int) -> list[NoticeRow]:
    """A person's notices, newest first."""
    return list(NoticeRow.objects.filter(person_ref=person_ref).order_by("-created_at", "-ref")[:limit])


def of_case(case_ref: str) -> list[NoticeRow]:
    """A case's notices with their deliveries, oldest first."""
    rows = NoticeRow.objects.filter(case_ref=case_ref).defer("content").prefetch_related("deliveries")
    # Notices of one moment are ordered by name and key, so that the order is always the same.
    return list(rows.order_by("created_at", "name", "once_key"))


def of_refs(refs: Collection[str]) -> list[NoticeRow]:
    """Notices with their deliveries, oldest first."""
    rows = NoticeRow.objects.filter(ref__in=list(refs)).prefetch_related("deliveries__notice")
    return list(rows.order_by("created_at", "once_key"))


def of_reader(ref: str, person_ref: str) -> NoticeRow | None:
    """A notice, if it is this person's."""
    return one_or_none(NoticeRow.objects.filter(ref=ref, person_ref=person_ref))


def of_this_case(ref: str, case_ref: str) -> NoticeRow | None:
    """A notice, if it belongs to this case."""
    return one_or_none(NoticeRow.objects.filter(ref=ref, case_ref=case_ref))


def mark_read(person_ref: str, at: datetime, *, refs: Sequence[str] | None = None) -> int:
    """Record the first reading of these, or of all, notices of a person; return how many were unread."""
    unread = NoticeRow.objects.filter(person_ref=person_ref, read_at__isnull=True)
    return (unread if refs is None else unread.filter(ref__in=refs)).update(read_at=at)


def unread(person_ref: str) -> int:
    """How many of a person's notices are unread (a partial index, a handful of rows)."""
    return NoticeRow.objects.filter(person_ref=person_ref, read_at__isnull=True).count()


def newest_deliveries(limit: int) -> list[DeliveryRow]:
    """The newest deliveries with their notices."""
    return list(DeliveryRow.objects.select_related("notice").order_by("-created_at", "-ref")[:limit])
