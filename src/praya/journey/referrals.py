"""What a department that was asked may read of a case, until it has replied."""

from collections.abc import Collection

from praya.blocks.cases import api as cases
from praya.blocks.parties import api as parties
from praya.definition import sharing
from praya.definition.service import Service
from praya.definition.sharing import Shared


def shared_with(case: cases.Case, service: Service, departments: Collection[str]) -> Shared:
    """What the referrals that wait for these departments name; nothing when none waits."""
    found = Shared()
    for referral in case.referrals:
        if referral.over_at is None and referral.department in departments:
            found |= sharing.shared(service, referral.sees)
    return found


def files(case: cases.Case, service: Service, shared: Shared) -> set[str]:
    """The references of the files among what is shared. Raises vault.Forgotten when the person was erased."""
    content = cases.content(case.ref)
    answers = (question for name, question in service.questions.items() if name in shared.answers)
    findings = (question for name, question in service.flow.asked.items() if name in shared.findings)
    found = {*sharing.uploads(answers, content.answers), *sharing.uploads(findings, content.findings)}
    given = parties.given(case.ref) if shared.of_parties else {}
    for one in parties.of_case(case.ref) if given else ():
        section = service.parties[one.party].questions
        named = (question for name, question in section.items() if (one.party, name) in shared.of_parties)
        found |= {*sharing.uploads(named, given.get(one.ref, {}))}
    return found
