"""The interface of notices: an inbox for each person, and the e-mails and text messages of a notice.

A notice is in the inbox once its transaction commits. The outbox then sends e-mail and SMS at least once, each with a
reference by which a receiver can recognise a repetition. Content and addresses are encrypted with the person's key.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from praya.blocks.notices import adapters, rules, store
from praya.blocks.notices.channels.email import hang_up
from praya.blocks.notices.channels.message import LONGEST, LONGEST_FOR_CODE, Message
from praya.blocks.notices.models import DeliveryRow, NoticeRow
from praya.kernel.crypto.vault import Forgotten
from praya.kernel.journal import api as journal
from praya.kernel.outbox import api as outbox
from praya.kernel.outbox.api import Never, Retry
from praya.kernel.rounds import breathe

CHANNELS = ("inbox", "email", "sms")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A notice to be sent, in one language. The same `once_key` is the same notice.

    Every notice is in the inbox; `email` and `sms` are sent only to a known address. An empty `sms` text defaults to
    the subject, an empty subject to `otherwise`.
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
    messages: dict[str, dict[str, str]] = {}
    failures: dict[str, str | None] = {}
    if "email" in channels and letter.email_to:
        messages["email"], failures["email"] = {"to": letter.email_to}, rules.why_not_email(letter.email_to)
    if "sms" in channels and letter.phone_to:
        messages["sms"] = {"to": letter.phone_to, "body": text.sms}
        failures["sms"] = rules.why_not_phone(letter.phone_to)
    shortened = [part for part in text.shortened if part != "sms" or "sms" in messages]
    with transaction.atomic():
        columns = {
            "case_ref": letter.case_ref, "service": letter.service, "name": letter.name, "language": language,
            "created_at": at, "shortened": " ".join(shortened),
        }  # fmt: skip
        try:
            ref, new = store.add_notice(
                subject=text.subject, body=text.body, person_ref=owner, once_key=letter.once_key, **columns
            )
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
    problem = rules.why_not_email(email)
    if problem is not None:
        raise Unsendable(problem)
    with transaction.atomic():
        text = rules.written(subject, body, "", otherwise=subject)
        message = {"to": email, "subject": text.subject, "body": text.body}
        ref = _queue("email", message, notice_ref=None, owner=store.OURS, language=language, at=at)
        journal.record(event="code_queued", at=at, by="system", subject=ref, facts={"channel": "email"})
    return ref


def _queue(
    channel: str,
    message: dict[str, str],
    *,
    notice_ref: str | None,
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
    kind, lane = (f"notice_{channel}", "") if notice_ref else ("notice_code", "urgent")
    outbox.send(kind=kind, subject=ref, at=at, lane=lane)
    return ref


# Delivery, called by the outbox


def deliver(subject: str, ref: str, at: datetime) -> None:  # noqa: ARG001 (the delivery's own reference is the key)
    """Send the delivery `subject`, also one that was given up before. A delivery that was sent is not sent again.

    Raises Later, ChannelDown, Never.
    """
    row = store.begin_attempt(subject)
    if row is None:
        raise Never("no_such_delivery")
    if row.state not in store.TO_SEND:
        return
    try:
        state = adapters.channel(row.channel).send(_sendable(row, at))
    except Never as never:
        _end(row, "failed", at, str(never))
        raise
    _end(row, state, at, "")


def give_up(subject: str, failure: str, at: datetime) -> None:
    """Record that the delivery `subject` failed, because its receiver postponed it for too long."""
    row = store.delivery_row(subject)
    if row is not None:
        _end(row, "failed", at, failure)


KINDS: dict[str, outbox.Kind] = {
    "notice_code": outbox.Kind(
        deliver,
        lane="urgent",
        # `_sendable` refuses a code that is too old, whatever the reason of the delay.
        retry=Retry(first=timedelta(seconds=2), longest=timedelta(seconds=20), keep=rules.CODE_LIFE),
        longest=LONGEST_FOR_CODE,
        given_up=give_up,
        end_round=hang_up,
    ),
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


def _sendable(row: DeliveryRow, at: datetime) -> Message:
    if row.notice is None and at - row.created_at > rules.CODE_LIFE:
        raise Never("too_late")
    try:
        return store.message(row)
    except Forgotten:
        raise Never("person_erased") from None


def _end(row: DeliveryRow, state: str, at: datetime, failure: str) -> None:
    """Record the end of a delivery, and delete its address and text when they are no longer needed."""
    with transaction.atomic():
        wipe = not settings.PRAYA.demo and (state == "sent" or row.notice is None)
        sent_at = None if state == "failed" else at
        if not store.end_attempt(row, state, failure=failure, at=sent_at, wipe=wipe):
            return
        facts = {"channel": row.channel, "name": row.notice.name if row.notice else "code"}
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


def of_case(case_ref: str) -> list[Sent]:
    """The notices of a case, oldest first, with the status of their deliveries and without their content."""
    return [
        Sent(
            row.ref, row.name, row.language, row.created_at, row.read_at, _deliveries(row), tuple(row.shortened.split())
        )
        for row in store.of_case(case_ref)
    ]


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
                row.ref, "inbox", to, row.name, row.language, **content, state="", created_at=row.created_at,
                shortened=bool(cut - {"sms"}),
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
    )


def _deliveries(row: NoticeRow) -> tuple[Delivery, ...]:
    rows = sorted(row.deliveries.all(), key=lambda d: d.channel)
    return tuple(Delivery(d.ref, d.channel, d.state, d.attempts, d.sent_at, d.failure) for d in rows)
