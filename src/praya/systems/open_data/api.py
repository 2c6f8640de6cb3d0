"""The API of the figures: update them, read them, build them again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Sum

from praya.definition import figures as definition_figures
from praya.definition.outcome import MONTH
from praya.definition.service import Service
from praya.kernel import plug
from praya.kernel.journal import api as journal
from praya.kernel.journal import folds
from praya.systems.open_data import models, store
from praya.systems.open_data.rules import counting, suppression

AT_ONCE = 500
"""The largest number of services in one statement."""
MONTHS = 24
"""How many months a table by month and an answer has: the newest."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A service's published figures. A count that is too small to publish is None.

    `overlapping` names the dimensions in `by` where one application may be counted under several values. `pairs`
    are the tables by two dimensions.
    """

    service: str
    totals: dict[str, int | None]
    months: dict[str, int | None]
    by: dict[str, dict[str, int | None]]
    overlapping: tuple[str, ...]
    mean_days: float | None
    suppress_below: int
    pairs: dict[tuple[str, str], dict[suppression.Cell, int | None]]


def catch_up() -> int:
    """Count the new facts of the journal; returns the number of positions processed."""
    return folds.follow(FIGURES)


def rebuild() -> None:
    """Delete the counts, and count again from the first fact."""
    folds.rebuild(FIGURES)


def _count(facts: Sequence[journal.Fact]) -> None:
    zone = ZoneInfo(settings.TIME_ZONE)
    added: dict[tuple[str, date, str, str], tuple[int, int]] = {}
    for fact in facts:
        day = fact.at.astimezone(zone).date()
        for more in counting.increments(fact.event, fact.facts, MEASURES):
            key = (fact.service, day, more.measure, more.by)
            count, days = added.get(key, (0, 0))
            added[key] = (count + more.count, days + more.days)
    # In a fixed order, so that two processes that count at once cannot deadlock.
    store.add([(*key, *added[key]) for key in sorted(added)])


def _empty() -> None:
    models.Count.objects.all().delete()


MEASURES = counting.MEASURES | {event: name for one in plug.plugs() for event, name in one.measures.items()}
"""Event -> measure that counts it: those of this system, and those that other plugs declare."""
FIGURES = folds.Fold("open_data", frozenset({*MEASURES, "case_closed"}), _count, _empty)
"""The fold that counts."""
FOLDS = (FIGURES,)


def figures(service: Service) -> Figures:
    """The figures of a service, with small counts hidden."""
    rows, below = models.Count.objects.filter(service=service.service), service.statistics.suppress_below
    chosen = list(rows.filter(measure=counting.CHOSEN).values_list("by").annotate(n=Sum("count")))
    rows = rows.exclude(measure=counting.CHOSEN)
    totals = {r["measure"]: r["n"] for r in rows.values("measure").annotate(n=Sum("count")).order_by("measure")}
    opened = rows.filter(measure="applications")
    cells = list(opened.values_list("by").annotate(n=Sum("count")))
    closed = rows.exclude(measure__in=[*MEASURES.values(), *counting.PROMISES.values()])
    spent = closed.aggregate(count=Sum("count"), days=Sum("days"))
    mean = spent["days"] / spent["count"] if spent["count"] and spent["count"] >= below else None
    tables = {"": counting.by_month(opened.values_list("day").annotate(n=Sum("count")))}
    dimensions = definition_figures.dimensions(service)
    several = tuple(name for name, one in dimensions.items() if one.overlaps)
    for name, one in dimensions.items():
        if not one.overlaps:
            tables[name] = counting.by_dimension(cells, name, one.cells)
    # The number of open cases is not published, so no total can be computed from the others.
    published = {measure: None if 0 < count < below else count for measure, count in totals.items()}
    published = counting.promises(published)
    shown: dict[str, dict[str, int | None]]
    options = {name: counting.by_option(chosen, name, dimensions[name].cells) for name in several}
    if any(suppression.discloses(table, below) for table in tables.values()):
        # Hide the total, and every table that has this total as its sum or is published beside it.
        published |= {"applications": None}
        shown = {name: dict.fromkeys(table) for name, table in tables.items()}
        shown |= {name: dict.fromkeys(counts) for name, (counts, _) in options.items()}
    else:
        everybody = totals.get("applications", 0)
        shown = {name: suppression.suppressed(table, below) for name, table in tables.items()}
        shown |= {
            name: suppression.overlapping(counts, (everybody, answered), below)
            for name, (counts, answered) in options.items()
        }
    pairs = {}
    for pair in service.statistics.pairs if "applications" in published else ():
        named, counted = shown, cells
        if MONTH in pair and MONTH not in dimensions:
            daily = opened.values_list("by", "day").annotate(n=Sum("count"))
            named = shown | {MONTH: counting.newest(shown[""], MONTHS)}
            counted = counting.with_months(daily, MONTH)
        table = counting.by_pair(counted, pair, named)
        pairs[pair] = _crossed(table, pair, named, below, hidden=published["applications"] is None)
    return Figures(
        service=service.service,
        totals=published,
        months=shown.pop(""),
        by={name: shown[name] for name in dimensions},
        overlapping=several,
        mean_days=round(mean, 1) if mean is not None else None,
        suppress_below=below,
        pairs=pairs,
    )


def _crossed(
    counts: Mapping[suppression.Cell, int],
    pair: tuple[str, str],
    shown: Mapping[str, Mapping[str, int | None]],
    below: int,
    *,
    hidden: bool,
) -> dict[suppression.Cell, int | None]:
    """A table by two dimensions; without any count where the total itself is `hidden`."""
    rows, columns = (shown[name] for name in pair)
    return dict.fromkeys(counts) if hidden else suppression.crossed(counts, rows, columns, below)


def most_applied_for(*, services: Sequence[str], since: date, most: int) -> list[str]:
    """Those of these services that got the most applications since a day, the most first."""
    ranking: list[tuple[int, str]] = []
    for start in range(0, len(services), AT_ONCE):
        rows = models.Count.objects.filter(service__in=services[start : start + AT_ONCE], day__gte=since)
        counts = rows.filter(measure=counting.MEASURES["case_opened"]).values_list("service").annotate(n=Sum("count"))
        ranking += [(-number, service) for service, number in counts]
    return [service for _, service in sorted(ranking)[:most]]


def snapshot() -> list[tuple[str, str, str, str, int, int]]:
    """Every count, in order: two equal snapshots mean equal statistics."""
    rows = models.Count.objects.order_by("service", "day", "measure", "by")
    return [(r.service, r.day.isoformat(), r.measure, r.by, r.count, r.days) for r in rows]
