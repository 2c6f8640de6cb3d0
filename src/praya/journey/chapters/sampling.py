"""Samples: a case is drawn at random, or not."""

from typing import Any

from praya.definition.chapters.sampling import OfEffects, names_of
from praya.journey import sampling
from praya.journey.chapter import Chapter, Effect, Occasion, Reading
from praya.kernel.text import Text


def _sample(effects: OfEffects, now: Occasion) -> None:
    """Draw the case into each sample, or not. Raises ExpressionFailed."""
    context = now.seen().context
    for name, percent in effects.sample.items():
        sampling.draw(now.case, name, percent.value(context), at=now.at)


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    """`sampled`, where the definition reads it."""
    if "sampled" not in reading.service.names_read:
        return {}, {}
    return {"sampled": {**dict.fromkeys(names_of(reading.service)), **sampling.of_case(reading.case.ref)}}, {}


CHAPTER = Chapter(effects=(Effect(2, ("sample",), _sample),), facts=_facts)
