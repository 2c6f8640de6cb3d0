"""Parts of the responses about applications: fees, explanations, visits, and the short form of an application."""

from collections.abc import Sequence

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.definition.explain import Line
from praya.definition.service import Service
from praya.journey import (
    load,
)
from praya.journey.chapters import fees
from praya.kernel.text import Text
from praya.web.api import schemas
from praya.web.api.services import all_languages


def short_schema(case: cases.Case, service: Service) -> schemas.Application:
    """The short form of an application, with which it is confirmed."""
    pack = load.pack()
    return schemas.Application(
        reference=case.ref,
        service=case.service,
        version=case.version,
        applicant=case.person_ref,
        state=case.state,
        state_title=all_languages(service.flow.states[case.state].label),
        due_date=pack.calendar.day_of(case.due_at) if case.due_at else None,
        fees=fee_schemas(case.fees, pack.currency),
        fee=amount(fees.sums(case.fees)["total"]),
        currency=pack.currency,
        booking=case.booking_ref or None,
        links={
            "self": f"/api/v1/applications/{case.ref}",
            "track": f"/api/v1/track/{case.ref}",
            "page": f"/{case.language}/cases/{case.ref}",
        },
    )


def fee_schemas(fees: Sequence[cases.Fee], currency: str) -> list[schemas.FeeSaid]:
    """The fees of a response, exact to the cent."""
    return [
        schemas.FeeSaid(
            title=all_languages(Text(fee.label)),
            amount=amount(fee.cents),
            returned=amount(fee.returned),
            currency=currency,
            reference=all_languages(Text(fee.reference)) if fee.reference else None,
            name=fee.name or None,
            kind=fee.kind,
            state=fee.state,
        )
        for fee in fees
    ]


def explanation_schemas(lines: Sequence[Line]) -> list[schemas.Explained]:
    """The lines of an explanation, with the lines within them."""
    return [
        schemas.Explained(words=line.words, value=line.value, law=line.law, within=explanation_schemas(line.within))
        for line in lines
    ]


def amount(cents: int) -> str:
    """Convert cents to a decimal number, such as 5250.00."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def visit_schemas(visits: Sequence[bookings.Visit]) -> list[schemas.VisitSaid]:
    """The visits of a booking."""
    return [schemas.VisitSaid(visit=v.visit, place=v.place, day=v.day, time=v.clock) for v in visits]
