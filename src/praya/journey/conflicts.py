"""What an officer may reach: cases of their departments and those about which these are asked, without conflicts.

An officer who applied for a case, or takes part in it, reaches it only as a resident. A member of a panel does not
reach a case in which they declared a conflict of interest, or which they judge without knowing who applied.
"""

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.panels import api as panels
from praya.blocks.parties import api as parties

# A party that declined or did not answer takes part no longer. Otherwise an applicant could exclude any officer by
# naming them as a party.
TAKES_PART = {"waiting", "given"}


def access(officer: identity.Officer) -> cases.Access:
    """Which cases an officer may reach, for every list, count, search and file."""
    return cases.Access(tuple(sorted(officer.departments)), shut_to(officer.ref))


def shut_to(officer_ref: str) -> frozenset[str]:
    """The cases with which an officer may not deal (`concerns`), of any department."""
    person_ref = identity.person_of_officer(officer_ref)
    if person_ref is None:
        return frozenset()
    return frozenset(parts_of(person_ref) | panels.shut_to(person_ref))


def parts_of(person_ref: str) -> set[str]:
    """The cases for which a person applied, or in which they take part."""
    return {*cases.refs_of_person(person_ref), *parties.cases_of(person_ref, states=TAKES_PART)}


def concerns(case: cases.Case, officer_ref: str) -> bool:
    """Whether an officer may not deal with a case.

    It is their own: they sign in with the address of the applicant or of a party. Or, as a member of a panel, they
    declared a conflict of interest in it, or judge it just now without knowing who applied.
    """
    person_ref = identity.person_of_officer(officer_ref)
    if person_ref is None:
        return False
    return takes_part(case, person_ref) or panels.shuts_out(case_ref=case.ref, person_ref=person_ref)


def takes_part(case: cases.Case, person_ref: str) -> bool:
    """Whether a person applied for the case or takes part in it."""
    return person_ref == case.person_ref or any(
        one.person_ref == person_ref and one.state in TAKES_PART for one in parties.of_case(case.ref)
    )
