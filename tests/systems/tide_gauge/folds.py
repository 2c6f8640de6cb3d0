"""Totals, counted from the journal."""

from collections.abc import Sequence

from django.db.models import F

from praya.kernel.journal.api import Fact
from praya.kernel.journal.folds import Fold
from tide_gauge.models import Total


def _add(facts: Sequence[Fact]) -> None:
    Total.objects.get_or_create(name="noted")
    Total.objects.filter(name="noted").update(number=F("number") + len(facts))


def _empty() -> None:
    Total.objects.all().delete()


FOLDS = (Fold("tide_gauge_totals", frozenset({"tide_noted"}), _add, _empty),)
