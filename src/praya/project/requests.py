"""Logging and counting of requests by their route pattern, never by path or query.

The sender of a request is in the access log only.
"""

import secrets
import sys
from collections.abc import Callable
from time import perf_counter

import structlog
from django.conf import settings
from django.core.signals import got_request_exception
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from praya.kernel import clock
from praya.project import access_log, metrics, proxies
from praya.project.security import PROBES
from praya.web import client_address, who

log = structlog.get_logger("request")


class RequestRecord:
    """Middleware that numbers a request, and logs and measures it when it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, having logged and counted."""
        began = perf_counter()
        number = secrets.token_hex(8)
        request.META["PRAYA_REQUEST_ID"] = number
        _note_misfit(request)
        structlog.contextvars.bind_contextvars(request=number)
        try:
            response = self.get_response(request)
            response.headers["X-Request-ID"] = number
            self._record(request, response.status_code, perf_counter() - began)
        finally:
            structlog.contextvars.clear_contextvars()
        return response

    def _record(self, request: HttpRequest, status: int, seconds: float) -> None:
        method = metrics.method_of(request.method)
        route = pattern(request)
        metrics.REQUESTS.labels(method, route, str(status)).inc()
        metrics.REQUEST_SECONDS.labels(route).observe(seconds)
        if request.path_info in PROBES and status == 200:
            return
        milliseconds = round(seconds * 1000, 1)
        log.info("request", method=method, route=route, status=status, ms=milliseconds)
        access_log.write(
            at=clock.now(),
            source=client_address.of(request).address,
            actor=_actor(request),
            method=method,
            route=route,
            status=status,
            ms=milliseconds,
            request=request.META["PRAYA_REQUEST_ID"],
        )


def _actor(request: HttpRequest) -> str:
    """The reference of whoever is signed in, if answering the request looked that up; else empty."""
    session: who.Session | None = request.META.get(who.SESSION)
    if session is not None and session.holder:
        return session.holder
    return str(getattr(getattr(request, "auth", None), "actor", ""))


def _note_misfit(request: HttpRequest) -> None:
    """Note a misfit of the proxy. A direct request from a machine that probes us is none."""
    misfit = client_address.of(request).misfit
    if misfit is None or (misfit == "missing" and request.path_info in PROBES):
        return
    proxies.note(misfit, folder=settings.PRAYA.data_dir, connection=request.META.get("REMOTE_ADDR", ""))


def pattern(request: HttpRequest) -> str:
    """The pattern of the route that a request took: the same for every person and every case."""
    if request.resolver_match is not None:
        return "/" + request.resolver_match.route
    return "(static)" if request.path_info.startswith(settings.STATIC_URL) else "(none)"


def _failed(request: HttpRequest, **_: object) -> None:
    """Log an exception of a view or another middleware by its place; `logs` says what is left out."""
    log.error("request failed", route=pattern(request), exc_info=sys.exc_info()[1])


# Django reports every exception that becomes a 500 here; exceptions outside views are reported nowhere else.
got_request_exception.connect(_failed, dispatch_uid="praya.requests")
