"""Roles: those that blocks and systems declare (`Plug.roles`), and those that a pack adds.

A role applies in departments, in communities or in one system. It permits whatever the roles that it includes permit.
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
    """A role in departments, in communities or in one system. `label` is a key of `words.yaml`.

    It permits whatever the roles in `includes` permit.
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
        """These roles and all that they include. A role that no longer exists permits nothing and is left out."""
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
    """Set the roles that the plugs of this process declare: pairs of the plug's name and a role."""
    global _brought  # noqa: PLW0603 (a process has one set of plugs)
    _brought = tuple(roles)


def brought() -> dict[str, Role]:
    """The roles that the plugs of this process declare, by name."""
    return {role.name: role for _, role in _brought}


def together(added: Iterable[Role]) -> Roles:
    """The roles of the plugs and the `added` ones. Of two roles with the same name, the first counts."""
    known = brought()
    for role in added:
        known.setdefault(role.name, role)
    return Roles(MappingProxyType(known))
