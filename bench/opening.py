"""The opening minute over HTTP with PostgreSQL: people wait in the room, go in by turn, fill a form, hold and confirm.

Most come before the opening, some after it; three of ten leave while they wait. The web's processes are killed twice
(SIGKILL) and started again by the server. `journeys_per_s` counts whole journeys (begin, form, choose, hold, check,
submit) from the opening to the last of them; `cpu_ms` is the server's processor for each, with all that waits.
"""

import contextlib
import os
import random
import re
import signal
import statistics
import threading
import time
from datetime import datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from bench import ground
from bench.ground import (
    Browser,
    booking_service,
    cpu_seconds,
    free_port,
    installation,
    report,
    scratch_database,
    serving,
)

PEOPLE, LATE, CLIENTS = 900, 100, 16
A_MINUTE = 1800
WAIT = "/en/waiting-room/small-booking"
COUNTED = """
SELECT (SELECT count(*) FROM bookings_booking WHERE status = 'booked'),
  (SELECT count(*) FROM bookings_pool p WHERE taken > capacity OR taken <> (
    SELECT coalesce(sum(b.size), 0) FROM bookings_seat s JOIN bookings_booking b ON b.ref = s.booking_id
    WHERE s.pool_id = p.id AND b.status IN ('held', 'booked')))
"""
HONG_KONG = ZoneInfo("Asia/Hong_Kong")


def crowded(opens: datetime) -> dict[str, Any]:
    """A service that books a day in one place, with a waiting room; it releases places at `opens`."""
    made = booking_service(14, 10_000)
    made["booking"] |= {
        "waiting_room": {"admits": A_MINUTE},
        "release": {"places": 5_000, "at": f"{opens:%H:%M}"},
    }
    return made


class Person(Browser):
    """Somebody's browser that asks again when the server has been killed meanwhile."""

    def ask(self, method: str, path: str, fields: Any = None) -> tuple[int, str, bytes]:
        """As a person who loads the page once more."""
        for _ in range(60):
            try:
                return super().ask(method, path, fields)
            except (OSError, HTTPException):
                self.connection.close()
                time.sleep(0.25)
        raise RuntimeError("the server stays away")

    def journey(self) -> None:
        """The way from inside to the confirmation. Raises RuntimeError where a page is not what it must be."""
        _, page, _ = self.get("/en/services/small-booking/apply?another=1")
        self.page(page)
        _, onward, _ = self.post(page, subject_matter="A day")
        body = self.page(onward)
        slots = re.findall(rb'name="slot"[^>]*value="([^"]+)"', body)
        once = re.search(rb'name="once" value="([^"]*)"', body)
        if not slots or once is None:
            raise RuntimeError("no day is offered")
        _, onward, _ = self.post(onward, slot=random.choice(slots).decode(), once=once[1].decode(), place="hall")
        self.page(onward)
        status, onward, _ = self.post(onward)
        if not onward.endswith("/submitted"):
            raise RuntimeError(f"submitting answered {status} {onward}")


class Crowd:
    """Those who wait, each with cookies of their own; a few threads ask for all of them when their page says so."""

    def __init__(self, port: int) -> None:
        self.port, self.inside = port, SimpleQueue[dict[str, str]]()
        self.came: dict[int, float] = {}
        self.let_in: dict[int, float] = {}
        self.left: set[int] = set()
        self.polls = 0
        self.lock = threading.Lock()

    def watch(self, numbers: list[int], comes: dict[int, float], leaves: dict[int, float]) -> None:
        """Ask for these people until all are inside or have left."""
        browser = Person(self.port)
        due = {number: comes[number] for number in numbers}
        jars: dict[int, dict[str, str]] = {number: {} for number in numbers}
        while due:
            number = min(due, key=lambda one: due[one])
            time.sleep(max(0.0, due[number] - time.time()))
            if time.time() > leaves.get(number, 1e18):
                self.left.add(number)
                del due[number]
                continue
            browser.cookies = jars[number]
            status, _, body = browser.get(WAIT)
            now = time.time()
            self.came.setdefault(number, now)
            self.polls += 1
            if status == 303:
                self.let_in[number] = now
                self.inside.put(jars[number])
                del due[number]
            elif status == 200 and b"waiting" in body.lower():
                due[number] = now + 10
            else:
                raise RuntimeError(f"the waiting room answered {status}")


def kill_workers(parent: int) -> int:
    """Kill the processes that the server started; how many."""
    killed = 0
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, ValueError):
                if int(Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    os.kill(int(entry), signal.SIGKILL)
                    killed += 1
    return killed


def main() -> None:  # noqa: PLR0915 (one measurement from beginning to end)
    """Measure."""
    ground.PEOPLE = CLIENTS
    opens = (datetime.now(HONG_KONG) + timedelta(seconds=110)).replace(second=0, microsecond=0)
    with scratch_database() as url, installation(crowded(opens), DATABASE_URL=url, PRAYA_WEB_WORKERS="2") as made:
        port = free_port()
        with serving(made, "-m", "praya.project.cli", "serve", "--port", str(port), ready="/readyz", port=port) as pid:
            clients = []
            for number in range(CLIENTS):
                client = Person(port)
                client.sign_in(number)
                clients.append(client)
            moment = opens.timestamp()
            room = min(40.0, moment - time.time() - 3)
            if room < 5:
                raise RuntimeError("the machine is too slow to be ready before the opening: run it again")
            comes = {n: moment - 3 - random.random() * room for n in range(PEOPLE - LATE)}
            comes |= {n: moment + 1 + random.random() * 10 for n in range(PEOPLE - LATE, PEOPLE)}
            leaves = {n: comes[n] + random.random() * 20 for n in random.sample(range(PEOPLE), PEOPLE * 3 // 10)}
            crowd, done, wrong = Crowd(port), list[float](), list[str]()
            watching = [
                threading.Thread(target=crowd.watch, args=([*range(n, PEOPLE, 8)], comes, leaves)) for n in range(8)
            ]
            for thread in watching:
                thread.start()
            over = threading.Event()

            def journeys(client: Person) -> None:
                while not over.is_set() or not crowd.inside.empty():
                    try:
                        jar = crowd.inside.get(timeout=0.2)
                    except Empty:
                        continue
                    client.cookies |= {name: value for name, value in jar.items() if name.startswith("praya_pass")}
                    try:
                        client.journey()
                        done.append(time.time())
                    except RuntimeError as problem:
                        wrong.append(str(problem))

            working = [threading.Thread(target=journeys, args=(client,)) for client in clients]
            time.sleep(max(0.0, moment - time.time()))
            before = cpu_seconds(pid)
            for thread in working:
                thread.start()
            kills = 0
            for after in (8, 16):
                time.sleep(max(0.0, moment + after - time.time()))
                kills += kill_workers(pid)
            for thread in watching:
                thread.join()
            over.set()
            for thread in working:
                thread.join()
            cpu = cpu_seconds(pid) - before
        with psycopg.connect(url) as connection:
            booked, miscounted = connection.execute(COUNTED).fetchone() or (0, 0)
    early = [at for n, at in crowd.let_in.items() if n < PEOPLE - LATE]
    late = [at for n, at in crowd.let_in.items() if n >= PEOPLE - LATE]
    waits = sorted(at - max(moment, crowd.came[n]) for n, at in crowd.let_in.items())
    seconds = max(done) - moment
    print(f"{len(crowd.let_in)} of {PEOPLE} were let in, {len(crowd.left)} left, in {crowd.polls} polls.")
    print(f"{kills} web processes were killed; {len(wrong)} journeys were cut off: {sorted(set(wrong))[:3]}.")
    print(f"Medians: the early went in after {statistics.median(early) - moment:.0f} s, the late after "
          f"{statistics.median(late) - moment:.0f} s.")  # fmt: skip
    if miscounted or len(crowd.let_in) + len(crowd.left) != PEOPLE:
        raise RuntimeError(f"{miscounted} pools are miscounted, or somebody was lost")
    report("opening", journeys_per_s=round(len(done) / seconds, 1), cpu_ms=round(cpu / len(done) * 1000, 1),
           wait_median_s=round(statistics.median(waits), 1), wait_p99_s=round(waits[int(len(waits) * 0.99)], 1),
           journeys=len(done), booked=booked, cut_off=len(wrong), left=len(crowd.left), killed=kills,
           admits_a_minute=A_MINUTE)  # fmt: skip


if __name__ == "__main__":
    main()
