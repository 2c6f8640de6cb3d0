"""The cases that a case has opened in other services, and the one that opened it, as rows of a page."""

from collections.abc import Collection
from typing import Any

from praya.blocks.cases import api as cases
from praya.journey import load
from praya.web import display


def of_case(case: cases.Case) -> list[cases.Case]:
    """The case that opened this one, if it is still kept, and those that this one opened, the oldest first."""
    above = cases.of_refs([case.opened_from]) if case.opened_from else []
    return [*above, *cases.opened_by(case.ref)]


def of_person(case: cases.Case, person_ref: str, lang: str) -> list[dict[str, Any]]:
    """Those of these cases that are the person's own."""
    return rows(case, {one.ref for one in of_case(case) if one.person_ref == person_ref}, "cases", lang)


def rows(case: cases.Case, seen: Collection[str], address: str, lang: str) -> list[dict[str, Any]]:
    """A row for each of these cases whose reference is in `seen`; `address` is what stands before a reference."""
    found, pack = [], load.pack()
    for one in (one for one in of_case(case) if one.ref in seen):
        service = load.compiled(one.service, one.version)
        found.append(
            {
                "ref": one.ref,
                "url": f"/{lang}/{address}/{one.ref}",
                "service": service.title.in_(lang),
                "state": service.flow.states[one.state].label.in_(lang),
                "opened": display.day_words(one.opened_at, pack, lang),
                "above": one.ref == case.opened_from,
            }
        )
    return found
