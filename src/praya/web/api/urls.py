"""The addresses of the API. A wrapper view dispatches by method and handles HEAD, OPTIONS and unknown methods."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path, re_path

from praya.web import who
from praya.web.api import operations
from praya.web.api.guards import AUDIENCES, api
from praya.web.api.refusals import Refused, refusal

View = Callable[..., HttpResponseBase]


def door(view: View, methods: Mapping[str, str]) -> View:
    """Wrap a view: dispatch the allowed methods (RFC 9110, 9.3)."""
    allowed = [*sorted(methods), *(["HEAD"] if "GET" in methods else []), "OPTIONS"]
    (audience,) = {AUDIENCES[name] for name in methods.values()}

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers={"Allow": ", ".join(allowed)})
        if request.method == "HEAD" and "GET" in methods:
            return _without_body(request, view, args, kwargs)
        if request.method not in methods:
            return refusal(request, Refused(405, "no_method", headers={"Allow": ", ".join(allowed)}))
        return view(request, *args, **kwargs)

    guarded.csrf_exempt = True  # type: ignore[attr-defined] # no cookie is read, so nothing can be forged with one
    guarded.open_to = audience  # type: ignore[attr-defined]
    return guarded


def _without_body(request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponseBase:
    request.method = "GET"
    response = view(request, *args, **kwargs)
    request.method = "HEAD"
    if isinstance(response, HttpResponse):
        response["Content-Length"] = str(len(response.content))
        response.content = b""
    return response


@who.open_to("anyone")
def nothing(request: HttpRequest) -> HttpResponse:
    """404 for any other address under /api/."""
    return refusal(request, Refused(404, "not_found"))


nothing.csrf_exempt = True  # type: ignore[attr-defined]


def _behind_doors() -> list[URLPattern | URLResolver]:
    methods = {route.replace("{", "<").replace("}", ">"): declared for route, declared in operations.declared().items()}
    patterns: list[URLPattern | URLResolver] = []
    for pattern in api.urls[0]:
        route = str(pattern.pattern)
        if isinstance(pattern, URLPattern) and route in methods:
            # One view handles all methods of an address, which has one name for each operation.
            patterns.append(path(route, door(pattern.callback, methods.pop(route))))
    return patterns


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", operations.page),
    path("<lang:lang>/api/", operations.page),
    path("api/v1/openapi.json", operations.openapi),
    path("api/v1/", include(_behind_doors())),
    re_path(r"^api/.*$", nothing),
]
