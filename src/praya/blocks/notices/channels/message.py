"""A message to one address, and what every channel can do with it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol

Outcome = Literal["sent", "kept"]

LONGEST = timedelta(minutes=1)
"""The longest time for sending one message; its lease in the outbox is longer."""
LONGEST_FOR_CODE = timedelta(seconds=20)
"""Shorter, because a person waits for a code: if a worker dies, another one soon sends it."""


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
