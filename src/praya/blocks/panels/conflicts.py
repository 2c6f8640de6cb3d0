"""Conflicts of interest that members declare."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from praya.blocks.panels.models import ConflictRow, SeatRow
from praya.blocks.panels.rows import (
    CONFLICT_PLACE,
    LIVE,
    open_seat,
    record,
)
from praya.kernel.crypto import vault


def declare(*, ref: str, person_ref: str, conflict: bool, reason: str = "", at: datetime) -> None:
    """Record that a member has a conflict of interest in an entry, or none.

    After a conflict, the member loses access to the case in this and every other round, and the member's marks for it
    no longer count. Raises NoSeat, NotOpen, vault.Forgotten.
    """
    with transaction.atomic():
        row = open_seat(ref, person_ref)
        entry = row.entry
        if not conflict:
            if row.state == "given":
                row.state = "declared"
                row.save(update_fields=["state"])
                record("no_conflict_declared", row, at)
            return
        sealed = vault.seal(
            reason.encode(), subject=entry.applicant_ref, place=CONFLICT_PLACE, row=f"{entry.case_ref}:{person_ref}"
        )
        ConflictRow.objects.get_or_create(
            case_ref=entry.case_ref,
            person_ref=person_ref,
            defaults={"applicant_ref": entry.applicant_ref, "declared_at": at, "reason": sealed if reason else None},
        )
        opened = SeatRow.objects.filter(
            entry__case_ref=entry.case_ref, person_ref=person_ref, entry__round__closed_at__isnull=True
        )
        opened.update(state="conflict", said=None, marked_at=None)
        record("conflict_declared", row, at)


def has_conflict(*, case_ref: str, person_ref: str) -> bool:
    """Whether a person declared a conflict of interest in a case."""
    return ConflictRow.objects.filter(case_ref=case_ref, person_ref=person_ref).exists()


def shuts_out(*, case_ref: str, person_ref: str) -> bool:
    """Whether a person must not see a case: they have a conflict in it, or judge it in a blind round."""
    if has_conflict(case_ref=case_ref, person_ref=person_ref):
        return True
    return _judged_blindly(person_ref).filter(entry__case_ref=case_ref).exists()


def shut_to(person_ref: str) -> set[str]:
    """The cases that a person must not see (`shuts_out`), by reference."""
    return declared_by(person_ref) | set(_judged_blindly(person_ref).values_list("entry__case_ref", flat=True))


def _judged_blindly(person_ref: str) -> "QuerySet[SeatRow]":
    return SeatRow.objects.filter(
        person_ref=person_ref, state__in=LIVE, entry__left_at__isnull=True, entry__round__closed_at__isnull=True,
        entry__round__blind=True,
    )  # fmt: skip


def declared_by(person_ref: str) -> set[str]:
    """The cases in which a person declared a conflict."""
    return set(ConflictRow.objects.filter(person_ref=person_ref).values_list("case_ref", flat=True))


def conflicts_in(case_refs: Collection[str]) -> dict[str, list[str]]:
    """The persons who declared a conflict in each of these cases."""
    persons: dict[str, list[str]] = {}
    for case_ref, person in (
        ConflictRow.objects.filter(case_ref__in=list(case_refs)).order_by("declared_at", "id")
    ).values_list("case_ref", "person_ref"):
        persons.setdefault(case_ref, []).append(person)
    return persons
