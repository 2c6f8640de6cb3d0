"""Entries that look-ups find for the officer of a case, in the order of the look-up: what may match it."""

from typing import Any

from praya.blocks.registers import api as registers
from praya.definition.chapters.lookups import Lookup
from praya.journey import register_lookups
from praya.journey.chapter import Picture
from praya.web.desk import reach
from praya.web.words import translator

SHOWN = 10
"""Entries of each look-up on the page of a case; each whose private part is shown is a read that its holder sees."""


def match_rows(desk_case: reach.Reach, picture: Picture, lang: str) -> list[dict[str, Any]]:
    """What the labelled look-ups of an open case find; nothing for a case that is closed or whose person is erased."""
    case, service = desk_case.case, desk_case.service
    if case.closed_at is not None or picture.person is None:
        return []
    today = desk_case.pack.calendar.day_of(desk_case.at)
    finder = register_lookups.Finder(service, case.person_ref, today)
    rows = []
    for lookup in service.lookups.values():
        matches = finder.matches(lookup, picture.context) if lookup.label else None
        if matches is not None and lookup.label is not None:
            shown = [match.entry for match in matches.all[:SHOWN]]
            rows.append(
                {
                    "title": lookup.label.in_(lang),
                    "entries": _entries(desk_case, lookup, shown, lang),
                    "more": matches.more or len(matches.all) > SHOWN,
                }
            )
    return rows


def _entries(desk_case: reach.Reach, lookup: Lookup, entries: list[registers.Entry], lang: str) -> list[dict[str, Any]]:
    """Each entry with its facts: all of them in a register of the officer's departments, else what is public."""
    place = register_lookups.register_of(desk_case.service, lookup)
    owner = register_lookups.owner_of(desk_case.service, lookup.service)
    if place is None or owner is None:
        return []
    register, is_ours = place[1], owner.department in desk_case.officer.departments
    inside = registers.inside(entries) if is_ours and register.private_facts else {}
    t, rows = translator(lang), []
    for entry in entries:
        facts = {**entry.facts, **(inside[entry.ref].facts if entry.ref in inside else {})}
        if entry.ref in inside:
            by = f"officer:{desk_case.officer.ref}"
            registers.note_read(ref=entry.ref, service=owner.service, by=by, at=desk_case.at)
        labelled = (
            (fact.label.in_(lang), registers.value_text(facts.get(name, ""), lang))
            for name, fact in register.facts.items()
        )
        rows.append(
            {
                "number": entry.number,
                "url": f"/{lang}/desk/registers/{owner.service}/{register.name}/{entry.ref}" if is_ours else "",
                "lines": [t("desk.match_fact", label=label, words=words) for label, words in labelled if words],
            }
        )
    return rows
