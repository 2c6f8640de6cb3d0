"""Referrals: who is asked and for how long, whether all were heard, and what a department may read meanwhile."""

from collections.abc import Collection, Sequence
from datetime import datetime

from praya.blocks.cases import api as cases
from praya.blocks.parties import api as parties
from praya.definition import sharing
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.definition.sharing import Shared
from praya.kernel.calendar import Length


def ask(
    case: cases.Case,
    department: str,
    *,
    within: Length | None,
    remind: Length | None = None,
    sees: Sequence[str] | None,
    binding: bool = False,
    arbiter: bool = False,
    pack: Pack,
    at: datetime,
    by: str,
) -> cases.Case:
    """Ask a department about a case, with its own clock; one that is still asked is not asked twice."""
    cases.refer(
        ref=case.ref, departments=[department], due_at=cases.deadline(within, at=at, calendar=pack.calendar), sees=sees,
        within=str(within or ""), remind=str(remind or ""), binding=binding, arbiter=arbiter, at=at, by=by,
    )  # fmt: skip
    return cases.case(case.ref)


def time_of(department: str, case: cases.Case, service: Service) -> Length | None:
    """How long a department has that an arbiter names: as when an action asks it, or else as the one before it had."""
    for one in service.flow.asking:
        if department in one.may_ask:
            return one.each_within.get(department) or one.reply_within
    within = refused_last(case).within
    return Length.read(within) if within else None


def refused_last(case: cases.Case) -> cases.Referral:
    """The last referral that a department refused as not its matter."""
    return [one for one in case.referrals if one.result == cases.NOT_OURS][-1]


def may_be_named(arbiter: str, pack: Pack) -> Collection[str]:
    """The departments of which an arbiter may say that a case is their matter."""
    return [name for name in pack.departments if name != arbiter]


def all_heard(case: cases.Case) -> bool:
    """Whether nobody is asked any more, and what was refused was passed on or decided."""
    waits = False
    for one in case.referrals:
        if one.replied_at is None:
            return False
        # Whoever is asked after a refusal is asked in the place of who refused.
        waits = one.result == cases.NOT_OURS
    return not waits


def shared_with(case: cases.Case, service: Service, departments: Collection[str]) -> Shared:
    """What the referrals that wait for these departments name; nothing when none waits."""
    shared = Shared()
    for referral in case.referrals:
        if referral.over_at is None and referral.department in departments:
            shared |= sharing.shared(service, referral.sees)
    return shared


def files(case: cases.Case, service: Service, shared: Shared) -> set[str]:
    """The references of the files among what is shared. Raises vault.Forgotten when the person was erased."""
    content = cases.content(case.ref)
    answers = (question for name, question in service.questions.items() if name in shared.answers)
    findings = (question for name, question in service.flow.action_questions.items() if name in shared.findings)
    uploads = {*sharing.uploads(answers, content.answers), *sharing.uploads(findings, content.findings)}
    given = parties.answers_of_case(case.ref) if shared.of_parties else {}
    for one in parties.of_case(case.ref) if given else ():
        section = service.parties[one.party].questions
        named = (question for name, question in section.items() if (one.party, name) in shared.of_parties)
        uploads |= {*sharing.uploads(named, given.get(one.ref, {}))}
    return uploads
