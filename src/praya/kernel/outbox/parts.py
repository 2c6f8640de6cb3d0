"""The parts of the worker: the declaration of each, when it is due, its status, and whether the clock is trusted.

The status is stored in the database, so that several workers share it and the web processes, the metrics and
`praya doctor` can read it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from praya.kernel.journal import api as journal
from praya.kernel.outbox.models import Clock, PartRow
from praya.kernel.outbox.retry import Retry

FAR = timedelta(days=3)
"""If the clock is further ahead of the last trusted moment, it has jumped, or the worker was stopped for that long."""
LEASE = timedelta(minutes=5)
"""How long a worker owns a periodic part that it has begun without renewing the claim."""
REST = Retry(first=timedelta(seconds=1), longest=timedelta(minutes=1))
"""How long a part rests after consecutive failures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the worker. Each part runs in a thread of its own; if one hangs or fails, the others continue.

    `run(at=...)` performs the tasks that are due and returns their number. Without `every` it is called continuously:
    again at once while it returns more than 0, after a rest otherwise. With `every` it is called at that interval, by
    one worker at a time, and performs everything that is due. Between two tasks it calls `rounds.breathe`, outside any
    transaction. `budget` is the longest time between two such calls: beyond it the part counts as hanging and operators
    are alerted. After failures the part rests as `retry` says.

    `lane` is its share of the machine: `urgent` never pauses, `slow` pauses often, and effects that it queues are slow.
    A `destructive` part does not run while the clock is not trusted. `overdue(at=...)` returns the moment since which
    the oldest task is due; if that query is expensive, `seldom` restricts it to the part's own turns.
    `sends` is the kind and the lane of the effects that it performs; operators are alerted of effects that no part
    performs.
    """

    name: str
    run: Callable[..., int]
    every: timedelta | None = None
    lane: str = "normal"
    budget: timedelta = timedelta(minutes=2)
    retry: Retry = REST
    destructive: bool = False
    overdue: Callable[..., datetime | None] | None = None
    seldom: bool = False
    late: timedelta = timedelta(minutes=10)
    sends: tuple[str, str] | None = None

    @property
    def late_after(self) -> timedelta:
        """How long a task may be overdue before operators are alerted: two intervals and `late`."""
        return self.late + 2 * (self.every or timedelta(0))


@dataclass(frozen=True, slots=True)
class PartStatus:
    """The status of a part.

    `beat_at` is when a worker last confirmed that it runs and does not hang; `failures` counts the consecutive failures
    since `failed_at`, and `failure` describes the last one; `overdue_at` is since when its oldest task is due.
    """

    name: str
    due_at: datetime | None = None
    beat_at: datetime | None = None
    ended_at: datetime | None = None
    overdue_at: datetime | None = None
    failures: int = 0
    failed_at: datetime | None = None
    failure: str = ""


def statuses() -> dict[str, PartStatus]:
    """The status of every part that ever ran, by name."""
    names = ("name", "due_at", "beat_at", "ended_at", "overdue_at", "failures", "failed_at", "failure")
    return {row[0]: PartStatus(*row) for row in PartRow.objects.order_by("name").values_list(*names)}


def claim(name: str, *, every: timedelta, at: datetime) -> timedelta | None:
    """Claim a periodic part: None when the caller got it and must run it, otherwise how long until it is due.

    The claim ends after LEASE unless `renew_claim` extends it, so that another worker takes over from one that died. A
    due time more than `every` ahead was written while the clock was wrong, and counts as due.
    """
    until = at + min(every, LEASE)
    with transaction.atomic():
        row, created = PartRow.objects.get_or_create(name=name, defaults={"due_at": until})
        if created:
            return None
        if row.due_at is not None and at < row.due_at <= at + every:
            return row.due_at - at
        return None if PartRow.objects.filter(name=name, due_at=row.due_at).update(due_at=until) == 1 else every


def renew_claim(name: str, *, every: timedelta, at: datetime) -> None:
    """Renew the claim on a periodic part that is still running."""
    PartRow.objects.filter(name=name).update(due_at=at + min(every, LEASE))


def beat(names: Collection[str], *, at: datetime) -> None:
    """Record that these parts run and do not hang."""
    rows = list(names)
    if PartRow.objects.filter(name__in=rows).update(beat_at=at) < len(rows):
        PartRow.objects.bulk_create([PartRow(name=name, beat_at=at) for name in rows], ignore_conflicts=True)


def note_overdue(name: str, since: datetime | None) -> None:
    """Record since when the oldest task of a part is due."""
    PartRow.objects.filter(name=name).update(overdue_at=since)


def note_end(name: str, *, at: datetime, due_at: datetime | None, overdue_at: datetime | None) -> None:
    """Record that a part completed its turn, and when it is due again."""
    _note(name, due_at=due_at, ended_at=at, overdue_at=overdue_at, failures=0, failed_at=None, failure="")


def note_failure(name: str, failure: str, *, at: datetime, due_at: datetime | None) -> None:
    """Record that a part failed; `failure` gives the reason without personal data."""
    _note(name, due_at=due_at, failure=failure[:200])
    rows = PartRow.objects.filter(name=name)
    rows.filter(failures=0).update(failed_at=at)
    rows.update(failures=F("failures") + 1)


def _note(name: str, **values: object) -> None:
    if not PartRow.objects.filter(name=name).update(**values):
        PartRow.objects.bulk_create([PartRow(name=name, **values)], ignore_conflicts=True)


# The clock


def leapt(*, at: datetime) -> timedelta | None:
    """How far the clock is ahead of the last trusted moment, if by more than FAR; otherwise None.

    In the latter case `at` becomes the last trusted moment. The first one is the moment of the journal's newest entry.
    """
    row = Clock.objects.first()
    if row is None:
        row = Clock.objects.get_or_create(pk=1, defaults={"believed_at": journal.newest_at() or at})[0]
    ahead = at - row.believed_at
    if ahead > FAR:
        return ahead
    if ahead > timedelta(0):
        Clock.objects.filter(pk=1, believed_at__lt=at).update(believed_at=at)
    return None


def believed() -> datetime | None:
    """The last moment at which the clock was trusted."""
    return Clock.objects.values_list("believed_at", flat=True).first()


def believe(*, at: datetime, by: str) -> None:
    """Trust the clock, on an operator's word."""
    with transaction.atomic():
        Clock.objects.update_or_create(pk=1, defaults={"believed_at": at})
        journal.record(event="clock_believed", at=at, by=by)
