"""The desk's lists as queries: whose cases, in which order, and from where the next page goes on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet

from praya.blocks.cases import models

Which = Literal["owned", "asked", "seen", "closed"]
"""Owned and open; those about which other departments wait for us; all open ones that we may see; ended ones."""

# What each list is sorted by, and whether the latest comes first.
_ORDER: dict[Which, tuple[str, bool]] = {
    "owned": ("due_at", False),
    "seen": ("due_at", False),
    "asked": ("asked_due_at", False),
    "closed": ("closed_at", True),
}


def of_departments(departments: Sequence[str]) -> "QuerySet[models.Case]":
    """Every case that the departments own or were asked about: the only way in for officers."""
    asked = Exists(models.Referral.objects.filter(case=OuterRef("pk"), department__in=list(departments)))
    return models.Case.objects.filter(Q(department__in=list(departments)) | Q(asked))


def listed(which: Which, departments: Sequence[str]) -> "QuerySet[models.Case]":
    """A list in its order."""
    ours = list(departments)
    if which == "owned":
        rows = models.Case.objects.filter(department__in=ours, closed_at__isnull=True)
    elif which == "asked":
        waiting = Q(referrals__department__in=ours, referrals__replied_at__isnull=True)
        # Nobody waits for a reply about a case that ended.
        rows = models.Case.objects.filter(waiting, closed_at__isnull=True)
        rows = rows.annotate(asked_due_at=Min("referrals__due_at", filter=waiting))
    else:
        rows = of_departments(ours).filter(closed_at__isnull=which == "seen")
    field, latest_first = _ORDER[which]
    order = F(field).desc() if latest_first else F(field).asc(nulls_last=True)
    return rows.order_by(order, "ref")


def after(rows: "QuerySet[Any]", which: Which, mark: str) -> "QuerySet[Any]":
    """The rows that follow `mark`; a mark that nobody made is ignored."""
    moment, separator, ref = mark.partition("|")
    if not separator:
        return rows
    field, latest_first = _ORDER[which]
    if not moment:
        return rows.filter(**{f"{field}__isnull": True}, ref__gt=ref)
    try:
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            return rows
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        return rows
    later = Q(**{f"{field}__lt" if latest_first else f"{field}__gt": at}) | Q(**{field: at}, ref__gt=ref)
    return rows.filter(later if latest_first else later | Q(**{f"{field}__isnull": True}))


def mark(row: Any, which: Which) -> str:
    """From where the page after `row` goes on."""
    at = getattr(row, _ORDER[which][0])
    return f"{at.isoformat() if at else ''}|{row.ref}"


def open_referrals(refs: Sequence[str], departments: Sequence[str]) -> dict[str, models.Referral]:
    """By case, what the departments were asked and have not answered."""
    rows = models.Referral.objects.filter(
        case_id__in=list(refs), department__in=list(departments), replied_at__isnull=True
    )
    return {row.case_id: row for row in rows}
