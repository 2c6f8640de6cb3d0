"""Opening cases of other services: noted with the case, and done with what caused it."""

from praya.blocks.cases import api as cases
from praya.definition.chapters.opened_cases import OfEffects
from praya.journey.chapter import Chapter, Effect, Moment, Occasion

OPENS = "opens "
"""With this begins the errand that opens a case; no action has a space in its name."""


def _carry_out(effects: OfEffects, now: Occasion) -> None:
    for name in effects.opens:
        cases.send_errands([now.case.ref], cause=now.case.ref, what=f"{OPENS}{name}", at=now.at, mark=now.mark)


def _opened(moment: Moment, _expected: object) -> tuple[str, ...]:
    return tuple(case.service for case in cases.opened_by(moment.case.ref)) if moment.case else ()


CHAPTER = Chapter(effects=(Effect(85, ("opens",), _carry_out),), expectations={"opened": _opened})
