"""Payments that are made by themselves, as an example expects them."""

from collections.abc import Mapping
from typing import Any

from praya.blocks.cases import api as cases
from praya.definition.chapters.payments import ExpectedPayments
from praya.journey.chapter import Chapter, Moment
from praya.journey.chapters.fees import units


def _payments(moment: Moment, expected: Mapping[str, ExpectedPayments]) -> dict[str, dict[str, Any]]:
    """Of each grant that is expected, what is expected of it."""
    case = cases.case(moment.case.ref) if moment.case else None
    found = {}
    for name, one in expected.items():
        paid = [fee for fee in case.fees if fee.name == name and fee.day] if case else []
        at = case.pay_at if case else None
        all_of_it = {
            "count": len(paid),
            "sum": units(sum(fee.amount_kept for fee in paid)),
            "next": moment.pack.calendar.day_of(at).isoformat() if at else "",
        }
        found[name] = {word: value for word, value in all_of_it.items() if word in one.model_fields_set}
    return found


def _written(expected: Mapping[str, ExpectedPayments]) -> dict[str, dict[str, Any]]:
    return {name: {word: getattr(one, word) for word in one.model_fields_set} for name, one in expected.items()}


CHAPTER = Chapter(expectations={"payments": _payments}, written={"payments": _written})
