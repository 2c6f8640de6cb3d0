"""The checks of readiness for whoever tells people about them: `project/health` installs them, a page reads them."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from praya.kernel import clock

LOOK_AGAIN_SECONDS = 10.0
FIRST_SECONDS = 3.0
"""How long others wait for the first report."""


@dataclass(frozen=True, slots=True)
class Report:
    """Each check by name with whether it holds, those that only make work late, and when they were made."""

    checks: Mapping[str, bool]
    late: frozenset[str]
    at: datetime


Checks = Callable[[], tuple[Mapping[str, bool], frozenset[str]]]


class _Last:
    """The last report, and who may make the next one."""

    def __init__(self) -> None:
        self.making = threading.Lock()
        self.checks: Checks | None = None
        self.report: Report | None = None
        self.again = 0.0


_last = _Last()


def install(checks: Checks) -> None:
    """Set the function that makes the checks; it returns them, and the names of those that only make work late."""
    global _last  # noqa: PLW0603 (whoever still makes a report of the checks before keeps it)
    _last = _Last()
    _last.checks = checks


def report() -> Report:
    """The checks, made every few seconds at most, however many ask; without checks where none are known.

    One asks for them at a time. While that one waits, for a database that hangs, the others get the report before.
    """
    last = _last
    if last.checks is None or (last.report is not None and time.monotonic() < last.again):
        return last.report or _unknown()
    if not last.making.acquire(timeout=0 if last.report is not None else FIRST_SECONDS):
        return last.report or _unknown()
    try:
        if last.report is None or time.monotonic() >= last.again:
            checks, late = last.checks()
            last.report, last.again = Report(checks, late, clock.now()), time.monotonic() + LOOK_AGAIN_SECONDS
        return last.report
    finally:
        last.making.release()


def _unknown() -> Report:
    return Report({}, frozenset(), clock.now())
