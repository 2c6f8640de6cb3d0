"""The visits of one day across schemes and places."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from praya.blocks.bookings import models


@dataclass(frozen=True, slots=True)
class VisitOfDay:
    """A booked visit: its booking, its name in the service, its place, and its time; `clock` is empty for a day."""

    booking_ref: str
    visit: str
    place: str
    clock: str
    attended_at: datetime | None
    mark: str
    """Where the next page begins after this visit."""


def visits_of_day(
    *, day: date, of: Collection[str] | None = None, schemes: Collection[str] = (), after: str = "", limit: int
) -> list[VisitOfDay]:
    """Booked visits of a day by time, those of a whole day first: of the bookings `of`, or of every one of `schemes`.

    `after` is the mark of the last visit of the page before.
    """
    seats = models.Seat.objects.filter(pool__day=day, booking__status="booked")
    if of is None:
        seats = seats.filter(pool__scheme__in=list(schemes), pool__taken__gt=0)
    else:
        seats = seats.filter(booking_id__in=list(of))
    rows = _later(seats, after).order_by("pool__clock", "id")
    return [
        VisitOfDay(
            row.booking_id, row.visit, row.pool.place, row.pool.clock, row.attended_at, f"{row.pool.clock}.{row.id}"
        )
        for row in rows.select_related("pool")[:limit]
    ]


def _later(seats: "QuerySet[models.Seat]", after: str) -> "QuerySet[models.Seat]":
    clock, _, number = after.rpartition(".")
    if not (number.isdecimal() and number.isascii() and len(number) < 16):
        return seats
    return seats.filter(Q(pool__clock__gt=clock) | Q(pool__clock=clock, id__gt=int(number)))
