"""The outbox's door: `send` inside the transaction that causes an effect, `work` in the worker.

An effect is claimed by moving its due time behind a lease and committing that; then it is done; then it is marked done.
A worker that dies in between leaves a claimed effect that comes due again: effects happen at least once, and each
carries its `ref` so that the receiver can tell a repetition.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from praya.kernel.ids import opaque
from praya.kernel.outbox.models import Effect, Periodic

LEASE = timedelta(seconds=90)
GIVE_UP_AFTER = 12
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=6)

Doing = Callable[[str, str, datetime], None]
"""(subject, idempotency key, at) -> None; raises Later or Never."""


class Later(Exception):
    """It did not work now and may work later; the message is a code without personal data."""


class Never(Exception):
    """It cannot work, however often it is tried; the message is a code without personal data."""


@dataclass(frozen=True, slots=True)
class Worked:
    """What one round of work did."""

    done: int = 0
    postponed: int = 0
    given_up: int = 0


def send(*, kind: str, subject: str, at: datetime) -> None:
    """Queue an effect in the caller's transaction. The same kind and subject is queued once only."""
    Effect.objects.bulk_create([Effect(ref=opaque(), kind=kind, subject=subject, due_at=at)], ignore_conflicts=True)


def work(doings: Mapping[str, Doing], *, at: datetime, limit: int = 50) -> Worked:
    """Do what is due. Several workers may call it at once; each effect is claimed by one."""
    done = postponed = given_up = 0
    due = Effect.objects.filter(state="waiting", due_at__lte=at, kind__in=list(doings)).order_by("due_at")
    for ref, kind, subject, due_at in list(due.values_list("ref", "kind", "subject", "due_at")[:limit]):
        if not _claimed(ref, due_at, at):
            continue
        try:
            doings[kind](subject, ref, at)
        except Never as never:
            _end(ref, "failed", at, str(never))
            given_up += 1
        except Exception as problem:  # noqa: BLE001 (whatever it was, it is tried again and counted)
            failed = _postpone(ref, at, str(problem) if isinstance(problem, Later) else type(problem).__name__)
            given_up += failed
            postponed += not failed
        else:
            _end(ref, "done", at, "")
            done += 1
    return Worked(done, postponed, given_up)


def _claimed(ref: str, due_at: datetime, at: datetime) -> bool:
    mine = Effect.objects.filter(ref=ref, state="waiting", due_at=due_at)
    return mine.update(due_at=at + LEASE, attempts=F("attempts") + 1) == 1


def _end(ref: str, state: str, at: datetime, failure: str) -> None:
    Effect.objects.filter(ref=ref).update(state=state, done_at=at, failure=failure[:80])


def _postpone(ref: str, at: datetime, failure: str) -> bool:
    attempts = Effect.objects.values_list("attempts", flat=True).get(ref=ref)
    if attempts >= GIVE_UP_AFTER:
        _end(ref, "failed", at, failure)
        return True
    Effect.objects.filter(ref=ref).update(due_at=at + pause_after(attempts), failure=failure[:80])
    return False


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling, a little at random so that retries do not march in step."""
    pause = min(FIRST_PAUSE * 2.0 ** max(0, attempts - 1), LONGEST_PAUSE)
    return pause * (0.9 + 0.2 * random.random())  # noqa: S311 (no secret)


def waiting(*, at: datetime) -> int:
    """How many effects are due and not done; for metrics."""
    return Effect.objects.filter(state="waiting", due_at__lte=at).count()


def failed(limit: int = 100) -> list[tuple[str, str, str, datetime | None]]:
    """Effects that were given up: kind, subject, failure, when."""
    rows = Effect.objects.filter(state="failed").order_by("-done_at")
    return list(rows.values_list("kind", "subject", "failure", "done_at")[:limit])


def not_due(*, at: datetime) -> set[str]:
    """The periodic jobs whose time has not come, in one query: nearly always all of them."""
    return set(Periodic.objects.filter(due_at__gt=at).values_list("name", flat=True))


def due(name: str, *, every: timedelta, at: datetime) -> bool:
    """Whether the periodic job `name` is due; the one caller that is told yes must do it."""
    with transaction.atomic():
        row, made = Periodic.objects.get_or_create(name=name, defaults={"due_at": at + every})
        if made:
            return True
        return Periodic.objects.filter(name=name, due_at=row.due_at, due_at__lte=at).update(due_at=at + every) == 1
