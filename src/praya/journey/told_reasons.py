"""Why a case came into its state, in the words of the officer who moved it, as far as its person is told them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from praya.blocks.cases import api as cases
from praya.definition.chapters.notices import Notice
from praya.definition.service import Service

REASON = "{reason}"


@dataclass(frozen=True, slots=True)
class ToldReason:
    """The words and the moment at which they were written."""

    words: str
    at: datetime


def of_case(case: cases.Case, service: Service) -> ToldReason | None:
    """The reason of the step that brought the case into its state; None where there is none, or no letter tells it.

    What an officer writes may be meant for colleagues only. The letter decides: its page tells what the letter told.
    """
    entered = next((step for step in reversed(cases.history(case.ref)) if step.to_state), None)
    if entered is None or not entered.text or entered.to_state != case.state:
        return None
    if entered.actor == f"person:{case.person_ref}":
        return None
    action = next((one for one in service.flow.actions if one.name == entered.action), None)
    named = [*(action.notify if action else ()), *service.flow.states[case.state].notify]
    return ToldReason(entered.text, entered.at) if _tell(service.notices[name] for name in named) else None


def _tell(letters: Iterable[Notice]) -> bool:
    own = (letter for letter in letters if "applicant" in letter.recipients)
    return any(REASON in words for letter in own for words in letter.body.words.values())
