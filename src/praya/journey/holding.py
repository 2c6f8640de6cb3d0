"""Cases that are held: they wait for somebody else, so that an officer of their department has nothing to do now."""

from dataclasses import replace
from typing import Literal

from praya.blocks.cases import api as cases
from praya.blocks.parties import api as parties
from praya.definition.flow import State
from praya.definition.service import Service

For = Literal["applicant", "departments", "parties", "others"]
"""For whom a case waits: its applicant, departments that were asked, its parties, or another case or a day."""


def by_state(state: State) -> bool:
    """Whether every case in a state is held: it is the applicant's turn, or no officer can do anything."""
    return state.waits_for_applicant or not any(action.by_officers for action in state.actions.values())


def waits_for(case: cases.Case, service: Service) -> For | None:
    """For whom an open case waits, which was read with its referrals; None when an officer is to act.

    While departments or parties are asked, it waits for them where it goes on by itself once they have replied, even
    if officers can do something meanwhile, such as to end it.
    """
    state = service.flow.states[case.state]
    if case.closed_at is not None:
        return None
    if state.waits_for_applicant:
        return "applicant"
    if (state.when_replied or by_state(state)) and any(one.is_open for one in case.referrals):
        return "departments"
    if (state.when_given or by_state(state)) and service.parties and invited(case):
        return "parties"
    return "others" if by_state(state) else None


def invited(case: cases.Case) -> list[parties.Invitation]:
    """The invitations of a case that wait for an answer."""
    return [one for one in parties.of_case(case.ref) if one.state == "waiting"]


def settle(case: cases.Case, service: Service) -> cases.Case:
    """Store whether a case is held."""
    if case.closed_at is None and not case.referrals and service.flow.states[case.state].when_replied:
        # It may have been read without them.
        case = replace(case, referrals=cases.case(case.ref).referrals)
    held = waits_for(case, service) is not None
    if held != case.held:
        cases.set_held(case.ref, held)
    return replace(case, held=held)
