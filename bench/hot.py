"""One hot pool on PostgreSQL with durable commits: our sales one by one and in batches, against the same statement.

In turns and in one run, with as many clients each: pgbench runs the statement itself; two processes of threads call
`bookings.hold`, first each by itself, then as a hot pool, whose sales share commits. `ratio` is one by one over
pgbench, `batched` the same of the batches.
"""

import re
import statistics
from datetime import UTC, datetime, timedelta

import psycopg

from bench.booking import _STATEMENT, CLIENTS, VALUES, pgbench
from bench.ground import Installation, booking_service, installation, report, scratch_database

ROUNDS, SECONDS, PROCESSES, THREADS = 4, 5, 2, 32
_SELLER = """
import os, sys, threading, time
from datetime import UTC, date, datetime
from random import choice
from praya.project import startup
startup.ready_django()
from django.db import connection
from praya.blocks.bookings import api as bookings
from praya.kernel.ids import opaque
days, hot, seconds, threads = sys.argv[1].split(","), sys.argv[2] == "hot", float(sys.argv[3]), int(sys.argv[4])
sold, until = [0] * threads, time.monotonic() + seconds
def sell(number):
    while time.monotonic() < until:
        bookings.hold(scheme="small-booking", person_ref="0" * 32, size=1, holders=(), hold_for=None, by="person:x",
                      seats=[("visit", "hall", date.fromisoformat(choice(days)), "")], once_key=opaque(),
                      at=datetime.now(UTC), hot=hot)
        sold[number] += 1
    connection.close()
for _ in range(PROCESSES - 1):
    if os.fork() == 0:
        break
group = [threading.Thread(target=sell, args=(n,)) for n in range(threads)]
began = time.monotonic()
for one in group: one.start()
for one in group: one.join()
os.write(1, f"{sum(sold) / (time.monotonic() - began)}\\n".encode())
try:
    while True: os.wait()
except ChildProcessError: pass
""".replace("PROCESSES", str(PROCESSES))


def ours(made: Installation, days: list[str], threads: int, *, hot: bool) -> float:
    """Sales a second of all processes."""
    said = made.run("-c", _SELLER, ",".join(days), "hot" if hot else "alone", str(SECONDS), str(threads))
    return sum(float(line) for line in said.split())


def measure(name: str, pools: int, *, batches: bool) -> None:
    """Measure with that many pools."""
    days = [(datetime.now(UTC) + timedelta(days=2 + n)).date().isoformat() for n in range(pools)]
    with scratch_database() as url, installation(booking_service(5, 10), DATABASE_URL=url) as made:
        with psycopg.connect(url) as connection:
            connection.execute("DELETE FROM bookings_pool")
            with connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO bookings_pool (scheme, place, day, clock, capacity, taken, closed) "
                    "VALUES ('small-booking', 'hall', %s, '', 100000000, 0, false)", [(day,) for day in days],
                )  # fmt: skip
        statement = re.sub(r"%\((\w+)\)s", lambda m: VALUES[m[1]], made.run("-c", _STATEMENT).strip())
        script = made.folder / "sell.sql"
        script.write_text(f"\\set day random(0, {pools - 1})\n{statement.replace('{first}', days[0])};\n")
        pgbench(url, str(script))
        rounds = []
        for number in range(ROUNDS):
            by_pgbench = pgbench(url, str(script))
            alone = ours(made, days, CLIENTS // PROCESSES, hot=False)
            batched = ours(made, days, THREADS, hot=True) if batches else 0.0
            rounds.append((by_pgbench, alone, batched))
            print(f"round {number + 1}: pgbench {by_pgbench:.0f}/s, ours {alone:.0f}/s, in batches {batched:.0f}/s")
        with psycopg.connect(url) as connection:
            wrong = connection.execute(
                "SELECT count(*) FROM bookings_pool p WHERE taken <> (SELECT coalesce(sum(b.size), 0) "
                "FROM bookings_seat s JOIN bookings_booking b ON b.ref = s.booking_id WHERE s.pool_id = p.id)"
            ).fetchone()
        if wrong != (0,):
            raise RuntimeError("pools are miscounted")
    middle = [statistics.median(column) for column in zip(*rounds, strict=True)]
    ratio = statistics.median(alone / by_pgbench for by_pgbench, alone, _ in rounds)
    more = statistics.median(batched / by_pgbench for by_pgbench, _, batched in rounds)
    report(name, ratio=round(ratio, 2), pgbench=round(middle[0]), ours=round(middle[1]), clients=CLIENTS,
           **({"batched": round(more, 2), "batched_per_s": round(middle[2]), "threads": PROCESSES * THREADS}
              if batches else {"pools": pools}))  # fmt: skip


if __name__ == "__main__":
    measure("hot", 1, batches=True)
