"""Next services: links from a state or a letter to another service, such as from a licence to its renewal."""

from collections.abc import Iterator
from typing import Any

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.model import Model, Path, Slug
from praya.definition.source import Message


class OfState(Model):
    """The services to which a state links."""

    next_services: tuple[Slug, ...] = ()


def links(service: Any) -> Iterator[tuple[Path, str]]:
    """The services that states and letters name."""
    for state in service.flow.states.values():
        for index, name in enumerate(state.next_services):
            yield ("flow", "states", state.name, "next_services", index), name
    for notice in service.notices.values():
        for index, name in enumerate(notice.next_services):
            yield ("notices", notice.name, "next_services", index), name


def problems(whole: Whole) -> Problems:
    """Check that only letters to the applicant link to a next service, since only the applicant holds its subject."""
    for notice in whole.service.notices.values():
        if notice.next_services and notice.recipients != ("applicant",):
            path: Path = ("notices", notice.name, "next_services")
            yield path, Message("not-possible", "only a letter to the applicant alone leads to other services")


CHAPTER = Chapter(
    name="next_services",
    states=(Words(model=OfState),),
    problems=problems,
    links=links,
    reference={
        "State": {
            "next_services": (
                (
                    "The services that come next, by name: the case's page links to them while it is in this "
                    "state. One about an entry that the case made opens with that entry."
                ),
                ["dog-renewal"],
            )
        },
        "Notice": {
            "next_services": (
                "The services that come next, by name: the letter ends with their titles and addresses.",
                ["dog-renewal"],
            )
        },
    },
)
