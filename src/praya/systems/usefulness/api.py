"""The door: count an answer, read the counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import F, Sum

from praya.systems.usefulness.models import Count


@dataclass(frozen=True, slots=True)
class Told:
    """What was said about a service since a month."""

    service: str
    yes: int
    no: int

    @property
    def share(self) -> int:
        """Of a hundred answers, how many were yes."""
        return round(100 * self.yes / (self.yes + self.no))


def count(service: str, *, useful: bool, today: date) -> None:
    """Count an answer about a service."""
    month, field = today.replace(day=1), "yes" if useful else "no"
    with transaction.atomic():
        Count.objects.get_or_create(service=service, month=month)
        Count.objects.filter(service=service, month=month).update(**{field: F(field) + 1})


def told(services: Collection[str], *, since: date) -> list[Told]:
    """What was said about these services since the month of a day; the least useful first."""
    rows = Count.objects.filter(service__in=list(services), month__gte=since.replace(day=1))
    summed = rows.values_list("service").annotate(said_yes=Sum("yes"), said_no=Sum("no")).order_by("service")
    found = [Told(service, yes, no) for service, yes, no in summed if yes + no]
    return sorted(found, key=lambda one: (one.share, -one.no, one.service))
