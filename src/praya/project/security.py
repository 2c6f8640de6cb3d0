"""Security headers of every response, and checks of every request."""

from collections.abc import Callable
from functools import lru_cache

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from praya.kernel import plug
from praya.web import on_phones, who

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
    )
)
# The camera scans a record's QR and the position finds the nearest centre, on our own pages only.
PERMISSIONS_POLICY = "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Methods that echo a request with its cookies, or open a tunnel. No page needs them.
DIAGNOSTIC_METHODS = frozenset({"TRACE", "TRACK", "CONNECT"})
# Requested by machines that know only an address of this process, not its public name.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})


@lru_cache(maxsize=256)
def _headers_of(routes: plug.Routes) -> dict[str, str]:
    """The headers of answers below the addresses of a plug that declares its own."""
    wanted, headers = routes.headers, dict(HEADERS)
    if wanted.policy:
        directives = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
        for name, sources in wanted.policy:
            own = directives.get(name, "'self'")
            directives[name] = f"{own} {sources}"
        headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in directives.items())
    if wanted.shared:
        headers |= {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
    return headers


def _may_be_cached(request: HttpRequest, response: HttpResponseBase) -> bool:
    return request.method in {"GET", "HEAD"} and response.status_code == 200 and "Cache-Control" not in response.headers


def _personal(request: HttpRequest) -> bool:
    """Whether a response is personal: it holds a form's token, or somebody was signed in."""
    session: who.Session | None = request.META.get(who.SESSION)
    return bool(request.META.get("CSRF_COOKIE_NEEDS_UPDATE")) or bool(session is not None and session.holder)


class SecurityHeaders:
    """The outermost middleware, so that errors and files carry the headers too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the headers; refuse an unknown host or a length that is no number (400)."""
        response = self._refusal(request) or self.get_response(request)
        routes = plug.routes_of(request.path_info)
        for name, value in (HEADERS if routes is None else _headers_of(routes)).items():
            response.headers.setdefault(name, value)
        on_phones.clear_unless_theirs(request, response)
        if response.cookies or _personal(request):
            response.headers["Cache-Control"] = "no-store"
        elif routes is not None and routes.headers.cache and _may_be_cached(request, response):
            response.headers["Cache-Control"] = f"public, max-age={routes.headers.cache}"
        return response

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        if request.method in DIAGNOSTIC_METHODS:
            return HttpResponse("Not allowed.\n", status=405, content_type="text/plain; charset=utf-8")
        try:
            if request.path_info not in PROBES:
                request.get_host()
            int(request.META.get("CONTENT_LENGTH") or 0)
        except (DisallowedHost, ValueError):
            return HttpResponse("Bad request.\n", status=400, content_type="text/plain; charset=utf-8")
        return None
