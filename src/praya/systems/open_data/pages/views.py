"""Statistics as charts with their tables, and links to open data on other pages."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

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
    t = translator(lang)
    charts = [
        {
            "id": "months",
            "title": t("open_data.figures_by_month"),
            "head": t("open_data.figures_month"),
            "rows": [_bar(month_said(m, lang), count, t) for m, count in published.months.items()],
        }
    ]
    charts += [
        {
            "id": f"by-{name.replace('_', '-')}",
            "title": t("open_data.figures_by", label=owner.questions[name].label.in_(lang)),
            "head": owner.questions[name].label.in_(lang),
            "rows": [_bar(value_words(owner, name, value, lang), count, t) for value, count in counts.items()],
            "note": t("open_data.figures_several") if name in published.overlapping else "",
        }
        for name, counts in published.by.items()
    ]
    totals = [_bar(t(f"open_data.measure_{measure}"), count, t) for measure, count in published.totals.items()]
    return pages.page(
        request, "open_data/figures.html", lang, service=owner, charts=charts, totals=totals, figures=published,
        department=load.pack().departments[owner.department],
    )  # fmt: skip


def _bar(label: str, count: int | None, t: Translator) -> dict[str, Any]:
    shown = f"{count:,}" if count is not None else t("open_data.figures_few")
    return {"label": label, "value": count, "shown": shown}


def value_words(service: Service, name: str, value: str, lang: str) -> str:
    """The label of a dimension's value."""
    label = service.questions[name].cells.get(value)
    return label.in_(lang) if label else value or translator(lang)("open_data.figures_unknown")


def register_files(request: HttpRequest, lang: str, *, service: str, register: str) -> str:
    """The files of a public register, for its page."""
    return pages.part(request, "open_data/register_files.html", lang, at=f"/data/registers/{service}/{register}")


def draw_files(request: HttpRequest, lang: str, *, service: Service) -> str:
    """The file of a service's draws, for the service's page."""
    return pages.part(request, "open_data/draw_files.html", lang, at=f"/data/ballots/{service.service}.json")
