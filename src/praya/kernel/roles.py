"""The roles that there are: those that blocks and systems bring (`Plug.roles`), and those that a pack adds.

A role is of departments, of communities or of a system; whoever has one may do what the roles that it includes may.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ACTORS = ("applicant", "system", "respondent")
"""Who acts on a case without a role: the person whose case it is, Praya itself when time has passed, and whoever
applied for the case that it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What somebody may be in a department, a community or a system. `label` is a key of `words.yaml`.

    Whoever has a role may do what the roles in `includes` may.
    """

    name: str
    label: str
    of: Literal["department", "community", "system"] = "department"
    includes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roles:
    """Every role of a territory, by name."""

    known: Mapping[str, Role]

    def of_departments(self) -> tuple[str, ...]:
        """The roles that somebody may have in a department, those of Praya first."""
        return tuple(role.name for role in self.known.values() if role.of == "department")

    def of_communities(self) -> tuple[str, ...]:
        """The roles that somebody may have in a community."""
        return tuple(role.name for role in self.known.values() if role.of == "community")

    def of_system(self, name: str) -> tuple[str, ...]:
        """The roles that somebody may have in a system."""
        return tuple(role.name for owner, role in _brought if owner == name and role.of == "system")

    def with_included(self, held: Iterable[str]) -> frozenset[str]:
        """These roles and all that they include; a role that is no longer known allows nothing."""
        allowed: set[str] = set()
        to_do = list(held)
        while to_do:
            role = self.known.get(to_do.pop())
            if role is not None and role.name not in allowed:
                allowed.add(role.name)
                to_do += role.includes
        return frozenset(allowed)


_brought: tuple[tuple[str, Role], ...] = ()


def install(roles: Iterable[tuple[str, Role]]) -> None:
    """Let these be the roles that the plugs of this process bring, each with the name of its plug."""
    global _brought  # noqa: PLW0603 (a process has one set of plugs)
    _brought = tuple(roles)


def brought() -> dict[str, Role]:
    """The roles that the plugs of this process bring, by name."""
    return {role.name: role for _, role in _brought}


def together(added: Iterable[Role]) -> Roles:
    """The roles of the plugs and these; of two with one name the first counts."""
    known = brought()
    for role in added:
        known.setdefault(role.name, role)
    return Roles(MappingProxyType(known))
