"""Cases about cases: how many are about this one, and how the one stands that it is about."""

from typing import Any

from praya.blocks.cases import api as cases
from praya.definition.chapters.matters import COUNTS
from praya.definition.trials import real_name
from praya.journey import load, matters
from praya.journey.chapter import Chapter, Reading
from praya.journey.chapters import fees
from praya.kernel.text import Text


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    """`about` and `matter`, where the definition reads them."""
    read, facts = reading.service.names_read, dict[str, Any]()
    if "about" in read:
        facts["about"] = dict.fromkeys(COUNTS, 0) | matters.counts(reading.case)
    if "matter" in read:
        matter = matters.matter_of(reading.case)
        facts["matter"] = {
            "state": matter.state if matter else None,
            "result": matter.result if matter else None,
            "fees": _fees(matter, reading.case.service) if matter else {},
        }
    return facts, {}


def _fees(matter: cases.Case, service: str) -> dict[str, Any]:
    """The fees of a case that cases of a service may give back, as that case itself sees them."""
    owner = load.compiled(matter.service, matter.version)
    seen = fees.facts_of(owner, matter.fees)
    return {fee.name: seen[fee.name] for fee in owner.fees if fee.name and real_name(service) in fee.for_cases_of}


CHAPTER = Chapter(facts=_facts)
