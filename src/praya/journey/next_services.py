"""The services that come next after a case: live ones, opened with the entry that the case made or is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from praya.blocks.cases import api as cases
from praya.definition.service import Service
from praya.journey import entries, load
from praya.kernel.text import Text


@dataclass(frozen=True, slots=True)
class NextService:
    """A service, and its address below the language."""

    title: Text
    path: str


def of_case(case: cases.Case, service: Service, names: Sequence[str]) -> list[NextService]:
    """Those of the named services that are live, in this order."""
    live = load.territory().live
    return [NextService(live[name].title, _path(case, service, name)) for name in names if name in live]


def _path(case: cases.Case, service: Service, name: str) -> str:
    subject = load.territory().live[name].subject
    if subject is not None and subject.who == "holder":
        for entry in entries.all_of_case(case.ref, case.subject_ref, service):
            about_it = (entry.service, entry.register) == (subject.service, subject.register_name)
            if about_it and entry.struck_at is None:
                return f"services/{name}/apply?subject={entry.ref}"
    return f"services/{name}"
