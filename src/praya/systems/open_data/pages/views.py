"""Statistics as charts with their tables, and links to open data on other pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from praya.definition import figures as definition_figures
from praya.definition.questions.dates import month_said
from praya.definition.service import Service
from praya.journey import load
from praya.systems.open_data import api as open_data
from praya.web import pages, paging, who
from praya.web.words import Translator, translator


@who.open_to("anyone")
@pages.cached_for_everybody
def all_figures(request: HttpRequest, *, lang: str) -> HttpResponse:
    """The list of services with statistics."""
    listed = paging.page(request, [*load.territory().live.values()], lambda card: card.service)
    rows = [
        {"title": card.title.in_(lang), "text": "", "url": f"/{lang}/statistics/{card.service}"} for card in listed.rows
    ]
    return pages.page(request, "open_data/all_figures.html", lang, services=rows, listed=listed)


@who.open_to("anyone")
def figures(request: HttpRequest, *, lang: str, service: str) -> HttpResponse:
    """The figures of a service, as charts with their tables."""
    owner = load.territory().known_service(service)
    if owner is None:
        raise Http404(service)
    published = open_data.figures(owner)
    dimensions = definition_figures.dimensions(owner)
    t = translator(lang)
    charts = [
        _chart(
            "months", t("open_data.figures_by_month"), t("open_data.figures_month"),
            [_bar(month_said(m, lang), count, t) for m, count in published.months.items()], t,
        )
    ]  # fmt: skip
    for name, counts in published.by.items():
        label = _label(dimensions[name], t, lang)
        rows = [_bar(value_words(dimensions[name], value, lang), count, t) for value, count in counts.items()]
        note = t("open_data.figures_several") if name in published.overlapping else ""
        title = t("open_data.figures_by", label=label)
        charts.append(_chart(f"by-{name.replace('_', '-').replace('.', '-')}", title, label, rows, t, note))
    totals = [_bar(t(f"open_data.measure_{measure}"), count, t) for measure, count in published.totals.items()]
    crossed = [_table(pair, counts, dimensions, t, lang) for pair, counts in published.pairs.items()]
    return pages.page(
        request, "open_data/figures.html", lang, service=owner, charts=charts, totals=totals, figures=published,
        crossed=crossed, department=load.pack().departments[owner.department],
    )  # fmt: skip


def _chart(
    name: str, title: str, head: str, rows: Sequence[Mapping[str, Any]], t: Translator, note: str = ""
) -> dict[str, Any]:
    """A chart of the numbers that are shown, and a table of all; under the chart stands how many are too small."""
    shown = [row for row in rows if row["value"] is not None]
    few = len(rows) - len(shown)
    left_out = t("open_data.figures_left_out", n=few) if shown else t("open_data.figures_all_few")
    return {
        "id": name, "title": title, "head": head, "rows": rows, "shown": shown, "note": note,
        "left_out": left_out if few else "",
    }  # fmt: skip


def _label(dimension: definition_figures.Dimension, t: Translator, lang: str) -> str:
    """What the cells of a dimension are: of an address its districts are counted."""
    return t("open_data.figures_district") if dimension.question.type_name == "address" else dimension.label(lang)


def _bar(label: str, count: int | None, t: Translator) -> dict[str, Any]:
    shown = f"{count:,}" if count is not None else t("open_data.figures_few")
    return {"label": label, "value": count, "shown": shown}


def _table(
    pair: tuple[str, str],
    counts: Mapping[tuple[str, str], int | None],
    dimensions: Mapping[str, definition_figures.Dimension],
    t: Translator,
    lang: str,
) -> dict[str, Any]:
    """A table by two dimensions: a row for each value of the first, a column for each of the second."""
    first, second = (_label(dimensions[name], t, lang) if name in dimensions else t("open_data.figures_month")
                     for name in pair)  # fmt: skip
    rows, columns = (list(dict.fromkeys(cell[side] for cell in counts)) for side in (0, 1))

    def said(name: str, value: str) -> str:
        return value_words(dimensions[name], value, lang) if name in dimensions else month_said(value, lang)

    return {
        "id": "pair-" + "-".join(name.replace("_", "-") for name in pair),
        "title": t("open_data.figures_by_two", one=first, other=second),
        "columns": [
            {"label": first, "head": True},
            *({"label": said(pair[1], value), "numeric": True} for value in columns),
        ],
        "rows": [
            [said(pair[0], row), *(_bar("", counts[row, column], t)["shown"] for column in columns)] for row in rows
        ],
    }


def value_words(dimension: definition_figures.Dimension, value: str, lang: str) -> str:
    """The label of a dimension's value."""
    label = dimension.cells.get(value)
    return label.in_(lang) if label else value or translator(lang)("open_data.figures_unknown")


def register_files(request: HttpRequest, lang: str, *, service: str, register: str) -> str:
    """The files of a public register, for its page."""
    return pages.part(request, "open_data/register_files.html", lang, at=f"/data/registers/{service}/{register}")


def draw_files(request: HttpRequest, lang: str, *, service: Service) -> str:
    """The file of a service's draws, for the service's page."""
    return pages.part(request, "open_data/draw_files.html", lang, at=f"/data/ballots/{service.service}.json")
