"""Absences of officers: their cases go to a deputy, or back to the queue, and come back when the absence ends."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from praya.blocks.cases import models
from praya.blocks.cases.rows import add_step, case_of
from praya.blocks.cases.values import Case
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none


class AlreadyAway(Exception):
    """The officer has an absence that has not ended."""


@dataclass(frozen=True, slots=True)
class Absence:
    """An officer is away from `from_at` until before `until_at`, for the cases of these departments.

    Their cases go to the officer `deputy_ref`; back to the queue when that is empty.
    """

    number: int
    officer_ref: str
    deputy_ref: str
    departments: tuple[str, ...]
    from_at: datetime
    until_at: datetime

    def holds(self, at: datetime) -> bool:
        """Whether the officer is away at a moment."""
        return self.from_at <= at < self.until_at


def set_absence(
    *,
    officer_ref: str,
    deputy_ref: str,
    departments: Collection[str],
    from_at: datetime,
    until_at: datetime,
    at: datetime,
    by: str,
) -> Absence:
    """Record that an officer will be away. Raises AlreadyAway."""
    try:
        with transaction.atomic():
            row = models.Absence.objects.create(
                officer_ref=officer_ref, deputy_ref=deputy_ref, departments=json.dumps(sorted(departments)),
                from_at=from_at, until_at=until_at,
            )  # fmt: skip
            facts = {"deputy": deputy_ref, "departments": sorted(departments)}
            journal.record(event="absence_set", at=at, by=by, subject=officer_ref, facts=facts)
    except IntegrityError:
        raise AlreadyAway(officer_ref) from None
    return _absence(row)


def end_absence(officer_ref: str, *, at: datetime, by: str) -> None:
    """Let an officer's absence end now; the worker then gives the cases back. One that has not begun is deleted.

    Nothing happens without one.
    """
    with transaction.atomic():
        rows = models.Absence.objects.filter(officer_ref=officer_ref)
        planned, _ = rows.filter(from_at__gt=at).delete()
        if planned or rows.filter(until_at__gt=at).update(until_at=at):
            journal.record(event="absence_ended", at=at, by=by, subject=officer_ref)


def absence(officer_ref: str) -> Absence | None:
    """The absence of an officer, planned or begun, until their cases are given back."""
    row = one_or_none(models.Absence.objects.filter(officer_ref=officer_ref))
    return _absence(row) if row is not None else None


def absences_of(officers: Collection[str]) -> dict[str, Absence]:
    """The absences of these officers, planned or begun, by officer."""
    rows = models.Absence.objects.filter(officer_ref__in=list(officers)) if officers else []
    return {row.officer_ref: _absence(row) for row in rows}


def deputising(deputy_ref: str, *, at: datetime, limit: int = 20) -> list[Absence]:
    """The absences in which an officer is the deputy now."""
    rows = models.Absence.objects.filter(deputy_ref=deputy_ref, from_at__lte=at, until_at__gt=at)
    return [_absence(row) for row in rows.order_by("until_at", "id")[:limit]]


def absences_begun(*, at: datetime) -> list[Absence]:
    """The absences that have begun and those that are over, whose cases may still have to be moved."""
    return [_absence(row) for row in models.Absence.objects.filter(from_at__lte=at).order_by("id")]


def cases_held(officer_ref: str, departments: Collection[str], *, limit: int) -> list[Case]:
    """Open cases of departments that are assigned to an officer, those due first."""
    rows = models.Case.objects.filter(assigned_to=officer_ref, closed_at__isnull=True, department__in=list(departments))
    rows = rows.exclude(assigned_to="").defer("answers", "findings")
    return [case_of(row) for row in rows.order_by("due_at", "ref")[:limit]]


def hand_over(away: Absence, ref: str, *, to: str, at: datetime) -> None:
    """Assign a case of an absent officer to another one, or to nobody; the absence knows where it went.

    So do the absences of those for whom the absent officer had it as a deputy.
    """
    with transaction.atomic():
        row = one_or_none(models.Case.objects.select_for_update().filter(ref=ref, assigned_to=away.officer_ref))
        if row is None or row.closed_at is not None:
            return
        models.Handed.objects.filter(case=row, to_ref=away.officer_ref).update(to_ref=to)
        models.Handed.objects.update_or_create(absence_id=away.number, case=row, defaults={"to_ref": to})
        _assigned(row, to, "handed_over", at)


def give_back(away: Absence, *, again: Collection[str], at: datetime, limit: int) -> int:
    """Give cases back that an absence handed over; return how many were looked at, and with none delete the absence.

    A case comes back if it is open, of a department in `again`, and still where it went. Those for whom the officer
    had it as a deputy then get it from them.
    """
    count = 0
    for handed in list(models.Handed.objects.filter(absence_id=away.number).order_by("id")[:limit]):
        with transaction.atomic():
            rows = models.Case.objects.select_for_update().filter(ref=handed.case_id, closed_at__isnull=True)
            row = one_or_none(rows.filter(department__in=list(again)))
            # Another absence may have handed the case on, or back, until it was ours.
            to = models.Handed.objects.filter(id=handed.id).values_list("to_ref", flat=True).first()
            if row is not None and row.assigned_to == to:
                _assigned(row, away.officer_ref, "handed_back", at)
                earlier = models.Handed.objects.filter(case=row, to_ref=to, id__lt=handed.id)
                earlier.update(to_ref=away.officer_ref)
            handed.delete()
        count += 1
    if not count:
        models.Absence.objects.filter(id=away.number).delete()
    return count


def _assigned(row: models.Case, to: str, kind: str, at: datetime) -> None:
    row.assigned_to = to
    row.save(update_fields=["assigned_to"])
    add_step(row, at, kind, "system", row.department, "", "", "", None)
    journal.record(event=f"case_{kind}", at=at, by="system", subject=row.ref, service=row.service, facts={"to": to})


def _absence(row: models.Absence) -> Absence:
    departments = tuple(json.loads(row.departments))
    return Absence(row.id, row.officer_ref, row.deputy_ref, departments, row.from_at, row.until_at)
