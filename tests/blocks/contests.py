"""Concurrent operations on one pool. `House.call` runs `all_of_them` in a process of its own."""

import os
import random
import shutil
import signal
import tempfile
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from tests.installations import at_once

from praya.blocks.bookings import api as bookings
from praya.blocks.bookings.models import Booking, Holder, Pool, Seat
from praya.kernel.ids import opaque
from praya.kernel.journal.models import JournalEntry

AT = datetime(2023, 1, 5, 10, tzinfo=UTC)
DAY = date(2023, 1, 8)
LATER = AT + timedelta(minutes=16)
SHORT = timedelta(minutes=15)
_scheme = [""]


def all_of_them(contests: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Run contests one after another in this process, each in a scheme of its own."""
    results = {}
    for name, arguments in contests.items():
        _scheme[0] = name
        results[name] = globals()[name](**arguments)
    return results


def pools(*capacities: int) -> list[str]:
    """The places of one scheme with these capacities, on one day."""
    wanted = [bookings.Session(f"place-{n}", DAY, "", capacity) for n, capacity in enumerate(capacities)]
    bookings.make_pools(scheme=_scheme[0], wanted=wanted)
    return [session.place for session in wanted]


def hold(
    places: list[str],
    *,
    size: int = 1,
    holders: tuple[str, ...] = (),
    key: str = "",
    for_good: bool = True,
    at: Any = AT,
    apart: bookings.Apart = bookings.NOBODY,
) -> bookings.Booking:
    """Hold one visit in each place."""
    return bookings.hold(
        scheme=_scheme[0],
        person_ref=opaque(),
        seats=[(f"visit-{n}", place, DAY, "") for n, place in enumerate(places)],
        size=size,
        holders=holders,
        hold_for=None if for_good else SHORT,
        once_key=key or opaque(),
        at=at,
        by="person:x",
        apart=apart,
    )


def found(answers: dict[str, int]) -> dict[str, Any]:
    """The answers of the processes and what the tables say afterwards."""
    mine = Booking.objects.filter(scheme=_scheme[0])
    active = mine.filter(status__in=("held", "booked"))
    events = JournalEntry.objects.filter(event__startswith="booking_", service=_scheme[0])
    return {
        "answers": answers,
        "taken": list(Pool.objects.filter(scheme=_scheme[0]).order_by("place").values_list("taken", flat=True)),
        "active": active.count(),
        "places": sum(active.values_list("size", flat=True)),
        "bookings": mine.count(),
        "seats": Seat.objects.filter(booking__scheme=_scheme[0]).count(),
        "holders": Holder.objects.filter(active=True, scheme=_scheme[0]).count(),
        "statuses": sorted(mine.values_list("status", flat=True)),
        "events": sorted(events.values_list("event", flat=True)),
        "miscounted": bookings.miscounted(),
    }


def fight(processes: int, places: int, largest: int) -> dict[str, Any]:
    """Everybody buys until there is nothing left for a party of one."""
    (pool,) = pools(places)

    def buy(number: int) -> str:
        choose, sold = random.Random(number), 0
        while True:
            size = choose.randint(1, largest)
            try:
                hold([pool], size=size)
            except bookings.SlotTaken:
                if size == 1:
                    return str(sold)
                largest_left = 1
                try:
                    hold([pool], size=largest_left)
                except bookings.SlotTaken:
                    return str(sold)
                sold += 1
            else:
                sold += size

    return found(at_once(processes, buy))


def cross(processes: int, rounds: int) -> dict[str, Any]:
    """Two visits over the same pools, in opposite orders."""
    first, second = pools(10_000, 10_000)

    def buy(number: int) -> str:
        for _ in range(rounds):
            hold([first, second] if number % 2 else [second, first])
        return "sold"

    return found(at_once(processes, buy))


def same_key(processes: int) -> dict[str, Any]:
    """One key from everywhere."""
    (pool,) = pools(100)
    return found(at_once(processes, lambda _: hold([pool], size=2, holders=("h",), key="once").ref))


def same_holder(processes: int) -> dict[str, Any]:
    """Everybody books for the same person."""
    (pool,) = pools(100)
    return found(at_once(processes, lambda _: "sold" if hold([pool], holders=("h",)) else ""))


def at_two_places(processes: int) -> dict[str, Any]:
    """Everybody books another place for the same person, at the same time; some move there from another time."""
    made = pools(*[10] * (processes + 2))
    apart, later = bookings.Apart(("h",), ("2023-01-08T10:00",)), bookings.Apart(("h",), ("2023-01-08T11:00",))
    moving = hold([made[0]], apart=later).ref

    def buy(number: int) -> str:
        if number == 0:
            times = ["2023-01-08T10:00"]
            bookings.move(ref=moving, seats=[("visit-0", made[1], DAY, "")], at=AT, by="person:x", times=times)
            return "sold"
        return "sold" if hold([made[number + 1]], apart=apart) else ""

    return found(at_once(processes, buy))


def changing_places(processes: int, rounds: int) -> dict[str, Any]:
    """Bookings of two pools, in which one more has room, are moved to and fro in opposite directions."""
    made = pools(processes + 2, processes + 2)
    refs = [hold([made[n % 2]], size=2).ref for n in range(processes)]

    def live(number: int) -> str:
        choose = random.Random(number)
        for _ in range(rounds):
            try:
                seats = [("visit-0", choose.choice(made), DAY, "")]
                bookings.move(ref=refs[number], seats=seats, at=AT, by="person:x")
            except bookings.SlotTaken:
                continue
        return "lived"

    return found(at_once(processes, live))


def last_place(processes: int) -> dict[str, Any]:
    """Everybody moves to the one place that is left; whoever is too late keeps the old one."""
    old, new = pools(processes, 1)
    refs = [hold([old], holders=(f"h{n}",)).ref for n in range(processes)]

    def move(number: int) -> str:
        bookings.move(ref=refs[number], seats=[("visit-0", new, DAY, "")], at=AT, by="person:x")
        return "moved"

    return found(at_once(processes, move))


def families(processes: int, rounds: int) -> dict[str, Any]:
    """Parties that share members, named in different orders, in different pools, cancelling and booking again."""
    made = pools(1000, 1000)

    def live(number: int) -> str:
        choose = random.Random(number)
        for _ in range(rounds):
            members = [f"h{n}" for n in range(4)]
            choose.shuffle(members)
            try:
                held = hold([choose.choice(made)], size=2, holders=tuple(members[:3]))
            except bookings.HeldAlready:
                continue
            bookings.cancel(ref=held.ref, at=AT, by="person:x")
        return "lived"

    return found(at_once(processes, live))


def hold_again_while_cancelling(rounds: int) -> dict[str, Any]:
    """A person gives up a place and takes one in the same pool from another device."""
    (pool,) = pools(1000)
    answers: dict[str, int] = {}
    for _ in range(rounds):
        ref = hold([pool], holders=("h",)).ref

        def move(number: int, ref: str = ref) -> str:
            if number == 0:
                return f"cancelled {bookings.cancel(ref=ref, at=AT, by='person:x')}"
            return f"{hold([pool], holders=('h',)).status} again"

        for said, count in at_once(2, move).items():
            answers[said] = answers.get(said, 0) + count
        for left in Booking.objects.filter(status="booked", scheme=_scheme[0]).values_list("ref", flat=True):
            bookings.cancel(ref=left, at=AT, by="person:x")
    return found(answers)


def reclaim(processes: int, places: int) -> dict[str, Any]:
    """All places are held and the holds ran out: buyers and the job reclaim them at the same moment."""
    (pool,) = pools(places)
    for _ in range(places):
        hold([pool], for_good=False)

    def take(number: int) -> str:
        if number % 4 == 0:
            bookings.expire(at=LATER)
            return "job"
        return "sold" if hold([pool], at=LATER) else ""

    return found(at_once(processes, take))


def confirm_or_cancel(rounds: int) -> dict[str, Any]:
    """One process keeps a hold, one cancels it, one ends it as run out."""
    (pool,) = pools(100)
    answers: dict[str, int] = {}
    for _ in range(rounds):
        ref = hold([pool], for_good=False).ref

        def end(number: int, ref: str = ref) -> str:
            if number == 0:
                try:
                    return f"confirmed {bookings.confirm(ref=ref, at=LATER, by='person:x').status}"
                except bookings.HoldExpired:
                    return "expired"
            if number == 1:
                return f"cancel {bookings.cancel(ref=ref, at=LATER, by='person:x')}"
            return f"ended {bookings.expire(at=LATER)}"

        for said, count in at_once(3, end).items():
            answers[said] = answers.get(said, 0) + count
    return found(answers)


def apply_again(processes: int, pack: str) -> dict[str, Any]:
    """One application from everywhere with one key, and another person's with the same key."""
    from praya.blocks.cases.models import Case
    from praya.blocks.forms.models import Draft
    from praya.blocks.identity import api as identity
    from praya.definition.example import Example
    from praya.definition.source import read
    from praya.journey import application_steps, draft_booking, load

    load.publish_pack(at=AT, by="system")
    territory = load.territory()
    story = Example.model_validate(read(Path(pack) / "services/vaccination-booking/examples/both-doses.yaml").data)
    service = territory.services["vaccination-booking"]
    _scheme[0] = service.service
    draft_booking.make_pools(service, territory.pack, at=story.starts)
    people = [identity.enrol(email=f"p{n}@example.com", name="Sample", language="en", at=AT) for n in range(2)]
    seats = [(s.visit, s.place, s.day, f"{s.time:%H:%M}" if s.time else "") for s in story.book]

    def apply(number: int) -> str:
        answers = dict(story.answers)
        if number % 2:
            answers["hkid"] = "M000002(2)"
        return application_steps.apply_at_once(
            service, person=people[number % 2], language="en", answers=answers, files={}, seats=seats,
            once_key="mine", at=story.starts,
        ).ref  # fmt: skip

    answers = at_once(processes, apply)
    return found(answers) | {
        "cases": Case.objects.count(),
        "drafts": Draft.objects.count(),
        "owners": len(set(Case.objects.values_list("booking_ref", "person_ref"))),
        "agree": all(
            Booking.objects.get(ref=b).person_ref == p for b, p in Case.objects.values_list("booking_ref", "person_ref")
        ),
    }


def limited(processes: int, litres: int, folder: str) -> dict[str, Any]:
    """Everybody applies for litres of one vehicle, of which there are 200; whoever was refused has taken nothing."""
    from praya.blocks.cases.models import Case, Use
    from praya.blocks.identity import api as identity
    from praya.definition.load import load_service
    from praya.journey import application_steps, load

    service = load_service(Path(folder), load.pack())
    load.publish(service, at=AT, by="system")
    load.forget()
    people = [identity.enrol(email=f"l{n}@example.com", name="Sample", language="en", at=AT) for n in range(processes)]
    answers = {"members": [{"born": "1980-05-01", "incomes": [{"amount": 3000}]}], "vehicle": "AB1234"}

    def apply(number: int) -> str:
        case = application_steps.apply_at_once(
            service, person=people[number], language="en", answers={**answers, "litres": litres}, files={}, seats=[],
            once_key=f"l{number}", at=AT,
        )  # fmt: skip
        return case.state

    answered = at_once(processes, apply)
    uses = Use.objects.filter(amount=litres * 10**6)
    return found(answered) | {
        "cases": Case.objects.filter(service=service.service).count(),
        "used": sum(use.amount for use in uses) // 10**6,
        "keys": sorted(set(uses.values_list("key", flat=True))),
    }


def run_out_of_the_holder() -> dict[str, Any]:
    """Somebody whose own hold ran out books again before any job came by."""
    (pool, other) = pools(5, 5)
    hold([pool], holders=("h",), for_good=False)
    again = hold([other], holders=("h",), at=LATER)
    return found({again.status: 1})


def too_long_a_key() -> dict[str, Any]:
    """A key that does not fit its column."""
    (pool,) = pools(5)
    return found(at_once(1, lambda _: hold([pool], key="k" * 200).ref))


def prepared() -> dict[str, Any]:
    """What the server has prepared after two sales over one connection."""
    (pool,) = pools(10)
    for _ in range(2):
        hold([pool])
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        statements = [statement.split()[:2] for (statement,) in cursor.fetchall()]
    return found({}) | {"statements": statements}


def hot_fight(*, places: int, processes: int, threads: int, kills: int) -> dict[str, Any]:
    """Threads of several processes sell by batches in two hot pools; some processes are killed and begun anew.

    Each thread asks again with the same key until it is answered, as a browser does; one in five asks for a person who
    has a booking already. `told` is what was answered: nobody is told of a place that is not there.
    """
    named = pools(places, places)
    told = Path(tempfile.mkdtemp())
    connection.close()
    running = {n: _hot(named, n, threads, told) for n in range(processes)}
    for _ in range(kills):
        time.sleep(0.25)
        number = random.choice(list(running))
        os.kill(running[number], signal.SIGKILL)
        os.waitpid(running[number], 0)
        running[number] = _hot(named, number, threads, told)
    for pid in running.values():
        os.waitpid(pid, 0)
    refs = [line for file in told.iterdir() for line in file.read_text().splitlines()]
    there = set(Booking.objects.filter(scheme=_scheme[0]).values_list("ref", flat=True))
    shutil.rmtree(told)
    return {**found({}), "lost": sorted(set(refs) - there), "told": len(set(refs))}


def _hot(named: list[str], number: int, threads: int, told: Path) -> int:
    """A process of threads, each with keys of its own that it used before it was killed."""
    pid = os.fork()
    if pid:
        return pid
    try:
        group = [threading.Thread(target=_hot_thread, args=(named, f"{number}-{n}", told)) for n in range(threads)]
        for thread in group:
            thread.start()
        for thread in group:
            thread.join()
    finally:
        os._exit(0)


def _hot_thread(named: list[str], mine: str, told: Path) -> None:
    refused = 0
    for turn in range(10_000):
        place = named[turn % 2]
        holder = f"taken-{turn % 7}" if turn % 5 == 0 else f"{mine}-{turn}"
        try:
            made = bookings.hold(
                scheme=_scheme[0], person_ref=opaque(), seats=[("visit", place, DAY, "")], size=1,
                holders=(holder[:32],), hold_for=None, once_key=f"{_scheme[0]}-{mine}-{turn}", at=AT, by="person:x",
                hot=True,
            )  # fmt: skip
        except bookings.HeldAlready:
            continue
        except bookings.SlotTaken:
            refused += 1
            if refused > 2:
                break
            continue
        with (told / mine).open("a") as file:
            file.write(f"{made.ref}\n")
    connection.close()
