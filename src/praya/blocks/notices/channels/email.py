"""E-mail by a mail server (SMTP)."""

import re
import select
import smtplib
from contextlib import suppress
from email.encoders import encode_base64
from email.message import Message as Headers
from email.mime.base import MIMEBase
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from praya.blocks.notices.channels.message import Attachment, Message, Outcome
from praya.blocks.notices.channels.time_limit import of_thread, watched
from praya.kernel.outbox.api import ChannelDown, Later, Never, OnOurSide
from praya.kernel.text import html_language

SIGN_IN_NEEDED = frozenset({530, 534, 535, 538})
"""Replies of a mail server that requires authentication (RFC 4954, 6)."""
_FINER = re.compile(r"5\.(\d{1,3})\.\d{1,3}")


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
        with watched(message.longest) as watch:
            line = _line()
            watch.line = line.connection
            email = EmailMessage(
                message.subject, message.body, to=[message.to], headers=headers, connection=line,
                reply_to=[message.reply_to] if message.reply_to else None,
            )  # fmt: skip
            for attachment in message.attached:
                email.attach(_part(attachment))
            problem = _why_not(email)
        if problem is not None:
            # Raised outside the `except` block, so that the server's text, which repeats the address, is not chained.
            raise problem
        return "sent"


def _part(attachment: Attachment) -> MIMEBase:
    media = Headers()
    media["Content-Type"] = attachment.media
    part = MIMEBase(media.get_content_maintype(), media.get_content_subtype())
    for name, value in (media.get_params() or [])[1:]:
        part.set_param(name, value)
    part.set_payload(attachment.data)
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=attachment.name)
    return part


class _Line(smtplib.SMTP):
    """A connection that the watch can end while it is still being established."""

    def connect(self, *args: Any, **options: Any) -> Any:
        of_thread.watch.line = self
        return super().connect(*args, **options)


class _Backend(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _Line


def _line() -> _Backend:
    """The thread's connection; a new one if there is none or the server has ended it. Raises ChannelDown."""
    present: _Backend | None = getattr(of_thread, "line", None)
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
        of_thread.line = line
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
    line, of_thread.line = getattr(of_thread, "line", None), None
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
        # The reply ends the connection (421), or is not a refusal: either way it does not concern this message.
        hang_up()
        return ChannelDown("smtp_unreachable")
    if code < 500:
        return Later(f"smtp_{what}_deferred")
    # X.5 means a protocol fault and X.7 a policy: "relay access denied" is caused by our settings, not by this address.
    if (finer and finer[1] in {"5", "7"}) or code in {502, 503, 504}:
        return OnOurSide(f"smtp_{what}_not_allowed")
    return Never(f"smtp_{what}_refused")
