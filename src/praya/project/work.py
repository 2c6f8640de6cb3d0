"""The worker's loop: tick, rest, tick; longer rests while it fails."""

import signal
import threading
from collections.abc import Callable
from time import perf_counter

import structlog
from django.db import close_old_connections, connections

from praya.kernel import clock
from praya.project import metrics, wiring

log = structlog.get_logger("worker")
REST_SECONDS = 0.5
LONGEST_REST_SECONDS = 60.0

Tick = Callable[..., object]


def until_stopped() -> None:
    """Call `wiring.tick(at=...)` until SIGINT or SIGTERM. A tick that answers something true is followed at once."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    tick: Tick | None = getattr(wiring, "tick", None)
    if tick is None:
        log.warning("no work is wired")
        stopped.wait()
        return
    log.info("worker started")
    loop(tick, stopped)
    connections.close_all()
    log.info("worker stopped")


def loop(tick: Tick, stopped: threading.Event) -> None:
    """Tick until stopped. A failure is logged without its text and rests twice as long each time in a row."""
    failures = 0
    while not stopped.is_set():
        close_old_connections()
        began = perf_counter()
        try:
            busy = bool(tick(at=clock.now()))
        except Exception as problem:
            failures += 1
            metrics.JOBS.labels("tick", "failed").inc()
            log.error("tick failed", failures=failures, exc_info=problem)
            stopped.wait(rest_after(failures))
            continue
        failures = 0
        if busy:
            metrics.JOB_SECONDS.labels("tick").observe(perf_counter() - began)
            metrics.JOBS.labels("tick", "done").inc()
        else:
            stopped.wait(REST_SECONDS)


def rest_after(failures: int) -> float:
    """Seconds to rest after so many failures in a row: 1, 2, 4 ... 60."""
    return min(LONGEST_REST_SECONDS, float(2 ** min(failures - 1, 10)))
