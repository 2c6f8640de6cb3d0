"""The members of panels."""

from datetime import datetime

from django.db import transaction

from praya.blocks.panels.models import MemberRow, RoundRow, SeatRow
from praya.blocks.panels.rows import member_from
from praya.blocks.panels.values import Member
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none


def add_member(
    *, panel_ref: str, person_ref: str, chair: bool, invited: bool, service: str, at: datetime, by: str
) -> Member:
    """Make a person a member of a panel, or change whether they chair it."""
    row = one_or_none(MemberRow.objects.filter(panel_ref=panel_ref, person_ref=person_ref))
    if row is not None and row.left_at is None and row.chair == chair:
        return member_from(row)
    with transaction.atomic():
        row, _ = MemberRow.objects.update_or_create(
            panel_ref=panel_ref,
            person_ref=person_ref,
            defaults={"chair": chair, "invited": invited, "left_at": None},
            create_defaults={"ref": opaque(), "chair": chair, "invited": invited, "added_at": at},
        )
        journal.record(event="panel_member_added", at=at, by=by, subject=row.ref, service=service)
    return member_from(row)


def remove_member(*, panel_ref: str, person_ref: str, service: str, at: datetime, by: str) -> None:
    """End a person's membership. Their entries without marks are given to others at the next `fill`."""
    with transaction.atomic():
        for row in MemberRow.objects.select_for_update().filter(
            panel_ref=panel_ref, person_ref=person_ref, left_at__isnull=True
        ):
            row.left_at = at
            row.save(update_fields=["left_at"])
            rounds = RoundRow.objects.filter(panel_ref=panel_ref, closed_at__isnull=True).values("ref")
            SeatRow.objects.filter(round_ref__in=rounds, person_ref=person_ref, state__in=("given", "declared")).update(
                state="left"
            )
            journal.record(event="panel_member_removed", at=at, by=by, subject=row.ref, service=service)


def members(panel_ref: str) -> list[Member]:
    """The present members of a panel, the longest-serving first."""
    rows = MemberRow.objects.filter(panel_ref=panel_ref, left_at__isnull=True)
    return [member_from(row) for row in rows.order_by("added_at", "ref")]


def memberships(person_ref: str) -> list[Member]:
    """The present memberships of a person."""
    rows = MemberRow.objects.filter(person_ref=person_ref, left_at__isnull=True)
    return [member_from(row) for row in rows.order_by("-added_at", "ref")] if person_ref else []


def panels_of(person_ref: str) -> dict[str, bool]:
    """The panels of which a person is a member now, each with whether they chair it."""
    return {one.panel_ref: one.chair for one in memberships(person_ref)}
