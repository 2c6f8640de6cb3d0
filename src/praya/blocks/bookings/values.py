"""Values and errors of bookings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from praya.blocks.bookings import models, store
from praya.kernel.crypto import vault

HeldAlready = store.HeldAlready
Seat = store.Seat


class SlotTaken(Exception):
    """The requested places are no longer free."""


class NoSession(SlotTaken):
    """There is no pool for a requested session: it does not exist, or may not be booked."""


class Overlaps(HeldAlready):
    """One of the holders has another booking of this scheme at the same time."""


class NoBooking(Exception):
    """There is no such booking, or it has ended."""


class HoldExpired(Exception):
    """The hold expired and its places were freed."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A session with a pool, and the number of places left."""

    pool: int
    place: str
    day: date
    clock: str
    left: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a booking."""

    visit: str
    place: str
    day: date
    clock: str
    attended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """The places that a group of `size` persons holds or has booked, one set for each visit."""

    ref: str
    scheme: str
    person_ref: str
    status: str
    size: int
    expires_at: datetime | None
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """When a booking was made, its holders (`holder`), and the persons who may have no other booking at its times."""

    made_at: datetime
    holders: frozenset[str]
    alone: frozenset[str]


def holder(identity: str) -> str:
    """The blind index of a person, by which a scheme limits each person to one active booking."""
    return vault.blind_index("booking", identity)


@dataclass(frozen=True, slots=True)
class Apart:
    """Persons (`holder`) who may have no other booking of the scheme at these times (`Booking.ticks`)."""

    persons: tuple[str, ...] = ()
    times: tuple[str, ...] = ()

    @property
    def holders(self) -> list[store.Holder]:
        """The keys of each person at each time."""
        return [(holder(f"{person}|{time}"), person) for person in self.persons for time in self.times]


NOBODY = Apart()


def keys_of_holders(persons: Sequence[str], apart: Apart) -> tuple[store.Holder, ...]:
    """The sorted holders of a booking: one for each person, and one for each person and time in `apart`.

    Holders are always inserted in this order, so that bookings with common holders cannot deadlock.
    """
    return tuple(sorted({(person, "") for person in persons} | set(apart.holders)))


def booking_from(row: models.Booking, seats: Sequence[models.Seat] | None = None) -> Booking:
    """The booking of a row; `seats` are its rows of seats, if they were read already."""
    booked_seats = row.seats.select_related("pool") if seats is None else seats
    visits = sorted(
        (Visit(s.visit, s.pool.place, s.pool.day, s.pool.clock, s.attended_at) for s in booked_seats),
        key=lambda v: (v.day, v.clock),
    )
    return Booking(row.ref, row.scheme, row.person_ref, row.status, row.size, row.expires_at, tuple(visits))
