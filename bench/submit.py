"""Whole applications for a second, and the CPU of each, on SQLite and on PostgreSQL.

An application comes over the door for departments (`POST /api/v1/services/{service}/applications`): one request that is
checked in full, becomes a draft, a case, its history, a notice with an e-mail and an SMS, and their facts in the
journal, in one transaction that is on disk when it is answered. The bound to compare with is the disk and the
database alone: one transaction for each application that writes the same rows, by a loop without any framework.
The ratio is SQLite's rate to PostgreSQL's; how near each comes to its bound is beside it.
"""

import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

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
from bench.machines import asked, introduced

ROUNDS, SECONDS, CLIENTS = 3, 6, 4
TABLES = (
    "forms_draft", "cases_case", "cases_step", "notices_notice", "notices_delivery", "outbox_effect", "journal_entry",
    "access_answered",
)  # fmt: skip


def application(number: int) -> tuple[str, dict[str, Any]]:
    """One application; each by another person."""
    return "/api/v1/services/small/applications", {
        "applicant": {"email": f"sample{number % 20}@example.com", "language": "en"},
        "answers": {"subject_matter": f"Something number {number}", "mobile": "+85251234567"},
    }


def connected(made: Installation) -> Any:
    """A connection of our own to the installation's database, with its durability."""
    if url := made.environment.get("DATABASE_URL"):
        import psycopg  # noqa: PLC0415

        return psycopg.connect(url, autocommit=True)
    path = made.folder / "var" / "praya.sqlite3"
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def counted(made: Installation) -> dict[str, int]:
    """How many rows each table has."""
    with closing(connected(made)) as connection:
        found = {}
        for table in TABLES:
            try:
                found[table] = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            except Exception:  # noqa: BLE001 (a table of another version)
                found[table] = 0
        return found


def bound(made: Installation, rows: int, seconds: float) -> float:
    """Transactions for a second that write so many rows of an application's size, by one plain loop."""
    blob = "x" * 300
    with closing(connected(made)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench_bound (n bigint, words text)")
        mark = "%s" if made.environment.get("DATABASE_URL") else "?"
        insert = f"INSERT INTO bench_bound VALUES ({mark}, {mark})"  # noqa: S608
        count, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            connection.execute("BEGIN")
            for n in range(rows):
                connection.execute(insert, (n, blob))
            connection.execute("COMMIT")
            count += 1
        connection.execute("DROP TABLE bench_bound")
    return count / seconds


def portal_cpu(pid: int, port: int, people: int) -> float:
    """CPU of the whole way of a resident with a browser: five requests from the service page to the confirmation."""
    browsers = []
    for number in range(people):
        browser = Browser(port)
        browser.sign_in(number)
        browsers.append(browser)
    began = cpu_seconds(pid)
    for browser in browsers:
        _, page, _ = browser.get("/en/services/small/apply")
        browser.page(page)
        browser.post(page, subject_matter="Something", mobile="5123 4567")
        check = page.rsplit("/", 1)[0] + "/check"
        browser.page(check)
        status, where, _ = browser.post(check)
        if status != 302 or not where.endswith("/submitted"):
            raise RuntimeError(f"submitting answered {status} {where}")
    return (cpu_seconds(pid) - began) / people


@contextmanager
def on(kind: str) -> Iterator[Installation]:
    """An installation on this database."""
    if kind == "sqlite":
        with installation(small_service()) as made:
            yield made
        return
    with scratch_database() as url, installation(small_service(), DATABASE_URL=url, PRAYA_WEB_WORKERS="2") as made:
        yield made


def measured(kind: str) -> dict[str, float]:
    """The figures of one database."""
    with on(kind) as made:
        tokens, _ = introduced(made, CLIENTS, "apply")
        port = free_port()
        with serving(made, "-m", "praya.project.cli", "serve", "--port", str(port), ready="/readyz", port=port) as pid:
            asked(port, tokens, application, 1.5, processes=1, run="warm")
            before, total, rates, cpus, bounds, rows = counted(made), 0, [], [], [], 0
            for number in range(ROUNDS):
                began = cpu_seconds(pid)
                answers, seconds = asked(port, tokens, application, SECONDS, processes=1, run=f"r{number}")
                if set(answers) != {201}:
                    raise RuntimeError(f"not every application was taken: {dict(answers)}")
                cpus.append((cpu_seconds(pid) - began) / answers[201])
                rates.append(answers[201] / seconds)
                total += answers[201]
                after = counted(made)
                rows = round(sum(after[t] - before[t] for t in TABLES) / total)
                bounds.append(bound(made, rows, 2))
                print(f"{kind}, round {number + 1}: {rates[-1]:.0f}/s, {cpus[-1] * 1000:.2f} ms of web CPU each; "
                      f"the bound is {bounds[-1]:.0f}/s with {rows} rows each")  # fmt: skip
            if after["cases_case"] - before["cases_case"] != total:
                raise RuntimeError("not every application has its case")
            portal = portal_cpu(pid, port, 20)
    return {
        "per_second": round(statistics.median(rates), 1),
        "cpu_ms": round(statistics.median(cpus) * 1000, 2),
        "bound_per_second": round(statistics.median(bounds), 1),
        "portal_cpu_ms": round(portal * 1000, 1),
        "rows": rows,
    }


def main() -> None:
    """Measure both."""
    sqlite, postgresql = measured("sqlite"), measured("postgresql")
    for kind, found in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        print(f"{kind}: {found['per_second']:.0f} applications a second, {found['cpu_ms']:.2f} ms of web CPU each; "
              f"by a resident's browser (5 requests) {found['portal_cpu_ms']:.1f} ms")  # fmt: skip
    report("submit", ratio=round(sqlite["per_second"] / postgresql["per_second"], 2), sqlite=sqlite,
           postgresql=postgresql)  # fmt: skip


if __name__ == "__main__":
    main()
