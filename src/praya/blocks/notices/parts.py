"""The worker's parts for notices: send codes, e-mails and text messages, each in a lane of its own."""

from datetime import timedelta
from functools import partial

from praya.blocks.notices import api as notices
from praya.kernel.outbox import api as outbox
from praya.kernel.outbox.parts import Part
from praya.kernel.outbox.retry import Retry

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# The pauses before a channel that is down is tried again: a circuit breaker that closes by itself.
SOON, PROBING = Retry(first=timedelta(seconds=1), longest=timedelta(seconds=5)), Retry(longest=5 * MINUTE)


def _sending(name: str, kind: str, *, lane: str, queue: str, late: timedelta, retry: Retry = PROBING,
             budget: timedelta = 2 * MINUTE) -> Part:  # fmt: skip
    return Part(
        name=name,
        run=partial(outbox.send_lane, kind, notices.KINDS[kind], queue),
        lane=lane,
        budget=budget,
        retry=retry,
        overdue=partial(outbox.oldest_waiting, kind, queue),
        late=late,
        sends=(kind, queue),
    )


PARTS = (
    _sending("codes", "notice_code", lane="urgent", queue="urgent", late=MINUTE, retry=SOON, budget=MINUTE),
    _sending("memos", "notice_memo", lane="normal", queue="normal", late=HOUR),
    _sending("emails", "notice_email", lane="normal", queue="normal", late=HOUR),
    _sending("texts", "notice_sms", lane="normal", queue="normal", late=HOUR),
    _sending("bulk_emails", "notice_email", lane="slow", queue="slow", late=DAY),
    _sending("bulk_texts", "notice_sms", lane="slow", queue="slow", late=DAY),
    Part(name="forget_deliveries", run=notices.forget_old, every=HOUR, lane="slow", destructive=True,
         overdue=notices.oldest_to_forget),
)  # fmt: skip
