"""One person with an inbox, a mail server and an SMS gateway, for the tests of notices."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message as Mail
from email.policy import default as modern
from threading import Thread
from typing import Any

from praya.blocks.notices import api as notices
from praya.kernel.outbox import api as outbox

AT = datetime(2023, 1, 5, 10, tzinfo=UTC)
PERSON = "a" * 32
CASE = "RL-4K7P-9QXW"
EMAIL = "tai.man@example.hk"
PHONE = "+85251234567"


def send(**changes: Any) -> str:
    values: dict[str, Any] = {
        "person_ref": PERSON,
        "case_ref": CASE,
        "service": "restaurant-licence",
        "name": "granted",
        "language": "zh-hant",
        "subject": "你的牌照已獲批准",
        "body": "陳大文先生：\n\n你的牌照已獲批准。",
        "email_to": EMAIL,
        "phone_to": PHONE,
        "channels": ["email", "sms"],
        "once_key": "case:1:granted",
    }
    at = changes.pop("at", AT)
    return notices.send(notices.Letter(**values | changes), at=at)


def work(at: datetime = AT) -> outbox.RoundResult:
    return outbox.work(notices.KINDS, at=at)


def states() -> dict[str, str]:
    return {d.channel: d.state for d in notices.of_case(CASE)[0].deliveries}


class Postbox:
    """An SMTP server that keeps what it accepts."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], Mail]] = []
        self.answer = "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
            return self.answer
        return f"{self.answer} <{address}>"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=modern)))
        return "250 OK"


@contextmanager
def listening(converse: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server of one's own: its port."""

    def take() -> None:
        while True:
            try:
                line = server.accept()[0]
            except OSError:
                return
            Thread(target=talk, args=(line,), daemon=True).start()

    def talk(line: socket.socket) -> None:
        with line, suppress(OSError):
            converse(line)

    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=take, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
