"""The waiting room for requests that reach Django, and the page that the web server then gives to all who wait."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect

from praya.definition.sandbox import is_trial
from praya.definition.service import Service
from praya.journey import load
from praya.web import pages, who
from praya.web.waiting_room import door
from praya.web.waiting_room.rooms import ROOMS


@who.open_to("anyone")
def wait(request: HttpRequest, *, lang: str, service: str) -> HttpResponseBase:
    """The place in the queue, or the way in."""
    asked = door.wanted(request.path, request.META.get("QUERY_STRING", ""))
    answer = door.ask(asked, request.headers.get("Cookie", "")) if asked is not None else None
    if asked is None or answer is None:
        raise Http404(service)
    return _response(request, asked, answer)


def before(request: HttpRequest, service: Service, language: str, *, draft: str = "") -> HttpResponseBase | None:
    """The answer to somebody who must wait first; None when they may go on.

    With `draft` they go on to its booking. Officers who try a service, and designers in a preview, never wait.
    """
    if service.booking is None or service.booking.waiting_room is None:
        return None
    if is_trial(service.service) or settings.PRAYA.mode == "preview":
        return None
    if door.is_open(service.service, request.COOKIES):
        return None
    where = f"?draft={draft}" if draft else ""
    return HttpResponseRedirect(f"/{language}/waiting-room/{service.service}{where}")


def held(request: HttpRequest, service: Service) -> None:
    """Note that whoever asks holds places now, so that the next may come in."""
    if service.booking is not None and service.booking.waiting_room is not None:
        door.finished(service.service, request.COOKIES)


def _response(request: HttpRequest, asked: door.Wanted, answer: door.Answer) -> HttpResponse:
    if answer.body is None:
        _make_page(request, asked)
        answer = door.ask(asked, request.headers.get("Cookie", "")) or answer
    response = HttpResponse(answer.body or "", status=answer.status)
    for name, value in answer.headers:
        if name == "Set-Cookie":
            response.cookies.load(value)
        else:
            response[name] = value
    return response


def _make_page(request: HttpRequest, asked: door.Wanted) -> None:
    """Make the page for all who wait: without anything of whoever asked first."""
    room = ROOMS.known(asked.service)
    if room is None:
        return
    stranger = HttpRequest()
    stranger.method, stranger.path, stranger.path_info = "GET", request.path, request.path_info
    stranger.META = {name: request.META[name] for name in ("SERVER_NAME", "SERVER_PORT") if name in request.META}
    stranger.resolver_match = request.resolver_match
    page = pages.part(
        stranger, "waiting_room/wait.html", asked.language, here=f"/{asked.language}/waiting-room/{asked.service}",
        service=load.definition(load.territory().live[asked.service]), state=room.state,
        opens=door.opens(room, asked.language), ahead=door.AHEAD, minutes=door.MINUTES,
    )  # fmt: skip
    door.keep_page(room, asked.language, page)
