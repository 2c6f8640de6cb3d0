"""One turn of a part of the worker: claim it, run it, record the result. Each further failure lengthens the rest."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import perf_counter

import structlog
from django.db import Error
from prometheus_client import Counter, Histogram

from praya.kernel.outbox import api as outbox
from praya.kernel.outbox import parts
from praya.kernel.outbox.parts import Part
from praya.kernel.rounds import Stopped, Stuck

REST = timedelta(seconds=0.5)
LONGEST_REST = timedelta(minutes=1)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)

JOBS = Counter("praya_jobs", "Turns of the worker's parts that ended.", ["job", "result"])
JOB_SECONDS = Histogram("praya_job_seconds", "Time that a turn of a part took.", ["job"], buckets=SECONDS)
log = structlog.get_logger("worker")


class ClockLeapt(Stuck):
    """The clock is not trusted, so nothing is deleted."""


class Turns:
    """The turns of one part in this process."""

    def __init__(self, part: Part) -> None:
        """Start with no failures."""
        self.part = part
        self.failures = 0
        self.noted = False

    def take(self, *, at: datetime) -> timedelta:
        """Perform the tasks that are due; return how long to rest, 0 while there is more to do. Raises Stopped only."""
        part = self.part
        began = perf_counter()

        def now() -> datetime:
            return at + timedelta(seconds=int(perf_counter() - began))

        try:
            if part.every is not None and (wait := parts.claim(part.name, every=part.every, at=at)) is not None:
                return min(wait, LONGEST_REST)
            with outbox.caused_in("slow" if part.lane == "slow" else "normal"):
                done = self._run(at)
            if part.every is not None or self.failures or not self.noted:
                self._end(now)
        except Stopped:
            raise
        except Exception as problem:  # noqa: BLE001 (a failure of any kind stops this part only)
            return self._failed(problem, now())
        except BaseException as problem:  # it ends the thread, which is started again
            self._failed(problem, now())
            raise
        self.failures, self.noted = 0, True
        if done or part.every is not None:
            JOB_SECONDS.labels(part.name).observe(perf_counter() - began)
            JOBS.labels(part.name, "done").inc()
        if part.every is not None:
            return min(part.every, LONGEST_REST)
        return timedelta(0) if done else REST

    def _run(self, at: datetime) -> int:
        part = self.part
        if part.destructive and (ahead := parts.leapt(at=at)) is not None:
            raise ClockLeapt(f"the clock shows {at:%Y-%m-%d %H:%M}, {ahead.days} days after it was last believed")
        if part.seldom and part.overdue is not None:
            parts.note_overdue(part.name, part.overdue(at=at))
        return part.run(at=at)

    def _end(self, now: Callable[[], datetime]) -> None:
        part = self.part
        at = now()
        since = part.overdue(at=at) if part.seldom and part.overdue is not None else None
        due_at = at + part.every if part.every is not None else None
        parts.note_end(part.name, at=at, due_at=due_at, overdue_at=since)

    def _failed(self, problem: BaseException, at: datetime) -> timedelta:
        part = self.part
        self.failures += 1
        rest = part.retry.pause(self.failures)
        JOBS.labels(part.name, "failed").inc()
        failure = str(problem) if isinstance(problem, Stuck) else type(problem).__name__
        log.error(
            "part failed",
            part=part.name,
            failures=self.failures,
            failure=failure,
            exc_info=None if isinstance(problem, Stuck) else problem,
        )
        try:
            parts.note_failure(part.name, failure, at=at, due_at=at + rest if part.every is not None else None)
        except Error:
            # The database does not answer; that is reported elsewhere.
            log.error("a failure could not be noted", part=part.name)
        return rest
