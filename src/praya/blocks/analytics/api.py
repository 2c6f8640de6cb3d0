"""The door of the open figures: bring them up to date, read them, build them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum

from praya.blocks.analytics import models, rules
from praya.kernel.journal import api as journal

FOLD = "analytics"


@dataclass(frozen=True, slots=True)
class Figures:
    """A service's published figures. A None count is too small to show."""

    service: str
    totals: dict[str, int | None]
    months: dict[str, int | None]
    by: dict[str, dict[str, int | None]]
    mean_days: float | None
    suppress_below: int


def catch_up() -> int:
    """Count what the journal has that was not counted; answers how many facts were read."""
    count = 0
    while read := journal.fold(FOLD, _count):
        count += read
    return count


def rebuild() -> None:
    """Throw the counts away and count again from the first fact."""
    with transaction.atomic():
        models.Count.objects.all().delete()
        journal.start_over(FOLD)
    catch_up()


def _count(facts: Sequence[journal.Fact]) -> None:
    zone = ZoneInfo(settings.TIME_ZONE)
    for fact in facts:
        for more in rules.increments(fact.event, fact.facts):
            key: dict[str, Any] = {
                "service": fact.service,
                "day": fact.at.astimezone(zone).date(),
                "measure": more.measure,
                "by": more.by,
            }
            models.Count.objects.get_or_create(**key)
            models.Count.objects.filter(**key).update(count=F("count") + more.count, days=F("days") + more.days)


def figures(service: str, *, dimensions: Sequence[str], suppress_below: int) -> Figures:
    """The figures of a service, with small cells suppressed."""
    rows = models.Count.objects.filter(service=service)
    totals = {r["measure"]: r["n"] for r in rows.values("measure").annotate(n=Sum("count")).order_by("measure")}
    opened = rows.filter(measure="applications")
    months = rules.by_month(opened.values_list("day").annotate(n=Sum("count")).order_by("day"))
    cells = list(opened.values_list("by").annotate(n=Sum("count")))
    closed = rows.exclude(measure__in=list(rules.MEASURES.values()))
    spent = closed.aggregate(count=Sum("count"), days=Sum("days"))
    mean = spent["days"] / spent["count"] if spent["count"] and spent["count"] >= suppress_below else None
    hidden = {name: rules.suppressed(rules.by_dimension(cells, name), suppress_below) for name in dimensions}
    return Figures(
        service=service,
        # How many are still open is not published, so no total can be worked out from the others.
        totals={measure: None if 0 < count < suppress_below else count for measure, count in totals.items()},
        months=rules.suppressed(months, suppress_below),
        by=hidden,
        mean_days=round(mean, 1) if mean is not None else None,
        suppress_below=suppress_below,
    )


def snapshot() -> list[tuple[str, str, str, str, int, int]]:
    """Every count, in order; two snapshots are equal when everything was counted alike."""
    rows = models.Count.objects.order_by("service", "day", "measure", "by")
    return [(r.service, r.day.isoformat(), r.measure, r.by, r.count, r.days) for r in rows]
