"""Error pages in the person's language. They say what to do next and reveal nothing about the cause."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from markupsafe import escape

from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel import plug
from praya.web import kept_forms, pages, rate_limits, request_sizes, who
from praya.web.words import translator

NUL = "\0"
TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def language_of(request: HttpRequest) -> str:
    """The language in the address, or the browser's."""
    first = request.path.strip("/").split("/")[0]
    return first if first in load.pack().languages else pages.preferred(request)


def _confirm_url(request: HttpRequest, needed: int) -> str:
    """Where somebody reaches a level, and comes back from to this page."""
    back = kept_forms.page_of(request) if request.method == "POST" else request.get_full_path()
    return f"/{language_of(request)}/sign-in/confirm?{urlencode({'level': needed, 'next': back})}"


def _answer(request: HttpRequest, status: int, name: str, *, further: str = "", **values: Any) -> HttpResponse:
    """The response for an error. A form's input that could not be processed is kept, and the page links back to it."""
    language = language_of(request)
    t = translator(language)
    title, body = t(f"portal.{name}_title"), t(f"portal.{name}_body", **values)
    code = str(request.META.get("PRAYA_REQUEST_ID", "")) if status >= 500 else ""
    routes = plug.routes_of(request.path_info)
    form = routes.errors if routes is not None else "page"
    if form not in {"page", "json"}:
        problem = plug.ErrorResponse(status=status, code=name, message=f"{title}. {body}", request_id=code)
        written: HttpResponse = plug.value(form)(problem)
        return written
    if request.path.startswith(("/api/", "/.well-known/")) or form == "json":
        return JsonResponse(
            {"error": {"code": name, "message": f"{title}. {body}", "fields": [], "request": code}}, status=status
        )
    at_desk = request.path.startswith(f"/{language}/desk/")
    again = HttpResponse()
    is_kept = request.method == "POST" and status != 404 and _keep(request, again, name)
    response = pages.page(
        request, "portal/error.html", language, status=status, title=title, body=body, code=code, at_desk=at_desk,
        further=further,
        back=kept_forms.page_of(request) if is_kept and name != "not_theirs" else "",
    )  # fmt: skip
    response.cookies.update(again.cookies)
    return response


def _too_large(request: HttpRequest) -> HttpResponse:
    """413, with the largest size of a request."""
    return _answer(request, 413, "too_large", mb=_most_megabytes(request))


def _most_megabytes(request: HttpRequest) -> int:
    return min(int(settings.PRAYA.upload_max_mb), request_sizes.largest_of(request.META) // 1024**2)


def _keep(request: HttpRequest, response: HttpResponse, why: str) -> bool:
    """Keep the input of a form; returns whether that succeeded. Any failure counts: the database may be down."""
    if "/sign-in" in request.path:
        return False
    with suppress(Exception):
        return kept_forms.keep(request, response, why=why, owners=who.marks(request))
    return False


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, or 413 for a request that is too large."""
    if isinstance(exception, TOO_LARGE):
        return _too_large(request)
    return _answer(request, 400, "forbidden")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _answer(request, 403, "forbidden")


def forgery(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without a valid CSRF token."""
    return _answer(request, 403, "forbidden")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return _answer(request, 404, "not_found")


def failed(request: HttpRequest) -> HttpResponse:
    """500. When the full page cannot be rendered either, for example without a database, a plain one is sent."""
    try:
        return _answer(request, 500, "failed")
    except Exception:  # noqa: BLE001 (whatever fails now, the person gets an answer)
        t = translator(language_of(request))
        title, body = escape(t("portal.failed_title")), escape(t("portal.failed_body"))
        page = (
            f"<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1><p>{body}</p></body></html>"
        )
        return HttpResponse(page, status=500)


class Refusals:
    """Middleware: turn exceptions that refuse a request into error pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Respond; a body that is too long is refused before it is read."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > request_sizes.largest_of(request.META):
            return _too_large(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Refuse NUL characters, which PostgreSQL cannot store: 404 in a path, 400 in a form; cut from a query.

        The API checks its own bodies.
        """
        if NUL in request.path_info:
            return _answer(request, 404, "not_found")
        while "%00" in request.META.get("QUERY_STRING", ""):  # what is left of `%0%000` is one again
            request.META["QUERY_STRING"] = request.META["QUERY_STRING"].replace("%00", "")
        if request.method == "POST" and not request.path_info.startswith("/api/"):
            fields = request.POST.lists()
            if any(NUL in name or any(NUL in value for value in values) for name, values in fields):
                return _answer(request, 400, "forbidden")
        return None

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """The response for an exception that refuses a request, such as 429 with Retry-After; None for any other."""
        if isinstance(problem, rate_limits.TooMany):
            response = _answer(request, 429, "too_many", seconds=problem.seconds)
            response["Retry-After"] = str(problem.seconds)
            return response
        if isinstance(problem, TOO_LARGE):
            return _too_large(request)
        if isinstance(problem, who.LevelMissing):
            level = translator(language_of(request))(f"identity.level_{problem.needed}")
            return _answer(request, 403, "level_missing", level=level, further=_confirm_url(request, problem.needed))
        if isinstance(problem, kept_forms.NotTheirs):
            return _answer(request, 409, "not_theirs")
        if isinstance(problem, load.Withdrawn) and not request.path.startswith("/api/"):
            return HttpResponseRedirect(f"/{language_of(request)}/services/{problem.service}")
        if isinstance(problem, identity.NoPerson):
            # The person was erased while signed in.
            request.session.flush()
            return HttpResponseRedirect(f"/{language_of(request)}/sign-in")
        return None
