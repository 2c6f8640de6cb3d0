"""Somebody who may have one booking only and has it: told before they fill in a form, with the way to the booking."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.definition.service import Service
from praya.journey import load
from praya.web import display, pages


@dataclass(frozen=True, slots=True)
class Booked:
    """A case of the person and what is booked for it."""

    case: cases.Case
    booking: bookings.Booking


def own(service: Service, person_ref: str) -> Sequence[Booked]:
    """The person's bookings for a service of which everybody may have one at a time, in cases that are open."""
    booking = service.booked_on_applying
    if booking is None or booking.once_per is None:
        return ()
    mine = [c for c in cases.of_person(person_ref) if c.service == service.service and not c.closed_at]
    of_ref = {case.booking_ref: case for case in mine if case.booking_ref}
    booked = bookings.bookings(of_ref) if of_ref else []
    return [Booked(of_ref[one.ref], one) for one in booked if one.status == "booked"]


def told(request: HttpRequest, service: Service, lang: str, mine: Sequence[Booked]) -> HttpResponse:
    """The page before the form. Who books for somebody else, such as a parent, goes on from it."""
    return page(request, service, lang, mine, on=f"{request.path}?another=1")


def page(request: HttpRequest, service: Service, lang: str, mine: Sequence[Booked], **more: Any) -> HttpResponse:
    """The page that names bookings: those of the person by their cases, none of anybody else."""
    rows = [
        {
            "ref": one.case.ref,
            "url": f"/{lang}/cases/{one.case.ref}",
            "visits": display.visit_lines(load.compiled(one.case.service, one.case.version), one.booking, lang),
        }
        for one in mine
    ]
    return pages.page(
        request, "portal/booked.html", lang, service=service, rows=rows,
        department=load.pack().departments[service.department], **{"on": "", "about": (), "discard": "", **more},
    )  # fmt: skip
