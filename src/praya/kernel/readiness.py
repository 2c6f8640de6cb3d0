"""The checks of readiness for whoever tells people about them: `project/health` installs them, a page reads them."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from praya.kernel import clock

LOOK_AGAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Report:
    """Each check by name with whether it holds, those that only make work late, and when they were made."""

    checks: Mapping[str, bool]
    late: frozenset[str]
    at: datetime


Checks = Callable[[], tuple[Mapping[str, bool], frozenset[str]]]
_lock = threading.Lock()
_state: dict[str, object] = {"checks": None, "report": None, "again": 0.0}


def install(checks: Checks) -> None:
    """Set the function that makes the checks; it returns them, and the names of those that only make work late."""
    _state.update(checks=checks, report=None, again=0.0)


def report() -> Report:
    """The checks, made every few seconds at most, however many ask; an empty report where none are installed."""
    with _lock:
        found = _state["report"]
        if not isinstance(found, Report) or time.monotonic() >= float(str(_state["again"])):
            make = _state["checks"]
            checks, late = make() if callable(make) else ({}, frozenset())
            found = Report(checks, late, clock.now())
            _state.update(report=found, again=time.monotonic() + LOOK_AGAIN_SECONDS)
        return found
