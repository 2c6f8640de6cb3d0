"""The reply of a department that was asked."""

from datetime import datetime

from django.db import transaction

from praya.blocks.cases import api as cases
from praya.journey import load
from praya.journey.acting.onward import go_on
from praya.journey.acting.refusals import COMMENT, allowed, insist_on_another, lines_kept


def reply(*, case: cases.Case, department: str, result: str, comment: str, by: str, at: datetime) -> cases.Case:
    """Store the reply of a department. After the last reply the case may go on by itself.

    Raises cases.NotAsked, OwnCase, NotAnswered for a comment that cannot be stored, and NotAllowed when the effects
    that follow cannot be carried out; then nothing is stored.
    """
    insist_on_another(case, by)
    comment = lines_kept(comment, "comment", COMMENT)
    service, pack = load.compiled(case.service, case.version), load.pack()
    with allowed("reply", service=case.service, case=case.ref), transaction.atomic():
        replied = cases.reply(ref=case.ref, department=department, result=result, comment=comment, at=at, by=by)
        if all(r.replied_at for r in replied.referrals):
            ways = service.flow.states[replied.state].when_replied
            replied = go_on(replied, ways, service, pack, reason="", at=at)
    return replied
