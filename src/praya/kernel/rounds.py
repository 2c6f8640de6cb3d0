"""Rounds over many items: the failure of one is logged and does not stop the others; the next round tries it again."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.db import InterfaceError, OperationalError
from prometheus_client import Counter

FAILED = Counter("praya_job_failures", "Things that a job could not do; each is tried again.", ["job"])
log = structlog.get_logger("worker")


class Stuck(Exception):
    """A part of the worker cannot continue without help. The message, without personal data, is for operators."""


class Stopped(Exception):
    """The worker must stop: the round ends between two items."""


_thread = threading.local()
OF_ONE_THING = ("40", "54", "55", "57014")
"""Codes of PostgreSQL, or how they begin, for what is refused to one transaction: a deadlock, a limit that one value
exceeds, a row that somebody else holds locked, a statement that took too long. Django calls them OperationalError too.
"""


def is_of_the_database(problem: BaseException) -> bool:
    """Whether the failure means that the database does not respond, so that no other item can succeed either."""
    if not isinstance(problem, OperationalError):
        return isinstance(problem, InterfaceError)
    cause = problem.__cause__
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR
    return not str(getattr(cause, "sqlstate", None) or "").startswith(OF_ONE_THING)


@contextmanager
def breathing(breath: Callable[[], None]) -> Iterator[None]:
    """Within this context `breathe` calls `breath` in this thread. It may raise Stopped."""
    _thread.breath = breath
    try:
        yield
    finally:
        _thread.breath = None


def breathe() -> None:
    """Let others run. Call it between two items of a round, outside any transaction."""
    breath = getattr(_thread, "breath", None)
    if breath is not None:
        breath()


@contextmanager
def by_itself(job: str, **which: str) -> Iterator[None]:
    """Isolate one item of a job: a failure is counted and logged without its text. `which` must not be personal data.

    A database that does not answer still ends the whole round.
    """
    breathe()
    try:
        yield
    except Stopped:
        raise
    except Exception as problem:
        if is_of_the_database(problem):
            raise
        note(job, problem, **which)


def note(job: str, problem: Exception, **which: str) -> None:
    """Count a failure and log it without its text. `which` must not be personal data."""
    FAILED.labels(job).inc()
    log.error("left as it was", job=job, **which, exc_info=problem)
