"""What is known of each waiting room: when it opens, how many places are free, how long the queue is.

A thread of each web process looks every half second, so that whoever waits is answered from memory and from the queue.
Without that thread (in tests and commands) whoever asks looks.
"""

import threading
import time
from array import array
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

import structlog
from django.db import connection

from praya.blocks.bookings import api as bookings
from praya.definition.chapters.booking import Booking, WaitingRoom
from praya.definition.chapters.booking.words import MINUTES
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import load
from praya.kernel import clock, plug
from praya.kernel.calendar import Length
from praya.web.waiting_room.queue import Queue

LOOK_SECONDS = 0.5
PLACES_SECONDS = 2.0
FORGET_SECONDS = 3600.0
State = Literal["gathering", "waiting", "held", "gone"]
log = structlog.get_logger("waiting_room")


@dataclass(frozen=True, slots=True)
class Room:
    """The waiting room of one service. `places` is None when free places do not limit who is let in."""

    service: str
    a_minute: int
    stays: float
    """Seconds."""
    opening: int
    """The opening for which people wait, in seconds since 1970; 0 where there is none."""
    opens_at: datetime | None
    """When it will be; None once it has been."""
    places: int | None
    held: int
    ranks: "array[int]" = field(default_factory=lambda: array("q"))

    @property
    def state(self) -> State:
        """What those who wait are told."""
        if self.opens_at is not None:
            return "gathering"
        if self.places is not None and self.places < 1:
            return "held" if self.held else "gone"
        return "waiting"

    def ahead(self, rank: int) -> int:
        """How many of those who are there stand before a rank."""
        return bisect_left(self.ranks, rank)


def room_of(service: Service, pack: Pack, *, at: datetime) -> Room | None:
    """The room of a service at a moment, as the database knows it; None when it has none."""
    booking = service.booking
    if booking is None or booking.waiting_room is None:
        return None
    words: WaitingRoom = booking.waiting_room
    last, following = bookings.openings(booking, at=at, calendar=pack.calendar)
    gathers = following is not None and (following - at).total_seconds() <= _seconds(words.gathers)
    opening = following if gathers else last
    places, held = (None, 0) if gathers else _places(service.service, booking, pack, at)
    return Room(
        service.service, words.admits, _seconds(words.stays), int(opening.timestamp()) if opening else 0,
        following if gathers else None, places, held,
    )  # fmt: skip


def _seconds(length: Length) -> float:
    return float(length.count * MINUTES[length.unit] * 60)


def _places(service: str, booking: Booking, pack: Pack, at: datetime) -> tuple[int | None, int]:
    """How many groups find places now, at most, and how many groups hold some."""
    window = bookings.window_of_all(booking, at=at, calendar=pack.calendar)
    if window.first is None or window.last is None:
        return None, 0
    days = bookings.free_days(scheme=service, first=window.first, last=window.last)
    return sum(day.free for day in days), bookings.held_now(scheme=service)


class Rooms:
    """The rooms of this process."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}
        self._seen: dict[tuple[str, int, str], tuple[int, float]] = {}
        self._queue: Queue | None = None
        self._pump: threading.Thread | None = None
        self._once = threading.Lock()
        self._places_at = self._forgot_at = -FORGET_SECONDS

    @property
    def queue(self) -> Queue:
        """The queue of this machine."""
        if self._queue is None:
            store = next(store for store in plug.stores() if store.name == "waiting_room")
            self._queue = Queue(store.folder / "queue.db")
        return self._queue

    @property
    def ready(self) -> bool:
        """Whether the thread has looked at least once."""
        return self._pump is not None and self._places_at > 0

    def begin(self) -> None:
        """Start the thread of this process, unless it runs."""
        with self._once:
            if self._pump is None:
                self._pump = threading.Thread(target=self._run, name="waiting room", daemon=True)
                self._pump.start()

    def _run(self) -> None:
        while True:
            began = time.monotonic()
            try:
                self.look(at=clock.now())
            except Exception:
                # The database or the disk is away: those who wait keep what was known last.
                log.exception("the waiting rooms could not be looked after")
                connection.close()
            # A long queue must not take the processor from those who are inside.
            time.sleep(max(LOOK_SECONDS, 10 * (time.monotonic() - began)))

    def known(self, service: str) -> Room | None:
        """A room as it was last seen; None when the service has none."""
        if not self.ready:
            self.look(at=clock.now())
        return self._rooms.get(service)

    def look(self, *, at: datetime) -> None:
        """Enter who has asked, let in who may, and count who is left."""
        if time.monotonic() - self._places_at >= (PLACES_SECONDS if self.ready else 0):
            self._rooms = {name: replace(room, ranks=self._ranks_of(room)) for name, room in _found(at).items()}
            self._places_at = time.monotonic()
        if not self._rooms:
            return
        moment = at.timestamp()
        self.enter()
        for room in self._rooms.values():
            self._admit(room, moment)
        self._rooms = {
            name: replace(room, ranks=self.queue.ranks(name, room.opening, at=moment))
            for name, room in self._rooms.items()
        }
        if time.monotonic() - self._forgot_at >= FORGET_SECONDS:
            self.queue.forget(at=moment)
            self._forgot_at = time.monotonic()

    def _ranks_of(self, room: Room) -> "array[int]":
        before = self._rooms.get(room.service)
        return before.ranks if before is not None and before.opening == room.opening else array("q")

    def _admit(self, room: Room, moment: float) -> int:
        if room.opens_at is not None:
            return 0
        return self.queue.admit(
            room.service, room.opening, at=moment, a_minute=room.a_minute, places=room.places, stays=room.stays
        )

    def enter(self) -> None:
        """Enter those who have asked since the last time."""
        seen, self._seen = self._seen, {}
        if seen:
            self.queue.see((*key, rank, moment) for key, (rank, moment) in seen.items())

    def show(self, room: Room, ticket: str, rank: int, *, at: float) -> float | None:
        """Note that a ticket is there; return when it was let in, None while it waits.

        Where nobody waits it need not wait for the thread's next look.
        """
        key = (room.service, room.opening, ticket)
        admitted = self.queue.admitted_at(*key)
        if admitted is not None and admitted + room.stays > at:
            return admitted
        if admitted is not None:
            self.queue.again(*key)
        self._seen[key] = (rank, at)
        if room.ranks or room.state != "waiting":
            return None
        self.enter()
        self._admit(room, at)
        return self.queue.admitted_at(*key)


def _found(at: datetime) -> dict[str, Room]:
    territory = load.territory()
    rooms = (room_of(load.definition(card), territory.pack, at=at) for card in territory.live.values() if card.waits)
    return {room.service: room for room in rooms if room is not None}


ROOMS = Rooms()
"""The rooms of this process."""
