"""The state of the worker, read from the database for metrics, readiness and `praya doctor`, also when none runs."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from praya.kernel import clock
from praya.kernel.outbox import api as outbox
from praya.kernel.outbox import parts
from praya.kernel.outbox.parts import Part, PartStatus
from praya.project import wiring

SILENT_AFTER = timedelta(seconds=60)
"""If no worker reports a part for this long, in addition to its budget, the part does not run."""
GIVEN_UP_WITHIN = timedelta(days=7)
LOOK_AGAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """A problem for an operator: its place, a sentence, and a remedy; `grave` when it must not wait."""

    where: str
    what: str
    mend: str
    grave: bool = False


def overdue(*, at: datetime) -> dict[str, float]:
    """For each part, the number of seconds for which its oldest task has been due; 0 when none is."""
    statuses = parts.statuses()
    return {part.name: _overdue(part, statuses.get(part.name), at) for part in wiring.parts()}


def _overdue(part: Part, statuses: PartStatus | None, at: datetime) -> float:
    since = [statuses.due_at] if statuses and part.every is not None else []
    if part.overdue is not None:
        since.append((statuses.overdue_at if statuses else None) if part.seldom else part.overdue(at=at))
    return max((max(0.0, (at - moment).total_seconds()) for moment in since if moment is not None), default=0.0)


def troubles(*, at: datetime) -> list[Trouble]:
    """Every trouble of the worker, the grave ones first."""
    statuses = parts.statuses()
    # A moment in the future was written while the clock was wrong.
    seen = [
        status.beat_at
        for status in statuses.values()
        if status.beat_at is not None and status.beat_at - at < SILENT_AFTER
    ]
    known = [*_clock(at), *_failing(statuses)]
    if not seen or at - max(seen) > SILENT_AFTER:
        last = f"since {max(seen):%Y-%m-%d %H:%M} UTC" if seen else "and none ever did"
        known.append(Trouble("worker", f"no worker runs, {last}", "Start `praya worker`; see its log."))
    else:
        known += _hanging(statuses, at)
    known += _late(at)
    known += _unattended()
    known += _given_up(at)
    return sorted(known, key=lambda trouble: not trouble.grave)


def _clock(at: datetime) -> list[Trouble]:
    believed = parts.believed()
    if believed is None or at - believed <= parts.FAR:
        return []
    return [
        Trouble(
            "clock",
            f"it shows {at:%Y-%m-%d %H:%M} UTC, and was last believed at {believed:%Y-%m-%d %H:%M}: nothing is deleted",
            "Set the clock (NTP). If it is right, because the worker stood still: `praya believe-clock`.",
            grave=True,
        )
    ]


def _failing(statuses: dict[str, PartStatus]) -> list[Trouble]:
    return [
        Trouble(
            status.name,
            f"failed {status.failures} times in a row since {status.failed_at:%Y-%m-%d %H:%M} UTC: {status.failure}",
            _mend(status.name),
            grave=status.name == "seal",
        )
        for status in (statuses[part.name] for part in wiring.parts() if part.name in statuses)
        if status.failures and status.failed_at is not None
    ]


def _mend(part: str) -> str:
    if any(fold.name == part for fold in wiring.all_folds()):
        return f"It goes on once the code can read the fact; or `praya rebuild {part} --leave-out POSITION`."
    return _MEND.get(part, "It is tried again by itself; the worker's log says where it fails (part=...).")


_MEND = {
    "seal": "Nothing is sealed any more. Run `praya verify-journal`, and find out who changed the database.",
    **dict.fromkeys(
        ("codes", "emails", "texts", "bulk_emails", "bulk_texts"),
        "Check PRAYA_SMTP_* or PRAYA_SMS_*. What waits is sent when the channel works: `praya outbox list`.",
    ),
}


def _hanging(statuses: dict[str, PartStatus], at: datetime) -> list[Trouble]:
    hanging = []
    for part in wiring.parts():
        beat_at = statuses[part.name].beat_at if part.name in statuses else None
        if beat_at is None or not -SILENT_AFTER < at - beat_at <= SILENT_AFTER + part.budget:
            last = f"since {beat_at:%Y-%m-%d %H:%M} UTC" if beat_at else "and never did"
            hanging.append(Trouble(part.name, f"it does not run, {last}", "It may hang: see the worker's log."))
    return hanging


def _late(at: datetime) -> list[Trouble]:
    late = overdue(at=at)
    return [
        Trouble(
            part.name,
            f"the oldest of what it should do is overdue by {timedelta(seconds=round(late[part.name]))}",
            "See whether it fails or hangs, and whether one worker is enough.",
            grave=part.lane == "urgent" or part.destructive,
        )
        for part in wiring.parts()
        if late[part.name] > part.late_after.total_seconds()
    ]


def _unattended() -> list[Trouble]:
    sent = {part.sends for part in wiring.parts() if part.sends is not None}
    return [
        Trouble(
            "outbox lanes",
            f"{number} messages of the kind '{kind}' wait in the lane '{lane}', which no part of the worker sends",
            "Run the version of Praya, with the systems, that queued them.",
        )
        for (kind, lane), number in outbox.unattended(sent).items()
    ]


def _given_up(at: datetime) -> list[Trouble]:
    number = outbox.given_up_since(at - GIVEN_UP_WITHIN)
    if not number:
        return []
    what = f"{number} messages were given up within {GIVEN_UP_WITHIN.days} days"
    return [Trouble("outbox", what, "`praya outbox list --state failed` says why; `praya outbox retry` tries again.")]


class Glance:
    """Whether the worker is well, read from the database every few seconds at most."""

    def __init__(self) -> None:
        """Look at the first call."""
        self._lock = threading.Lock()
        self._at = float("-inf")
        self._well = True

    def well(self) -> bool:
        """Whether there is no trouble, apart from messages that were given up: every city has wrong addresses."""
        with self._lock:
            if time.monotonic() - self._at > LOOK_AGAIN_SECONDS:
                self._well = all(trouble.where == "outbox" for trouble in troubles(at=clock.now()))
                self._at = time.monotonic()
            return self._well
