"""The response of a party: its section given, declined or lapsed."""

from datetime import datetime
from typing import Literal

from django.db import transaction

from praya.blocks.cases import api as cases
from praya.journey import case_search, load
from praya.journey.acting.onward import go_on
from praya.journey.acting.reckoning import reckon
from praya.journey.acting.refusals import allowed


def heard(
    case_ref: str, kind: Literal["given", "declined", "lapsed"], party: str, *, by: str, at: datetime
) -> cases.Case:
    """Note that a party gave its section, declined, or let it lapse. The case may then go on by itself.

    Raises NotAllowed when the effects that follow cannot be carried out; then nothing is noted.
    """
    with allowed(kind, case=case_ref), transaction.atomic():
        case = cases.note_event(ref=case_ref, kind=kind, party=party, at=at, by=by)
        service, pack = load.compiled(case.service, case.version), load.pack()
        if kind == "given":
            case_search.index(case_ref)
        case = go_on(case, service.flow.states[case.state].when_given, service, pack, reason="", at=at)
        return reckon(case, service, pack)
