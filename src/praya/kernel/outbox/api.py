"""The outbox's interface: call `send` inside the transaction that causes an effect; the worker calls `work`.

The worker claims an effect by moving its due time to the end of a lease and committing that; then it performs the
effect; then it marks the effect as done. If a worker dies in between, the lease ends and the effect becomes due again.
So every effect happens at least once, and it carries its `ref` so that the receiver can recognise a repetition.

An effect ends in one of three ways: it was performed; the receiver refused it permanently (`Never`); or the receiver
postponed it (`Later`) until it was older than its `Retry.keep`. A fault on our side never ends an effect: a channel
that is not configured or does not answer (`ChannelDown`), a wrong setting (`OnOurSide`), an error in the code. The
effect then waits, and operators are alerted.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter

import structlog
from django.db import transaction
from django.db.models import Count, F, Min, Q, QuerySet

from praya.kernel.ids import opaque
from praya.kernel.outbox.models import Effect
from praya.kernel.outbox.retry import Retry
from praya.kernel.rounds import Stuck, breathe, is_of_the_database

LANES = ("urgent", "normal", "slow")
KEEP_DONE = timedelta(days=7)
"""How long the row of a finished effect stays, for enquiries."""
KEEP_FAILED = timedelta(days=90)
SLICE = 500
log = structlog.get_logger("worker")

Doing = Callable[[str, str, datetime], None]
"""(subject, idempotency key, at) -> None; raises Later, ChannelDown or Never."""


class Later(Exception):
    """The receiver postpones this effect; the message is a code without personal data."""


class OnOurSide(Later):
    """The cause lies on our side, such as a wrong setting: the effect waits, without limit, until it is corrected."""


class ChannelDown(OnOurSide):
    """The channel does not work at all. No other effect can pass through it either, so the round ends."""


class Faltering(OnOurSide):
    """The channel answered at once that it cannot take this effect now. The next one may pass.

    After `IN_A_ROW` of these the channel counts as down.
    """


IN_A_ROW = 3


class Never(Exception):
    """The receiver refuses this effect permanently; the message is a code without personal data."""


RETRY = Retry()


@dataclass(frozen=True, slots=True)
class Kind:
    """How effects of one kind are performed.

    `do` performs one and must return within `longest`; a claim lasts twice as long. `given_up` is called with subject,
    failure and moment for each effect that is given up for its age, in the transaction that marks it as failed.
    `end_round` is called after the last effect of a round, to close connections that the round kept open.
    """

    do: Doing
    lane: str = "normal"
    retry: Retry = RETRY
    longest: timedelta = timedelta(minutes=1)
    given_up: Callable[[str, str, datetime], None] | None = None
    end_round: Callable[[], None] | None = None

    @property
    def lease(self) -> timedelta:
        """How long a claim lasts; no other worker takes the effect meanwhile."""
        return self.longest * 2


@dataclass(frozen=True, slots=True)
class RoundResult:
    """The result of one round of work.

    `down` is the failure code of the channel that ended the round, if one did; `faltered` that of the last effect.
    """

    done: int = 0
    postponed: int = 0
    given_up: int = 0
    down: str = ""
    faltered: str = ""

    def __add__(self, other: "RoundResult") -> "RoundResult":
        return RoundResult(
            self.done + other.done,
            self.postponed + other.postponed,
            self.given_up + other.given_up,
            self.down or other.down,
            other.faltered,
        )


_caused_by = threading.local()


@contextmanager
def caused_in(lane: str) -> Iterator[None]:
    """Within this context the thread queues effects in `lane`, unless `send` names one. A draw's letters are slow."""
    before = getattr(_caused_by, "lane", "normal")
    _caused_by.lane = lane
    try:
        yield
    finally:
        _caused_by.lane = before


def send(*, kind: str, subject: str, at: datetime, lane: str = "") -> None:
    """Queue an effect in the caller's transaction. An effect of the same kind and subject is queued only once."""
    lane = lane or getattr(_caused_by, "lane", "normal")
    row = Effect(ref=opaque(), kind=kind, subject=subject, lane=lane, queued_at=at, due_at=at)
    Effect.objects.bulk_create([row], ignore_conflicts=True)


def work(kinds: Mapping[str, Kind], *, at: datetime, lane: str = "", limit: int = 50) -> RoundResult:
    """Perform the effects that are due, of one lane or of all. Workers may call it at once; each effect goes to one.

    `at` is the moment of the call; each lease starts at the moment of its own claim.
    """
    began = perf_counter()
    result = RoundResult()
    for name, kind in kinds.items():
        faltered = 0
        try:
            for ref, subject, due_at in _due_effects(name, kind, lane, at, limit):
                moment = at + timedelta(seconds=int(perf_counter() - began))
                breathe()
                if _claimed(ref, due_at, moment + kind.lease):
                    one = _do(name, kind, subject, ref, moment)
                    faltered = faltered + 1 if one.faltered else 0
                    if faltered == IN_A_ROW:
                        one = replace(one, down=one.faltered)
                    result += one
                    if one.down:
                        break
        finally:
            if kind.end_round is not None:
                kind.end_round()
    return result


def _due_effects(name: str, kind: Kind, lane: str, at: datetime, limit: int) -> list[tuple[str, str, datetime]]:
    """The effects that are due, the longest due first; if there are none, those due impossibly late.

    A due time beyond the longest pause and lease was written while the clock was wrong, so such an effect is due now.
    """
    waiting = Effect.objects.filter(state="waiting", kind=name).order_by("due_at")
    waiting = waiting.filter(lane=lane) if lane else waiting
    rows = waiting.values_list("ref", "subject", "due_at")
    far = at + max(kind.retry.longest * 1.2, kind.lease)
    return list(rows.filter(due_at__lte=at)[:limit]) or list(rows.filter(due_at__gt=far)[:limit])


def send_lane(name: str, kind: Kind, lane: str, *, at: datetime) -> int:
    """Perform the due effects of one kind in one lane; return how many. Raises Stuck when its channel is down."""
    result = work({name: kind}, at=at, lane=lane)
    if result.down:
        raise Stuck(result.down)
    return result.done + result.postponed + result.given_up


def _do(name: str, kind: Kind, subject: str, ref: str, at: datetime) -> RoundResult:
    try:
        kind.do(subject, ref, at)
    except Never as never:
        _end(ref, "failed", at, str(never))
        return RoundResult(given_up=1)
    except ChannelDown as down:
        _postpone(ref, kind, at, str(down))
        return RoundResult(postponed=1, down=str(down))
    except Faltering as faltering:
        _postpone(ref, kind, at, str(faltering))
        return RoundResult(postponed=1, faltered=str(faltering))
    except OnOurSide as cause:
        _postpone(ref, kind, at, str(cause))
        return RoundResult(postponed=1)
    except Later as later:
        return _put_off(ref, kind, subject, at, str(later))
    except Exception as problem:
        if is_of_the_database(problem):  # the claim ends with its lease
            raise
        log.error("effect failed", kind=name, ref=ref, exc_info=problem)
        _postpone(ref, kind, at, type(problem).__name__)
        return RoundResult(postponed=1)
    _end(ref, "done", at, "")
    return RoundResult(done=1)


def _claimed(ref: str, due_at: datetime, until: datetime) -> bool:
    mine = Effect.objects.filter(ref=ref, state="waiting", due_at=due_at)
    return mine.update(due_at=until, attempts=F("attempts") + 1, failure="") == 1


def _end(ref: str, state: str, at: datetime, failure: str) -> None:
    Effect.objects.filter(ref=ref).update(state=state, done_at=at, failure=failure[:80])


def _put_off(ref: str, kind: Kind, subject: str, at: datetime, failure: str) -> RoundResult:
    queued_at = Effect.objects.values_list("queued_at", flat=True).get(ref=ref)
    if at - queued_at <= kind.retry.keep:
        _postpone(ref, kind, at, failure)
        return RoundResult(postponed=1)
    with transaction.atomic():
        _end(ref, "failed", at, failure)
        if kind.given_up is not None:
            kind.given_up(subject, failure, at)
    return RoundResult(given_up=1)


def _postpone(ref: str, kind: Kind, at: datetime, failure: str) -> None:
    attempts = Effect.objects.values_list("attempts", flat=True).get(ref=ref)
    Effect.objects.filter(ref=ref).update(due_at=at + kind.retry.pause(attempts), failure=failure[:80])


# For operators


@dataclass(frozen=True, slots=True)
class Lane:
    """The number of waiting effects in a lane, since when the oldest has waited, and the number given up."""

    waiting: int = 0
    oldest_at: datetime | None = None
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Queued:
    """An effect as operators see it."""

    ref: str
    kind: str
    lane: str
    subject: str
    state: str
    attempts: int
    queued_at: datetime
    due_at: datetime
    done_at: datetime | None
    failure: str


def lanes() -> dict[str, Lane]:
    """The present figures of every lane, by two index scans."""
    waiting = Effect.objects.filter(state="waiting").values_list("lane").annotate(n=Count("ref"), at=Min("queued_at"))
    failed = dict(Effect.objects.filter(state="failed").values_list("lane").annotate(n=Count("ref")))
    busy = {lane: Lane(number, oldest) for lane, number, oldest in waiting.order_by()}
    names = dict.fromkeys((*LANES, *busy, *failed))
    return {
        name: Lane(lane.waiting, lane.oldest_at, failed.get(name, 0))
        for name in names
        for lane in [busy.get(name, Lane())]
    }


def unattended(sent: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The number of waiting effects by kind and lane, of those pairs that are not in `sent`: nothing performs them."""
    rows = Effect.objects.filter(state="waiting").values_list("kind", "lane").annotate(n=Count("ref")).order_by()
    return {(kind, lane): number for kind, lane, number in rows if (kind, lane) not in sent}


def given_up_since(moment: datetime) -> int:
    """How many effects were given up since this moment."""
    return Effect.objects.filter(state="failed", done_at__gte=moment).count()


def oldest_waiting(kind: str, lane: str, *, at: datetime | None = None) -> datetime | None:  # noqa: ARG001 (for `Part`)
    """The moment at which the oldest waiting effect of a kind in a lane was queued."""
    rows = Effect.objects.filter(state="waiting", kind=kind, lane=lane)
    return rows.order_by("queued_at").values_list("queued_at", flat=True).first()


def listed(*, state: str = "", kind: str = "", queued_before: datetime | None = None, limit: int = 100) -> list[Queued]:
    """Effects for an operator to inspect, the longest queued first."""
    rows = _chosen(state=state, kind=kind, queued_before=queued_before).order_by("queued_at", "ref")
    names = Queued.__slots__
    return [Queued(*row) for row in rows.values_list(*names)[:limit]]


def try_again(
    *,
    at: datetime,
    state: str = "failed",
    kind: str = "",
    queued_before: datetime | None = None,
    refs: Collection[str] = (),
) -> int:
    """Make effects that were given up, or that wait for their next attempt, due at once; return how many.

    Their age counts from `at`. An effect that a worker is performing has an empty `failure` and is not touched.
    """
    count = 0
    rows = _chosen(state=state, kind=kind, queued_before=queued_before).exclude(state="done").exclude(failure="")
    rows = rows.filter(ref__in=list(refs)) if refs else rows
    while chosen := list(rows.exclude(queued_at=at).order_by("ref").values_list("ref", flat=True)[:SLICE]):
        again = Effect.objects.filter(ref__in=chosen).exclude(state="done").exclude(failure="")
        count += again.update(state="waiting", queued_at=at, due_at=at, done_at=None, attempts=0)
    return count


def _chosen(*, state: str, kind: str, queued_before: datetime | None) -> QuerySet[Effect]:
    wanted = Q()
    for column, value in (("state", state), ("kind", kind), ("queued_at__lt", queued_before)):
        if value:
            wanted &= Q(**{column: value})
    return Effect.objects.filter(wanted)


def oldest_to_forget(*, at: datetime) -> datetime | None:  # noqa: ARG001 (every part takes it)
    """The moment since which the oldest finished effect should have been deleted."""
    oldest = Effect.objects.filter(state="done").order_by("done_at").values_list("done_at", flat=True).first()
    return oldest + KEEP_DONE if oldest is not None else None


def forget_old(*, at: datetime) -> int:
    """Delete the rows of effects that ended long ago, in slices; return how many."""
    count = 0
    for state, keep in (("done", KEEP_DONE), ("failed", KEEP_FAILED)):
        rows = Effect.objects.filter(state=state, done_at__lt=at - keep).order_by("done_at")
        while old := list(rows.values_list("ref", flat=True)[:SLICE]):
            count += Effect.objects.filter(ref__in=old).delete()[0]
            breathe()
    return count
