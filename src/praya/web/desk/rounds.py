"""An officer's visits of a day, in the order of a short way, with what is to be recorded at each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.http import require_safe

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.questions import clock_said, shown_date
from praya.journey import acting, load, routes
from praya.web import on_phones, who
from praya.web.desk import reach
from praya.web.words import translator

PAGE = 50
LOOKED_THROUGH = 500
DONE = ("recorded",)
SCRIPT = Path(__file__).parent / "static" / "praya" / "visits.js"


@dataclass(frozen=True)
class Round:
    """The visits of a day that are asked for: the officer's own, or those that nobody in the departments has."""

    officer: identity.Officer
    within: cases.Access
    day: date
    free: bool

    def address(self, lang: str, *, day: date | None = None, free: bool | None = None, after: str = "") -> str:
        """The address of this page, or of another day, list or page."""
        query = {"day": (day or self.day).isoformat()}
        if self.free if free is None else free:
            query["whose"] = "free"
        return f"/{lang}/desk/visits?{urlencode(query | ({'after': after} if after else {}))}"


@dataclass(frozen=True)
class Stop:
    """A visit of the round with its case and where that is."""

    visit: bookings.VisitOfDay
    visited: cases.Visited
    where: routes.Whereabouts


@require_safe
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The visits of a day. That they are read is noted for each case, because each shows where somebody lives."""
    officer, at, pack = who.officer(request), who.now(), load.pack()
    today = pack.calendar.day_of(at)
    asked = Round(officer, reach.access(request), _day(request, today), request.GET.get("whose") == "free")
    stops, following = _page(asked, request.GET.get("after", "")[:40], lang)
    cases.note_visited([stop.visited.case for stop in stops], by=f"officer:{officer.ref}", at=at)
    later = bool(request.GET.get("after"))
    last = date.max.toordinal()
    before, after = (date.fromordinal(min(max(1, asked.day.toordinal() + step), last)) for step in (-1, 1))
    t = translator(lang)
    return reach.page(
        request,
        "desk/rounds.html",
        lang,
        officer,
        "mine",
        day=asked.day.isoformat(),
        day_label=shown_date(asked.day, lang),
        today=asked.day == today,
        free=asked.free,
        before_url=asked.address(lang, day=before),
        after_url=asked.address(lang, day=after),
        today_url=asked.address(lang, day=today),
        mine_url=asked.address(lang, free=False),
        free_url=asked.address(lang, free=True),
        hours=[
            {
                "label": clock_said(clock, lang) if clock else t("desk.day_whole"),
                "stops": [_row(stop, asked, lang) for stop in of],
            }
            for clock, of in groupby(stops, key=lambda stop: stop.visit.clock)
        ],
        first=asked.address(lang) if later else None,
        next=asked.address(lang, after=following) if following else None,
        done=t(f"desk.round_{request.GET['done']}") if request.GET.get("done") in DONE else None,
    )


def _day(request: HttpRequest, today: date) -> date:
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return today


def _page(asked: Round, after: str, lang: str) -> tuple[list[Stop], str]:
    """A page of stops, and the mark of the next page; of the free visits, so many rows are looked through at most."""
    within = asked.within.only(asked.officer.departments)
    if not asked.free:
        mine = cases.bookings_of_officer(asked.officer.ref, within=within)
        booked = bookings.visits_of_day(day=asked.day, of=mine, after=after, limit=PAGE + 1) if mine else []
        page = booked[:PAGE]
        found = cases.visited_by_bookings([v.booking_ref for v in page], within=within, assigned_to=asked.officer.ref)
        return _in_order(page, found, lang), page[-1].mark if len(booked) > PAGE else ""
    schemes = [card.service for card in reach.booking_services_of(asked.officer) if not card.books_on_applying]
    booked = (
        bookings.visits_of_day(day=asked.day, schemes=schemes, after=after, limit=LOOKED_THROUGH + 1) if schemes else []
    )
    found = cases.visited_by_bookings([v.booking_ref for v in booked[:LOOKED_THROUGH]], within=within, assigned_to="")
    page = [visit for visit in booked[:LOOKED_THROUGH] if visit.booking_ref in found]
    if len(page) > PAGE:
        return _in_order(page[:PAGE], found, lang), page[PAGE - 1].mark
    return _in_order(page, found, lang), booked[LOOKED_THROUGH - 1].mark if len(booked) > LOOKED_THROUGH else ""


def _in_order(page: Sequence[bookings.VisitOfDay], found: dict[str, cases.Visited], lang: str) -> list[Stop]:
    """The stops by time, and those of one time in the order of a short way from the stop before."""
    stops = list[Stop]()
    for _, of in groupby(page, key=lambda visit: visit.clock):
        here = [_stop(visit, found[visit.booking_ref], lang) for visit in of if visit.booking_ref in found]
        last = stops[-1].where if stops else None
        stops += [here[position] for position in routes.ordered([stop.where for stop in here], last)]
    return stops


def _stop(visit: bookings.VisitOfDay, visited: cases.Visited, lang: str) -> Stop:
    service = load.compiled(visited.case.service, visited.case.version)
    answers = visited.content.answers if visited.content else {}
    return Stop(visit, visited, routes.whereabouts(service, answers, lang))


def _row(stop: Stop, asked: Round, lang: str) -> dict[str, Any]:
    case, where = stop.visited.case, stop.where
    service = load.compiled(case.service, case.version)
    state, roles = service.flow.states[case.state], acting.officer(asked.officer, case.department).roles
    return {
        "ref": case.ref,
        "url": f"/{lang}/desk/cases/{case.ref}",
        "service": service.title.in_(lang),
        "state": state.at_desk.in_(lang),
        "where": where.words,
        "geo": where.geo,
        "lat": where.point["lat"] if where.point else None,
        "lon": where.point["lon"] if where.point else None,
        "district": where.district,
        "phone": where.phone,
        "attended": stop.visit.attended_at is not None,
        # Whether an action is open in fact is said by its own page: to know it here would cost queries for each case.
        "actions": [
            {"label": action.label.in_(lang), "url": record_address(lang, case.ref, action.name, asked.day)}
            for action in state.actions.values()
            if action.by in roles and not action.book
        ],
    }


def record_address(lang: str, ref: str, action: str, day: date) -> str:
    """The address of the form of a visit."""
    return f"/{lang}/desk/cases/{ref}/record/{action}?{urlencode({'day': day.isoformat()})}"


@require_safe
@who.open_to("officer")
def phone(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Who is signed in, as pseudonyms, and a token for forms that were kept on the phone.

    With `?keep` a cookie notes that the phone keeps something of the officer.
    """
    body = {"whose": on_phones.names(request), "token": get_token(request)}
    response = JsonResponse(body, headers={"Cache-Control": "no-store"})
    if "keep" in request.GET:
        on_phones.keep(request, response)
    return response


@require_safe
@who.open_to("officer")
def worker(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The script as a service worker for the desk in this language; a static file could only serve its own folder."""
    headers = {"Service-Worker-Allowed": f"/{lang}/desk/", "Cache-Control": "no-store"}
    return HttpResponse(SCRIPT.read_bytes(), content_type="text/javascript; charset=utf-8", headers=headers)
