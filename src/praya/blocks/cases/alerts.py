"""Alerts of clocks to officers: stored until each officer has received them by e-mail, as often as they chose.

`api` re-exports the public functions.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db import transaction
from django.db.models import Count, Max, QuerySet

from praya.blocks.cases import models
from praya.kernel.rounds import breathe

KEEP_ALERTS = timedelta(days=7)
Often = Literal["hourly", "daily", "never"]
OFTEN: tuple[Often, ...] = ("hourly", "daily", "never")
Group = tuple[str, str]
"""What happened (`warned`, `escalated`, or `reminded` by another department), and to whom the case is assigned; empty
for nobody."""


@dataclass(frozen=True, slots=True)
class AlertChoice:
    """How often an officer gets e-mails about alerts, in which language (empty: the pack's first), and the last one."""

    often: Often = "daily"
    language: str = ""
    last_sent: int = 0
    told_at: datetime | None = None


def note_alert(row: models.Case, *, department: str, role: str, kind: str, at: datetime) -> None:
    """Store an alert about a case for the officers of a role in a department."""
    models.Alert.objects.create(case=row, department=department, role=role, kind=kind, at=at)


def last_alert() -> int:
    """The number of the newest alert; 0 when there is none."""
    return models.Alert.objects.aggregate(last=Max("id"))["last"] or 0


def alerted_roles() -> list[tuple[str, str]]:
    """The departments and roles for which there are alerts. Each pair costs one index lookup."""
    found = []
    rows = models.Alert.objects.order_by("department", "role").values_list("department", "role")
    pair = rows.first()
    while pair is not None:
        found.append(pair)
        department, role = pair
        pair = rows.filter(department=department, role__gt=role).first() or rows.filter(
            department__gt=department
        ).first()  # fmt: skip
    return found


def alert_counts(department: str, role: str, *, after: int, until: int) -> dict[Group, int]:
    """Count the alerts of a role in a department, numbered above `after` up to `until`, about open cases."""
    rows = _alerts(department, [role], after, until)
    counted = rows.values_list("kind", "case__assigned_to").annotate(n=Count("id")).order_by()
    return {(kind, assigned): n for kind, assigned, n in counted}


def alerts_about(
    refs: Collection[str], department: str, roles: Collection[str], *, after: int, until: int
) -> list[Group]:
    """The groups of the alerts about these cases, one for each alert."""
    rows = _alerts(department, roles, after, until).filter(case_id__in=list(refs))
    return list(rows.values_list("kind", "case__assigned_to")) if refs else []


def _alerts(department: str, roles: Collection[str], after: int, until: int) -> "QuerySet[models.Alert]":
    rows = models.Alert.objects.filter(department=department, role__in=list(roles), id__gt=after, id__lte=until)
    return rows.filter(case__closed_at__isnull=True)


def alert_choices(officer_refs: Collection[str]) -> Mapping[str, AlertChoice]:
    """The choices of these officers; those who never chose are left out."""
    rows = models.AlertChoice.objects.filter(officer_ref__in=list(officer_refs))
    return {row.officer_ref: AlertChoice(_often(row.often), row.language, row.told, row.told_at) for row in rows}


def _often(word: str) -> Often:
    return next((one for one in OFTEN if one == word), "daily")


def choose_alerts(*, officer_ref: str, often: Often, language: str) -> None:
    """Store how often an officer wants e-mails about alerts, and in which language."""
    models.AlertChoice.objects.update_or_create(
        officer_ref=officer_ref, defaults={"often": often, "language": language}
    )


def note_alerts_sent(*, officer_ref: str, before: int, until: int, at: datetime) -> bool:
    """Record that the alerts up to `until` were sent to an officer; False when another call did it since `before`."""
    with transaction.atomic():
        models.AlertChoice.objects.get_or_create(officer_ref=officer_ref)
        rows = models.AlertChoice.objects.filter(officer_ref=officer_ref, told=before)
        return bool(rows.update(told=until, told_at=at))


def forget_alerts(*, at: datetime) -> int:
    """Delete old alerts in slices; return how many."""
    count = 0
    while ids := list(
        models.Alert.objects.filter(at__lt=at - KEEP_ALERTS).order_by("at").values_list("id", flat=True)[:500]
    ):
        models.Alert.objects.filter(id__in=ids).delete()
        count += len(ids)
        breathe()
    return count


def oldest_alert_to_forget() -> datetime | None:
    """The moment since which the oldest alert should have been deleted."""
    first = models.Alert.objects.order_by("at").values_list("at", flat=True).first()
    return first + KEEP_ALERTS if first is not None else None
