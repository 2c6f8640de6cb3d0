"""Choosing among many services: by typed words, and in lists of which a page shows a part."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from praya.kernel.text import Text

FEW = 30
"""As many services as stand in one select; of more than these one types a word of the name."""
ON_A_PAGE = 50
MOST = 20


class Named(Protocol):
    """What has a name and a title: a service, or its card."""

    @property
    def service(self) -> str:
        """Its name."""

    @property
    def title(self) -> Text:
        """What it is called."""


N = TypeVar("N", bound=Named)


def by_words(services: Iterable[N], typed: str) -> list[N]:
    """The services that hold each typed word in a title, in any language; one whose title it is goes alone."""
    wanted = " ".join(typed.casefold().split())
    found = []
    for service in services:
        titles = [" ".join(title.casefold().split()) for title in service.title.words.values()]
        if wanted in {service.service, *titles}:
            return [service]
        words = " ".join((service.service, *titles))
        if all(part in words for part in wanted.split()):
            found.append(service)
    return found


def page_of(services: Iterable[N], after: str, lang: str, size: int = ON_A_PAGE) -> tuple[Sequence[N], str]:
    """A page in the order of titles, after the service of that name; and the last one's name when others follow."""
    ordered = sorted(services, key=lambda service: (service.title.in_(lang).casefold(), service.service))
    first = next((index for index, service in enumerate(ordered, 1) if service.service == after), 0)
    page = ordered[first : first + size]
    return page, page[-1].service if len(ordered) > first + size else ""
