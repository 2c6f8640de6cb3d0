"""A city's house against a village's, in one run: 1,300 services, 200,000 cases, 2,000 officers against four services.

Both are served at once and asked in turns. The ratio is the server's CPU for the home page at 1,300 services to that at
four; the pages are made anew for each request (a query keeps them from being kept). Beside it stand the lists of the
desk for an officer of nine departments, the memory of web and worker, and the check of one service among 1,300.
"""

import contextlib
import os
import signal
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from bench.ground import (
    Browser,
    Installation,
    cpu_seconds,
    free_port,
    installation,
    report,
    serving,
    small_service,
)  # fmt: skip

SERVICES, VILLAGE, CASES, OFFICERS = 1300, 4, 200_000, 2000
ROUNDS, REQUESTS = 6, 250
PAGES = {"todo": "", "asked": "?tab=asked", "mine": "?tab=mine", "closed": "?tab=closed", "numbers": "numbers"}
DAY = 15
"""Seconds that the worker is left to itself before its memory is read."""

OFFICER = """
import sys
from importlib import import_module
from datetime import UTC, datetime
from praya.project import startup
startup.ready_django()
from django.conf import settings
from django.http import HttpRequest
from praya.blocks.identity import api as identity
from praya.journey import load
from praya.web import who
roles = frozenset(identity.Role(name, "supervisor") for name in sorted(load.pack().departments)[:9])
officer = identity.add_officer(name="Bench", email="bench@example.com", roles=roles, at=datetime.now(UTC), by="system")
request = HttpRequest()
request.session = import_module(settings.SESSION_ENGINE).SessionStore()
who.begin_session(request, officer=officer)
request.session.save()
print(settings.SESSION_COOKIE_NAME, request.session.session_key)
"""


PACK = """
import sys
from pathlib import Path
from tests.size import services
services.pack(Path(sys.argv[1]), int(sys.argv[2]))
"""


def of_each(pid: int, browser: Browser, path: str, requests: int) -> float:
    """Seconds of the server's CPU for one request."""
    began = cpu_seconds(pid)
    for number in range(requests):
        status, _, _ = browser.get(f"{path}{'&' if '?' in path else '?'}n={number}")
        if status != 200:
            raise RuntimeError(f"GET {path} answered {status}")
    return (cpu_seconds(pid) - began) / requests


def memory(pid: int) -> float:
    """The largest memory of its own (RssAnon: no pages of mapped files) among a process and its children, in MB."""
    family, largest = {pid}, 0.0
    for entry in sorted(int(p) for p in os.listdir("/proc") if p.isdigit()):
        with contextlib.suppress(OSError, ValueError):
            fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            if entry in family or int(fields[1]) in family:
                family.add(entry)
                status = Path(f"/proc/{entry}/status").read_text()
                size = next((line for line in status.splitlines() if line.startswith("RssAnon")), "RssAnon: 0 kB")
                largest = max(largest, int(size.split()[1]) / 1024)
    return largest


@contextlib.contextmanager
def working(made: Installation) -> Iterator[int]:
    """A worker of the installation until the block ends; answers its process id."""
    process = made.start("-m", "praya.project.cli", "worker")
    try:
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(40)


def check_of_one(made: Installation, folder: Path) -> float:
    """Seconds of CPU in which `praya check` looks at one service among 1,300."""
    made.run(
        "-c",
        f"from pathlib import Path; from tests.size import services; services.pack(Path({str(folder)!r}), {SERVICES})",
    )
    one = sorted((folder / "city" / "services").iterdir())[SERVICES // 2]
    before = os.times()
    made.run("-m", "praya.project.cli", "check", str(one))
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    """Measure."""
    with installation(small_service()) as city, installation(small_service()) as village:
        city.run("-m", "tests.size.services", str(SERVICES))
        village.run("-m", "tests.size.services", str(VILLAGE))
        began = time.monotonic()
        city.run("-m", "tests.size.cases", str(CASES), str(OFFICERS))
        print(f"{CASES:,} cases and {OFFICERS:,} officers written in {time.monotonic() - began:.0f} s")
        cookie, key = city.run("-c", OFFICER).split()[-2:]
        ports = free_port(), free_port()
        serve = [("-m", "praya.project.cli", "serve", "--port", str(port)) for port in ports]
        with (
            serving(city, *serve[0], ready="/readyz", port=ports[0]) as city_pid,
            serving(village, *serve[1], ready="/readyz", port=ports[1]) as village_pid,
        ):
            many, few, desk = Browser(ports[0]), Browser(ports[1]), Browser(ports[0])
            desk.cookies[cookie] = key
            of_each(city_pid, many, "/en/", 40)
            of_each(village_pid, few, "/en/", 40)
            pairs = []
            for number in range(ROUNDS):
                pairs.append((of_each(city_pid, many, "/en/", REQUESTS), of_each(village_pid, few, "/en/", REQUESTS)))
                print(f"round {number + 1}: home page {pairs[-1][0] * 1000:.2f} ms at {SERVICES:,} services, "
                      f"{pairs[-1][1] * 1000:.2f} ms at {VILLAGE}")  # fmt: skip
            print(f"web process: {memory(city_pid):.0f} MB before the desk is opened")
            lists = {}
            for name, path in PAGES.items():
                of_each(city_pid, desk, f"/en/desk/{path}", 5)
                lists[name] = round(of_each(city_pid, desk, f"/en/desk/{path}", 30) * 1000, 1)
            print(f"the desk's lists over {CASES:,} cases, ms of CPU: {lists}")
            web = memory(city_pid)
            with working(city) as worker_pid:
                time.sleep(DAY)
                worker = memory(worker_pid)
        check = check_of_one(city, city.folder)
    home = statistics.median(a for a, _ in pairs) * 1000
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"home {home:.2f} ms, {ratio:.2f} times the village's; web {web:.0f} MB, worker {worker:.0f} MB; "
          f"check of one service {check:.2f} s")  # fmt: skip
    report("city", ratio=round(ratio, 3), home_cpu_ms=round(home, 2), desk_cpu_ms=lists, web_memory_mb=round(web),
           worker_memory_mb=round(worker), check_one_cpu_s=round(check, 2))  # fmt: skip


if __name__ == "__main__":
    main()
