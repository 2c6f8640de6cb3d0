"""Public notices: what is published about a case for a time, and the services by which others may answer."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from praya.blocks.registers import api as registers
from praya.definition.card import Card
from praya.definition.outcome import Publication
from praya.definition.questions import shown_date
from praya.definition.service import Service
from praya.journey import load
from praya.kernel.text import spoken
from praya.web import pages, who

MOST = 200


@who.open_to("anyone")
def every(request: HttpRequest, *, lang: str) -> HttpResponse:
    """Every public notice that is shown now."""
    found = [
        {
            "title": f"{publication.title.in_(lang)}{_colon(lang)}{named(entry, publication, lang)}",
            "text": shown_date(entry.until_date, lang) if entry.until_date else "",
            "url": f"/{lang}/public-notices/{entry.ref}",
        }
        for _, publication, entry in current(_today())
    ]
    return pages.page(request, "portal/public_notices.html", lang, found=found)


@who.open_to("anyone")
def show(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """A public notice; one that is over, or was taken down, says no more than that."""
    service, publication, entry = _published(ref)
    over = entry.state(_today()) != "in-force"
    return pages.page(
        request,
        "portal/public_notice.html",
        lang,
        410 if over else 200,
        service=service,
        publication=publication,
        department=load.pack().departments[service.department],
        over=over,
        entry=entry,
        rows=[] if over else facts_said(entry, publication, lang),
        since=shown_date(entry.from_date, lang),
        until=shown_date(entry.until_date, lang) if entry.until_date else "",
        answers=[] if over else services_about(service, publication),
    )


@who.open_to("anyone")
def data(request: HttpRequest) -> HttpResponse:
    """Every public notice that is shown now, as JSON in every language."""
    found = [_said(service, publication, entry) for service, publication, entry in current(_today())]
    return JsonResponse({"public_notices": found})


@who.open_to("anyone")
def data_of(request: HttpRequest, *, ref: str) -> HttpResponse:
    """One public notice that is shown now, as JSON in every language."""
    service, publication, entry = _published(ref)
    if entry.state(_today()) != "in-force":
        raise Http404(ref)
    return JsonResponse(_said(service, publication, entry))


def current(today: date) -> Iterator[tuple[Service, Publication, registers.Entry]]:
    """What is published now, service by service."""
    for card in load.territory().known.values():
        if not card.publications:
            continue
        service = load.definition(card)
        for publication in service.publishes.values():
            page = registers.entries(service=service.service, register=publication.name, on=today, size=MOST)
            for entry in page.entries:
                if entry.struck_at is None:
                    yield service, publication, entry


def services_about(service: Service, publication: Publication) -> list[Card]:
    """The cards of the live services by which anybody may answer a publication."""
    wanted = (service.service, publication.name)
    live = load.territory().live.values()
    return [card for card in live if card.about and (card.about.service, card.about.publication) == wanted]


def named(entry: registers.Entry, publication: Publication, lang: str) -> str:
    """What a notice is called: its first fact."""
    return next((entry.said(name, lang) for name in publication.facts if entry.said(name, lang)), entry.ref[:8])


def facts_said(entry: registers.Entry, publication: Publication, lang: str) -> list[dict[str, Any]]:
    """What it says, as rows."""
    return [{"key": fact.label.in_(lang), "value": entry.said(name, lang)} for name, fact in publication.facts.items()]


def _published(ref: str) -> tuple[Service, Publication, registers.Entry]:
    """The notice with this reference, shown or over. Raises Http404."""
    try:
        entry = registers.entry(ref)
    except registers.NoEntry:
        raise Http404(ref) from None
    service = load.territory().known_service(entry.service)
    publication = service.publishes.get(entry.register) if service else None
    if service is None or publication is None:
        raise Http404(ref)
    return service, publication, entry


def _said(service: Service, publication: Publication, entry: registers.Entry) -> dict[str, Any]:
    return {
        "reference": entry.ref,
        "service": service.service,
        "publication": publication.name,
        "department": service.department,
        "title": {language: publication.title.in_(language) for language in spoken()},
        "facts": {name: {language: entry.said(name, language) for language in spoken()} for name in publication.facts},
        "from_date": entry.from_date.isoformat(),
        "until_date": entry.until_date.isoformat() if entry.until_date else None,
        "page": f"/en/public-notices/{entry.ref}",
        "answered_by": [found.service for found in services_about(service, publication)],
    }


def _today() -> date:
    return load.pack().calendar.day_of(who.now())


def _colon(lang: str) -> str:
    return "：" if lang.startswith("zh") else ": "
