"""Channels to the outside: a mail server, an SMS gateway, and a fake for demonstrations that sends nothing."""

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
"""The longest time for sending one message; its lease in the outbox is longer."""
LONGEST_FOR_CODE = timedelta(seconds=20)
"""Shorter, because a person waits for a code: if a worker dies, another one soon sends it."""
SMS_TIMEOUT_SECONDS = 10
REFUSED = frozenset({400, 413, 422})
"""Permanent refusals of one message: 400 Bad Request, 413 Content Too Large, 422 Unprocessable Content (RFC 9110)."""
PUT_OFF = frozenset({408, 409, 425})
"""Temporary refusals of one message: 408 Request Timeout, 409 Conflict, 425 Too Early."""
SIGN_IN_NEEDED = frozenset({530, 534, 535, 538})
"""Replies of a mail server that requires authentication (RFC 4954, 6)."""
_FINER = re.compile(r"5\.(\d{1,3})\.\d{1,3}")
_thread = threading.local()


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address. `ref` is the same at every attempt; `longest` limits the time of an attempt."""

    ref: str
    to: str
    subject: str
    body: str
    language: str
    longest: timedelta = LONGEST

    def __repr__(self) -> str:
        return f"Message({self.ref!r})"


class Channel(Protocol):
    """A way to send messages to people."""

    def send(self, message: Message) -> Outcome:
        """Send a message: `sent`, or `kept` by a fake. Raises Later, Never, whose texts contain no address."""
        ...


class Smtp:
    """E-mail as plain text. The thread keeps its connection for a whole round of the outbox."""

    def send(self, message: Message) -> Outcome:
        """Send; the Message-ID is derived from `ref`, so that a repetition can be recognised (RFC 5322, 3.6.4)."""
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
            # Raised outside the `except` block, so that the server's text, which repeats the address, is not chained.
            raise problem
        return "sent"


class _Line(smtplib.SMTP):
    """A connection that the watch can end while it is still being established."""

    def connect(self, *args: Any, **options: Any) -> Any:
        _thread.watch.line = self
        return super().connect(*args, **options)


class _Backend(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _Line


def _line() -> _Backend:
    """The thread's connection; a new one if there is none or the server has ended it. Raises ChannelDown."""
    present: _Backend | None = getattr(_thread, "line", None)
    if present is not None and present.connection is not None and _is_quiet(present.connection.sock):
        return present
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
    """Whether no unread data waits on the socket. A server that ends a connection sends something first."""
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
    """Send over an open connection; return the exception to raise, None when it was sent."""
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
    """The exception for a 4xx or 5xx reply (RFC 5321, 4.2; RFC 3463 for enhanced status codes)."""
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
    # X.5 means a protocol fault and X.7 a policy: "relay access denied" is caused by our settings, not by this address.
    if (finer and finer[1] in {"5", "7"}) or code in {502, 503, 504}:
        return OnOurSide(f"smtp_{what}_not_allowed")
    return Never(f"smtp_{what}_refused")


class _Watch:
    """Holds the connection of an attempt, so that another thread can end it."""

    line: Any = None

    def end(self) -> None:
        """Shut the socket down, which wakes the waiting thread. Its TLS layer belongs to that thread alone."""
        sock = getattr(self.line, "sock", self.line)
        if isinstance(sock, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


@contextmanager
def _watched(longest: timedelta) -> Iterator[_Watch]:
    """End the connection after `longest`. A socket timeout is not enough: it starts again with each byte received."""
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
        """Send. 2xx is success; REFUSED statuses refuse this message permanently, PUT_OFF ones for now.

        Any other status or no response means that the channel does not work (ChannelDown).
        """
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
    """The fake channel: it sends nothing. In a demonstration the message viewer displays the messages."""

    def send(self, message: Message) -> Outcome:
        """Do nothing."""
        return "kept"


@dataclass(frozen=True, slots=True)
class NotConfigured:
    """A channel without settings in production: messages wait until it is configured."""

    channel: str

    def send(self, message: Message) -> Outcome:
        """Raise ChannelDown."""
        raise ChannelDown(f"{self.channel}_not_configured")


def channel(name: str) -> Channel:
    """The channel that the settings choose for `email` or `sms`."""
    chosen = settings.PRAYA
    if name == "email" and chosen.smtp_host:
        return Smtp()
    if name == "sms" and chosen.sms_url:
        return SmsGateway(chosen.sms_url, chosen.sms_token.get_secret_value() if chosen.sms_token else None)
    return NotConfigured(name) if chosen.mode == "production" else Kept()
