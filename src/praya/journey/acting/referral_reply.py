"""The reply of a department that was asked, and its answer that the case is not its matter."""

from datetime import datetime

from django.db import transaction

from praya.blocks.cases import api as cases
from praya.definition.chapters.referrals import may_refuse
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import load, referrals
from praya.journey.acting.actors import SYSTEM
from praya.journey.acting.onward import go_on
from praya.journey.acting.reckoning import reckon
from praya.journey.acting.refusals import COMMENT, allowed, insist_on_another, lines_kept


def reply(
    *, case: cases.Case, department: str, result: str, comment: str, belongs_to: str = "", by: str, at: datetime
) -> cases.Case:
    """Store the reply of a department. After the last reply the case may go on by itself.

    A department that says `not-ours` gives the case back; after so many refusals as the definition says an arbiter is
    asked, whose reply `decided` names the department that it `belongs_to`: that one is asked, and must answer.

    Raises cases.NotAsked, also when the department named is none; cases.CannotRefuse, OwnCase, NotAnswered for a
    comment that cannot be stored, and NotAllowed when the effects that follow cannot be carried out; then nothing is
    stored.
    """
    insist_on_another(case, by)
    comment = lines_kept(comment, "comment", COMMENT)
    service, pack = load.compiled(case.service, case.version), load.pack()
    if result == cases.NOT_OURS and not may_refuse(service, service.flow.states[case.state]):
        raise cases.CannotRefuse(case.ref)
    if (result == cases.DECIDED) != (belongs_to in referrals.may_be_named(department, pack)):
        raise cases.NotAsked(case.ref)
    with allowed("reply", service=case.service, case=case.ref), transaction.atomic():
        replied = cases.reply(
            ref=case.ref, department=department, result=result, comment=comment, belongs_to=belongs_to, at=at, by=by
        )  # fmt: skip
        if result == cases.NOT_OURS:
            replied = _given_back(replied, department, service, pack, at)
        elif result == cases.DECIDED and belongs_to != replied.department:
            replied = referrals.ask(
                replied, belongs_to, within=referrals.time_of(belongs_to, replied, service),
                sees=referrals.refused_last(replied).sees, binding=True, pack=pack, at=at, by=SYSTEM.ref,
            )  # fmt: skip
        else:
            replied = go_on_when_heard(replied, service, pack, at=at)
        return reckon(replied, service, pack)


def _given_back(case: cases.Case, department: str, service: Service, pack: Pack, at: datetime) -> cases.Case:
    """Ask the arbiter, once enough have refused, or lead the case back to whoever asked."""
    arbiter = service.arbiter
    refused = [one for one in case.referrals if one.result == cases.NOT_OURS]
    asked = any(one.arbiter and one.is_open for one in case.referrals)
    if arbiter is not None and len(refused) >= arbiter.after and not asked and department != arbiter.department:
        return referrals.ask(
            case, arbiter.department, within=arbiter.within or service.flow.states[case.state].clock,
            sees=refused[-1].sees, arbiter=True, pack=pack, at=at, by=SYSTEM.ref,
        )  # fmt: skip
    ways = service.flow.states[case.state].when_not_ours
    return go_on(case, ways, service, pack, reason="", at=at)


def go_on_when_heard(case: cases.Case, service: Service, pack: Pack, *, at: datetime) -> cases.Case:
    """Lead the case on by itself when nobody who was asked is waited for any more."""
    if not referrals.all_heard(case):
        return case
    return go_on(case, service.flow.states[case.state].when_replied, service, pack, reason="", at=at)
