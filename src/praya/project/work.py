"""The worker's threads: each part of the worker runs in a thread of its own, and is watched."""

import signal
import threading
from collections.abc import Iterable, Sequence
from time import monotonic

import structlog
from django.conf import settings
from django.db import Error, close_old_connections, connections

from praya.kernel import clock
from praya.kernel.outbox import parts
from praya.kernel.outbox.parts import Part
from praya.kernel.outbox.turns import Turns
from praya.kernel.rounds import Stopped, breathing
from praya.project import wiring

BEAT_SECONDS = 15.0
STOP_SECONDS = 18.0
"""How long running tasks may take to finish at a stop. One that has not finished then is repeated after its lease."""
SLICE_SECONDS = 1.0
REST_AFTER_SLICE = {"urgent": 0.0, "normal": 0.02, "slow": 0.2}
"""Seconds that a part rests after each second of work, so that others have the database and the processor."""
IDLE_SECONDS = 5.0
"""A part that rests for longer closes its database connection."""
log = structlog.get_logger("worker")


class Runner:
    """The thread of a part."""

    def __init__(self, part: Part, stopped: threading.Event) -> None:
        """Create the thread without starting it."""
        self.part, self.stopped = part, stopped
        self.turns = Turns(part)
        self.breath_at: float | None = None
        """When the turn in hand last took a breath; None while the part rests."""
        self.hangs = False
        self.start()

    def start(self) -> None:
        """Start the thread, which a hanging call must not keep alive when the process ends."""
        self.thread = threading.Thread(target=self._live, name=self.part.name, daemon=True)
        self.thread.start()

    def hanging(self) -> float | None:
        """The seconds since the part's last breath, when they are more than its budget."""
        breath_at = self.breath_at
        if breath_at is None:
            return None
        seconds = monotonic() - breath_at
        return seconds if seconds > self.part.budget.total_seconds() else None

    def _live(self) -> None:
        with breathing(self._breathe):
            while not self.stopped.is_set():
                close_old_connections()
                self.breath_at = self._slice_at = self._held_at = monotonic()
                try:
                    rest = self.turns.take(at=clock.now()).total_seconds()
                except Stopped:
                    break
                self.breath_at = None
                if rest >= IDLE_SECONDS:
                    connections.close_all()
                self.stopped.wait(rest or REST_AFTER_SLICE[self.part.lane])
        connections.close_all()

    def _breathe(self) -> None:
        if self.stopped.is_set():
            raise Stopped
        now = monotonic()
        if now - self._slice_at > SLICE_SECONDS:
            self.stopped.wait(REST_AFTER_SLICE[self.part.lane])
            self._slice_at = monotonic()
        if self.part.every is not None and now - self._held_at > BEAT_SECONDS:
            parts.renew_claim(self.part.name, every=self.part.every, at=clock.now())
            self._held_at = now
        self.breath_at = monotonic()


def until_stopped() -> None:
    """Run every part until SIGINT or SIGTERM; then finish the tasks in hand."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    if settings.PRAYA.demo:
        # Invented people may be forgotten after a pause of months, too.
        parts.believe(at=clock.now(), by="system")
    runners = start(wiring.parts(), stopped)
    log.info("worker started", parts=len(runners))
    beat_at = 0.0
    while not stopped.wait(0.5):
        if monotonic() - beat_at > BEAT_SECONDS:
            watch(runners)
            beat_at = monotonic()
    join(runners)
    connections.close_all()
    log.info("worker stopped")


def start(table: Iterable[Part], stopped: threading.Event) -> list[Runner]:
    """Start the threads of all parts; they end soon after `stopped` is set."""
    return [Runner(part, stopped) for part in table]


def join(runners: Sequence[Runner]) -> None:
    """Wait for running tasks, for a limited time."""
    until = monotonic() + STOP_SECONDS
    for runner in runners:
        runner.thread.join(max(0.0, until - monotonic()))
    late = [runner.part.name for runner in runners if runner.thread.is_alive()]
    if late:
        log.warning("stopped with something in hand, which will be done again", parts=late)


def watch(runners: Sequence[Runner]) -> None:
    """Record which parts run, log those that hang, and restart threads that have ended."""
    for runner in runners:
        seconds = runner.hanging()
        if seconds is not None and not runner.hangs:
            log.error("part hangs", part=runner.part.name, seconds=round(seconds))
        runner.hangs = seconds is not None
        if not runner.thread.is_alive() and not runner.stopped.is_set():
            log.error("part ended by itself", part=runner.part.name)
            runner.start()
    try:
        close_old_connections()
        at = clock.now()
        parts.beat([runner.part.name for runner in runners if not runner.hangs], at=at)
        parts.leapt(at=at)
    except Error as problem:
        log.error("the parts could not be noted", exc_info=problem)
