"""Tickets and passes: signed cookies without a name. A ticket gives its place, a pass some minutes inside."""

import secrets
from dataclasses import dataclass
from typing import Self

from django.core.signing import BadSignature, Signer
from django.utils.crypto import salted_hmac

_SALT = "praya.waiting_room"
_LATER = 1 << 61
"""Ranks of those who came before the opening are below it."""


def ticket_cookie(service: str) -> str:
    """The name of the cookie with a ticket."""
    return f"praya_ticket_{service}"


def pass_cookie(service: str) -> str:
    """The name of the cookie with a pass."""
    return f"praya_pass_{service}"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A place in the queue of an opening (seconds since 1970; 0 for none); `came` is in microseconds."""

    service: str
    opening: int
    came: int
    id: str

    @classmethod
    def new(cls, service: str, opening: int, *, at: float) -> Self:
        """A ticket for somebody who comes now."""
        return cls(service, opening, int(at * 1_000_000), secrets.token_hex(8))

    @classmethod
    def read(cls, service: str, opening: int, text: str) -> Self | None:
        """The ticket of a cookie; None when it is of another service or opening, or not ours."""
        parts = _unsigned(f"ticket.{service}", text)
        if len(parts) != 3 or parts[0] != str(opening):
            return None
        return cls(service, opening, int(parts[1]), parts[2])

    def written(self) -> str:
        """The value of its cookie."""
        return _signed(f"ticket.{self.service}", f"{self.opening}:{self.came}:{self.id}")

    @property
    def rank(self) -> int:
        """Its place: by lot among those who came before the opening, which nobody can foretell, else by the moment."""
        if self.came >= self.opening * 1_000_000:
            return _LATER + self.came
        digest = salted_hmac(_SALT, f"{self.service}:{self.opening}:{self.id}", algorithm="sha256").digest()
        return int.from_bytes(digest[:8], "big") >> 3


@dataclass(frozen=True, slots=True)
class Pass:
    """Leave to be inside until a moment (seconds since 1970), for the holder of a ticket."""

    service: str
    opening: int
    ticket: str
    until: int

    @classmethod
    def read(cls, service: str, text: str, *, at: float) -> Self | None:
        """The pass of a cookie; None when it has ended, or is not ours."""
        parts = _unsigned(f"pass.{service}", text)
        if len(parts) != 3 or int(parts[2]) <= at:
            return None
        return cls(service, int(parts[0]), parts[1], int(parts[2]))

    def written(self) -> str:
        """The value of its cookie."""
        return _signed(f"pass.{self.service}", f"{self.opening}:{self.ticket}:{self.until}")


def _signed(kind: str, text: str) -> str:
    return Signer(salt=f"{_SALT}.{kind}").sign(text)


def _unsigned(kind: str, text: str) -> list[str]:
    """The parts of a signed text; none when it is not ours."""
    try:
        return Signer(salt=f"{_SALT}.{kind}").unsign(text).split(":") if text else []
    except BadSignature:
        return []
