"""A message to one address, and the interface of every channel."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol

Outcome = Literal["sent", "kept"]

LONGEST = timedelta(minutes=1)
"""The longest time for sending one message; its lease in the outbox is longer."""
LONGEST_FOR_CODE = timedelta(seconds=20)
"""Shorter, because a person waits for a code: if a worker dies, another one soon sends it."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file attached to an e-mail. `media` is its type with parameters, such as `text/calendar; charset=utf-8`."""

    name: str
    media: str
    data: bytes

    def __repr__(self) -> str:
        return f"Attachment({self.name!r})"


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address. `ref` is the same at every attempt; `longest` limits the time of an attempt."""

    ref: str
    to: str
    subject: str
    body: str
    language: str
    longest: timedelta = LONGEST
    reply_to: str = ""
    attached: tuple[Attachment, ...] = ()

    def __repr__(self) -> str:
        return f"Message({self.ref!r})"


class Channel(Protocol):
    """A way to send messages to people."""

    def send(self, message: Message) -> Outcome:
        """Send a message: `sent`, or `kept` by a fake. Raises Later, Never, whose texts contain no address."""
        ...
