"""The door before the services that have a waiting room: a pass opens it, whoever has none gets a ticket and waits.

The web server asks it before a request takes a thread; so does Django, where a request came another way. Nothing here
touches the database.
"""

import re
import time
from dataclasses import dataclass
from urllib.parse import parse_qs

from django.conf import settings
from django.http.cookie import parse_cookie

from praya.journey import load
from praya.kernel import clock
from praya.web import display
from praya.web.waiting_room.rooms import ROOMS, Room
from praya.web.waiting_room.tickets import Pass, Ticket, pass_cookie, ticket_cookie

_APPLY = re.compile(r"/([a-z-]{2,20})/services/([a-z0-9-]{1,60})/apply")
_WAIT = re.compile(r"/([a-z-]{2,20})/waiting-room/([a-z0-9-]{1,60})")
_DRAFT = re.compile(r"[A-Za-z0-9-]{1,40}")
SOON, LATER, AT_LEISURE = 10, 30, 60
"""Seconds after which the browser asks again. All are shorter than `queue.ALIVE_SECONDS`."""
TICKET_SECONDS = 2 * 86400
PAGE_SECONDS = 30.0
AHEAD, MINUTES = "@@ahead@@", "@@minutes@@"
"""What stands for the numbers in a page that is made for all who wait."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer without Django: a page, or with `location` the way in. The page's text is None until it is made."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str | None = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address asks of the door."""

    language: str
    service: str
    goal: str
    """Where somebody who may come in goes on."""
    here: bool
    """Whether the address is the goal itself."""


def wanted(path: str, query: str) -> Wanted | None:
    """What an address asks of the door; None for any other."""
    if match := _APPLY.fullmatch(path):
        return Wanted(match[1], match[2], f"{path}?{query}" if query else path, here=True)
    if match := _WAIT.fullmatch(path):
        language, service = match[1], match[2]
        draft = parse_qs(query).get("draft", [""])[0]
        goal = f"/{language}/apply/{draft}/book" if _DRAFT.fullmatch(draft) else f"/{language}/services/{service}/apply"
        return Wanted(language, service, goal, here=False)
    return None


def is_open(service: str, cookies: dict[str, str]) -> bool:
    """Whether somebody with these cookies has a pass, or the service has no waiting room."""
    room = ROOMS.known(service)
    moment = clock.now().timestamp()
    return room is None or Pass.read(service, cookies.get(pass_cookie(service), ""), at=moment) is not None


def ask(asked: Wanted, cookie_header: str) -> Answer | None:
    """The answer to somebody before the door; None when the request may go on to Django."""
    room = ROOMS.known(asked.service)
    if room is None or asked.language not in load.pack().languages:
        return None
    cookies = parse_cookie(cookie_header)
    now = clock.now().timestamp()
    if Pass.read(room.service, cookies.get(pass_cookie(room.service), ""), at=now) is not None:
        return None if asked.here else Answer(303, (("Location", asked.goal), *_PRIVATE))
    page = _page(room, asked.language)
    if page is None:
        # Nobody is given a ticket before there is a page to show.
        return Answer(200, (), None)
    held = Ticket.read(room.service, room.opening, cookies.get(ticket_cookie(room.service), ""))
    ticket = held or Ticket.new(room.service, room.opening, at=now)
    admitted = ROOMS.show(room, ticket.id, ticket.rank, at=now)
    fresh = () if held else (_cookie(ticket_cookie(room.service), ticket.written(), TICKET_SECONDS),)
    if admitted is not None:
        until = int(admitted + room.stays)
        given = Pass(room.service, room.opening, ticket.id, until).written()
        inside = _cookie(pass_cookie(room.service), given, until - int(now))
        return Answer(303, (("Location", asked.goal), *_PRIVATE, *fresh, inside))
    ahead = room.ahead(ticket.rank)
    minutes = max(1, -(-(ahead + 1) // room.a_minute))
    headers = (("Content-Type", "text/html; charset=utf-8"), ("Refresh", str(_again(room, minutes))), *_PRIVATE, *fresh)
    return Answer(200, headers, page.replace(AHEAD, f"{ahead:,}").replace(MINUTES, f"{minutes:,}"))


_PRIVATE = (("Cache-Control", "no-store"),)
_pages: dict[tuple[str, str, str], tuple[float, int, str]] = {}


def _page(room: Room, language: str) -> str | None:
    key = (room.service, language, room.state)
    made = _pages.get(key)
    if made is None or made[1] != room.opening:
        return None
    if time.monotonic() - made[0] > PAGE_SECONDS:
        # One request makes it anew; the others are given this one meanwhile.
        _pages[key] = (time.monotonic(), *made[1:])
        return None
    return made[2]


def keep_page(room: Room, language: str, page: str) -> None:
    """Keep a page for all who wait, for half a minute."""
    _pages[room.service, language, room.state] = (time.monotonic(), room.opening, page)


def _again(room: Room, minutes: int) -> int:
    if room.state == "gathering" and room.opens_at is not None:
        # Nobody asks at the very second of the opening: the order is drawn, and haste gives nothing.
        left = (room.opens_at - clock.now()).total_seconds()
        return LATER if left > LATER else SOON
    if room.state == "gone":
        return AT_LEISURE
    return SOON if minutes <= 2 else LATER


def _cookie(name: str, value: str, seconds: int) -> tuple[str, str]:
    secure = "; Secure" if settings.SESSION_COOKIE_SECURE else ""
    return ("Set-Cookie", f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")


def opens(room: Room, language: str) -> str:
    """When booking opens, as people read it; empty once it has opened."""
    return display.moment_words(room.opens_at, load.pack(), language) if room.opens_at is not None else ""


def finished(service: str, cookies: dict[str, str]) -> None:
    """Note that whoever has these cookies holds places now."""
    now = clock.now().timestamp()
    inside = Pass.read(service, cookies.get(pass_cookie(service), ""), at=now)
    if inside is not None:
        ROOMS.queue.finish(service, inside.opening, inside.ticket, at=now)
