"""Roles that a pack adds to those of Praya, and other titles for these."""

from collections.abc import Iterator, Mapping

from praya.definition.model import Model, Path, Slug
from praya.definition.source import Said, unknown
from praya.kernel.roles import ACTORS, Role, brought, together
from praya.kernel.text import Text

LONGEST = 40
"""Characters of a role's name."""


class PackRole(Model):
    """A role in a department."""

    name: Slug
    title: Text
    includes: tuple[Slug, ...] = ()

    @property
    def role(self) -> Role:
        """The role as the registry has it."""
        return Role(name=self.name, label="", includes=self.includes)


def problems(added: Mapping[str, PackRole], departments: Mapping[str, object]) -> Iterator[tuple[Path, Said]]:
    """What is wrong with the roles of a pack."""
    ours = brought()
    of_departments = together(role.role for role in added.values()).of_departments()
    for name, role in added.items():
        path: Path = ("roles", name)
        if name in ACTORS or name in departments:
            what = "a department" if name in departments else "who acts without a role"
            yield path, Said("named-twice", f"'{name}' is {what} already; give the role another name")
        elif name in ours and (role.includes or ours[name].of != "department"):
            yield path, Said("named-twice", f"the role '{name}' comes with Praya: a pack gives it another title only")
        if len(name) > LONGEST:
            yield path, Said("out-of-range", f"a role's name has at most {LONGEST} characters")
        for index, included in enumerate(role.includes):
            if included not in of_departments:
                yield (*path, "includes", index), unknown("role", included, of_departments)
