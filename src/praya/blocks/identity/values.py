"""Values and errors of identity."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

SYSTEM = "system:"
"""Before the name of a system, where a role is of a system and not of a department."""
COMMUNITY = "community:"
"""Before the name of a community, where a role is of a community."""


class WrongCode(Exception):
    """The code is wrong; `left` tries remain, at least one."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} tries left")
        self.left = left


class CodeExpired(Exception):
    """The code is older than ten minutes, was used, was deleted with its person, or never existed."""


class TooManyTries(Exception):
    """All five tries of this challenge were used: the person needs another code."""


class TooManyCodes(Exception):
    """Too many codes for an address were not used; the same network may request another at `retry_at`."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(retry_at.isoformat())
        self.retry_at = retry_at


class NoPerson(LookupError):
    """There is no such person."""


class Erased(NoPerson):
    """The person was erased: no personal data is left."""


class NoOfficer(LookupError):
    """There is no such officer in office."""


@dataclass(frozen=True, slots=True)
class NewChallenge:
    """A challenge and its code. The code is sent to the address; it must never appear on a page or in a log."""

    challenge: str
    code: str

    def __repr__(self) -> str:
        return f"Asked({self.challenge!r})"


@dataclass(frozen=True, slots=True)
class Person:
    """A person, with the data that they gave."""

    ref: str
    email: str
    name: str | None
    language: str

    def __repr__(self) -> str:
        return f"Person({self.ref!r})"


@dataclass(frozen=True, slots=True)
class Role:
    """A role of an officer in one department.

    For a role of a system the department is `system:<name>`, for one of a community `community:<name>`.
    """

    department: str
    role: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session on a device; `seen_at` is accurate to a quarter of an hour, `way` is `code` or `passkey`."""

    ref: str
    device: str
    began_at: datetime
    seen_at: datetime
    way: str = "code"


@dataclass(frozen=True)
class Officer:
    """An officer in office. A session of an earlier `epoch` has ended."""

    ref: str
    name: str
    email: str
    roles: frozenset[Role]
    epoch: int

    def __repr__(self) -> str:
        return f"Officer({self.ref!r})"

    def roles_in(self, department: str) -> frozenset[str]:
        """The roles that the officer has in a department, without those that `Roles.with_included` adds."""
        return frozenset(r.role for r in self.roles if r.department == department)

    @cached_property
    def departments(self) -> frozenset[str]:
        """The departments whose cases the officer sees."""
        return frozenset(r.department for r in self.roles if not r.department.startswith((SYSTEM, COMMUNITY)))

    @property
    def communities(self) -> frozenset[str]:
        """The names of the communities in which the officer has a role."""
        named = (r.department for r in self.roles if r.department.startswith(COMMUNITY))
        return frozenset(name.removeprefix(COMMUNITY) for name in named)


@dataclass(frozen=True, slots=True)
class Colleague:
    """An officer, as the search for colleagues returns them."""

    ref: str
    name: str
    email: str
