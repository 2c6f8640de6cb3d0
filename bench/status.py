"""The public page of free places per second, for everybody who asks again and again while booking goes on.

Eight connections ask for the page of ten places and fourteen days, half of them with the ETag that they had. The server
reads the places anew every five seconds. `ratio` is the page's CPU over that of /healthz in the same run.
"""

import statistics
import threading
import time
from http.client import HTTPConnection
from typing import Any

from bench.ground import booking_service, cpu_seconds, free_port, installation, report, scratch_database, serving

CLIENTS, SECONDS, ROUNDS = 8, 6.0, 4
PAGE = "/en/services/small-booking/free-places"


def ten_places() -> dict[str, Any]:
    """A service that books ten sessions a day at ten places."""
    made = booking_service(14, 120)
    halls = [{"value": f"hall-{n}", "label": {"en": f"Hall {n}", "zh-hant": f"第 {n} 禮堂"}} for n in range(10)]
    times = [f"{hour:02d}:00" for hour in range(8, 18)]
    made["booking"] |= {"places": halls, "sessions": {"capacity": 120, "times": times}}
    return made


def asked(port: int, path: str) -> tuple[int, float]:
    """How many answers came in how many seconds."""
    counts, until = [0] * CLIENTS, time.monotonic() + SECONDS

    def ask(number: int) -> None:
        connection, etag = HTTPConnection("127.0.0.1", port), ""
        while time.monotonic() < until:
            headers = {"If-None-Match": etag} if etag and counts[number] % 2 else {}
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status not in {200, 304}:
                raise RuntimeError(f"{path} answered {answer.status}")
            etag = answer.getheader("ETag") or ""
            counts[number] += 1

    began = time.monotonic()
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts), time.monotonic() - began


def main() -> None:
    """Measure."""
    port = free_port()
    with (
        scratch_database() as url,
        installation(ten_places(), DATABASE_URL=url, PRAYA_WEB_WORKERS="2") as made,
        serving(made, "-m", "praya.project.cli", "serve", "--port", str(port), ready="/readyz", port=port) as pid,
    ):
        asked(port, PAGE)
        rounds = []
        for number in range(ROUNDS):
            before = cpu_seconds(pid)
            pages, seconds = asked(port, PAGE)
            middle = cpu_seconds(pid)
            probes, _ = asked(port, "/healthz")
            page_cpu, probe_cpu = (middle - before) / pages, (cpu_seconds(pid) - middle) / probes
            rounds.append((pages / seconds, page_cpu, page_cpu / probe_cpu))
            print(f"round {number + 1}: {rounds[-1][0]:.0f} pages a second, {page_cpu * 1000:.2f} ms of CPU each")
    rate, cpu, ratio = (statistics.median(column) for column in zip(*rounds, strict=True))
    report("status", pages_per_s=round(rate), cpu_ms=round(cpu * 1000, 2), ratio=round(ratio, 1), clients=CLIENTS)


if __name__ == "__main__":
    main()
