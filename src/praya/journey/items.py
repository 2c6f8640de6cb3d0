"""The items of a repeat, for what is made once for each of them: a record, an entry of a register."""

from collections.abc import Iterator
from dataclasses import replace

from praya.definition.model import Several
from praya.definition.rows import of_row
from praya.journey import lookups, party_invitations
from praya.journey.chapter import Picture


def each(what: Several, seen: Picture) -> Iterator[tuple[int, Picture]]:
    """Yield the numbers under which something is made, with the facts: 0 for once; from 1 on for items of a repeat."""
    if what.repeat is None:
        yield 0, seen
        return
    find = lookups.looking(seen.service, seen.context["today"].date())
    for number, item in enumerate(party_invitations.items(what, seen.service, seen.answers, find), 1):
        rows = seen.service.rows.get(what.repeat)
        yield number, replace(seen, context=of_row(seen.context, rows, item, number))
