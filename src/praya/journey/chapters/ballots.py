"""Ballots: the number that a case drew."""

from typing import Any

from praya.journey.chapter import Chapter, Reading
from praya.kernel.text import Text


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    return {"ballot": {"rank": reading.case.rank, "entries": reading.case.drawn_among}}, {}


CHAPTER = Chapter(facts=_facts)
