"""Conflicts of interest: an officer who applied for a case, or takes part in it, reaches it only as a resident."""

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.parties import api as parties

# A party that declined or did not answer takes part no longer. Otherwise an applicant could exclude any officer by
# naming them as a party.
TAKES_PART = {"waiting", "given"}


def concerns(case: cases.Case, officer_ref: str) -> bool:
    """Whether the case is the officer's own: they sign in with the address of the applicant or of a party."""
    person_ref = identity.person_of_officer(officer_ref)
    if person_ref is None:
        return False
    return person_ref == case.person_ref or any(
        one.person_ref == person_ref and one.state in TAKES_PART for one in parties.of_case(case.ref)
    )
