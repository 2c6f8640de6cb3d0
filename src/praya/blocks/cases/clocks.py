"""Clocks and timers of a case: store when they are due, and record what they did."""

from datetime import datetime
from typing import Literal, get_args

from django.db import transaction

from praya.blocks.cases import alerts, models
from praya.blocks.cases.rows import add_step
from praya.kernel.journal import api as journal

Chased = Literal["asked_again", "party_reminded", "raised"]


def set_timer(*, ref: str, done: int, at: datetime | None) -> None:
    """Record how many timers of the present state have fired, and when the next one is due."""
    models.Case.objects.filter(ref=ref).update(timers_done=done, timer_at=at)


def note_timer(*, ref: str, at: datetime, stopped: bool = False) -> None:
    """Record that a timer acted on a case without moving it or, if `stopped`, that it failed and is not tried again."""
    row, what = models.Case.objects.get(ref=ref), "timer_stopped" if stopped else "reminded"
    with transaction.atomic():
        add_step(row, at, what, "system", row.department, "", "", "", None)
        journal.record(event=f"case_{what}", at=at, by="system", subject=ref, service=row.service)


def set_clocks(
    *,
    ref: str,
    due_at: datetime | None,
    promise_at: datetime | None,
    stopped_at: datetime | None,
    clock_at: datetime | None,
    clock_done: datetime | None,
    reckoned: str,
) -> None:
    """Record when the clocks of a case end, since when they are suspended, and when they next have to act."""
    models.Case.objects.filter(ref=ref).update(
        due_at=due_at, promise_at=promise_at, stopped_at=stopped_at, clock_at=clock_at, clock_done=clock_done,
        reckoned=reckoned,
    )  # fmt: skip


def chase(*, ref: str, kind: Chased, who: str, since: datetime, at: datetime, by: str) -> bool:
    """Record that an officer reminded a department or a party (`who`) about a case, or put it before a role.

    Once for each of them `since` a moment: False when it was done after it. The officers of the department, or those
    with the role, are told of it as of a clock.
    """
    with transaction.atomic():
        row = models.Case.objects.select_for_update().get(ref=ref)
        if row.steps.filter(kind=kind, action=who, at__gte=since).exists():
            return False
        department = who if kind == "asked_again" else row.department
        add_step(row, at, kind, by, department, who, "", "", None)
        if kind == "asked_again":
            alerts.note_alert(row, department=who, role="officer", kind="reminded", at=at)
        elif kind == "raised":
            alerts.note_alert(row, department=row.department, role=who, kind="escalated", at=at)
        journal.record(event=f"case_{kind}", at=at, by=by, subject=ref, service=row.service, facts={"who": who})
    return True


def chased(ref: str, *, since: datetime) -> set[tuple[str, str]]:
    """What was so recorded of a case since a moment: kind and whom."""
    rows = models.Step.objects.filter(case_id=ref, kind__in=get_args(Chased), at__gte=since)
    return set(rows.values_list("kind", "action"))


def set_held(ref: str, held: bool) -> None:
    """Record whether a case waits for somebody else than an officer of its department."""
    models.Case.objects.filter(ref=ref).update(held=held)


def note_clock(
    *,
    ref: str,
    kind: Literal["warned", "escalated", "late", "asked_again", "not_done", "not_opened", "not_paid", "not_refunded"],
    who: str,
    what: str,
    at: datetime,
    noted_at: datetime | None = None,
) -> None:
    """Record that a clock warned or escalated to a role `who`, or that a department is late or was reminded.

    `what` is the clock: `state`, `promise` or `reply`. It did so as of `at`. `noted_at` is the present moment where
    that is later, as after days without a worker: from then on an alert is kept.
    """
    row = models.Case.objects.get(ref=ref)
    with transaction.atomic():
        add_step(row, at, kind, "system", who if what == "reply" else row.department, who, "", "", None)
        if kind in {"warned", "escalated"}:
            alerts.note_alert(row, department=row.department, role=who, kind=kind, at=noted_at or at)
        facts = {"who": who, "clock": what}
        journal.record(event=f"case_{kind}", at=at, by="system", subject=ref, service=row.service, facts=facts)
