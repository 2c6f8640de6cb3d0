"""Who acts on a case: a person or the system, with roles in the case."""

from dataclasses import dataclass

from praya.blocks.identity import api as identity
from praya.journey import load


@dataclass(frozen=True)
class By:
    """Who acts: a reference for the journal, and roles in the case."""

    ref: str
    roles: tuple[str, ...]
    department: str = ""


def applicant(person_ref: str) -> By:
    """The person whose case it is."""
    return By(f"person:{person_ref}", ("applicant",))


def respondent(person_ref: str) -> By:
    """The person who applied for the case that the case is about."""
    return By(f"person:{person_ref}", ("respondent",))


def officer(who: identity.Officer, department: str) -> By:
    """An officer in the department that owns the case."""
    roles = tuple(sorted(load.pack().all_roles.with_included(who.roles_in(department))))
    return By(f"officer:{who.ref}", roles, department)


SYSTEM = By("system", ("system",))
