"""Every address of the faces and systems: those that the plugs bring, behind the language, the desk or nothing."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, include, path, register_converter

from praya.kernel import plug
from praya.web.pages import Language

register_converter(Language, "lang")


def below(place: plug.Below) -> Iterator[URLPattern | URLResolver]:
    """The addresses of all plugs that begin there."""
    for routes in plug.routes(place):
        found: list[URLPattern | URLResolver] = plug.value(f"{routes.urls}:urlpatterns")
        yield from [path(routes.at, include(found))] if routes.at else found


urlpatterns: list[URLPattern | URLResolver] = [
    path("<lang:lang>/", include([*below("portal"), path("desk/", include(list(below("desk"))))])),
    *below("root"),
]
