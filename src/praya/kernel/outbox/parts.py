"""The parts of the worker: what each one is, when it is due, how it fares, and whether the clock is believed.

How they fare is in the database and not in a process, so that several workers share it, and web, metrics and
`praya doctor` see it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from praya.kernel.journal import api as journal
from praya.kernel.outbox.api import Retry
from praya.kernel.outbox.models import Clock, PartRow

FAR = timedelta(days=3)
"""A clock that is further ahead of the last moment at which it was believed has leapt, or the worker stood still."""
LEASE = timedelta(minutes=5)
"""How long a periodic part that a worker began is its own without a sign of life."""
REST = Retry(first=timedelta(seconds=1), longest=timedelta(minutes=1))
"""How long a part rests after failures in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the worker. Each runs in a thread of its own; what hangs or fails stops no other.

    `run(at=...)` does what is due and answers how many things it did. Without `every` it is asked again and again, at
    once while it answers more than none; with `every` one worker is given it each time, and it ends when nothing is
    due. Between two things it calls `rounds.breathe`, with no transaction open. `budget` is the longest without a
    breath: a part that takes longer hangs, and operators are told. After failures it rests as `retry` says.

    `lane` is how much it takes from others: `urgent` never rests, `slow` rests often, and what it queues is slow too.
    A `destructive` part is not run while the clock is not believed. `overdue(at=...)` is since when the oldest thing
    is due; `seldom` where that costs too much to be asked at any time but when it runs.
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

    @property
    def late_after(self) -> timedelta:
        """How long something may be overdue before operators are told: two rounds, and `late`."""
        return self.late + 2 * (self.every or timedelta(0))


@dataclass(frozen=True, slots=True)
class Fares:
    """How a part fares.

    `beat_at` is when a worker last saw that it neither hangs nor is gone; `failures` counts those in a row since
    `failed_at`, and `failure` is the last of them; `overdue_at` is since when the oldest thing is due.
    """

    name: str
    due_at: datetime | None = None
    beat_at: datetime | None = None
    ended_at: datetime | None = None
    overdue_at: datetime | None = None
    failures: int = 0
    failed_at: datetime | None = None
    failure: str = ""


def all_fares() -> dict[str, Fares]:
    """How every part fares that ever ran, by its name."""
    names = ("name", "due_at", "beat_at", "ended_at", "overdue_at", "failures", "failed_at", "failure")
    return {row[0]: Fares(*row) for row in PartRow.objects.order_by("name").values_list(*names)}


def claim(name: str, *, every: timedelta, at: datetime) -> timedelta | None:
    """None when the part is due, for the one caller that is told so and must do it; otherwise how long until then.

    It is claimed for as long as `hold` says that it goes on; a worker that dies leaves it to the next. A due time that
    is more than `every` ahead was written by a clock that was wrong: it counts as due.
    """
    until = at + min(every, LEASE)
    with transaction.atomic():
        row, made = PartRow.objects.get_or_create(name=name, defaults={"due_at": until})
        if made:
            return None
        if row.due_at is not None and at < row.due_at <= at + every:
            return row.due_at - at
        return None if PartRow.objects.filter(name=name, due_at=row.due_at).update(due_at=until) == 1 else every


def hold(name: str, *, every: timedelta, at: datetime) -> None:
    """Note that a periodic part goes on."""
    PartRow.objects.filter(name=name).update(due_at=at + min(every, LEASE))


def beat(names: Collection[str], *, at: datetime) -> None:
    """Note that these parts run: none of them hangs."""
    rows = list(names)
    if PartRow.objects.filter(name__in=rows).update(beat_at=at) < len(rows):
        PartRow.objects.bulk_create([PartRow(name=name, beat_at=at) for name in rows], ignore_conflicts=True)


def note_overdue(name: str, since: datetime | None) -> None:
    """Note since when the oldest thing is due that a part has before it."""
    PartRow.objects.filter(name=name).update(overdue_at=since)


def note_end(name: str, *, at: datetime, due_at: datetime | None, overdue_at: datetime | None) -> None:
    """Note that a part did what was due, and when it is due again."""
    _note(name, due_at=due_at, ended_at=at, overdue_at=overdue_at, failures=0, failed_at=None, failure="")


def note_failure(name: str, failure: str, *, at: datetime, due_at: datetime | None) -> None:
    """Note that a part failed; `failure` says why without personal data."""
    _note(name, due_at=due_at, failure=failure[:200])
    rows = PartRow.objects.filter(name=name)
    rows.filter(failures=0).update(failed_at=at)
    rows.update(failures=F("failures") + 1)


def _note(name: str, **values: object) -> None:
    if not PartRow.objects.filter(name=name).update(**values):
        PartRow.objects.bulk_create([PartRow(name=name, **values)], ignore_conflicts=True)


# The clock


def leapt(*, at: datetime) -> timedelta | None:
    """How far the clock is ahead of the last moment at which it was believed, when that is too far; else None.

    A moment that is believed is remembered. Before the first, the journal's newest entry is what is believed.
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
    """The last moment at which the clock was believed."""
    return Clock.objects.values_list("believed_at", flat=True).first()


def believe(*, at: datetime, by: str) -> None:
    """An operator says that the clock is right."""
    with transaction.atomic():
        Clock.objects.update_or_create(pk=1, defaults={"believed_at": at})
        journal.record(event="clock_believed", at=at, by=by)
