"""Who has a case together: the applicant, and the equal parties that have given their sections."""

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.parties import api as parties
from praya.blocks.registers import api as registers
from praya.definition.service import Service
from praya.journey import load


def of_case(case: cases.Case, service: Service) -> list[parties.Invitation]:
    """The equal parties that have given their sections, each by its newest invitation."""
    if not any(party.equal for party in service.parties.values()):
        return []
    invited = parties.newest(parties.of_case(case.ref))
    return [one for one in invited if one.state == "given" and one.person_ref and service.parties[one.party].equal]


def party_of(case: cases.Case, person_ref: str) -> parties.Invitation | None:
    """The invitation of a person who has the case together with the applicant; None for everybody else."""
    if not person_ref or person_ref == case.person_ref:
        return None
    joint_parties = of_case(case, load.compiled(case.service, case.version))
    return next((one for one in joint_parties if one.person_ref == person_ref), None)


def has(case: cases.Case, person_ref: str) -> bool:
    """Whether the case is a person's own: they applied, or have it together with the applicant."""
    return bool(person_ref) and (person_ref == case.person_ref or party_of(case, person_ref) is not None)


def given_by(person_ref: str) -> list[parties.Invitation]:
    """The sections of a person that made a case theirs too, the newest first."""
    return [
        one
        for one in parties.of_person(person_ref)
        if one.state == "given" and load.compiled(one.service, one.version).parties[one.party].equal
    ]


def records_of(person_ref: str) -> list[credentials.Record]:
    """A person's records, the newest first: their own, and those of cases that are theirs too."""
    others = [record for one in given_by(person_ref) for record in credentials.of_case(one.case_ref)]
    records = {record.ref: record for record in (*credentials.of_person(person_ref), *others)}
    return sorted(records.values(), key=lambda record: record.issued_at, reverse=True)


def holds_record(record: credentials.Record, person_ref: str) -> bool:
    """Whether a person holds a record, alone or together."""
    return record.person_ref == person_ref or _is_theirs(record.case_ref, person_ref)


def entries_of(person_ref: str) -> list[registers.Entry]:
    """A person's entries, the newest first: their own, and those of cases that are theirs too, until transferred."""
    others = [
        entry
        for one in given_by(person_ref)
        for entry in registers.of_case(one.case_ref)
        if entry.holder_ref == one.applicant_ref
    ]
    entries = {entry.ref: entry for entry in (*registers.of_holder(person_ref), *others)}
    return sorted(entries.values(), key=lambda entry: (entry.from_date, entry.ref), reverse=True)


def holds_entry(entry: registers.Entry, person_ref: str) -> bool:
    """Whether a person holds an entry, alone or together; nobody holds with the one to whom it was transferred."""
    if entry.holder_ref == person_ref:
        return bool(person_ref)
    return _is_theirs(entry.case_ref, person_ref, applicant_ref=entry.holder_ref)


def _is_theirs(case_ref: str, person_ref: str, *, applicant_ref: str = "") -> bool:
    if not case_ref or not person_ref:
        return False
    try:
        case = cases.case(case_ref)
    except cases.NoCase:
        return False
    return applicant_ref in ("", case.person_ref) and party_of(case, person_ref) is not None
