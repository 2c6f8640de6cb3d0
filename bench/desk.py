"""The desk over 200,000 open cases: every list, filter, search and export, on SQLite and on PostgreSQL.

An officer who supervises nine of the departments asks for each page in turns, over one connection that stays open. For
each page stand the median and the 99th percentile of the time until the whole answer was there, the processor time of
the web process (on SQLite the database's is in it), and the number of queries. The large export is made by a worker.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from typing import Any

from bench.city import memory, working
from bench.ground import (
    Browser,
    Installation,
    cpu_seconds,
    free_port,
    installation,
    report,
    scratch_database,
    serving,
    small_service,
)  # fmt: skip

SERVICES, OPEN, CLOSED, OFFICERS = 1300, 200_000, 20_000, 2000
REQUESTS = 120
NAME = "Chan Siu"
"""A name that thousands of the city's cases have."""
PAGES = {
    "todo": "",
    "asked": "?tab=asked",
    "mine": "?tab=mine",
    "closed": "?tab=closed",
    "late": "?due=late",
    "this week, nobody's": "?due=week&assigned=nobody",
    "without time limit": "?due=none",
    "waiting": "?waiting=yes",
    "oldest first": "?order=age",
    "oldest first, late, nobody's": "?order=age&due=late&assigned=nobody&waiting=no",
    "received between": "?opened_from={from}&opened_to={to}",
    "over a year old": "?age=365",
    "mine, late": "?tab=mine&due=late",
    "asked, late": "?tab=asked&due=late",
    "closed, refused": "?tab=closed&result=refused",
    "of a service": "?service={service}",
    "of a service, oldest first": "?service={service}&order=age",
    "a service by a word": "?find={title}",
    "numbers": "numbers",
    "board": "board",
    "search": "search",
    "views": "views",
    "exports": "exports",
    "batches": "batches",
}
FACTS = """
import json
from datetime import timedelta
from praya.project import startup
startup.ready_django()
from urllib.parse import quote
from praya.journey import load
from praya.kernel import clock
card = next(c for c in load.territory().known.values() if c.department == sorted(load.pack().departments)[0])
today = load.pack().calendar.day_of(clock.now())
print(json.dumps({"service": card.service, "title": quote(card.title.in_("en").split()[0]),
                  "from": str(today - timedelta(days=200)), "to": str(today - timedelta(days=190))}))
"""
OFFICER = """
from datetime import UTC, datetime
from importlib import import_module
from praya.project import startup
startup.ready_django()
from django.conf import settings
from django.http import HttpRequest
from praya.blocks.identity import api as identity
from praya.journey import load
from praya.web import who
names = sorted(load.pack().departments)[:9]
roles = frozenset(identity.Role(name, role) for name in names for role in ("supervisor", "exporter"))
officer = identity.add_officer(name="Bench", email="bench@example.com", roles=roles, at=datetime.now(UTC), by="system")
from django.db import connection
with connection.cursor() as cursor:
    # Some hundred cases of their own.
    cursor.execute("UPDATE cases_case SET assigned_to = %s WHERE closed_at IS NULL AND assigned_to <> '' "
                   "AND department = %s AND ref LIKE %s", [officer.ref, names[0], "QC-2%"])
    if connection.vendor == "postgresql":
        cursor.execute("ANALYZE cases_case")
request = HttpRequest()
request.session = import_module(settings.SESSION_ENGINE).SessionStore()
who.begin_session(request, officer=officer)
request.session.save()
print(settings.SESSION_COOKIE_NAME, request.session.session_key)
"""
QUERIES = """
import json, sys
from praya.project import startup
startup.ready_django()
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
settings.ALLOWED_HOSTS = ["*"]
client = Client()
client.cookies[sys.argv[1]] = sys.argv[2]
found = {}
for name, path in json.loads(sys.argv[3]).items():
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    found[name] = len(queries)
print(json.dumps(found))
"""


def paths_of(made: Installation) -> dict[str, str]:
    """The address of each page."""
    facts = json.loads(made.run("-c", FACTS).splitlines()[-1])
    return {name: f"/en/desk/{path.format(**facts)}" for name, path in PAGES.items()}


def asked(desk: Browser, pid: int, path: str) -> dict[str, float]:
    """The times of a page, in milliseconds."""
    for _ in range(5):
        desk.get(path)
    times, began = [], cpu_seconds(pid)
    for _ in range(REQUESTS):
        start = time.perf_counter()
        status, _, _ = desk.get(path)
        times.append((time.perf_counter() - start) * 1000)
        if status != 200:
            raise RuntimeError(f"GET {path} answered {status}")
    cpu = (cpu_seconds(pid) - began) / REQUESTS * 1000
    times.sort()
    return {
        "median_ms": round(statistics.median(times), 1),
        "p99_ms": round(times[int(len(times) * 0.99) - 1], 1),
        "cpu_ms": round(cpu, 1),
    }


def hits(desk: Browser) -> str:
    """The address of a list of hits."""
    desk.page("/en/desk/search")
    status, where, _ = desk.post("/en/desk/search", q=NAME)
    if status != 302 or "/search/" not in where:
        raise RuntimeError(f"the search answered {status} {where}")
    return where


def exported(desk: Browser, made: Installation) -> dict[str, float]:
    """Seconds until the largest list was made into a file by a worker, its bytes, and the worker's memory."""
    desk.page("/en/desk/search")
    status, where, _ = desk.post("/en/desk/exports", tab="todo", kind="xlsx")
    if status != 302:
        raise RuntimeError(f"the export answered {status} {where}")
    with working(made) as worker:
        began, largest = time.monotonic(), 0.0
        while True:
            _, _, page = desk.get("/en/desk/exports")
            largest = max(largest, memory(worker))
            if b"download>" in page:
                break
            if time.monotonic() - began > 900:
                raise RuntimeError("the export was not made")
            time.sleep(0.5)
        seconds = time.monotonic() - began
    link = page.decode().split("/desk/exports/")[1].split('"')[0]
    start = time.monotonic()
    status, _, file = desk.get(f"/en/desk/exports/{link}")
    return {
        "made_s": round(seconds, 1),
        "mb": round(len(file) / 1_000_000, 1),
        "fetched_s": round(time.monotonic() - start, 2),
        "worker_mb": round(largest),
    }


def measured(made: Installation) -> dict[str, Any]:
    """Everything of one installation."""
    made.run("-m", "tests.size.services", str(SERVICES))
    began = time.monotonic()
    made.run("-m", "tests.size.cases", str(OPEN + CLOSED), str(OFFICERS), str(OPEN / (OPEN + CLOSED)))
    print(f"{OPEN:,} open cases and {CLOSED:,} closed ones written in {time.monotonic() - began:.0f} s")
    cookie, key = made.run("-c", OFFICER).split()[-2:]
    paths, port, found = paths_of(made), free_port(), {}
    with serving(made, "-m", "praya.project.cli", "serve", "--port", str(port), ready="/readyz", port=port) as pid:
        desk = Browser(port)
        desk.cookies[cookie] = key
        paths["hits"] = hits(desk)
        for name, path in paths.items():
            found[name] = asked(desk, pid, path)
            print(f"{name:30} {found[name]}", flush=True)
        queries = json.loads(made.run("-c", QUERIES, cookie, key, json.dumps(paths)).splitlines()[-1])
        for name, number in queries.items():
            found[name]["queries"] = number
            print(f"{name:30} " + "  ".join(f"{word} {value}" for word, value in found[name].items()))
        export = exported(desk, made)
        print(f"the largest list as a file: {export}")
        web = memory(pid)
    return {"pages": found, "export": export, "web_mb": round(web)}


def kinds(only: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The databases, each with its settings."""
    if only != "postgresql":
        yield "sqlite", {}
    if only != "sqlite":
        with scratch_database() as address:
            yield "postgresql", {"DATABASE_URL": address}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("only", nargs="?", default="", choices=["", "sqlite", "postgresql"])
    results = {}
    for kind, environment in kinds(parser.parse_args().only):
        print(f"— {kind}")
        with installation(small_service(), **environment) as made:
            results[kind] = measured(made)
    slowest = max(
        ((page["cpu_ms"], name, kind) for kind, one in results.items() for name, page in one["pages"].items())
    )
    report(
        "desk",
        cpu_ms=slowest[0],
        slowest=f"{slowest[1]} on {slowest[2]}",
        ratio=round(slowest[0] / 20, 2),
        median_ms={kind: max(page["median_ms"] for page in one["pages"].values()) for kind, one in results.items()},
        p99_ms={kind: max(page["p99_ms"] for page in one["pages"].values()) for kind, one in results.items()},
        queries=max(page["queries"] for one in results.values() for page in one["pages"].values()),
        export={kind: one["export"] for kind, one in results.items()},
    )


if __name__ == "__main__":
    main()
