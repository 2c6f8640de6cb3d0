"""The bookings of a place on a day: the list, attendance, and closing the place for the day."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.chapters.booking import Booking
from praya.definition.pack import Pack
from praya.definition.questions import clock_said, shown_date
from praya.definition.service import Service
from praya.journey import conflicts, load
from praya.kernel.ids import opaque
from praya.web import who
from praya.web.desk import reach
from praya.web.words import translator

PAGE = 100
CLOCK = re.compile(r"[0-2][0-9]:[0-5][0-9]")
DONE = ("attended", "early", "own", "closed", "opened")


@dataclass(frozen=True)
class Day:
    """A place of a service on one day, for an officer of the department that owns the service."""

    officer: identity.Officer
    within: cases.Access
    service: Service
    booking: Booking
    pack: Pack
    place: str
    day: date
    at: datetime

    @property
    def today(self) -> date:
        """Today in the territory's time zone."""
        return self.pack.calendar.day_of(self.at)

    @property
    def supervised(self) -> bool:
        """Whether the officer may close the place."""
        return reach.may(self.officer, self.service.department, "supervisor")

    def address(self, lang: str, path: str = "", *, first: int = 0, done: str = "") -> str:
        """The address of a page of this day; `first` is the number of rows on the pages before."""
        query = {"place": self.place, "day": self.day.isoformat()}
        if first:
            query["from"] = str(first)
        if done:
            query["done"] = done
        return f"/{lang}/desk/bookings/{self.service.service}{path}?{urlencode(query)}"


def _day(request: HttpRequest, service: str) -> Day:
    """The requested day and place; the default is today at the first place. Raises Http404 for other departments."""
    officer, pack, at = who.officer(request), load.pack(), who.now()
    card = next((card for card in reach.booking_services_of(officer) if card.service == service), None)
    definition = load.definition(card) if card else None
    if definition is None or definition.booking is None:
        raise Http404(service)
    asked = request.POST if request.method == "POST" else request.GET
    place = definition.booking.place_named(asked.get("place", "")) or definition.booking.places[0]
    try:
        day = date.fromisoformat(asked.get("day", ""))
    except ValueError:
        day = pack.calendar.day_of(at)
    return Day(officer, reach.access(request), definition, definition.booking, pack, place.value, day, at)


@require_safe
@who.open_to("officer")
def services(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The services with bookings. Where there is only one, redirect to its list."""
    officer = who.officer(request)
    cards_of_officer = reach.booking_services_of(officer)
    if len(cards_of_officer) == 1:
        return HttpResponseRedirect(f"/{lang}/desk/bookings/{cards_of_officer[0].service}")
    listed = reach.listed(request, cards_of_officer, lang)
    cards = [
        {"title": s.title.in_(lang), "text": s.booking.in_(lang), "url": f"/{lang}/desk/bookings/{s.service}"}
        for s in listed.services
        if s.booking
    ]
    return reach.page(request, "desk/bookings.html", lang, officer, "bookings", cards=cards, listed=listed)


@require_safe
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str, service: str) -> HttpResponseBase:
    """The bookings of a place on a day, by time."""
    shown = _day(request, service)
    typed = request.GET.get("from", "")
    first = int(typed) if typed.isdecimal() and len(typed) < 6 else 0
    booked = bookings.day_list(scheme=service, place=shown.place, day=shown.day, first=first, limit=PAGE)
    totals = bookings.day_totals(scheme=service, place=shown.place, day=shown.day)
    slots = bookings.slots(scheme=service, first=shown.day, last=shown.day, place=shown.place)
    place = shown.booking.place_named(shown.place)
    done = request.GET.get("done", "")
    last = date.max.toordinal()
    before, after = (date.fromordinal(min(max(1, shown.day.toordinal() + step), last)) for step in (-1, 1))
    return reach.page(
        request,
        "desk/day.html",
        lang,
        shown.officer,
        "bookings",
        service=service,
        service_title=shown.service.title.in_(lang),
        places_label=shown.booking.places_label.in_(lang),
        places=[{"value": p.value, "label": p.label.in_(lang)} for p in shown.booking.places],
        place=shown.place,
        place_label=place.label.in_(lang) if place else shown.place,
        day=shown.day.isoformat(),
        day_label=shown_date(shown.day, lang),
        today=shown.day == shown.today,
        today_url=replace(shown, day=shown.today).address(lang),
        before_url=replace(shown, day=before).address(lang),
        after_url=replace(shown, day=after).address(lang),
        many_visits=len(shown.booking.visits) > 1,
        rows=_rows(booked, shown, lang),
        parties=totals.groups,
        persons=totals.persons,
        come=totals.come,
        previous=shown.address(lang, first=max(0, first - PAGE)) if first else None,
        next=shown.address(lang, first=first + PAGE) if totals.groups > first + PAGE else None,
        first=first,
        sessions=len(slots),
        left=sum(slot.left for slot in slots),
        closed=bool(slots) and all(slot.closed for slot in slots),
        supervised=shown.supervised,
        opening_url=shown.address(lang, "/opening"),
        done=translator(lang)(f"desk.day_{done}") if done in DONE else None,
        done_kind="warning" if done in {"early", "own"} else "good",
    )


def _attended(booking: bookings.Booking, visit: str) -> bool:
    return any(v.visit == visit and v.attended_at is not None for v in booking.visits)


def _rows(booked: Sequence[tuple[bookings.Booking, str, str]], shown: Day, lang: str) -> list[dict[str, Any]]:
    t = translator(lang)
    cases_of = cases.of_bookings([booking.ref for booking, _, _ in booked])
    visible = cases.visible_refs([case.ref for case in cases_of.values()], within=shown.within)
    labels = {visit.name: visit.label.in_(lang) for visit in shown.booking.all_visits}
    rows = []
    for booking, visit, clock in booked:
        case = cases_of.get(booking.ref)
        if case is not None and (case.ref not in visible or case.department not in shown.officer.departments):
            case = None
        rows.append(
            {
                "clock": clock_said(clock, lang) if clock else t("desk.day_whole"),
                "case": case.ref if case else None,
                "next": _can_be_decided(case) if case else False,
                "size": booking.size,
                "visit": visit,
                "visit_label": labels.get(visit, visit),
                "booking": booking.ref,
                "attended": _attended(booking, visit),
                "markable": shown.day <= shown.today,
            }
        )
    return rows


def _can_be_decided(case: cases.Case) -> bool:
    """Whether officers have an action in the case's state, such as recording a dose."""
    state = load.compiled(case.service, case.version).flow.states[case.state]
    return any(action.by_officers for action in state.actions.values())


@require_POST
@who.open_to("officer")
def attended(request: HttpRequest, *, lang: str, service: str) -> HttpResponseBase:
    """Record that somebody attended."""
    shown = _day(request, service)
    try:
        booking = bookings.booking(request.POST.get("booking", "")[:32])
    except bookings.NoBooking:
        raise Http404 from None
    visit = next((v for v in booking.visits if v.visit == request.POST.get("visit")), None)
    if booking.scheme != service or booking.status != "booked" or visit is None:
        raise Http404
    case = cases.of_bookings([booking.ref]).get(booking.ref)
    if case is not None and conflicts.concerns(case, shown.officer.ref):
        return HttpResponseRedirect(shown.address(lang, done="own"))
    if visit.day > shown.today:
        return HttpResponseRedirect(shown.address(lang, done="early"))
    bookings.attended(ref=booking.ref, visit=visit.visit, at=shown.at, by=f"officer:{shown.officer.ref}")
    typed = request.POST.get("from", "")
    first = int(typed) if typed.isdecimal() and len(typed) < 6 else 0
    return HttpResponseRedirect(shown.address(lang, first=first, done="attended"))


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
def opening(request: HttpRequest, *, lang: str, service: str) -> HttpResponseBase:
    """Close or reopen a place for a day, after a page that explains the consequences. For supervisors."""
    shown = _day(request, service)
    if not shown.supervised:
        raise Http404(service)
    by = f"officer:{shown.officer.ref}"
    if request.method == "POST":
        closed, typed = request.POST.get("do") == "close", request.POST.get("from", "")
        bookings.close_pools(
            scheme=service, place=shown.place, day=shown.day, closed=closed,
            from_clock=typed if closed and CLOCK.fullmatch(typed) else "", at=shown.at, by=by,
        )  # fmt: skip
        return HttpResponseRedirect(shown.address(lang, done="closed" if closed else "opened"))
    slots = bookings.slots(scheme=service, first=shown.day, last=shown.day, place=shown.place)
    clocks = sorted({slot.clock for slot in slots if slot.clock})
    totals = bookings.day_totals(scheme=service, place=shown.place, day=shown.day)
    place = shown.booking.place_named(shown.place)
    return reach.page(
        request,
        "desk/opening.html",
        lang,
        shown.officer,
        "bookings",
        service_title=shown.service.title.in_(lang),
        place=shown.place,
        place_label=place.label.in_(lang) if place else shown.place,
        day=shown.day.isoformat(),
        day_label=shown_date(shown.day, lang),
        closed=bool(slots) and all(slot.closed for slot in slots),
        sessions=len(slots),
        parties=totals.groups,
        clocks=[{"value": clock, "label": clock_said(clock, lang)} for clock in clocks[1:]],
        service=service,
        back=shown.address(lang),
        action=f"/{lang}/desk/bookings/{service}/opening",
        once=opaque(),
    )
