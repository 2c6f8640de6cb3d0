"""Bookings for a second over HTTP on PostgreSQL, against the same statement by pgbench, in turns, in the same run.

Both buy one place in one of thirty pools, with the same number of clients. Over HTTP that is the door for departments
(`POST /api/v1/services/{service}/bookings`): the token, the body's check, the window, the pool, the sale.
"""

import random
import re
import statistics
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.ground import booking_service, cpu_seconds, free_port, installation, report, scratch_database, serving
from bench.machines import asked, introduced

ROUNDS, SECONDS, CLIENTS, DAYS = 4, 5, 16, 30
_STATEMENT = """
from praya.project import startup
startup.ready_django()
from praya.blocks.bookings import store
print(store._SELL)
"""
VALUES = {
    "ref": "replace(gen_random_uuid()::text, '-', '')",
    "scheme": "'small-booking'::varchar",
    "person": "'00000000000000000000000000000000'",
    "status": "'booked'",
    "size": "1",
    "at": "now()",
    "expires": "NULL::timestamptz",
    "once": "gen_random_uuid()::text",
    "holders": "'[]'",
    # A colon before a letter or a digit would be a variable of pgbench.
    "seats": '(\'[{"clock": "", "place": "hall", "visit": "visit", "day": "\' || '
    "(date '{first}' + :day::int) || '\"}]')",
    "pools": "1",
    "event": "'booking_booked'",
    "actor": "'token: pgbench'",
    "facts": '\'{"seats": [],"size": 1}\'',
}


def pgbench(url: str, script: str) -> float:
    """Transactions for a second."""
    options = ["-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), "-f", script]
    done = subprocess.run(["pgbench", *options, url], capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None or "number of failed transactions: 0" not in done.stdout:
        raise RuntimeError(done.stdout + done.stderr)
    return float(found[1])


def main() -> None:
    """Measure."""
    import psycopg  # noqa: PLC0415

    days = [(datetime.now(UTC) + timedelta(days=2 + n)).date().isoformat() for n in range(DAYS)]
    with (
        scratch_database() as url,
        installation(booking_service(DAYS + 5, 10_000_000), DATABASE_URL=url, PRAYA_WEB_WORKERS="2",
                     PRAYA_WEB_THREADS="4") as made,
    ):  # fmt: skip
        tokens, people = introduced(made, CLIENTS, "book")
        statement = re.sub(r"%\((\w+)\)s", lambda m: VALUES[m[1]], made.run("-c", _STATEMENT).strip())
        script = made.folder / "sell.sql"
        script.write_text(f"\\set day random(0, {DAYS - 1})\n{statement.replace('{first}', days[0])};\n")

        def ask(number: int) -> tuple[str, dict[str, Any]]:
            seat = {"place": "hall", "day": random.choice(days)}
            return "/api/v1/services/small-booking/bookings", {
                "applicant": {"ref": people[number % len(people)]},
                "seats": [seat],
            }

        port = free_port()
        with serving(made, "-m", "praya.project.cli", "serve", "--port", str(port), ready="/readyz", port=port) as pid:
            asked(port, tokens, ask, 2, processes=2, run="warm")
            pgbench(url, str(script))
            rounds = []
            for number in range(ROUNDS):
                statement_tps = pgbench(url, str(script))
                began = cpu_seconds(pid)
                answers, seconds = asked(port, tokens, ask, SECONDS, processes=2, run=f"r{number}")
                cpu = (cpu_seconds(pid) - began) / max(1, answers[201])
                if set(answers) != {201}:
                    raise RuntimeError(f"not every booking was taken: {dict(answers)}")
                rounds.append((answers[201] / seconds, statement_tps, cpu))
                print(f"round {number + 1}: {rounds[-1][0]:.0f}/s over HTTP ({cpu * 1000:.2f} ms of web CPU each), "
                      f"{statement_tps:.0f}/s by pgbench")  # fmt: skip
        with psycopg.connect(url) as connection:
            wrong = connection.execute(
                "SELECT count(*) FROM bookings_pool p WHERE taken <> (SELECT coalesce(sum(b.size), 0) "
                "FROM bookings_seat s JOIN bookings_booking b ON b.ref = s.booking_id WHERE s.pool_id = p.id)"
            ).fetchone()
        if wrong != (0,):
            raise RuntimeError("pools are miscounted")
    http = statistics.median(a for a, _, _ in rounds)
    by_pgbench = statistics.median(b for _, b, _ in rounds)
    ratio = statistics.median(a / b for a, b, _ in rounds)
    cpu_ms = statistics.median(c for _, _, c in rounds) * 1000
    print(f"{http:.0f} bookings a second over HTTP, {by_pgbench:.0f} by pgbench with {CLIENTS} clients: {ratio:.2f}.")
    report("booking", ratio=round(ratio, 3), http=round(http), pgbench=round(by_pgbench), web_cpu_ms=round(cpu_ms, 2),
           clients=CLIENTS)  # fmt: skip


if __name__ == "__main__":
    main()
