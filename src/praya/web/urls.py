"""Every address of the faces and systems, from the plugs: below `/<lang>/`, `/<lang>/desk/` or `/`."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, include, path, register_converter

from praya.kernel import plug
from praya.web.pages import Language

register_converter(Language, "lang")


def below(place: plug.Below) -> Iterator[URLPattern | URLResolver]:
    """The URL patterns of all plugs below one of these roots."""
    for routes in plug.routes(place):
        patterns: list[URLPattern | URLResolver] = plug.value(f"{routes.urls}:urlpatterns")
        yield from [path(routes.at, include(patterns))] if routes.at else patterns


urlpatterns: list[URLPattern | URLResolver] = [
    path("<lang:lang>/", include([*below("portal"), path("desk/", include(list(below("desk"))))])),
    *below("root"),
]
