"""Web and worker are killed (kill -9) while submitting and notifying: nothing is lost, and nothing happens twice."""

import contextlib
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bench.ground import free_port
from tests.installations import House
from tests.journeys.crash import KIND
from tests.town import LONGEST, Outside, Person, acknowledged_by, answering, killed, new_town, outside

from praya.kernel.journal import verify

__all__ = ["outside"]
APPLICATIONS, KILLS, PEOPLE = 10, 2, 4


@pytest.fixture
def town(tmp_path: Path, _templates: Callable[[str], Any], outside: Outside) -> Iterator[House]:
    with new_town(KIND, tmp_path, _templates, outside) as house:
        yield house


@pytest.mark.size  # tests/journeys/test_batches.py kills in the suite, tests/size/test_soak.py goes on for longer
def test_killing_web_and_worker_loses_nothing_and_doubles_nothing(town: House, outside: Outside) -> None:
    postbox, gateway = outside.postbox, outside.gateway
    port, stopped, choose = free_port(), threading.Event(), random.Random(7)
    lines = {"web": ("serve", "--port", port), "worker": ("worker",)}
    running = {name: town.start(*line) for name, line in lines.items()}
    people = [Person(number, port, stopped) for number in range(PEOPLE)]
    kills: Counter[str] = Counter()
    try:
        for person in people:
            person.start()
        until = time.monotonic() + LONGEST
        while (
            acknowledged_by(people) < APPLICATIONS
            or min(kills["web"], kills["worker"]) < KILLS
            or not any(person.failures for person in people)
        ):
            assert time.monotonic() < until, [acknowledged_by(people), kills, [person.last for person in people]]
            answering(port)
            # Somebody comes through between two kills, however slow the machine is; the others are in the middle.
            before = acknowledged_by(people)
            while acknowledged_by(people) == before and time.monotonic() < until:
                time.sleep(0.02)
            time.sleep(choose.uniform(0, 0.5))
            name = "web" if kills["web"] <= kills["worker"] else "worker"
            killed(running[name])
            kills[name] += 1
            running[name] = town.start(*lines[name])
        stopped.set()
        for person in people:
            person.join(LONGEST)
            assert not person.is_alive(), town.folder.joinpath("said.txt").read_text()[-3000:]
    finally:
        stopped.set()
        for process in running.values():
            killed(process)
    came_out = town.call("tests.journeys.crash:drained")

    acknowledged = {draft: case for person in people for draft, case in person.acknowledged.items()}
    print(f"{sum(kills.values())} kills, {len(acknowledged)} applications, {len(gateway.asked)} keys, "  # noqa: T201
          f"{sum(gateway.asked.values())} calls of the gateway")  # fmt: skip
    # Every acknowledged submission is there, once; and nothing is there that was not asked for.
    assert came_out["by_draft"] == acknowledged
    assert sorted(came_out["cases"]) == sorted(acknowledged.values())
    assert len(set(acknowledged.values())) == len(acknowledged)
    # Each case has its one notice, and each notice its two messages, all sent.
    assert came_out["notices"] == dict.fromkeys(acknowledged.values(), 1)
    assert came_out["deliveries"] == {"email sent": len(acknowledged), "sms sent": len(acknowledged)}
    assert came_out["effects"] == {"done": 2 * len(acknowledged)}
    assert len(postbox.came) == len(acknowledged)
    # The gateway was perhaps asked twice, and sent once: one key for each message.
    assert len(gateway.sent) == len(acknowledged)
    assert set(gateway.sent) == set(came_out["sms"])
    assert all(json.loads(body)["to"] == "+85251234567" for body in gateway.sent.values())
    # The journal tells the same, is sealed to its end, and is whole.
    assert came_out["opened"] == sorted(acknowledged.values())
    assert came_out["miscounted"] == []
    outside_log = (town.folder / "var" / "checkpoints.log").read_text()
    with contextlib.closing(verify.open_database(town.database)) as connection:
        found = verify.verify(connection, public_key=came_out["key"], outside=outside_log)
    assert (found.problems, found.unsealed) == ([], 0)
