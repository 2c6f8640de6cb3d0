"""The outside world: a mail server, an SMS gateway, and the shipped fake that keeps what it is given."""

import re
import select
import smtplib
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from praya.kernel.outbox.api import ChannelDown, Faltering, Later, Never, OnOurSide
from praya.kernel.text import html_language

Outcome = Literal["sent", "kept"]

LONGEST = timedelta(minutes=1)
"""The longest that one message may take; its lease in the outbox is longer."""
LONGEST_FOR_CODE = timedelta(seconds=20)
"""Somebody waits for it: after a worker that died another one takes it soon."""
SMS_TIMEOUT_SECONDS = 10
REFUSED = frozenset({400, 413, 422})
"""What a gateway says of one message: 400 Bad Request, 413 Content Too Large, 422 Unprocessable Content (RFC 9110)."""
PUT_OFF = frozenset({408, 409, 425})
"""What it may take the next time: 408 Request Timeout, 409 Conflict, 425 Too Early."""
SIGN_IN_NEEDED = frozenset({530, 534, 535, 538})
"""What a mail server says to a stranger (RFC 4954, 6)."""
_FINER = re.compile(r"5\.(\d{1,3})\.\d{1,3}")
_thread = threading.local()


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address. `ref` is the same at every attempt; `longest` is how long one may take."""

    ref: str
    to: str
    subject: str
    body: str
    language: str
    longest: timedelta = LONGEST

    def __repr__(self) -> str:
        return f"Message({self.ref!r})"


class Channel(Protocol):
    """A way to reach people."""

    def send(self, message: Message) -> Outcome:
        """Send it, or keep it. Raises Later, Never; neither holds an address."""
        ...


class Smtp:
    """E-mail as plain text, over a connection that is kept for a round of the thread's lane."""

    def send(self, message: Message) -> Outcome:
        """Send; the Message-ID follows from the reference, so that a repetition can be told (RFC 5322, 3.6.4)."""
        host = urlsplit(settings.PRAYA.base_url).hostname or "localhost"
        headers = {
            "Message-ID": f"<{message.ref}@{host}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday replies
            "Content-Language": html_language(message.language),
        }
        with _watched(message.longest) as watch:
            line = _line()
            watch.line = line.connection
            email = EmailMessage(message.subject, message.body, to=[message.to], headers=headers, connection=line)
            problem = _why_not(email)
        if problem is not None:
            # Raised here and not where it was caught: the server's own words, which repeat the address, stay behind.
            raise problem
        return "sent"


class _Line(smtplib.SMTP):
    """A connection that the thread can be found by while it is still being made."""

    def connect(self, *args: Any, **options: Any) -> Any:
        _thread.watch.line = self
        return super().connect(*args, **options)


class _Backend(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _Line


def _line() -> _Backend:
    """The thread's connection, made when there is none or the server has ended it. Raises ChannelDown."""
    kept: _Backend | None = getattr(_thread, "line", None)
    if kept is not None and kept.connection is not None and _is_quiet(kept.connection.sock):
        return kept
    hang_up()
    problem: Exception
    line = _Backend()
    try:
        line.open()
    except smtplib.SMTPAuthenticationError:
        problem = ChannelDown("smtp_sign_in_refused")
    except smtplib.SMTPNotSupportedError:
        problem = ChannelDown("smtp_without_starttls_or_sign_in")
    except (smtplib.SMTPException, OSError, ValueError):  # ValueError: words of a sign-in that cannot be decoded
        problem = ChannelDown("smtp_unreachable")
    else:
        _thread.line = line
        return line
    raise problem


def _is_quiet(sock: Any) -> bool:
    """Whether nothing came over the line unasked: a server that ends a connection says so."""
    if sock is None:
        return False
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return not poll.poll(0)


def hang_up() -> None:
    """Close the thread's connection to the mail server, if it has one."""
    line, _thread.line = getattr(_thread, "line", None), None
    if line is None or line.connection is None:
        return
    sock = line.connection.sock
    if sock is not None:  # smtplib has not closed it already
        with suppress(smtplib.SMTPException, OSError):
            sock.settimeout(2)
            line.connection.quit()
    with suppress(OSError):
        line.connection.close()


def _why_not(email: EmailMessage) -> Exception | None:
    """Send over an open connection; answers why it could not be."""
    try:
        email.send()
    except smtplib.SMTPRecipientsRefused as refused:
        return _refused("address", *next(iter(refused.recipients.values())))
    except smtplib.SMTPDataError as refused:
        return _refused("message", refused.smtp_code, refused.smtp_error)
    except smtplib.SMTPSenderRefused:
        return ChannelDown("smtp_sender_refused")
    except (smtplib.SMTPNotSupportedError, UnicodeError):
        return Never("smtp_address_not_supported")
    except (smtplib.SMTPException, OSError):
        hang_up()
        return ChannelDown("smtp_unreachable")
    return None


def _refused(what: str, code: int, text: bytes | str) -> Exception:
    """What a reply of 4xx or 5xx means for the message (RFC 5321, 4.2; RFC 3463 for the finer code)."""
    words = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    finer = _FINER.match(words.strip())
    if code in SIGN_IN_NEEDED:
        return ChannelDown("smtp_sign_in_needed")
    if code == 421 or not 400 <= code < 600:
        # It ends the connection, or says what is no refusal at all: whatever it is, it does not speak of the message.
        hang_up()
        return ChannelDown("smtp_unreachable")
    if code < 500:
        return Later(f"smtp_{what}_deferred")
    # X.5 is the protocol and X.7 who may send what to whom: "relay access denied" is our settings, not this address.
    if (finer and finer[1] in {"5", "7"}) or code in {502, 503, 504}:
        return OnOurSide(f"smtp_{what}_not_allowed")
    return Never(f"smtp_{what}_refused")


class _Watch:
    """What a conversation is held over, so that it can be ended from another thread."""

    line: Any = None

    def end(self) -> None:
        """Whoever waits for the other side wakes up. Of the socket itself: its TLS belongs to the waiting thread."""
        sock = getattr(self.line, "sock", self.line)
        if isinstance(sock, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


@contextmanager
def _watched(longest: timedelta) -> Iterator[_Watch]:
    """Ends the conversation when it takes longer: time-outs of a socket begin anew with each byte that comes."""
    watch = _thread.watch = _Watch()
    timer = threading.Timer(longest.total_seconds(), watch.end)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """SMS by an HTTP gateway: POST {to, text} with a bearer token and the reference as Idempotency-Key."""

    url: str
    token: str | None

    def send(self, message: Message) -> Outcome:
        """Send. 2xx is done; 400, 413 and 422 speak of this message, which is never sent; the rest may work later."""
        headers = {"Idempotency-Key": message.ref}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        body = {"to": message.to, "text": message.body}
        with _watched(message.longest) as watch, httpx.Client(timeout=SMS_TIMEOUT_SECONDS) as client:

            def trace(event: str, info: Mapping[str, Any]) -> None:
                if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
                    watch.line = info["return_value"].get_extra_info("socket")

            try:
                # Only the status counts: a body, of whatever length, is not read.
                with client.stream("POST", self.url, json=body, headers=headers, extensions={"trace": trace}) as answer:
                    status = answer.status_code
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):  # the last two: an address or token that is none
                status = 0
        if 200 <= status < 300:
            return "sent"
        if not status:
            raise ChannelDown("sms_unreachable")
        if status in REFUSED:
            raise Never(f"sms_http_{status}")
        if status in PUT_OFF:
            raise Later(f"sms_http_{status}")
        # No message is at fault. A gateway that fails for one in seven is no reason to let the other six wait; a wrong
        # address or token, or an account without money, stops them all.
        raise (Faltering if status >= 500 else ChannelDown)(f"sms_http_{status}")


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
        raise ChannelDown(f"{self.channel}_not_configured")


def channel(name: str) -> Channel:
    """What the settings say carries a channel."""
    chosen = settings.PRAYA
    if name == "email" and chosen.smtp_host:
        return Smtp()
    if name == "sms" and chosen.sms_url:
        return SmsGateway(chosen.sms_url, chosen.sms_token.get_secret_value() if chosen.sms_token else None)
    return NotConfigured(name) if chosen.mode == "production" else Kept()
