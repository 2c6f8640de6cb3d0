"""Webhooks delivered for a second, beside the bare client that does nothing but send.

An installation on SQLite has thousands of events waiting for one receiver, a real HTTPS server on this machine that
takes everything; the worker's function sends them until none waits. The bound to compare with is the same client
that sends as many bodies over as many connections without a database and without signing anything. Then nine more
receivers are added that never answer, to see what they cost the one that does.
"""

import json
import statistics
import tempfile
from pathlib import Path

from bench.ground import installation, report, small_service

ROUNDS, EVENTS = 3, 1000
_CODE = """
import json, statistics, sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from praya.project import startup
startup.ready_django()
from praya.kernel import plug
from praya.kernel.rounds import breathe
from praya.kernel import posting
from praya.systems.webhooks import api as webhooks
from praya.systems.webhooks.models import Delivery, Endpoint
from praya.systems.webhooks.settings import Settings
from tests.systems.webhooks.receiver import receiving
import multiprocessing

pem, rounds, events = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

def serve(pipe, hang):
    with receiving(pem) as server:
        server.answer = (lambda _: "hang") if hang else (lambda _: 204)
        pipe.send(server.url)
        pipe.recv()

def receiver(hang):
    mine, theirs = multiprocessing.Pipe()
    multiprocessing.Process(target=serve, args=(theirs, hang), daemon=True).start()
    return mine.recv()

multiprocessing.set_start_method("fork")
url, hanging = receiver(False), receiver(True)
plug._settings["webhooks"] = Settings(networks="127.0.0.0/8", ca_file=pem, seconds=2)
at = datetime.now(UTC)
context = posting.tls(pem)

def registered(address):
    made, _ = webhooks.register(department="dpo", url=address, at=at, by="system")
    return made.ref

def fill(ref, count):
    rows = [
        Delivery(endpoint_id=ref, position=10**6 + n, event="case.moved", service="small", subject=f"SM-{n % 500}",
                 at=at, queued_at=at, due_at=at)
        for n in range(count)
    ]
    Delivery.objects.filter(endpoint_id=ref).delete()
    Delivery.objects.bulk_create(rows, batch_size=500)

def empty(ref):
    began, cpu = time.perf_counter(), time.process_time()
    moment = at
    while Delivery.objects.filter(endpoint_id=ref, state="waiting").exists():
        moment += timedelta(seconds=60)
        webhooks.send(at=moment, failing=False)
    return time.perf_counter() - began, time.process_time() - cpu

def bare(count):
    chains = [[posting.Request(url, b'{"n": "%s"}' % (b"x" * 150), dict)] for _ in range(count)]
    began = time.perf_counter()
    answers = posting.send([chains], context=context, permitted=lambda _: True, seconds=5, begin_within=1e9,
                            most_failures=3)
    assert {answer.status for answer in answers[0].values()} == {204}
    return time.perf_counter() - began

ref = registered(url)
fill(ref, 200); empty(ref); bare(200)
ours, alone, cpu = [], [], []
for _ in range(rounds):
    fill(ref, events)
    seconds, used = empty(ref)
    ours.append(events / seconds); cpu.append(used / events * 1000)
    alone.append(events / bare(events))
bad = [registered(hanging) for _ in range(9)]
for one in bad:
    fill(one, 50)
fill(ref, events)
beside, _ = empty(ref)
states = {row["state"] for row in Delivery.objects.filter(endpoint_id__in=bad).values("state")}
print(json.dumps({"ours": ours, "alone": alone, "cpu": cpu, "beside": events / beside, "bad": sorted(states)}))
"""


def main() -> None:
    """Measure, and print a last line of JSON."""
    from tests.systems.webhooks.receiver import certificate  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as name, installation(small_service()) as made:
        pem = certificate(Path(name))
        found = json.loads(made.run("-c", _CODE, str(pem), str(ROUNDS), str(EVENTS)).splitlines()[-1])
    ours, alone = statistics.median(found["ours"]), statistics.median(found["alone"])
    print(f"{ours:,.0f} webhooks a second, {statistics.median(found['cpu']):.2f} ms of CPU each; bare {alone:,.0f}.")
    print(f"Beside nine receivers that never answer: {found['beside']:,.0f} a second; theirs are {found['bad']}.")
    report(
        "webhooks", ratio=round(ours / alone, 2), per_second=round(ours), bare_per_second=round(alone),
        cpu_ms=round(statistics.median(found["cpu"]), 2), beside_hanging_per_second=round(found["beside"]),
    )  # fmt: skip


if __name__ == "__main__":
    main()
