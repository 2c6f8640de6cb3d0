"""Ways to services beside search and topics: all of them from A to Z or by strokes, life events, what is seasonal."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse

from praya.definition.card import Card
from praya.journey import load
from praya.kernel.strokes import by_strokes, strokes
from praya.web import pages, who
from praya.web.words import Translator, translator

AT_ONCE = 150
"""With more entries than this, a page shows one letter or number of strokes."""
OTHER = "other"


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    title: str
    rows: tuple[dict[str, str], ...]


@who.open_to("anyone")
@pages.cached_for_everybody
def everything(request: HttpRequest, *, lang: str) -> HttpResponse:
    """Every service and public register: by the first letter, in Chinese by the strokes of the first character."""
    groups = _groups(load.territory().edition, lang)
    one_page = sum(len(group.rows) for group in groups.values()) <= AT_ONCE
    chosen = request.GET.get("at", "")
    current = "" if one_page else chosen if chosen in groups else next(iter(groups), "")
    return pages.page(
        request,
        "portal/everything.html",
        lang,
        index=[
            {
                "label": group.title,
                "count": len(group.rows),
                "url": f"#at-{group.name}" if one_page else f"?at={group.name}",
                "current": group.name == current,
            }
            for group in groups.values()
        ],
        groups=list(groups.values()) if one_page else [groups[current]],
        by="strokes" if lang.startswith("zh") else "letter",
    )


@lru_cache(maxsize=12)
def _groups(edition: int, lang: str) -> Mapping[str, _Group]:
    territory, t = load.territory(), translator(lang)
    rows = [link(card, lang) for card in territory.offered.values()]
    for card in territory.known.values():
        rows += [
            {
                "title": register.title.in_(lang),
                "text": register.summary.in_(lang) if register.summary else "",
                "url": f"/{lang}/registers/{card.service}/{register.name}",
            }
            for register in card.public_registers
        ]
    chinese = lang.startswith("zh")
    place = _stroke_group if chinese else _letter_group
    found: dict[str, list[dict[str, str]]] = {}
    for row in sorted(rows, key=lambda row: by_strokes(row["title"]) if chinese else _plain(row["title"])):
        found.setdefault(place(row["title"]), []).append(row)
    order = sorted(found, key=lambda name: (name != OTHER, int(name) if name.isdecimal() else 0, name))
    return {name: _Group(name, _called(name, t, chinese=chinese), tuple(found[name])) for name in order}


def _plain(title: str) -> str:
    """A title without accents, in capitals."""
    return "".join(c for c in unicodedata.normalize("NFKD", title) if not unicodedata.combining(c)).upper()


def _letter_group(title: str) -> str:
    first = _plain(title)[:1]
    return first if first.isalpha() else OTHER


def _stroke_group(title: str) -> str:
    return str(strokes(title[:1]) or OTHER)


def _called(name: str, t: Translator, *, chinese: bool) -> str:
    if name == OTHER:
        return t("portal.everything_other_strokes" if chinese else "portal.everything_other")
    return t("portal.everything_strokes", n=name) if chinese else name


def link(card: Card, lang: str) -> dict[str, str]:
    """A service as a link of a list."""
    return {
        "title": card.title.in_(lang),
        "text": card.summary.in_(lang),
        "url": f"/{lang}/services/{card.service}",
    }


def _offered(names: Iterable[str], lang: str) -> list[dict[str, str]]:
    """The links of those services that residents can use now."""
    offered = load.territory().offered
    return [link(offered[name], lang) for name in names if name in offered]


def life_events(lang: str) -> list[dict[str, str]]:
    """The life events that have a service."""
    territory = load.territory()
    return [
        {
            "title": event.title.in_(lang),
            "text": event.summary.in_(lang),
            "url": f"/{lang}/life-events/{event.name}",
        }
        for event in territory.pack.life_events.values()
        if any(name in territory.offered for name in event.services)
    ]


def seasonal(lang: str, today: date) -> list[dict[str, Any]]:
    """What the pack recommends at this time of the year, with its services."""
    seasons = (season for season in load.pack().seasons.values() if season.is_on(today))
    found = (
        {
            "title": season.title.in_(lang),
            "text": season.text.in_(lang) if season.text else "",
            "services": _offered(season.services, lang),
        }
        for season in seasons
    )
    return [season for season in found if season["services"]]


@who.open_to("anyone")
@pages.cached_for_everybody
def life_event(request: HttpRequest, *, lang: str, event: str) -> HttpResponse:
    """The services that a life event asks for, in their order."""
    found = pages.value_or_404(lang, load.pack().life_events, event)
    services = _offered(found.services, lang)
    return pages.page(request, "portal/life_event.html", lang, event=found, services=services)
