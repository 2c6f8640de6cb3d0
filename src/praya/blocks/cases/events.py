"""Events of a case that leave its state as it is: notes, parties, assignment, reading, erasure."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from django.db import transaction

from praya.blocks.cases import models
from praya.blocks.cases.mentions import add_mentions
from praya.blocks.cases.reading import done_before
from praya.blocks.cases.rows import add_step, case_of, locked
from praya.blocks.cases.values import Case, NoCase
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none


def set_booking(*, ref: str, booking_ref: str) -> None:
    """Record the booking of a case. The journal has the booking's own facts."""
    models.Case.objects.filter(ref=ref).update(booking_ref=booking_ref)


def note_event(
    *,
    ref: str,
    kind: Literal["invited", "given", "declined", "lapsed", "rebooked", "assisted"],
    party: str,
    at: datetime,
    by: str,
) -> Case:
    """Record what an invited party did, that the applicant moved the booking, or that an officer applied for them.

    Raises NoCase.
    """
    with transaction.atomic():
        row = locked(ref)
        add_step(row, at, kind, by, "", party, "", "", None)
        if kind == "assisted":
            journal.record(event="case_assisted", at=at, by=by, subject=ref, service=row.service, facts={})
        if kind != "invited":
            # A decision must take this event into account, so decisions on the old revision fail.
            row.revision += 1
            row.save(update_fields=["revision"])
    return case_of(row, referrals=True)


def note(
    *,
    ref: str,
    text: str,
    at: datetime,
    by: str,
    department: str,
    once_key: str | None = None,
    names: Collection[str] = (),
) -> None:
    """Store an officer's note, which the applicant does not see, and which may name officers. Raises NoCase."""
    with transaction.atomic():
        row = locked(ref)
        if once_key and done_before(once_key):
            return
        add_step(row, at, "noted", by, department, "", "", text, once_key)
        journal.record(event="case_noted", at=at, by=by, subject=ref, service=row.service)
        if names:
            add_mentions(row, names, at=at, by=by)


NOBODY = "nobody"
"""To whom a case that was given back is assigned, in its history."""


def assign(*, ref: str, officer_ref: str, at: datetime, by: str) -> None:
    """Assign a case to an officer, or to nobody when the reference is empty. Raises NoCase."""
    with transaction.atomic():
        if not models.Case.objects.filter(ref=ref).update(assigned_to=officer_ref):
            raise NoCase(ref)
        row = models.Case.objects.get(ref=ref)
        add_step(row, at, "assigned", by, row.department, officer_ref or NOBODY, "", "", None)
        journal.record(event="case_assigned", at=at, by=by, subject=ref, service=row.service)


def note_read(*, ref: str, service: str, by: str, at: datetime, what: str) -> None:
    """Record in the journal that an officer read personal data of a case."""
    journal.record(event="case_read", at=at, by=by, subject=ref, service=service, facts={"what": what})


def erase(*, ref: str, at: datetime) -> None:
    """Delete a case whose retention period is over. The journal records that it existed."""
    with transaction.atomic():
        row = one_or_none(models.Case.objects.filter(ref=ref))
        if row is not None:
            journal.record(event="case_erased", at=at, by="system", subject=ref, service=row.service)
            row.delete()
