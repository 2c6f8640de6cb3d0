"""Choosing a place and a time for each visit: to hold them for an application, or to move a booking."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.definition.chapters.booking import Visit
from praya.definition.questions import clock_said
from praya.definition.service import Service
from praya.journey import (
    acting,
    application_steps,
    case_context,
    draft_booking,
    draft_progress,
    load,
    rebooking,
    visits,
)
from praya.journey.chapters.booking import visit_said
from praya.kernel.expression import ExpressionFailed
from praya.kernel.ids import opaque
from praya.kernel.money import Money
from praya.kernel.text import Text
from praya.web import case_actions, display, kept_forms, pages, who
from praya.web.portal import booked, free_times
from praya.web.portal.apply import draft_or_404, onward
from praya.web.portal.own_cases import case_or_404
from praya.web.waiting_room import views as waiting_room
from praya.web.words import translator

SLOTS_A_PAGE = 30
DAYS_A_WEEK = 7
MOST_DAYS_A_PAGE = 7
Problem = str
"""Why seats could not be taken: `taken`, `held`, `overlaps` or `refused`; empty when they were."""


@dataclass(frozen=True)
class Offer:
    """The choice of seats, for an application or for moving a booking, and what to do with the chosen seats."""

    service: Service
    choice: draft_booking.Choosing
    back: str
    then: Callable[[Sequence[bookings.Seat]], str]
    take: Callable[[Sequence[bookings.Seat]], Problem]
    button: str
    """The key of what the last button says."""
    current: Sequence[bookings.Seat] = ()
    of_case: bool = True
    own: Sequence[bookings.Seat] = ()
    """The seats of the booking that is moved: they count as free for it."""
    refusal: Callable[[Sequence[bookings.Seat]], Text | None] = lambda _: None
    """The sentence of the rule that refuses seats."""
    price: Callable[[Sequence[bookings.Seat]], str] = lambda _: ""
    """What seats cost, as people read it, where that depends on them."""

    @property
    def visits(self) -> Sequence[Visit]:
        """The visits that are chosen, in order."""
        return self.choice.visits

    @property
    def moves(self) -> bool:
        """Whether an existing booking is moved."""
        return bool(self.own)


@who.open_to("resident")
def book(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Choose a seat for each visit; the last choice holds all of them."""
    draft = draft_or_404(request, ref)
    if draft.case_ref:
        return HttpResponseRedirect(f"/{lang}/cases/{draft.case_ref}")
    walk = draft_progress.walk(draft, at=who.now())
    booking = walk.service.booked_on_applying
    # Whoever is refused for the time that they hold may choose another one.
    anew = draft_booking.with_seats(walk, (), 0) if booking is not None else walk
    if booking is None or anew.first_open is not None or anew.shut_out() is not None:
        return HttpResponseRedirect(onward(walk, lang, None))
    # Whoever holds places already came in, and may choose others; so a form that is sent twice waits for nobody.
    if not draft.booking_ref and (wait := waiting_room.before(request, walk.service, lang, draft=ref)) is not None:
        return wait
    choice = draft_booking.choosing_for(walk, at=who.now())

    def take(seats: Sequence[bookings.Seat]) -> Problem:
        try:
            draft_booking.hold(walk, seats, once_key=request.POST.get("once", ""), at=who.now())
        except bookings.Overlaps:
            return "overlaps"
        except bookings.HeldAlready:
            return "held"
        except forms.NoDraft:
            raise Http404(ref) from None
        waiting_room.held(request, walk.service)
        return ""

    def price(seats: Sequence[bookings.Seat]) -> str:
        with suppress(ExpressionFailed):
            due = application_steps.fees_with(walk, seats, choice.size)
            return Money(sum(fee.cents for fee in due), walk.pack.currency).shown() if due else ""
        return ""

    return _answer(
        request,
        Offer(
            walk.service,
            choice,
            back=f"/{lang}/apply/{ref}/{walk.pages[-1].page}",
            then=lambda _: f"/{lang}/apply/{ref}/check",
            take=take,
            button="portal.book_hold",
            of_case=False,
            refusal=lambda seats: draft_booking.refusal_of(walk, seats, choice.size, at=who.now()),
            price=price,
        ),
        lang,
    )


@who.open_to("resident")
def booked_already(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """The page within a form, once it is known for whom it would book."""
    draft = draft_or_404(request, ref)
    walk = draft_progress.walk(draft, at=who.now())
    there = draft_booking.booked_already(walk)
    if draft.case_ref or not there:
        return HttpResponseRedirect(onward(walk, lang, None))
    of_booking = cases.of_bookings([one.ref for one in there])
    mine = [
        booked.Booked(of_booking[one.ref], one)
        for one in there
        if one.ref in of_booking and of_booking[one.ref].person_ref == draft.person_ref
    ]
    key = walk.service.booked_on_applying
    names = walk.service.answers_behind(key.once_per) if key is not None and key.once_per is not None else set()
    about = [page for page in walk.pages if any(q.name in names for q in page.questions)]
    return booked.page(
        request, walk.service, lang, mine, discard=f"/{lang}/apply/{ref}/discard",
        about=[{"title": page.heading.in_(lang), "url": f"/{lang}/apply/{ref}/{page.page}"} for page in about],
    )  # fmt: skip


@who.open_to("resident")
def move(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Choose other seats for the booking of a case; the last choice moves all of them."""
    case = case_or_404(request, ref)
    service, pack, here = load.compiled(case.service, case.version), load.pack(), f"/{lang}/cases/{ref}"
    picture = case_context.of_case(case, service, pack, today=pack.calendar.day_of(who.now()))
    movable = rebooking.movable(picture, pack, at=who.now())
    if movable is None:
        return HttpResponseRedirect(here)

    def take(seats: Sequence[bookings.Seat]) -> Problem:
        try:
            rebooking.move(ref, seats, at=who.now())
        except bookings.Overlaps:
            return "overlaps"
        except rebooking.NotMovable:
            pass  # It is too late: the page of the case shows the booking.
        return ""

    return _answer(
        request,
        Offer(
            service, movable.choice, back=here, then=lambda _: f"{here}?done=1", take=take, button="portal.book_move",
            current=movable.fixed_seats, own=visits.seats_of(movable.booking),
            refusal=lambda seats: rebooking.refusal_of(picture, pack, [*movable.fixed_seats, *seats]),
        ),
        lang,
    )  # fmt: skip


@who.open_to("resident")
def choose(request: HttpRequest, *, lang: str, ref: str, action: str) -> HttpResponseBase:
    """Choose the time that an action of the applicant books; the page of the action takes it."""
    case, at = case_or_404(request, ref), who.now()
    here = f"/{lang}/cases/{ref}"
    offered = case_actions.action_named(acting.open_actions(case, acting.applicant(case.person_ref), at=at), action)
    service, pack = load.compiled(case.service, case.version), load.pack()
    if offered is None or not offered.book or service.booking is None:
        return HttpResponseRedirect(here)
    picture = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    choice = draft_booking.choosing_of(service.booking, picture.context, pack, at=at)
    choice = replace(choice, visits=choice.booking.all_visits[:1])

    def refusal(seats: Sequence[bookings.Seat]) -> Text | None:
        seen = visits.seen_with(service, pack, picture.context, seats, choice.size)
        return draft_booking.rule_against(service, seen)

    def take(seats: Sequence[bookings.Seat]) -> Problem:
        draft_booking.check_seats(service, seats, choice.window, visits=choice.visits)
        return "refused" if refusal(seats) is not None else ""

    def then(seats: Sequence[bookings.Seat]) -> str:
        _, place, day, clock = seats[0]
        return f"{here}/do/{action}?{urlencode({'session': f'{place}|{day.isoformat()}|{clock}'})}"

    return _answer(
        request,
        Offer(service, choice, back=here, then=then, take=take, button="portal.continue", refusal=refusal),
        lang,
    )


def _answer(request: HttpRequest, offer: Offer, lang: str) -> HttpResponseBase:
    """The page of the next choice, or the result of the last one."""
    given = request.POST if request.method == "POST" else request.GET
    seats = [seat for seat in map(_seat, given.getlist("seat")) if seat is not None]
    # Whoever pressed a language has chosen something, and not yet gone on.
    switched = _switched(request)
    picked = None if switched else _seat(given.get("slot", ""))
    if picked is not None:
        seats.append(picked)
    if offer.choice.window.first is None:
        return _closed(request, offer, lang, offer.choice.window)
    if request.method == "POST" and picked is None:
        return HttpResponseRedirect(f"{request.path}?{_nothing_chosen(request)}")
    if request.method == "POST" and len(seats) == len(offer.visits):
        return _take(request, offer, lang, seats)
    if picked is not None and len(seats) < len(offer.visits):
        query = urlencode([("seat", _written(seat)) for seat in seats] + [("place", picked[1])])
        return HttpResponseRedirect(f"{request.path}?{query}")
    return _choose(request, offer, lang, seats[: len(offer.visits) - 1])


def _switched(request: HttpRequest) -> bool:
    return request.method == "GET" and kept_forms.SWITCHED in request.GET


def _seat(text: str) -> bookings.Seat | None:
    """Parse a seat, `visit|place|2023-01-05|09:00`; None for anything else."""
    parts = text.split("|")
    if len(parts) != 4:
        return None
    try:
        return parts[0][:60], parts[1][:60], date.fromisoformat(parts[2]), parts[3][:5]
    except ValueError:
        return None


def _nothing_chosen(request: HttpRequest) -> str:
    """Redirect to the same choice, with the seats chosen so far, the place and the days on the page."""
    chosen = [(name, value) for name in ("seat", "place", "from", "part") for value in request.POST.getlist(name)]
    return urlencode([*chosen, ("asked", "slot")])


def _written(seat: bookings.Seat) -> str:
    return f"{seat[0]}|{seat[1]}|{seat[2].isoformat()}|{seat[3]}"


def _closed(request: HttpRequest, offer: Offer, lang: str, window: bookings.Window) -> HttpResponse:
    opens = display.moment_words(window.opens_at, load.pack(), lang) if window.opens_at else ""
    back = offer.back if offer.of_case else ""
    return pages.page(request, "portal/book_closed.html", lang, service=offer.service, opens=opens, back=back)


def _take(request: HttpRequest, offer: Offer, lang: str, seats: Sequence[bookings.Seat]) -> HttpResponseBase:
    try:
        problem = offer.take(seats)
    except bookings.SlotTaken:
        problem = "taken"
    except draft_booking.SessionRefused:
        problem = "refused"
    except draft_booking.BookingClosed as closed:
        return _closed(request, offer, lang, closed.window)
    if problem:
        again = [*(("seat", _written(seat)) for seat in seats[:-1]), ("place", seats[-1][1]), ("problem", problem)]
        if problem == "refused":
            again += [("refused", _written(seats[-1])), ("from", request.POST.get("from", ""))]
        return HttpResponseRedirect(f"{request.path}?{urlencode(again)}")
    return HttpResponseRedirect(offer.then(seats))


def _choose(request: HttpRequest, offer: Offer, lang: str, seats: Sequence[bookings.Seat]) -> HttpResponse:
    booking, choice = offer.service.booking, offer.choice
    assert booking is not None  # noqa: S101 (the caller looked)
    t = translator(lang)
    visit = offer.visits[len(seats)]
    days = bookings.visit_days(visit, {seat[0]: seat[2] for seat in (*offer.current, *seats)}, choice.window)
    switched, asked_for = _switched(request), request.GET.get("asked")
    picked_place = request.GET.get("place", "")
    place = "" if switched and asked_for == "place" else picked_place
    if booking.place_named(place) is None:
        place = booking.places[0].value if len(booking.places) == 1 else ""
    a_page = max(1, min(MOST_DAYS_A_PAGE, SLOTS_A_PAGE // max(1, *(len(one.times) for one in booking.blocks))))
    shown: list[dict[str, Any]] = []
    first = last = None
    glance, soonest = None, ""
    if place and days is not None and a_page < MOST_DAYS_A_PAGE:
        glance, soonest, shown, first = _one_day(request, offer, visit, seats, place, days, lang)
    elif place and days is not None:
        first = min(max(days[0], _from(request) or days[0]), days[1])
        last = min(days[1], first + timedelta(days=a_page - 1))
        shown = _days(offer, visit, seats, place, first, last, lang)
    soonest_at = _soonest(offer, seats, days, lang) if not place and days is not None else {}
    week = _week(request, offer, seats, days, lang) if not place and days is not None else None
    asked = not switched and asked_for == ("slot" if place else "place")
    problem = request.GET.get("problem", "") or ("none" if asked else "")
    messages = {
        "taken": t("portal.book_taken"),
        "held": t("portal.book_held"),
        "overlaps": t("portal.book_overlaps"),
        "refused": _refused(request, offer, seats, lang),
        "none": t("portal.book_no_time" if place else "portal.book_no_place"),
    }
    errors = [{"href": "#slot" if place else "#place", "text": messages[problem]}] if messages.get(problem) else []
    base = [("seat", _written(seat)) for seat in seats] + [("place", place)]
    return pages.page(
        request,
        "portal/book.html",
        lang,
        service=offer.service,
        booking=booking,
        moves=offer.moves,
        visit=visit,
        several=len(offer.visits) + len(offer.current) > 1,
        button_words=t(offer.button),
        chosen=[visit_said(offer.service, bookings.Visit(*seat), lang) for seat in (*offer.current, *seats)],
        seats=[_written(seat) for seat in seats],
        picked=(request.GET if switched else request.POST).get("slot", ""),
        picked_place=picked_place,
        place=booking.place_named(place),
        places=[
            {
                "value": p.value,
                "label": p.label.in_(lang),
                "hint": t("portal.book_note").join(
                    words for words in (p.hint.in_(lang) if p.hint else "", soonest_at.get(p.value, "")) if words
                ),
            }
            for p in booking.places
        ],
        days=shown,
        week=week,
        glance=glance,
        soonest=soonest,
        part=request.GET.get("part", ""),
        size=choice.size,
        is_last=len(seats) == len(offer.visits) - 1,
        earlier=_paged(request, base, first, days, -a_page) if first and days and glance is None else None,
        later=_paged(request, base, last, days, 1) if last and days else None,
        errors=errors,
        again=request.GET.get("again") == "1",
        once=opaque(),
        first_shown=first.isoformat() if first else "",
        back=_back(request, offer, seats, place if len(booking.places) > 1 else ""),
        any_free=any(slot["left"] for day in shown for slot in day["slots"]),
    )


def _soonest(offer: Offer, seats: Sequence[bookings.Seat], days: tuple[date, date], lang: str) -> dict[str, str]:
    """The first session that is free at each place, in words; for display, as all that is read here."""
    free: dict[str, bookings.Slot] = {}
    for slot in bookings.slots(scheme=offer.service.service, first=days[0], last=days[1]):
        if slot.place not in free and _room(offer, seats, slot) >= offer.choice.size:
            free[slot.place] = slot
    return {place: free_times.first_free([slot], lang) for place, slot in free.items()}


def _one_day(
    request: HttpRequest,
    offer: Offer,
    visit: Visit,
    seats: Sequence[bookings.Seat],
    place: str,
    days: tuple[date, date],
    lang: str,
) -> tuple[dict[str, Any], str, list[dict[str, Any]], date]:
    """Where a day has many sessions: a week at a glance, the first that is free, and the sessions of one day."""
    slots = bookings.slots(scheme=offer.service.service, first=days[0], last=days[1], place=place)
    free = [slot for slot in slots if _room(offer, seats, slot) >= offer.choice.size]
    soonest = free[0].day if free else days[0]
    chosen = min(max(days[0], _from(request) or soonest), days[1])
    base = [("seat", _written(seat)) for seat in seats] + [("place", place)]

    def address(day: date, part: str) -> str:
        return f"{request.path}?{urlencode([*base, ('from', day.isoformat()), ('part', part)])}"

    first_there = next((free_times.part_of(slot.clock) for slot in free if slot.day == chosen), "")
    part = request.GET.get("part") or first_there
    glance = free_times.week_of(slots, free, days, chosen, lang, address)
    shown = free_times.by_part(_days(offer, visit, seats, place, chosen, chosen, lang), part, lang)
    return glance, free_times.first_free(free, lang), shown, chosen


def _refused(request: HttpRequest, offer: Offer, seats: Sequence[bookings.Seat], lang: str) -> str:
    """Why the seat that was chosen last is refused."""
    seat = _seat(request.GET.get("refused", ""))
    refusal = offer.refusal([*seats, seat]) if seat is not None else None
    return refusal.in_(lang) if refusal else ""


def _back(request: HttpRequest, offer: Offer, seats: Sequence[bookings.Seat], place: str) -> str:
    """The address of the previous choice (the place, the previous visit) or of the page before the booking."""
    if seats:
        earlier = [("seat", _written(seat)) for seat in seats[:-1]] + [("place", seats[-1][1])]
        return f"{request.path}?{urlencode(earlier)}"
    return request.path if place else offer.back


def _from(request: HttpRequest) -> date | None:
    try:
        return date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        return None


def _paged(
    request: HttpRequest, base: list[tuple[str, str]], edge: date, days: tuple[date, date], step: int
) -> str | None:
    target = edge + timedelta(days=step)
    if step < 0:
        if edge <= days[0]:
            return None
        target = max(days[0], target)
    elif target > days[1]:
        return None
    return f"{request.path}?{urlencode([*base, ('from', target.isoformat())])}"


def _week(
    request: HttpRequest, offer: Offer, seats: Sequence[bookings.Seat], days: tuple[date, date], lang: str
) -> dict[str, Any]:
    """How many sessions are free at each place on each day of a week, with the address at which one chooses them."""
    base = [("seat", _written(seat)) for seat in seats]
    first = min(max(days[0], _from(request) or days[0]), days[1])
    last = min(days[1], first + timedelta(days=DAYS_A_WEEK - 1))
    free: Counter[tuple[str, date]] = Counter(
        (slot.place, slot.day)
        for slot in bookings.slots(scheme=offer.service.service, first=first, last=last)
        if _room(offer, seats, slot) >= offer.choice.size
    )

    def address(place: str, day: date) -> str:
        return f"{request.path}?{urlencode([*base, ('place', place), ('from', day.isoformat())])}"

    dates = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return {
        "days": [free_times.day_said(day, lang) for day in dates],
        "rows": [
            {
                "label": place.label.in_(lang),
                "cells": [{"free": free[place.value, day], "url": address(place.value, day)} for day in dates],
            }
            for place in offer.choice.booking.places
        ],
        "earlier": _paged(request, base, first, days, -DAYS_A_WEEK),
        "later": _paged(request, base, last, days, 1),
    }


def _room(offer: Offer, seats: Sequence[bookings.Seat], slot: bookings.Slot) -> int:
    """How many places of a session can be chosen: none of one that another visit has, or of a closed one."""
    session = (slot.place, slot.day, slot.clock)
    if slot.closed or any(seat[1:] == session for seat in (*seats, *offer.current)):
        return 0
    return slot.left + (offer.choice.size if any(seat[1:] == session for seat in offer.own) else 0)


def _days(
    offer: Offer, visit: Visit, seats: Sequence[bookings.Seat], place: str, first: date, last: date, lang: str
) -> list[dict[str, Any]]:
    t, holidays = translator(lang), load.pack().calendar.holidays
    by_day: dict[date, list[dict[str, Any]]] = {}
    is_last = len(seats) == len(offer.visits) - 1
    for slot in bookings.slots(scheme=offer.service.service, first=first, last=last, place=place):
        left = _room(offer, seats, slot)
        full = left < offer.choice.size
        block = offer.choice.booking.block_of(slot.place, slot.day, slot.clock, holidays)
        seat = (visit.name, slot.place, slot.day, slot.clock)
        notes = [block.label.in_(lang) if block and block.label else ""]
        notes += [offer.price([*seats, seat])] if is_last and not full else []
        by_day.setdefault(slot.day, []).append(
            {
                "value": f"{visit.name}|{slot.place}|{slot.day.isoformat()}|{slot.clock}",
                "label": clock_said(slot.clock, lang) if slot.clock else t("portal.book_whole_day"),
                "left": 0 if full else left,
                "full": full,
                "note": t("portal.book_note").join(note for note in notes if note),
            }
        )
    return [
        {
            "label": free_times.day_said(day, lang),
            "slots": slots,
        }
        for day, slots in by_day.items()
    ]
