"""Deliveries: send the queued e-mails and text messages, and delete old codes. The outbox and the worker call it."""

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction

from praya.blocks.notices import adapters, rules, store
from praya.blocks.notices.channels.email import hang_up
from praya.blocks.notices.channels.message import LONGEST, LONGEST_FOR_CODE, Message
from praya.blocks.notices.models import DeliveryRow
from praya.kernel.crypto.vault import Forgotten
from praya.kernel.journal import api as journal
from praya.kernel.outbox import api as outbox
from praya.kernel.outbox.api import Never
from praya.kernel.outbox.retry import Retry
from praya.kernel.rounds import breathe


def deliver(subject: str, ref: str, at: datetime) -> None:  # noqa: ARG001 (the delivery's own reference is the key)
    """Send the delivery `subject`, also one that was given up before. A delivery that was sent is not sent again.

    Raises Later, ChannelDown, Never.
    """
    _deliver(subject, at)


def deliver_code(subject: str, ref: str, at: datetime) -> None:  # noqa: ARG001 (the delivery's own reference is the key)
    """Send the sign-in code `subject`, unless it is too old. Raises Later, ChannelDown, Never."""
    _deliver(subject, at, life=rules.CODE_LIFE, ours="code")


def _deliver(subject: str, at: datetime, *, life: timedelta | None = None, ours: str = "memo") -> None:
    row = store.begin_attempt(subject)
    if row is None:
        raise Never("no_such_delivery")
    if row.state not in store.TO_SEND:
        return
    try:
        if life is not None and at - row.created_at > life:
            raise Never("too_late")
        state = adapters.channel(row.channel).send(_sendable(row))
    except Never as never:
        _end(row, "failed", at, str(never), ours)
        raise
    _end(row, state, at, "", ours)


def give_up(subject: str, failure: str, at: datetime, *, ours: str = "memo") -> None:
    """Record that the delivery `subject` failed, because its receiver postponed it for too long."""
    row = store.delivery_row(subject)
    if row is not None:
        _end(row, "failed", at, failure, ours)


KINDS: dict[str, outbox.Kind] = {
    "notice_code": outbox.Kind(
        deliver_code,
        lane="urgent",
        # A code that is too old is refused, whatever the reason of the delay.
        retry=Retry(first=timedelta(seconds=2), longest=timedelta(seconds=20), keep=rules.CODE_LIFE),
        longest=LONGEST_FOR_CODE,
        given_up=partial(give_up, ours="code"),
        end_round=hang_up,
    ),
    "notice_memo": outbox.Kind(deliver, longest=LONGEST, given_up=give_up, end_round=hang_up),
    "notice_email": outbox.Kind(
        deliver, retry=Retry(keep=timedelta(days=7)), longest=LONGEST, given_up=give_up,
        end_round=hang_up,
    ),
    # After a day a text message confuses more than it helps; the notice is in the inbox.
    "notice_sms": outbox.Kind(
        deliver, retry=Retry(keep=timedelta(days=1)), longest=LONGEST, given_up=give_up,
    ),
}  # fmt: skip
"""The kinds of effects that send messages."""

KEEP_CODES = timedelta(days=7)


def oldest_to_forget(*, at: datetime) -> datetime | None:  # noqa: ARG001 (every part takes it)
    """The moment since which the oldest code should have been deleted."""
    oldest = store.oldest_code()
    return oldest + KEEP_CODES if oldest is not None else None


def forget_old(*, at: datetime) -> int:
    """Delete the rows of old codes, in slices; return how many. Their content was deleted when they were sent."""
    count = 0
    while deleted := store.drop_codes(before=at - KEEP_CODES):
        count += deleted
        breathe()
    return count


def _sendable(row: DeliveryRow) -> Message:
    try:
        return store.message(row)
    except Forgotten:
        raise Never("person_erased") from None


def _end(row: DeliveryRow, state: str, at: datetime, failure: str, ours: str) -> None:
    """Record the end of a delivery, and delete its address and text if they are no longer needed.

    `ours` is the kind of a delivery that belongs to no inbox: `code` or `memo`.
    """
    with transaction.atomic():
        wipe = not settings.PRAYA.demo and (state == "sent" or row.notice is None)
        sent_at = None if state == "failed" else at
        if not store.end_attempt(row, state, failure=failure, at=sent_at, wipe=wipe):
            return
        facts = {"channel": row.channel, "name": row.notice.name if row.notice else ours}
        if failure:
            facts["failure"] = failure
        journal.record(
            event=f"notice_{state}",
            at=at,
            by="system",
            service=row.notice.service if row.notice else "",
            subject=(row.notice.case_ref or row.notice.ref) if row.notice else row.ref,
            facts=facts,
        )
