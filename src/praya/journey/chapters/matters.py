"""Cases about cases: how many are about this one, and how the one stands that it is about."""

from typing import Any

from praya.definition.chapters.matters import COUNTS
from praya.journey import matters
from praya.journey.chapter import Chapter, Reading
from praya.kernel.text import Text


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    """`about` and `matter`, where the definition reads them."""
    read, found = reading.service.names_read, dict[str, Any]()
    if "about" in read:
        found["about"] = dict.fromkeys(COUNTS, 0) | matters.counts(reading.case)
    if "matter" in read:
        matter = matters.matter_of(reading.case)
        found["matter"] = {"state": matter.state if matter else None, "result": matter.result if matter else None}
    return found, {}


CHAPTER = Chapter(facts=_facts)
