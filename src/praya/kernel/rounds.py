"""A round over many things, in which one that fails stops no other: it is noted, and tried again in the next round."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import InterfaceError, OperationalError
from prometheus_client import Counter

FAILED = Counter("praya_job_failures", "Things that a job could not do; each is tried again.", ["job"])
log = structlog.get_logger("worker")


@contextmanager
def by_itself(job: str, **which: str) -> Iterator[None]:
    """Do one thing of a job; its failure is logged, without its text, and counted. `which` is no personal data.

    A database that does not answer fails the whole round.
    """
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except Exception as problem:  # noqa: BLE001 (whatever it is, the others of the round have not done it)
        note(job, problem, **which)


def note(job: str, problem: Exception, **which: str) -> None:
    """Count a failure and log it without its text; `which` is no personal data."""
    FAILED.labels(job).inc()
    log.error("left as it was", job=job, **which, exc_info=problem)
