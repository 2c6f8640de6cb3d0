"""Stocks and lines: what is given back, how much is left, and the place of a case in its line."""

from collections.abc import Mapping
from typing import Any

from praya.blocks.stocks import api as stocks
from praya.definition.chapters.stocks import OfEffects, lines
from praya.journey import stocks as of_service
from praya.journey.chapter import Chapter, Effect, Moment, Occasion, Reading
from praya.kernel.text import Text


def _give_back(effects: OfEffects, now: Occasion) -> None:
    of_service.give_back(now.case, now.service, effects.gives_back, at=now.at, by=now.by)


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    service, ref = reading.service, reading.case.ref
    found: dict[str, Any] = {}
    if service.stocks:
        found["stocks"] = {name: of_service.Seen(service, stock, ref) for name, stock in service.stocks.items()}
    if any(lines(service)):
        found["line"] = of_service.Place(ref)
    return found, {}


def _left(moment: Moment, expected: Mapping[str, int]) -> dict[str, int]:
    taken = {name: stocks.taken(of_service.ref_of(moment.service.service, name)) for name in expected}
    return {
        name: sum(thing.value not in taken[name] for thing in moment.service.stocks[name].things)
        for name in expected
        if name in moment.service.stocks
    }


def _in_line(moment: Moment, _expected: object) -> int | None:
    place = stocks.of_case(moment.case.ref) if moment.case else None
    return place.number if place else None


def _ahead(moment: Moment, _expected: object) -> int | None:
    place = stocks.of_case(moment.case.ref) if moment.case else None
    return stocks.before(place) if place and place.state == "waiting" else None


CHAPTER = Chapter(
    effects=(Effect(66, ("gives_back",), _give_back),),
    facts=_facts,
    expectations={"left": _left, "in_line": _in_line, "ahead": _ahead},
)
