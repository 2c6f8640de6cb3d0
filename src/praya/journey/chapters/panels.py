"""Panels: what they found, as expressions, letters and stories see it."""

from collections.abc import Mapping
from typing import Any

from praya.blocks.panels import api as panels
from praya.definition.chapters.panels import reads_as
from praya.journey.chapter import Chapter, Moment, Reading
from praya.kernel.number import plain
from praya.kernel.text import Text


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    """Answer what panels found in each state: unknown until judging is over."""
    rounds = panels.judged(reading.case.ref) if reading.service.panels else {}
    by_state: dict[str, Any] = {}
    for state in reading.service.flow.states.values():
        if state.judging is None:
            continue
        one, entry = rounds.get(state.name, (None, None))
        over = entry if one is not None and one.closed_at is not None else None
        by_state[reads_as(state.name)] = {
            "closed": over is not None,
            "score": over.score if over else None,
            "spread": over.spread if over else None,
            "given": over.marks_given if over else None,
            **{name: over.means.get(name) if over else None for name in state.judging.criteria},
        }
    return {"judged": by_state}, {}


def _judged(moment: Moment, expected: Mapping[str, Any]) -> dict[str, Any]:
    """The score of the case in each state of which something is expected."""
    rounds = {reads_as(name): pair for name, pair in panels.judged(moment.case.ref).items()} if moment.case else {}
    results: dict[str, Any] = {}
    for name in expected:
        one, entry = rounds.get(name, (None, None))
        score = entry.score if entry is not None else None
        results[name] = (
            "none" if one is None or (one.closed_at and score is None) else score if one.closed_at else "open"
        )
    return results


def _written(expected: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, str) else plain(value) for name, value in expected.items()}


def _judges(moment: Moment, _expected: object) -> int:
    return panels.judges(moment.case.ref) if moment.case else 0


CHAPTER = Chapter(facts=_facts, expectations={"judged": _judged, "judges": _judges}, written={"judged": _written})
