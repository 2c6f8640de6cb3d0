"""Every address of the faces and systems, from the plugs: below `/<lang>/`, `/<lang>/desk/` or `/`.

Loading this module refuses an address that two views claim, and a view that does not declare who may use it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, include, path, register_converter

from praya.kernel import plug
from praya.web.pages import Language

register_converter(Language, "lang")
Patterns = Sequence[URLPattern | URLResolver]
_PARAMETER = re.compile(r"<(?:(\w+):)?\w+>")


def below(place: plug.Below) -> Iterator[URLPattern | URLResolver]:
    """The URL patterns of all plugs below one of these roots."""
    for routes in plug.routes(place):
        patterns: Patterns = plug.value(f"{routes.urls}:urlpatterns")
        yield from [path(routes.at, include(list(patterns)))] if routes.at else patterns


def views(patterns: Patterns, prefix: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Each address with its view."""
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns, address)
        else:
            yield address, pattern.callback


def declaring(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view that `open_to` made, which decorators such as require_POST have wrapped."""
    while not hasattr(view, "open_to") and hasattr(view, "__wrapped__"):
        view = view.__wrapped__
    return view


def insist_on_order(patterns: Patterns) -> None:
    """Insist that no two views have one address, and that each declares who may use it. Raises ImproperlyConfigured."""
    owners: dict[str, str] = {}
    for address, view in views(patterns):
        named = f"{view.__module__}.{getattr(view, '__qualname__', view)}"
        if not hasattr(declaring(view), "open_to"):
            raise ImproperlyConfigured(f"/{address}: {named} must say who may use it, with @who.open_to(...).")
        # Two addresses that differ only in the names of their parameters are one.
        first = owners.setdefault(_PARAMETER.sub(r"<\1>", address), named)
        if first != named:
            raise ImproperlyConfigured(f"/{address} leads to {first} and to {named}; choose another address.")


urlpatterns: list[URLPattern | URLResolver] = [
    path("<lang:lang>/", include([*below("portal"), path("desk/", include(list(below("desk"))))])),
    *below("root"),
]
insist_on_order(urlpatterns)
