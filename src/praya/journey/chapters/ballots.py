"""Ballots: the number that a case drew."""

from decimal import Decimal
from typing import Any

from praya.blocks.cases import api as cases
from praya.definition.chapters.ballots import UNKNOWN
from praya.journey.chapter import Chapter, Moment, Reading
from praya.kernel.number import Number, plain
from praya.kernel.text import Text


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    has_numbers = any(one.number is not None for one in reading.service.flow.ballots.values())
    number = _number(reading.case.ref) if has_numbers else None
    return {"ballot": {"rank": reading.case.rank, "entries": reading.case.drawn_among, "number": number}}, {}


def _number(case_ref: str) -> Number | None:
    number = cases.number_in_draw(case_ref)
    return plain(Decimal(number)) if number and number != UNKNOWN else None


def _expected_number(moment: Moment, _expected: object) -> Number | None:
    return _number(moment.case.ref) if moment.case else None


CHAPTER = Chapter(facts=_facts, expectations={"draw_number": _expected_number}, written={"draw_number": plain})
