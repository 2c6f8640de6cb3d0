"""The items of a list, for what is made once for each of them: a record, an entry of a register."""

from collections.abc import Iterator
from dataclasses import replace

from praya.definition.model import Several
from praya.definition.row_lists import unfiltered
from praya.definition.rows import of_row
from praya.journey import lookups, party_invitations
from praya.journey.chapter import Picture


def each(what: Several, seen: Picture, *, filtered: bool = True) -> Iterator[tuple[int, Picture]]:
    """Yield the numbers under which something is made, with the facts: 0 for once; from 1 on for items of a repeat.

    An item has the number that it has in the repeat, also where `filter` keeps only some; without `filtered`, each
    item of the repeat is yielded. Raises ExpressionFailed when it is not known which items there are.
    """
    if what.several is None or what.repeat is None:
        yield 0, seen
        return
    if what.repeat in seen.service.questions:
        find = lookups.looking(seen.service, seen.context["today"].date())
        rows = seen.service.rows.get(what.repeat)
        for number, item in enumerate(party_invitations.items(what, seen.service, seen.answers, find), 1):
            yield number, replace(seen, context=of_row(seen.context, rows, item, number))
        return
    base = unfiltered(what.several)
    every = base.itself(seen.context) or []
    kept = {id(item) for item in what.several.itself(seen.context) or []} if filtered else set()
    rows = seen.service.rows.get(base.source.removeprefix("answers."))
    for number, item in enumerate(every, 1):
        if not filtered or id(item) in kept:
            yield number, replace(seen, context=of_row(seen.context, rows, item, number))
