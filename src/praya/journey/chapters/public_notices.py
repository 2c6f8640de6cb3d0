"""Public notices: what a case shows to everybody, and takes down again."""

from datetime import datetime

from praya.blocks.registers import api as registers
from praya.definition.chapters.public_notices import Publication
from praya.definition.flow import Effects
from praya.definition.pack import Pack
from praya.journey import register_facts
from praya.journey.chapter import Chapter, Effect, Moment, Occasion, Picture


def _take_down(_effects: Effects, now: Occasion) -> None:
    now.keep()
    for name in now.service.publishes:
        registers.strike(case_ref=now.case.ref, register=name, at=now.at, by=now.by, because="taken down")


def _show(effects: Effects, now: Occasion) -> None:
    publication = now.service.publishes[str(effects.publish)]
    _publish(publication, now.told(), now.pack, now.once(publication.name), now.at, now.by)


def _publish(publication: Publication, seen: Picture, pack: Pack, once_key: str, at: datetime, by: str) -> None:
    """Show a public notice from today on; it is an entry that nobody holds, and lapses by itself."""
    today = pack.calendar.day_of(at)
    values = {name: fact.value for name, fact in publication.facts.items()}
    shown = registers.NewEntry(
        service=seen.service.service,
        register=publication.name,
        case_ref=seen.case.ref,
        from_date=today,
        until_date=pack.calendar.date_after(today, publication.shown_for),
        once_key=once_key,
        **register_facts.of_case(publication, seen.service, values, seen),
    )
    registers.enter(shown, at=at, by=by)


def _published(moment: Moment, _expected: object) -> tuple[str, ...]:
    """The public notices of the case that are shown at this moment."""
    made = registers.of_case(moment.case.ref) if moment.case else []
    shown = [e.register for e in made if e.register in moment.service.publishes and e.state(moment.today) == "in-force"]
    return tuple(sorted(set(shown)))


CHAPTER = Chapter(
    effects=(Effect(80, ("unpublish",), _take_down), Effect(90, ("publish",), _show)),
    expectations={"published": _published},
)
