"""The public page of free places of a service, by place and day: at most ten seconds old, and the same for everybody.

A process reads the places once in five seconds, however many ask, and a browser or proxy may keep the page for five
more. No cookie and no session is looked at, so that it can be asked for while booking is at its busiest.
"""

import hashlib
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from praya.blocks.bookings import api as bookings
from praya.definition.chapters.booking import Booking
from praya.definition.service import Service
from praya.journey import load
from praya.kernel.text import html_language
from praya.web import display, pages, who
from praya.web.portal import free_times

READ_SECONDS = KEPT_SECONDS = 5
DAYS_SHOWN = 14


@dataclass(frozen=True, slots=True)
class _Page:
    until: float
    body: bytes
    etag: str


_pages: dict[tuple[str, str], _Page] = {}
_making = threading.Lock()


@who.open_to("anyone")
def free_places(request: HttpRequest, *, lang: str, service: str) -> HttpResponse:
    """How many places are free, by place and day."""
    page = _pages.get((lang, service))
    if page is None or page.until < time.monotonic():
        # One asks the database, the others wait for it: the page is never older than it says.
        with _making:
            page = _pages.get((lang, service))
            if page is None or page.until < time.monotonic():
                page = _pages[lang, service] = _made(request, lang, service)
    same = request.headers.get("If-None-Match") == page.etag
    answer = HttpResponse(status=304) if same else HttpResponse(page.body)
    answer["ETag"] = page.etag
    answer["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    answer["Content-Language"] = html_language(lang)
    return answer


def _made(request: HttpRequest, lang: str, name: str) -> _Page:
    card = load.territory().offered.get(name)
    if card is None or not card.booking:
        raise Http404(name)
    until = time.monotonic() + READ_SECONDS
    definition = load.definition(card)
    stranger = HttpRequest()
    stranger.method, stranger.path, stranger.path_info = "GET", request.path, request.path_info
    stranger.META = {part: request.META[part] for part in ("SERVER_NAME", "SERVER_PORT")}
    stranger.resolver_match = request.resolver_match
    body = pages.part(
        stranger, "portal/free_places.html", lang, here=request.path, service=definition, **_shown(definition, lang)
    ).encode()
    return _Page(until, body, f'"{hashlib.sha256(body).hexdigest()[:24]}"')


def _shown(service: Service, lang: str) -> dict[str, Any]:
    booking: Booking | None = service.booking
    assert booking is not None  # noqa: S101 (the caller looked)
    pack, at = load.pack(), who.now()
    window = bookings.window_of_all(booking, at=at, calendar=pack.calendar)
    shown: dict[str, Any] = {"booking": booking, "at": display.moment_words(at, pack, lang), "rows": []}
    if window.first is None or window.last is None:
        return {**shown, "opens": display.moment_words(window.opens_at, pack, lang) if window.opens_at else ""}
    last = min(window.last, window.first + timedelta(days=DAYS_SHOWN - 1))
    found = bookings.free_days(scheme=service.service, first=window.first, last=last)
    by_place = {(one.place, one.day): one for one in found}
    days = sorted({one.day for one in found})
    rows = [
        {
            "label": free_times.day_said(day, lang),
            "cells": [by_place.get((place.value, day)) for place in booking.places],
        }
        for day in days
    ]
    return {**shown, "opens": "", "rows": rows}
