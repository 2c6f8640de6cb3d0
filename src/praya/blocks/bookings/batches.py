"""Batches for hot pools: threads of a process that want places at the same time share one statement and one commit.

While one statement is written to disk, those who come gather for the next. Nobody is told of places before they are on
disk, and nothing is counted in memory, so a kill loses nothing: who got no answer asks again with the same `once_key`.
"""

import threading
from collections import deque
from dataclasses import dataclass, field

import structlog
from django.db import connection

from praya.blocks.bookings import store

MOST = 128
"""Sales in one statement."""


@dataclass(eq=False, slots=True)
class _Waiting:
    """A thread with a sale: woken with an answer, with an error, or to lead the next batch."""

    sale: store.Sale
    woken: threading.Event = field(default_factory=threading.Event)
    settled: bool = False
    sold: bool | None = None
    error: Exception | None = None


@dataclass(slots=True)
class _Line:
    """Those who wait for places of one scheme, and whether a batch is under way."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: deque[_Waiting] = field(default_factory=deque)
    busy: bool = False


log = structlog.get_logger("bookings")
_lines: dict[str, _Line] = {}


def sell(sale: store.Sale) -> bool:
    """As `store.sell`, together with whoever sells at the same time. Raises Full, HeldAlready.

    Within the caller's transaction, and on SQLite, it sells alone.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        return store.sell(sale)
    mine, line = _Waiting(sale), _lines.setdefault(sale.scheme, _Line())
    with line.lock:
        line.waiting.append(mine)
        leads = not line.busy
        line.busy = True
    if not leads:
        mine.woken.wait()
    if not mine.settled:
        _lead(line)
    if mine.error is not None:
        raise mine.error
    if mine.sold is None:
        # The batch failed for another reason, such as a lost connection: each tries alone.
        return store.sell(sale)
    return mine.sold


def _lead(line: _Line) -> None:
    """Sell to those who wait, and let the next one lead."""
    with line.lock:
        batch = [line.waiting.popleft() for _ in range(min(MOST, len(line.waiting)))]
    try:
        _settle(batch)
    except Exception:
        log.exception("a batch of bookings failed; each is tried alone")
    finally:
        with line.lock:
            following = line.waiting[0] if line.waiting else None
            line.busy = following is not None
        for one in batch:
            one.settled = True
            one.woken.set()
        if following is not None:
            following.woken.set()


def _settle(batch: list[_Waiting]) -> None:
    """Sell to all of a batch; where that cannot be, to each half, so that those who came first are served first."""
    try:
        sold = store.sell_many([one.sale for one in batch])
    except (store.Full, store.HeldAlready) as refusal:
        if len(batch) == 1:
            batch[0].error = refusal
            return
        _settle(batch[: len(batch) // 2])
        _settle(batch[len(batch) // 2 :])
        return
    for one in batch:
        one.sold = one.sale.ref in sold
