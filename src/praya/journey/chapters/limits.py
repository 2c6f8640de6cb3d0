"""Limits: what effects free of that which a case took."""

from praya.definition.chapters.limits import OfEffects
from praya.journey import limits
from praya.journey.chapter import Chapter, Effect, Occasion


def _free(effects: OfEffects, now: Occasion) -> None:
    """Free parts of limits. Raises ExpressionFailed."""
    context = now.seen().context
    for name, amount in effects.frees.items():
        limits.free(now.service, now.case, context, now.pack, name, amount=amount, at=now.at, by=now.by)


CHAPTER = Chapter(effects=(Effect(65, ("frees",), _free),))
