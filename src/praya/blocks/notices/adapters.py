"""The outside world: a mail server, an SMS gateway, and the shipped fake that keeps what it is given."""

import smtplib
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from praya.kernel.outbox.api import Later, Never
from praya.kernel.text import html_language

Outcome = Literal["sent", "kept"]

SMS_TIMEOUT_SECONDS = 10
# What a gateway may mean to accept the next time: 408 Request Timeout, 409 Conflict, 429 Too Many Requests.
TRY_AGAIN = frozenset({408, 409, 429})


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address. `ref` is the same at every attempt."""

    ref: str
    to: str
    subject: str
    body: str
    language: str

    def __repr__(self) -> str:
        return f"Message({self.ref!r})"


class Channel(Protocol):
    """A way to reach people."""

    def send(self, message: Message) -> Outcome:
        """Send it, or keep it. Raises Later, Never; neither holds an address."""
        ...


class Smtp:
    """E-mail through Django's mail connection, as plain text."""

    def send(self, message: Message) -> Outcome:
        """Send; the Message-ID follows from the reference, so that a repetition can be told (RFC 5322, 3.6.4)."""
        host = urlsplit(settings.PRAYA.base_url).hostname or "localhost"
        headers = {
            "Message-ID": f"<{message.ref}@{host}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday replies
            "Content-Language": html_language(message.language),
        }
        email = EmailMessage(
            message.subject, message.body, to=[message.to], headers=headers, connection=get_connection()
        )
        problem: Exception
        try:
            email.send()
        except smtplib.SMTPRecipientsRefused as refused:
            problem = _refused("address", [code for code, _ in refused.recipients.values()])
        except smtplib.SMTPDataError as refused:
            problem = _refused("message", [refused.smtp_code])
        except (smtplib.SMTPNotSupportedError, UnicodeError):
            problem = Never("smtp_address_not_supported")
        except smtplib.SMTPAuthenticationError:
            problem = Later("smtp_sign_in_refused")
        except (smtplib.SMTPException, OSError):
            problem = Later("smtp_unreachable")
        else:
            return "sent"
        # Raised here and not above: the server's own words, which repeat the address, stay behind.
        raise problem


def _refused(what: str, codes: list[int]) -> Exception:
    return Never(f"smtp_{what}_refused") if min(codes, default=0) >= 500 else Later(f"smtp_{what}_deferred")


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """SMS by an HTTP gateway: POST {to, text} with a bearer token and the reference as Idempotency-Key."""

    url: str
    token: str | None

    def send(self, message: Message) -> Outcome:
        """Send. 2xx is done; 4xx is never, but for 408, 409 and 429; anything else may work later."""
        headers = {"Idempotency-Key": message.ref}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        body = {"to": message.to, "text": message.body}
        try:
            status = httpx.post(self.url, json=body, headers=headers, timeout=SMS_TIMEOUT_SECONDS).status_code
        except httpx.HTTPError:
            status = 0
        if 200 <= status < 300:
            return "sent"
        if not status:
            raise Later("sms_unreachable")
        if 400 <= status < 500 and status not in TRY_AGAIN:
            raise Never(f"sms_http_{status}")
        raise Later(f"sms_http_{status}")


class Kept:
    """The shipped fake: nothing leaves; in a demonstration the viewer of messages shows what it was given."""

    def send(self, message: Message) -> Outcome:
        """Keep."""
        return "kept"


@dataclass(frozen=True, slots=True)
class NotConfigured:
    """A channel that production was not told how to reach: messages wait until it is."""

    channel: str

    def send(self, message: Message) -> Outcome:
        """Refuse for now."""
        raise Later(f"{self.channel}_not_configured")


def channel(name: str) -> Channel:
    """What the settings say carries a channel."""
    chosen = settings.PRAYA
    if name == "email" and chosen.smtp_host:
        return Smtp()
    if name == "sms" and chosen.sms_url:
        return SmsGateway(chosen.sms_url, chosen.sms_token.get_secret_value() if chosen.sms_token else None)
    return NotConfigured(name) if chosen.mode == "production" else Kept()
