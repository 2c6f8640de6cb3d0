"""Assignment: to which officer a case is given by itself."""

from praya.definition.chapters.assignment import OfEffects
from praya.journey import assignment
from praya.journey.chapter import Chapter, Effect, Moment, Occasion


def _assign(effects: OfEffects, now: Occasion) -> None:
    """Give the case to whoever fits. Raises ExpressionFailed."""
    context = now.seen().context
    lines = [line for line in effects.assign if line.when is None or line.when.holds(context)]
    assignment.give(now.case, lines, now.pack, at=now.at)


def _assigned_to(moment: Moment, _expected: object) -> str:
    ref = moment.case.assigned_to if moment.case is not None else ""
    return ref.removeprefix(assignment.OF_A_STORY) or "nobody"


CHAPTER = Chapter(effects=(Effect(5, ("assign",), _assign),), expectations={"assigned_to": _assigned_to})
