"""A long day: web, workers and the database's processes are killed at random while the mail server hangs now and then.

Residents apply and a department's machines book all the while, and never give up on what they began. Afterwards nothing
that was acknowledged is lost, nothing is doubled, the journal is whole and every letter has left. CI runs a short day;
PRAYA_SOAK_SECONDS makes it longer.
"""

import contextlib
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bench.ground import booking_service, free_port

from praya.kernel.journal import verify
from tests.installations import House
from tests.town import (
    LONGEST,
    Booker,
    Outside,
    Person,
    acknowledged_by,
    answering,
    killed,
    new_town,
    outside,
)

__all__ = ["outside"]
pytestmark = [pytest.mark.size, pytest.mark.postgresql]

SECONDS = float(os.environ.get("PRAYA_SOAK_SECONDS", "60"))
PEOPLE, BOOKERS, DAYS, PLACES = 4, 3, 4, 40
SEED = int(os.environ.get("PRAYA_SOAK_SEED", "11"))


def end_backends(town: House, choose: random.Random) -> int:
    """Kill one process of the database server that works for us."""
    working = town.do(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY pid"
    )
    if not working:
        return 0
    town.do("SELECT pg_terminate_backend(?)", choose.choice(working)[0])
    return 1


@pytest.fixture
def town(tmp_path: Path, _templates: Callable[[str], Any], outside: Outside) -> Iterator[House]:
    # Four days with forty places each: they sell out, and what is refused is refused for good.
    services = [booking_service(DAYS + 5, PLACES)]
    with new_town("postgresql", tmp_path, _templates, outside, *services, web_workers=2) as house:
        yield house


def test_a_day_of_kills_loses_nothing_and_doubles_nothing(town: House, outside: Outside) -> None:
    choose, stopped, port = random.Random(SEED), threading.Event(), free_port()
    introduced = town.call("tests.journeys.crash:token")
    days = [(datetime.now(UTC) + timedelta(days=2 + n)).date().isoformat() for n in range(DAYS)]
    lines = {"web": ("serve", "--port", port), "worker": ("worker",), "second worker": ("worker",)}
    running = {name: town.start(*line) for name, line in lines.items()}
    people = [Person(number, port, stopped) for number in range(PEOPLE)]
    bookers = [Booker(n, port, introduced["token"], introduced["people"], days) for n in range(BOOKERS)]
    happened: Counter[str] = Counter()
    try:
        answering(port)
        for each in (*people, *bookers):
            each.start()
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            time.sleep(choose.uniform(0.2, 4))
            what = choose.choice(["web", "worker", "second worker", "database", "database", "mail"])
            happened[what] += 1
            if what == "database":
                happened["backends"] += end_backends(town, choose)
            elif what == "mail":
                (outside.line.hangs.clear if outside.line.hangs.is_set() else outside.line.hangs.set)()
            else:
                killed(running[what])
                running[what] = town.start(*lines[what])
        outside.line.hangs.clear()
        stopped.set()
        for booker in bookers:
            booker.stopped.set()
        for each in (*people, *bookers):
            each.join(LONGEST)
            assert not each.is_alive(), (each.last, town.folder.joinpath("said.txt").read_text()[-3000:])
    finally:
        stopped.set()
        for process in running.values():
            killed(process)
    came_out = town.call("tests.journeys.crash:drained", timeout=600)
    _whole(town, outside, people, bookers, came_out, happened)


def _whole(
    town: House,
    outside: Outside,
    people: list[Person],
    bookers: list[Booker],
    came_out: dict[str, Any],
    happened: "Counter[str]",
) -> None:
    acknowledged = {draft: case for person in people for draft, case in person.acknowledged.items()}
    booked = {key: ref for booker in bookers for key, ref in booker.booked.items()}
    twice = sum(outside.postbox.came.values()) - len(outside.postbox.came)
    print(  # noqa: T201
        f"{dict(happened)} in {SECONDS:.0f} s; {len(acknowledged)} applications, {len(booked)} bookings, "
        f"{sum(each.refused for each in bookers)} refused as full, "
        f"{sum(each.failures for each in (*people, *bookers))} failed tries, "
        f"{outside.line.calls} calls that hung, {twice} letters handed over twice"
    )
    assert acknowledged_by(people) == len(acknowledged)
    assert came_out["by_draft"] == acknowledged
    assert sorted(came_out["cases"]) == sorted(acknowledged.values())
    assert len(set(acknowledged.values())) == len(acknowledged)
    # Every booking that was acknowledged is there, and no other; no place was sold twice.
    assert sorted(town.call("tests.journeys.crash:bookings_made")) == sorted(booked.values())
    assert len(set(booked.values())) == len(booked)
    assert came_out["miscounted"] == []
    assert len(booked) <= DAYS * PLACES
    # Each case has its one letter, by e-mail and by SMS, and every one has left.
    assert came_out["notices"] == dict.fromkeys(acknowledged.values(), 1)
    assert came_out["deliveries"] == {"email sent": len(acknowledged), "sms sent": len(acknowledged)}
    assert set(came_out["effects"]) <= {"done"}
    assert len(outside.postbox.came) == len(acknowledged)
    # A letter may be handed over again when its worker was killed before it could note that it had left: with the same
    # Message-ID, by which the receiver can tell.
    assert twice <= happened["worker"] + happened["second worker"] + happened["backends"] + happened["mail"]
    assert len(outside.gateway.sent) == len(acknowledged)
    assert set(outside.gateway.sent) == set(came_out["sms"])
    assert came_out["opened"] == sorted(acknowledged.values())
    outside_log = (town.folder / "var" / "checkpoints.log").read_text()
    with contextlib.closing(verify.open_database(town.database)) as connection:
        found = verify.verify(connection, public_key=came_out["key"], outside=outside_log)
    assert (found.problems, found.unsealed) == ([], 0)
