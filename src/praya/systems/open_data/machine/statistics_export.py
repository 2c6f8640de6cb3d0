"""The figures of a service as files: CSV and JSON."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from praya.journey import load
from praya.kernel.text import spoken
from praya.systems.open_data import api as open_data
from praya.systems.open_data.machine.csv_files import csv_response
from praya.web import who
from praya.web.words import translator


def _figures(service: str) -> tuple[Any, open_data.Figures]:
    owner = load.territory().known_service(service)
    if owner is None:
        raise Http404(service)
    return owner, open_data.figures(owner)


@who.open_to("anyone")
def figures_csv(request: HttpRequest, *, service: str) -> HttpResponseBase:
    """The figures of a service as CSV; a count that is too small to publish is empty."""
    _, published = _figures(service)
    notes = under_several(published)

    def rows() -> Iterator[list[Any]]:
        yield ["measure", "by", "value", "count", "note", "and_by", "and_value"]
        for measure, count in published.totals.items():
            yield [measure, "total", "", count, "", "", ""]
        for month, count in published.months.items():
            yield ["applications", "month", month, count, "", "", ""]
        for name, counts in published.by.items():
            note = " / ".join(notes.get(name, {}).values())
            for value, count in counts.items():
                yield ["applications", name, value, count, note, "", ""]
        for (name, other), cells in published.pairs.items():
            for (value, and_value), count in cells.items():
                yield ["applications", name, value, count, "", other, and_value]

    return csv_response(rows(), f"{service}-statistics")


@who.open_to("anyone")
def figures_json(request: HttpRequest, *, service: str) -> HttpResponse:
    """The figures of a service as JSON; a count that is too small to publish is null."""
    _, published = _figures(service)
    return JsonResponse(
        {
            "service": service,
            "totals": published.totals,
            "applications_by_month": published.months,
            "applications_by": published.by,
            "applications_by_two": by_two(published),
            "counted_under_several": under_several(published),
            "mean_days": published.mean_days,
            "suppressed_below": published.suppress_below,
        }
    )


def under_several(figures: open_data.Figures) -> dict[str, dict[str, str]]:
    """The remark on each overlapping dimension, in every language."""
    words = {language: translator(language)("open_data.figures_several") for language in spoken()}
    return dict.fromkeys(figures.overlapping, words)


def by_two(figures: open_data.Figures) -> list[dict[str, Any]]:
    """The tables by two dimensions: their names, and the counts by the value of the first and that of the second."""
    rows = []
    for pair, cells in figures.pairs.items():
        counts: dict[str, dict[str, int | None]] = {}
        for (value, other), count in cells.items():
            counts.setdefault(value, {})[other] = count
        rows.append({"by": list(pair), "counts": counts})
    return rows
