"""Asking other departments when a case enters a state."""

from datetime import datetime

from praya.blocks.cases import api as cases
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import case_context, case_search, referrals


def ask_on_entering(case: cases.Case, service: Service, pack: Pack, *, at: datetime, by: str) -> cases.Case:
    """Ask the departments that the state asks which a case has entered, each with its own clock."""
    state = service.flow.states[case.state]
    refers = state.refers
    if refers is None:
        return case
    if refers.when is not None:
        seen = case_context.of_case(cases.case(case.ref), service, pack, today=pack.calendar.day_of(at))
        if not refers.when.holds(seen.context):
            return case
    for department in refers.departments:
        within = refers.each_within.get(department) or refers.reply_within or state.clock
        case = referrals.ask(
            case, department, within=within, remind=refers.remind, sees=refers.sees, pack=pack, at=at, by=by
        )
    case_search.index(case.ref)
    return case
