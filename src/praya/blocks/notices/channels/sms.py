"""Text messages (SMS) by an HTTP gateway."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from praya.blocks.notices.channels.message import Message, Outcome
from praya.blocks.notices.channels.time_limit import watched
from praya.kernel.outbox.api import ChannelDown, Faltering, Later, Never

TIMEOUT_SECONDS = 10
REFUSED = frozenset({400, 413, 422})
"""Permanent refusals of one message: 400 Bad Request, 413 Content Too Large, 422 Unprocessable Content (RFC 9110)."""
PUT_OFF = frozenset({408, 409, 425})
"""Temporary refusals of one message: 408 Request Timeout, 409 Conflict, 425 Too Early."""


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
        with watched(message.longest) as watch, httpx.Client(timeout=TIMEOUT_SECONDS) as client:

            def trace(event: str, info: Mapping[str, Any]) -> None:
                if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
                    watch.line = info["return_value"].get_extra_info("socket")

            try:
                # Only the status counts: a body, of whatever length, is not read.
                with client.stream("POST", self.url, json=body, headers=headers, extensions={"trace": trace}) as answer:
                    status = answer.status_code
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):  # the last two: a malformed address or token
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
