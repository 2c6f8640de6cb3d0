"""The interface of stocks: give a thing to a case and take it back; cases join a line, are called and leave it.

A thing is given to one case at a time; a database constraint ensures that. Cases in a line are called in the order of
their numbers, which are assigned under the lock of the line.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import Max, Q, QuerySet

from praya.blocks.stocks.models import GivenRow, WaitRow
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none

__all__ = [
    "Taken",
    "Wait",
    "before",
    "call",
    "forget_of_case",
    "give_back",
    "is_numbered",
    "join",
    "last_called",
    "leave",
    "lock",
    "next_waiting",
    "not_numbered",
    "number",
    "of_case",
    "taken",
    "thing_of",
    "turns",
    "wait_again",
]  # fmt: skip


class Taken(Exception):
    """Another case has the thing."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The place of a case in a line. `number` is None until it is assigned; `state` is waiting, called or over."""

    line: str
    case_ref: str
    number: int | None
    state: str
    key: int


# Things


def take(*, stock: str, thing: str, case_ref: str, service: str, at: datetime, by: str) -> bool:
    """Give a thing to a case, in exchange for the one it has from this stock; False when it already has this one.

    Raises Taken, and then nothing is changed.
    """
    with transaction.atomic():
        had = one_or_none(GivenRow.objects.filter(stock=stock, case_ref=case_ref))
        if had is not None and had.thing == thing:
            return False
        try:
            with transaction.atomic():
                GivenRow.objects.create(stock=stock, thing=thing, case_ref=case_ref, at=at)
        except IntegrityError:
            raise Taken(thing) from None
        if had is not None:
            had.delete()
        facts = {"thing": thing, "stock": stock} | ({"instead_of": had.thing} if had is not None else {})
        journal.record(event="thing_taken", at=at, by=by, subject=case_ref, service=service, facts=facts)
    return True


def give_back(*, stock: str, case_ref: str, service: str, at: datetime, by: str) -> bool:
    """Take back the thing that a case has from a stock; False when it has none."""
    with transaction.atomic():
        had = one_or_none(GivenRow.objects.filter(stock=stock, case_ref=case_ref))
        if had is None:
            return False
        had.delete()
        facts = {"thing": had.thing, "stock": stock}
        journal.record(event="thing_given_back", at=at, by=by, subject=case_ref, service=service, facts=facts)
    return True


def taken(stock: str) -> frozenset[str]:
    """The things of a stock that are given to cases."""
    return frozenset(GivenRow.objects.filter(stock=stock).values_list("thing", flat=True))


def thing_of(stock: str, case_ref: str) -> str | None:
    """The thing that a case has from a stock; None without one."""
    return GivenRow.objects.filter(stock=stock, case_ref=case_ref).values_list("thing", flat=True).first()


# Lines


def join(*, line: str, case_ref: str, at: datetime) -> None:
    """Add a case to the end of a line, also if it was in the line before."""
    fresh = {"number": None, "joined_at": at, "called_at": None, "over": False}
    if not WaitRow.objects.filter(line=line, case_ref=case_ref).update(**fresh):
        with suppress(IntegrityError), transaction.atomic():
            WaitRow.objects.create(line=line, case_ref=case_ref, joined_at=at)


def call(*, line: str, case_ref: str, at: datetime) -> None:
    """Record that it is a case's turn."""
    WaitRow.objects.filter(line=line, case_ref=case_ref, over=False).update(called_at=at)


def leave(*, line: str, case_ref: str) -> None:
    """End a case's waiting or its turn."""
    WaitRow.objects.filter(line=line, case_ref=case_ref).update(over=True)


def wait_again(*, line: str, case_refs: Sequence[str]) -> None:
    """Let cases that left a line before their turn wait in it again, each with the number that it had."""
    for first in range(0, len(case_refs), 500):
        rows = WaitRow.objects.filter(line=line, case_ref__in=case_refs[first : first + 500], called_at__isnull=True)
        rows.filter(number__isnull=False, over=True).update(over=False)


def lock(line: str) -> None:
    """Lock a line until the transaction ends, so that no other process assigns numbers or calls cases."""
    # On SQLite a writing transaction excludes all others from its beginning.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(line[:15], 16)])


def not_numbered(line: str, *, among: Collection[str] | None = None) -> list[Wait]:
    """Waiting cases without a number, in the order in which they joined; only those `among` these cases."""
    return [_wait(row) for row in _waiting(line, among).filter(number__isnull=True).order_by("joined_at", "id")]


def is_numbered(line: str, *, among: Collection[str] | None = None) -> bool:
    """Whether anybody in the line has a number, also who was called or has left it; only cases `among` these."""
    return _only(WaitRow.objects.filter(line=line, number__isnull=False), among).exists()


def number(line: str, waits: Sequence[Wait], *, among: Collection[str] | None = None) -> None:
    """Assign the next numbers of a line, in this order. The caller holds the `lock`."""
    rows = _only(WaitRow.objects.filter(line=line), among)
    last = rows.aggregate(last=Max("number"))["last"] or 0
    numbered = [WaitRow(id=one.key, number=last + place) for place, one in enumerate(waits, 1)]
    WaitRow.objects.bulk_update(numbered, ["number"], batch_size=200)


def next_waiting(line: str, *, after: int, among: Collection[str] | None = None) -> Wait | None:
    """The waiting case with the lowest number above `after`; None without one."""
    row = one_or_none(_waiting(line, among).filter(number__gt=after).order_by("number"))
    return _wait(row) if row else None


def turns(line: str, *, among: Collection[str] | None = None) -> int:
    """The number of cases whose turn it is now."""
    return _only(_called(line), among).count()


def last_called(line: str) -> int | None:
    """The highest number among the cases whose turn it is now; None without any."""
    found: int | None = _called(line).aggregate(last=Max("number"))["last"]
    return found


def before(wait: Wait) -> int:
    """The number of cases that wait before this one."""
    rows = _waiting(wait.line, None)
    if wait.number is None:
        return rows.filter(Q(number__isnull=False) | Q(id__lt=wait.key)).count()
    return rows.filter(number__lt=wait.number).count()


def of_case(case_ref: str) -> Wait | None:
    """The place of a case in the line that it joined last."""
    row = one_or_none(WaitRow.objects.filter(case_ref=case_ref).order_by("-joined_at", "-id"))
    return _wait(row) if row else None


def forget_of_case(*, case_ref: str) -> None:
    """Delete the places of a case in lines. Its things stay given, without a reference to the case."""
    WaitRow.objects.filter(case_ref=case_ref).delete()
    GivenRow.objects.filter(case_ref=case_ref).update(case_ref="")


def _waiting(line: str, among: Collection[str] | None) -> "QuerySet[WaitRow]":
    return _only(WaitRow.objects.filter(line=line, called_at__isnull=True, over=False), among)


def _called(line: str) -> "QuerySet[WaitRow]":
    return WaitRow.objects.filter(line=line, called_at__isnull=False, over=False)


def _only(rows: "QuerySet[WaitRow]", among: Collection[str] | None) -> "QuerySet[WaitRow]":
    return rows if among is None else rows.filter(case_ref__in=list(among))


def _wait(row: WaitRow) -> Wait:
    state = "over" if row.over else "called" if row.called_at else "waiting"
    return Wait(row.line, row.case_ref, row.number, state, row.id)
