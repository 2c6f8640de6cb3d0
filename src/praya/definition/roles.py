"""The roles that a pack adds, its titles for Praya's own roles, and the communities of a territory."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from praya.definition.model import Model, Path, Slug
from praya.definition.source import Message, unknown
from praya.kernel.roles import ACTORS, Role, brought, together
from praya.kernel.text import Text

LONGEST = 40
"""Characters of the name of a role or a community."""


class PackRole(Model):
    """A role in a department or a community."""

    name: Slug
    title: Text
    includes: tuple[Slug, ...] = ()
    of: Literal["department", "community"] = "department"

    @property
    def role(self) -> Role:
        """The role as the registry of roles stores it."""
        return Role(name=self.name, label="", of=self.of, includes=self.includes)


class Community(Model):
    """A named group whose members belong to no department, or to several: a jury, an advisory board, an agency."""

    name: Slug
    title: Text
    roles: tuple[Slug, ...] = Field(min_length=1)


def holder(role: object) -> str:
    """The holder of an invented officer's role: the name of a department, or `community:<name>`."""
    if not isinstance(role, Mapping):
        return ""
    return f"community:{role['community']}" if "community" in role else str(role.get("department"))


def problems(
    added: Mapping[str, PackRole], departments: Mapping[str, object], communities: Mapping[str, Community]
) -> Iterator[tuple[Path, Message]]:
    """Yield the problems of the roles and communities of a pack."""
    ours = brought()
    roles = together(role.role for role in added.values())
    known = {"department": roles.of_departments(), "community": roles.of_communities()}
    for name, role in added.items():
        path: Path = ("roles", name)
        if name in ACTORS or name in departments:
            what = "a department" if name in departments else "who acts without a role"
            yield path, Message("named-twice", f"'{name}' is {what} already; give the role another name")
        elif name in ours and (role.includes or ours[name].of != role.of):
            yield (
                path,
                Message("named-twice", f"the role '{name}' comes with Praya: a pack gives it another title only"),
            )
        if len(name) > LONGEST:
            yield path, Message("out-of-range", f"a role's name has at most {LONGEST} characters")
        for index, included in enumerate(role.includes):
            if included not in known[role.of]:
                yield (*path, "includes", index), unknown("role", included, known[role.of])
    for name, community in communities.items():
        if len(name) > LONGEST:
            yield ("communities", name), Message("out-of-range", f"a community's name has at most {LONGEST} characters")
        for index, held in enumerate(community.roles):
            if held not in known["community"]:
                yield ("communities", name, "roles", index), unknown("role", held, known["community"])
