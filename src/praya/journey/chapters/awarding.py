"""Awarding: the place of a case in its last ranking, and what it got."""

from typing import Any

from praya.blocks.rankings import api as rankings
from praya.journey.chapter import Chapter, Moment, Reading
from praya.journey.chapters.fees import units
from praya.kernel.money import Money
from praya.kernel.number import Number
from praya.kernel.text import Text


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    ranked = any(state.ranking for state in reading.service.flow.states.values())
    last = rankings.last_of(reading.case.ref) if ranked else None
    cents = last.cents if last else None
    facts = {
        "place": last.place if last else None,
        "place_in_class": last.place_in_class if last else None,
        "entries": last.entries if last else None,
        "amount": units(cents) if cents is not None else None,
    }
    texts = {}
    if cents is not None:
        amount = Money(cents, reading.pack.currency)
        texts["ranking.amount"] = Text({language: amount.shown(language) for language in ("en", "zh-hant")})
    return {"ranking": facts}, texts


def _place(moment: Moment, _expected: object) -> int | None:
    last = rankings.last_of(moment.case.ref) if moment.case else None
    return last.place if last else None


def _place_in_class(moment: Moment, _expected: object) -> int | None:
    last = rankings.last_of(moment.case.ref) if moment.case else None
    return last.place_in_class if last else None


def _award(moment: Moment, _expected: object) -> Number | None:
    last = rankings.last_of(moment.case.ref) if moment.case else None
    return units(last.cents) if last and last.cents is not None else None


CHAPTER = Chapter(facts=_facts, expectations={"place": _place, "place_in_class": _place_in_class, "award": _award})
