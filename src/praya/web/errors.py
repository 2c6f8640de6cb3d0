"""When something cannot be shown: a page in the person's language that says what to do, and never what broke inside."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from markupsafe import escape

from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel import plug
from praya.web import kept_forms, limits, pages, who
from praya.web.words import translator

NUL = "\0"
TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def language_of(request: HttpRequest) -> str:
    """The language in the address, or the browser's."""
    first = request.path.strip("/").split("/")[0]
    return first if first in load.pack().languages else pages.preferred(request)


def _answer(request: HttpRequest, status: int, name: str, **values: Any) -> HttpResponse:
    """The page of an error. What was sent by a form and not taken is kept, and the page leads back to it."""
    language = language_of(request)
    t = translator(language)
    title, body = t(f"portal.{name}_title"), t(f"portal.{name}_body", **values)
    code = str(request.META.get("PRAYA_REQUEST_ID", "")) if status >= 500 else ""
    routes = plug.routes_of(request.path_info)
    if request.path.startswith(("/api/", "/.well-known/")) or (routes is not None and routes.errors == "json"):
        return JsonResponse(
            {"error": {"code": name, "message": f"{title}. {body}", "fields": [], "request": code}}, status=status
        )
    at_desk = request.path.startswith(f"/{language}/desk/")
    again = HttpResponse()
    kept = request.method == "POST" and status != 404 and _keep(request, again, name)
    response = pages.page(
        request, "portal/error.html", language, status=status, title=title, body=body, code=code, at_desk=at_desk,
        back=kept_forms.page_of(request) if kept and name != "not_theirs" else "",
    )  # fmt: skip
    response.cookies.update(again.cookies)
    return response


def _too_large(request: HttpRequest) -> HttpResponse:
    """413: how much may be sent at once."""
    return _answer(request, 413, "too_large", mb=_most_megabytes(request))


def _most_megabytes(request: HttpRequest) -> int:
    return min(int(settings.PRAYA.upload_max_mb), limits.largest_of(request.META) // 1024**2)


def _keep(request: HttpRequest, response: HttpResponse, why: str) -> bool:
    """Keep what was sent; answers whether it is. The database may be what failed."""
    if "/sign-in" in request.path:
        return False
    with suppress(Exception):
        return kept_forms.keep(request, response, why=why, owners=who.marks(request))
    return False


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: also what is too large."""
    if isinstance(exception, TOO_LARGE):
        return _too_large(request)
    return _answer(request, 400, "forbidden")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _answer(request, 403, "forbidden")


def forgery(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: old, or not ours."""
    return _answer(request, 403, "forbidden")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return _answer(request, 404, "not_found")


def failed(request: HttpRequest) -> HttpResponse:
    """500; also when the database, from which a whole page is made, is what failed."""
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
    """Turns what views raise to refuse a request into its page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; refuse too long a body before it is read."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > limits.largest_of(request.META):
            return _too_large(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Nothing is found at a NUL, which nobody types and PostgreSQL's texts cannot hold; in a query it is left out.

        Bodies of the API are read by it; in a form it is refused.
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
        """429 with when to try again; 413."""
        if isinstance(problem, limits.TooMany):
            response = _answer(request, 429, "too_many", seconds=problem.seconds)
            response["Retry-After"] = str(problem.seconds)
            return response
        if isinstance(problem, TOO_LARGE):
            return _too_large(request)
        if isinstance(problem, who.LevelMissing):
            level = translator(language_of(request))(f"identity.level_{problem.needed}")
            return _answer(request, 403, "level_missing", level=level)
        if isinstance(problem, kept_forms.NotTheirs):
            return _answer(request, 409, "not_theirs")
        if isinstance(problem, load.Withdrawn) and not request.path.startswith("/api/"):
            return HttpResponseRedirect(f"/{language_of(request)}/services/{problem.service}")
        if isinstance(problem, identity.NoPerson):
            # The person was erased while signed in: there is nobody to be signed in as.
            request.session.flush()
            return HttpResponseRedirect(f"/{language_of(request)}/sign-in")
        return None
