"""Batches: one action on many cases. A batch records its cases, the result for each, and how to undo it.

`api` re-exports the public functions. The result of an item is written in the transaction that changes its case, so
that each case is changed exactly once even if a worker dies.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.db.models import Count

from praya.blocks.cases import models
from praya.blocks.cases.rows import add_step, case_of
from praya.blocks.cases.values import Case, CaseMoved, NoCase
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none

Kind = Literal["act", "assign"]
State = Literal["gathering", "shown", "running", "stopped", "undoing", "done"]
_PLACE = "cases.batch.content"
_MOMENTS = ("state_since", "due_at", "timer_at", "promise_at", "stopped_at", "clock_at", "clock_done")
# The columns that belong to the present state of a case.
_OF_STATE = ("state", "waits_for_applicant", "held", "timers_done", "reckoned", *_MOMENTS)
# The states from which an officer may bring a batch into another one.
_WAYS: dict[str, tuple[str, ...]] = {
    "running": ("shown", "stopped"),
    "stopped": ("running", "undoing"),
    "undoing": ("done", "stopped"),
}


class NoBatch(LookupError):
    """There is no such batch, or it is somebody else's."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One action on many cases, begun by an officer.

    `kind` is `act` with a `service` and its `action`, or `assign`. `source` is the list or search from which the cases
    are gathered, and `mark` the position that gathering has reached. `state` goes from gathering to shown, running and
    done; a running batch may be stopped, and a stopped or completed one undone (`undoing`).
    """

    ref: str
    officer_ref: str
    kind: Kind
    service: str
    action: str
    source: dict[str, Any]
    state: State
    mark: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """A case in a batch. `state` is ready, refused, done or undone; `why` gives the reason for a refusal."""

    number: int
    batch_ref: str
    case_ref: str
    revision: int
    state: str
    why: str
    after: int


def open_batch(
    *,
    officer_ref: str,
    kind: Kind,
    service: str,
    action: str,
    content: Mapping[str, Any],
    source: Mapping[str, Any],
    at: datetime,
) -> Batch:
    """Create a batch, whose cases are gathered later. `content` holds the answers and texts for all its cases."""
    ref = opaque()
    row = models.Batch.objects.create(
        ref=ref,
        officer_ref=officer_ref,
        kind=kind,
        service=service,
        action=action,
        content=vault.seal_json(dict(content), subject=officer_ref, place=_PLACE, row=ref),
        source=json.dumps(dict(source), sort_keys=True),
        state="gathering",
        asked_at=at,
    )
    return _batch(row)


def batch(ref: str, *, officer_ref: str) -> Batch:
    """A batch of an officer. Raises NoBatch."""
    row = one_or_none(models.Batch.objects.filter(ref=ref, officer_ref=officer_ref))
    if row is None:
        raise NoBatch(ref)
    return _batch(row)


def batch_content(one: Batch) -> dict[str, Any]:
    """The answers and texts that apply to all cases of a batch. Raises vault.Forgotten."""
    row = models.Batch.objects.only("content").get(ref=one.ref)
    content: dict[str, Any] = vault.unseal_json(row.content, subject=one.officer_ref, place=_PLACE, row=one.ref)
    return content


def batches(officer_ref: str, *, limit: int = 50) -> list[Batch]:
    """The batches of an officer, the newest first."""
    rows = models.Batch.objects.filter(officer_ref=officer_ref).order_by("-asked_at", "ref")
    return [_batch(row) for row in rows[:limit]]


def open_batches(*states: State) -> list[Batch]:
    """The batches in these states, by default those that a worker has to process, the oldest first."""
    rows = models.Batch.objects.filter(state__in=states or ("gathering", "running", "undoing"))
    return [_batch(row) for row in rows.order_by("asked_at", "ref")[:100]]


def oldest_batch() -> datetime | None:
    """The moment since which the oldest batch has waited for a worker."""
    rows = models.Batch.objects.filter(state__in=("gathering", "running", "undoing"))
    return rows.order_by("asked_at").values_list("asked_at", flat=True).first()


def add_items(one: Batch, looked_at: Sequence[tuple[str, int, str]], *, mark: str = "", complete: bool = False) -> None:
    """Add cases to a batch: reference, revision at which the case was checked, and the reason if it is refused.

    `mark` is the position that gathering has reached; with `complete`, gathering has ended.
    """
    with transaction.atomic():
        if not models.Batch.objects.select_for_update().filter(ref=one.ref, state="gathering").exists():
            return
        models.BatchItem.objects.bulk_create(
            (
                models.BatchItem(
                    batch_id=one.ref, case_ref=ref, revision=revision, state="refused" if why else "ready", why=why
                )
                for ref, revision, why in looked_at
            ),
            ignore_conflicts=True,
        )
        models.Batch.objects.filter(ref=one.ref).update(mark=mark, state="shown" if complete else "gathering")


def lead_batch(one: Batch, to: Literal["running", "stopped", "undoing"], *, at: datetime, by: str) -> bool:
    """Start, stop, continue or undo a batch; False when its state does not allow that."""
    with transaction.atomic():
        rows = models.Batch.objects.filter(ref=one.ref, state__in=_WAYS[to])
        if not rows.update(state=to, ended_at=None):
            return False
        facts = {"kind": one.kind, "action": one.action, "to": to, "cases": batch_counts(one.ref).get("ready", 0)}
        journal.record(event="batch_led", at=at, by=by, subject=one.ref, service=one.service, facts=facts)
    return True


def batch_runs(ref: str, state: str) -> bool:
    """Whether a batch is still in this state; somebody may have stopped it."""
    return models.Batch.objects.filter(ref=ref, state=state).exists()


def end_batch(one: Batch, *, at: datetime) -> None:
    """Record that a batch has been completed or undone."""
    with transaction.atomic():
        rows = models.Batch.objects.filter(ref=one.ref, state__in=("running", "undoing"))
        if rows.update(state="done", ended_at=at):
            facts = dict(batch_counts(one.ref))
            journal.record(
                event="batch_ended", at=at, by=f"officer:{one.officer_ref}", subject=one.ref, service=one.service,
                facts=facts,
            )  # fmt: skip


def batch_counts(ref: str) -> dict[str, int]:
    """How many cases of a batch are in each state."""
    rows = models.BatchItem.objects.filter(batch_id=ref).order_by("state").values_list("state")
    return dict(rows.annotate(n=Count("id")))


def batch_items(ref: str, state: str, *, after: int = 0, limit: int = 50, to_undo: bool = False) -> list[Item]:
    """The items of a batch in a state, numbered above `after`; with `to_undo`, only those that can be undone."""
    rows = models.BatchItem.objects.filter(batch_id=ref, state=state, id__gt=after)
    if to_undo:
        rows = rows.filter(after__gt=0)
    return [_item(row) for row in rows.order_by("id")[:limit]]


def take_item(item: Item, state: str) -> bool:
    """Lock an item until the transaction ends; False when it has left this state."""
    return bool(models.BatchItem.objects.select_for_update().filter(id=item.number, state=state).values_list("id"))


def end_item(item: Item, state: str, *, why: str = "", after: int = 0, stood: "Standing | None" = None) -> None:
    """Record the result for an item. `after`, the case's new revision, and `stood`, its old status, are for undoing."""
    changed: dict[str, Any] = {"state": state, "why": why, "after": after}
    if stood is not None and after:
        changed |= {"was": json.dumps(stood.columns), "findings": stood.findings}
    models.BatchItem.objects.filter(id=item.number).update(**changed)


@dataclass(frozen=True, slots=True)
class Standing:
    """The status of a case, from which it can be restored: columns as JSON values, and its encrypted findings."""

    columns: dict[str, Any]
    findings: bytes | None


def standing(ref: str) -> Standing:
    """The present status of a case. Raises NoCase."""
    row = one_or_none(models.Case.objects.filter(ref=ref).defer("answers"))
    if row is None:
        raise NoCase(ref)
    columns = {name: getattr(row, name) for name in (*_OF_STATE, "assigned_to")}
    columns |= {name: at.isoformat() for name, at in columns.items() if isinstance(at, datetime)}
    return Standing(columns, bytes(row.findings) if row.findings is not None else None)


def take_back(item: Item, *, at: datetime, by: str) -> Case:
    """Restore a case to its status before the batch. Raises NoCase; CaseMoved when it has changed since."""
    with transaction.atomic():
        kept = models.BatchItem.objects.get(id=item.number)
        row = one_or_none(models.Case.objects.select_for_update().filter(ref=item.case_ref))
        if row is None:
            raise NoCase(item.case_ref)
        was = json.loads(kept.was)
        if row.revision != item.after or row.closed_at is not None:
            raise CaseMoved(row.ref)
        before = row.state
        # If the batch left the case in its state, its clocks have continued since, and are not set back.
        for name in (*_OF_STATE, "assigned_to") if before != was["state"] else ("assigned_to",):
            value = was[name]
            setattr(row, name, datetime.fromisoformat(value) if value and name in _MOMENTS else value)
        row.findings = kept.findings
        row.revision += 1
        row.save()
        add_step(row, at, "taken_back", by, row.department, "", row.state if row.state != before else "", "", None)
        facts = {"from": before, "to": row.state}
        journal.record(event="case_taken_back", at=at, by=by, subject=row.ref, service=row.service, facts=facts)
    return case_of(row)


def _batch(row: models.Batch) -> Batch:
    return Batch(
        row.ref, row.officer_ref, "assign" if row.kind == "assign" else "act", row.service, row.action,
        json.loads(row.source), row.state, row.mark, row.asked_at,  # type: ignore[arg-type]
    )  # fmt: skip


def _item(row: models.BatchItem) -> Item:
    return Item(row.id, row.batch_id, row.case_ref, row.revision, row.state, row.why, row.after)
