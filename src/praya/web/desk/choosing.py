"""Choosing among many services: by typed words, and in lists with pages."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from praya.kernel.text import Text

FEW = 30
"""The largest number of services in one select; with more, the officer types a word of the title."""
ON_A_PAGE = 50
MOST = 20


class Named(Protocol):
    """Something with a name and a title: a service, or its card."""

    @property
    def service(self) -> str:
        """Its name."""

    @property
    def title(self) -> Text:
        """The title."""


N = TypeVar("N", bound=Named)


def by_words(services: Iterable[N], typed: str) -> list[N]:
    """The services whose title has every typed word, in any language; an exact title gives that service alone."""
    wanted = " ".join(typed.casefold().split())
    matches = []
    for service in services:
        titles = [" ".join(title.casefold().split()) for title in service.title.words.values()]
        if wanted in {service.service, *titles}:
            return [service]
        words = " ".join((service.service, *titles))
        if all(part in words for part in wanted.split()):
            matches.append(service)
    return matches


def page_of(services: Iterable[N], after: str, lang: str, size: int = ON_A_PAGE) -> tuple[Sequence[N], str]:
    """A page of services by title, after the service named `after`; and the last one's name when more follow."""
    ordered = sorted(services, key=lambda service: (service.title.in_(lang).casefold(), service.service))
    first = next((index for index, service in enumerate(ordered, 1) if service.service == after), 0)
    page = ordered[first : first + size]
    return page, page[-1].service if len(ordered) > first + size else ""
