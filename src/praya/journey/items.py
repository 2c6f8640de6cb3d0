"""The items of a repeat, for what is made once for each of them: a record, an entry of a register."""

from collections.abc import Iterator
from dataclasses import replace

from praya.definition.model import Several
from praya.journey import party_invitations
from praya.journey.chapter import Picture
from praya.kernel.text import Text, spoken


def each(what: Several, seen: Picture) -> Iterator[tuple[int, Picture]]:
    """Yield the numbers under which something is made, with the facts: 0 for once; from 1 on for items of a repeat."""
    if what.repeat is None:
        yield 0, seen
        return
    inner = {question.name: question for question in getattr(seen.service.questions.get(what.repeat), "questions", ())}
    kept = seen.answers.get(what.repeat) or []
    for number, (item, answers) in enumerate(
        zip(party_invitations.items(what, seen.service, seen.answers), kept, strict=True), 1
    ):
        shown_texts = {
            f"item.{name}": Text({language: inner[name].shown(value, language) for language in spoken()})
            for name, value in answers.items()
            if name in inner and value is not None
        }
        yield number, replace(seen, context={**seen.context, "item": item}, texts={**seen.texts, **shown_texts})
