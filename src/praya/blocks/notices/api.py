"""The interface of notices: an inbox for each person, and the e-mails and text messages of a notice.

A notice is in the inbox once its transaction commits. The outbox then sends e-mail and SMS at least once, each with a
reference by which a receiver can recognise a repetition. Content and addresses are encrypted with the person's key.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from praya.blocks.notices import rules, store
from praya.blocks.notices.channels.message import Attachment, Message
from praya.blocks.notices.deliveries import KEEP_CODES, KINDS, deliver, forget_old, give_up, oldest_to_forget
from praya.blocks.notices.models import DeliveryRow, NoticeRow
from praya.kernel.crypto.vault import Forgotten
from praya.kernel.journal import api as journal
from praya.kernel.outbox import api as outbox

CHANNELS = ("inbox", "email", "sms")
__all__ = [
    "CHANNELS", "KEEP_CODES", "KINDS", "Attachment", "Delivery", "Letter", "NoNotice", "Notice", "PersonGone",
    "Replies", "Sent", "Shown", "Unsendable", "deliver", "forget_old", "give_up", "inbox", "last_sent_appointments",
    "mark_all_read", "of_case", "oldest_to_forget", "read", "send", "send_code", "send_memo", "shown_in_demo",
    "shown_in_rehearsal", "unread",
]  # fmt: skip


class Unsendable(ValueError):
    """The address cannot receive a sign-in code; the text is a code without personal data (`email_address`)."""


class PersonGone(LookupError):
    """The person was erased: nothing can be sent to them."""


class NoNotice(LookupError):
    """There is no such notice in this person's inbox."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice in its person's inbox."""

    ref: str
    person_ref: str
    case_ref: str
    name: str
    language: str
    subject: str
    body: str
    created_at: datetime
    read_at: datetime | None
    replies: str = ""
    """What happens to a reply by e-mail."""

    def __repr__(self) -> str:
        return f"Notice({self.ref!r})"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The status of a message to an address: `waiting`, `sent`, `kept` (by the fake channel) or `failed`."""

    ref: str
    channel: str
    state: str
    attempts: int
    sent_at: datetime | None
    failure: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A notice as officers see it: its name, times and deliveries, without its content."""

    ref: str
    name: str
    language: str
    created_at: datetime
    read_at: datetime | None
    deliveries: tuple[Delivery, ...]
    shortened: tuple[str, ...] = ()
    """The parts that were too long and end in an ellipsis: `subject`, `body`, `sms`."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message with its content, for the message viewer of a demonstration."""

    ref: str
    channel: str
    to: str
    name: str
    language: str
    subject: str
    body: str
    state: str
    created_at: datetime
    shortened: bool = False

    def __repr__(self) -> str:
        return f"Shown({self.ref!r})"


@dataclass(frozen=True, slots=True)
class Replies:
    """The address that receives replies to a letter, empty for none, and the sentence that says what happens to them.

    The sentence ends the e-mail and stands below the notice in the inbox.
    """

    to: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A notice to be sent, in one language. The same `once_key` is the same notice.

    Every notice is in the inbox; `email` and `sms` are sent only to a known address. An empty `sms` text defaults to
    the subject, an empty subject to `otherwise`. The files `attached` go with the e-mail; `appointments` (JSON)
    describes the appointments in them, and `last_sent_appointments` reads it.
    """

    person_ref: str
    case_ref: str
    service: str
    name: str
    language: str
    subject: str
    body: str
    sms: str | None = None
    email_to: str | None = None
    phone_to: str | None = None
    channels: Collection[str]
    otherwise: str = ""
    replies: Replies = Replies()
    attached: Sequence[Attachment] = ()
    appointments: str = ""
    once_key: str

    def __repr__(self) -> str:
        return f"Letter({self.name!r}, {self.once_key!r})"


def send(letter: Letter, *, at: datetime) -> str:
    """Put a notice into a person's inbox and queue its messages; return the reference of the notice.

    Text that people typed cannot make sending fail: line ends in a subject become spaces, texts that are too long are
    shortened (`of_case` and the journal say which), and an invalid address gives a failed delivery.
    Raises PersonGone; ValueError for an unknown channel.
    """
    if unknown := set(letter.channels) - set(CHANNELS):
        raise ValueError(f"no such channel: {', '.join(sorted(unknown))}")
    text = rules.written(letter.subject, letter.body, letter.sms or "", otherwise=letter.otherwise or letter.name)
    channels, owner, language = letter.channels, letter.person_ref, letter.language
    messages: dict[str, dict[str, Any]] = {}
    failures: dict[str, str | None] = {}
    if "email" in channels and letter.email_to:
        messages["email"] = {
            "to": letter.email_to, "reply_to": letter.replies.to, "attached": store.as_stored(letter.attached)
        }  # fmt: skip
        failures["email"] = rules.why_not_email(letter.email_to)
    if "sms" in channels and letter.phone_to:
        messages["sms"] = {"to": letter.phone_to, "body": text.sms}
        failures["sms"] = rules.why_not_phone(letter.phone_to)
    shortened = [part for part in text.shortened if part != "sms" or "sms" in messages]
    with transaction.atomic():
        columns = {
            "case_ref": letter.case_ref, "service": letter.service, "name": letter.name, "language": language,
            "created_at": at, "shortened": " ".join(shortened),
            "appointments": letter.appointments if "email" in messages and not failures["email"] else "",
        }  # fmt: skip
        content = {"subject": text.subject, "body": text.body}
        if letter.replies.sentence and "email" in messages:
            content["replies"] = letter.replies.sentence
        try:
            ref, new = store.add_notice(content, person_ref=owner, once_key=letter.once_key, **columns)
            if new:
                for channel, message in messages.items():
                    failure = failures[channel]
                    _queue(channel, message, notice_ref=ref, owner=owner, language=language, at=at, failed=failure)
        except Forgotten:
            raise PersonGone(owner) from None
        if new:
            facts: dict[str, object] = {"name": letter.name, "notice": ref, "channels": list(messages)}
            if shortened:
                facts["shortened"] = shortened
            if any(failures.values()):
                facts["failures"] = {channel: failure for channel, failure in failures.items() if failure}
            journal.record(
                event="notice_queued",
                at=at,
                by="system",
                service=letter.service,
                subject=letter.case_ref or ref,
                facts=facts,
            )
    return ref


def send_code(*, email: str, language: str, subject: str, body: str, at: datetime) -> str:
    """Queue an e-mail that belongs to no inbox, such as a sign-in code; return the reference of the delivery.

    It is encrypted with the block's own key, deleted once it is sent (except in a demonstration), and not sent after
    CODE_LIFE. Raises Unsendable.
    """
    return _send_ours("code", "urgent", email, language, subject, body, at)


def send_memo(*, email: str, language: str, subject: str, body: str, at: datetime) -> str:
    """Queue an e-mail to an officer about tasks on the platform; return the reference of the delivery.

    Like a code it belongs to no inbox, but it is sent however old it is. Raises Unsendable.
    """
    return _send_ours("memo", "normal", email, language, subject, body, at)


def _send_ours(name: str, lane: str, email: str, language: str, subject: str, body: str, at: datetime) -> str:
    problem = rules.why_not_email(email)
    if problem is not None:
        raise Unsendable(problem)
    with transaction.atomic():
        text = rules.written(subject, body, "", otherwise=subject)
        message = {"to": email, "subject": text.subject, "body": text.body}
        ref = store.add_delivery(
            notice_ref=None, owner=store.OURS, channel="email", language=language, message=message, at=at
        )
        outbox.send(kind=f"notice_{name}", subject=ref, at=at, lane=lane)
        journal.record(event=f"{name}_queued", at=at, by="system", subject=ref, facts={"channel": "email"})
    return ref


def _queue(
    channel: str,
    message: dict[str, Any],
    *,
    notice_ref: str,
    owner: str,
    language: str,
    at: datetime,
    failed: str | None = None,
) -> str:
    ref = store.add_delivery(
        notice_ref=notice_ref, owner=owner, channel=channel, language=language, message=message, at=at
    )
    if failed is not None:
        store.fail_unsent(ref, failed)
        return ref
    outbox.send(kind=f"notice_{channel}", subject=ref, at=at)
    return ref


# Reading


def inbox(person_ref: str, *, limit: int = 200) -> list[Notice]:
    """A person's notices, newest first; empty once the person is erased."""
    try:
        return [_notice(row) for row in store.of_person(person_ref, limit)]
    except Forgotten:
        return []


def read(ref: str, *, person_ref: str, at: datetime) -> Notice:
    """A notice of a person; its first reading is recorded. Raises NoNotice, also for another person's notice."""
    row = store.of_reader(ref, person_ref)
    if row is None:
        raise NoNotice(ref)
    try:
        notice = _notice(row)
    except Forgotten:
        raise NoNotice(ref) from None
    if notice.read_at is not None:
        return notice
    with transaction.atomic():
        if store.mark_read(person_ref, at, refs=[ref]):
            journal.record(
                event="notice_read",
                at=at,
                by=f"person:{person_ref}",
                service=row.service,
                subject=row.case_ref or ref,
                facts={"name": row.name, "notice": ref},
            )
    row.read_at = at
    return _notice(row)


def mark_all_read(*, person_ref: str, at: datetime) -> int:
    """Mark all notices of a person as read; return how many were unread."""
    with transaction.atomic():
        number = store.mark_read(person_ref, at)
        if number:
            by = f"person:{person_ref}"
            journal.record(event="notices_read", at=at, by=by, subject=person_ref, facts={"number": number})
    return number


def unread(person_ref: str) -> int:
    """How many notices a person has not read."""
    return store.unread(person_ref)


def last_sent_appointments(case_ref: str, *, person_ref: str) -> str:
    """The appointments (JSON) in the last calendar file that was sent to a person in a case; empty if none was."""
    return store.last_sent_appointments(case_ref, person_ref)


def of_case(case_ref: str) -> list[Sent]:
    """The notices of a case, oldest first, with the status of their deliveries and without their content."""
    return [
        Sent(
            row.ref, row.name, row.language, row.created_at, row.read_at, _deliveries(row), tuple(row.shortened.split())
        )
        for row in store.of_case(case_ref)
    ]


def in_case(ref: str, *, case_ref: str) -> Notice:
    """A notice of a case, with its content. Raises NoNotice, also once its receiver was erased."""
    row = store.of_this_case(ref, case_ref)
    try:
        if row is not None:
            return _notice(row)
    except Forgotten:
        pass
    raise NoNotice(ref)


def shown_in_demo(*, limit: int = 50) -> list[Shown]:
    """The newest messages with their content, newest first. Raises PermissionError outside a demonstration."""
    if not settings.PRAYA.demo:
        raise PermissionError("only a demonstration shows messages")
    shown = []
    for row in store.newest_deliveries(limit):
        with suppress(Forgotten):
            shown.append(_shown(row, store.message(row)))
    return shown


def shown_in_rehearsal(refs: Collection[str]) -> list[Shown]:
    """The content of these notices, oldest first: the inbox text, which is also the e-mail's, and the SMS.

    Raises PermissionError unless the database is a throwaway one.
    """
    if not settings.PRAYA.throwaway:
        raise PermissionError("only a rehearsal shows what letters say")
    shown = []
    for row in store.of_refs(refs):
        content = store.content(row)
        by = {delivery.channel: delivery for delivery in row.deliveries.all()}
        to = store.message(by["email"]).to if "email" in by else ""
        cut = set(row.shortened.split())
        shown.append(
            Shown(
                row.ref, "inbox", to, row.name, row.language, content["subject"], content["body"], state="",
                created_at=row.created_at, shortened=bool(cut - {"sms"}),
            )
        )  # fmt: skip
        shown += [_shown(by["sms"], store.message(by["sms"]))] if "sms" in by else []
    return shown


def _shown(row: DeliveryRow, m: Message) -> Shown:
    name = row.notice.name if row.notice else "code"
    cut = bool(row.notice and row.channel in row.notice.shortened.split())
    return Shown(m.ref, row.channel, m.to, name, m.language, m.subject, m.body, row.state, row.created_at, cut)


def _notice(row: NoticeRow) -> Notice:
    content = store.content(row)
    return Notice(
        ref=row.ref,
        person_ref=row.person_ref,
        case_ref=row.case_ref,
        name=row.name,
        language=row.language,
        subject=content["subject"],
        body=content["body"],
        created_at=row.created_at,
        read_at=row.read_at,
        replies=content.get("replies", ""),
    )


def _deliveries(row: NoticeRow) -> tuple[Delivery, ...]:
    rows = sorted(row.deliveries.all(), key=lambda d: d.channel)
    return tuple(Delivery(d.ref, d.channel, d.state, d.attempts, d.sent_at, d.failure) for d in rows)
