"""The search index of the desk, kept up to date: by which words each department finds a case.

The owner finds a case by all that was answered about persons, and by the account of the applicant. A department that
is asked finds it by what the referral lets it read, and no longer than it may read it. Trials are not found.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.parties import api as parties
from praya.definition import search_terms
from praya.definition.chapters import desk_lines
from praya.definition.questions import Question
from praya.definition.sandbox import is_trial
from praya.definition.service import Service
from praya.definition.sharing import Shared
from praya.journey import entries, holding, load, referrals
from praya.kernel.crypto import vault
from praya.kernel.reading import matching
from praya.kernel.rounds import by_itself

Terms = dict[str, frozenset[str]]


def at_opening(service: Service, answers: Mapping[str, Any], *, person_ref: str) -> Terms:
    """The terms of a case that is being opened."""
    if is_trial(service.service):
        return {}
    forms = search_terms.of_answers(service.questions.values(), answers) | _accounts([person_ref])
    return {service.department: forms}


def index(ref: str) -> None:
    """Store what lists and searches need of a case as it is now: its search terms, its line, whether it is held."""
    case = cases.case(ref)
    service = load.compiled(case.service, case.version)
    content = _content(case)
    cases.set_search_terms(
        ref,
        _terms(case, service, content),
        line_of(service, content.answers, content.findings, case.subject_ref) if content is not None else {},
    )
    holding.settle(case, service)


def line_of(service: Service, answers: Mapping[str, Any], findings: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """What the desk's lists say that a case is about, with what its entry shows to everybody at this moment."""
    entry = entries.publicly_seen(subject) if subject and desk_lines.reads_entry(service) else {}
    return desk_lines.told(service, answers, findings, entry)


def rests_on(service: Service, asked: Iterable[Question]) -> bool:
    """Whether the answers to these questions of an action are found in a search or stand in a list."""
    return any(
        search_terms.is_found_by(question) or desk_lines.reads_findings(service, {question.name}) for question in asked
    )


def index_what_is_missing(*, at: datetime) -> int:  # noqa: ARG001 (the form of every part of the worker)
    """Write the terms of every case that has none yet, each by itself."""
    count = 0
    for case in cases.not_searchable():
        with by_itself("index_cases", service=case.service, case=case.ref):
            index(case.ref)
            count += 1
    return count


def rebuild(say: Callable[[int], None] = lambda _: None) -> int:
    """Write the terms of every case anew; answer how many. `say` is told the number of each thousandth."""
    cases.write_search_terms_anew()
    count = 0
    for case in cases.not_searchable():
        with by_itself("index_cases", service=case.service, case=case.ref):
            index(case.ref)
            count += 1
            if count % 1000 == 0:
                say(count)
    return count


def forget_person(person_ref: str) -> None:
    """Remove the search terms that an erased person gave, as applicant or as a party, from all cases."""
    for ref in cases.refs_of_person(person_ref):
        cases.set_search_terms(ref, {})
    for ref in dict.fromkeys(one.case_ref for one in parties.of_person(person_ref, limit=None)):
        index(ref)


def _content(case: cases.Case) -> cases.Content | None:
    """What was answered in a case; None once the person is erased."""
    try:
        return cases.content(case.ref)
    except vault.Forgotten:
        return None


def _terms(case: cases.Case, service: Service, content: cases.Content | None) -> Terms:
    if is_trial(case.service):
        return {}
    given = parties.answers_of_case(case.ref) if service.parties else {}
    invited = parties.of_case(case.ref) if service.parties else []

    def forms(shared: Shared | None) -> frozenset[str]:
        """The terms in what is shared; in all when that is None."""
        terms: frozenset[str] = frozenset()
        if content is not None:
            answers = [q for name, q in service.questions.items() if shared is None or name in shared.answers]
            findings = [
                q for name, q in service.flow.action_questions.items() if shared is None or name in shared.findings
            ]
            terms |= search_terms.of_answers(answers, content.answers)
            terms |= search_terms.of_answers(findings, content.findings)
        for one in invited:
            section = service.parties[one.party].questions if one.party in service.parties else {}
            named = [q for name, q in section.items() if shared is None or (one.party, name) in shared.of_parties]
            terms |= search_terms.of_answers(named, given.get(one.ref, {}))
        return terms

    persons = [case.person_ref] if content is not None else []
    terms = {case.department: forms(None) | _accounts([*persons, *(one.person_ref for one in invited)])}
    for referral in case.referrals:
        if referral.over_at is None and referral.department != case.department:
            shared = referrals.shared_with(case, service, [referral.department])
            terms[referral.department] = terms.get(referral.department, frozenset()) | forms(shared)
    return terms


def _accounts(person_refs: Collection[str]) -> frozenset[str]:
    """The addresses with which these persons sign in, those of erased persons left out."""
    addresses = identity.addresses({ref for ref in person_refs if ref})
    return frozenset(matching(address) for address in addresses.values())
