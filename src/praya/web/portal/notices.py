"""Public notices: facts of a case that are published for a time, and the services to respond to them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse

from praya.blocks.registers import api as registers
from praya.definition.card import Card
from praya.definition.chapters.public_notices import About, Publication
from praya.definition.own_words import colon
from praya.definition.questions import shown_date
from praya.definition.service import Service
from praya.journey import load
from praya.kernel.text import spoken
from praya.web import pages, who

AT_ONCE = 500
_REF = re.compile("[0-9a-f]{32}")


@who.open_to("anyone")
def every(request: HttpRequest, *, lang: str) -> HttpResponse:
    """The current public notices, a page at a time."""
    after = asked_after(request)
    shown, following = current(_today(), after=after)
    rows = [
        {
            "title": f"{publication.title.in_(lang)}{colon(lang)}{named(entry, publication, lang)}",
            "text": shown_date(entry.until_date, lang) if entry.until_date else "",
            "url": f"/{lang}/public-notices/{entry.ref}",
        }
        for _, publication, entry in shown
    ]
    # The key gives no address of the previous page, so the link leads to the first page.
    listed = {"previous": request.path if after else None, "next": f"?after={following}" if following else None}
    return pages.page(request, "portal/public_notices.html", lang, notices=rows, listed=listed)


@who.open_to("anyone")
def show(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """The page of a public notice; of one that has ended or was taken down it says only that."""
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
        rows=[] if over else fact_rows(entry, publication, lang),
        since=shown_date(entry.from_date, lang),
        until=shown_date(entry.until_date, lang) if entry.until_date else "",
        answers=[] if over else services_about(service, publication),
    )


@who.open_to("anyone")
def data(request: HttpRequest) -> HttpResponseBase:
    """All current public notices as JSON, in every language."""
    today = _today()

    def lines() -> Iterator[str]:
        # One notice on each line, read in pages, so that they are never all in memory.
        yield '{"public_notices": ['
        after, comma = "", "\n"
        while True:
            shown, after = current(today, after=after, size=AT_ONCE)
            for service, publication, entry in shown:
                yield comma + json.dumps(_notice_json(service, publication, entry), ensure_ascii=False)
                comma = ",\n"
            if not after:
                break
        yield "\n]}\n"

    return StreamingHttpResponse(lines(), content_type="application/json")


@who.open_to("anyone")
def data_of(request: HttpRequest, *, ref: str) -> HttpResponse:
    """One current public notice as JSON, in every language."""
    service, publication, entry = _published(ref)
    if entry.state(_today()) != "in-force":
        raise Http404(ref)
    return JsonResponse(_notice_json(service, publication, entry))


def current(
    today: date, *, about: About | None = None, after: str = "", size: int = 50
) -> tuple[list[tuple[Service, Publication, registers.Entry]], str]:
    """A page of the current notices, service by service, or of the publication that a service is `about`.

    `after` is the reference of the last notice on the page before. The second value is `after` of the next page, or "".
    """
    territory = load.territory()
    places = [(card.service, name) for card in territory.known.values() for name in card.publications]
    if about is not None:
        places = [(about.service, about.publication)]
    entries, following = registers.entries_of_several(places, on=today, after=after, size=size)
    shown = []
    for entry in entries:
        service = territory.known_service(entry.service)
        if service is not None and entry.register in service.publishes and entry.struck_at is None:
            shown.append((service, service.publishes[entry.register], entry))
    return shown, following


def asked_after(request: HttpRequest) -> str:
    """The query parameter `after`: the reference of the last notice on the page before."""
    after = request.GET.get("after", "")
    return after if _REF.fullmatch(after) else ""


def services_about(service: Service, publication: Publication) -> Sequence[Card]:
    """The cards of the live services with which anybody may respond to a publication."""
    return _about(load.territory().edition).get((service.service, publication.name), ())


@lru_cache(maxsize=4)
def _about(_edition: int) -> Mapping[tuple[str, str], list[Card]]:
    cards: dict[tuple[str, str], list[Card]] = {}
    for card in load.territory().live.values():
        if card.about is not None:
            cards.setdefault((card.about.service, card.about.publication), []).append(card)
    return cards


def named(entry: registers.Entry, publication: Publication, lang: str) -> str:
    """The name of a notice: its first fact."""
    return next(
        (entry.fact_text(name, lang) for name in publication.facts if entry.fact_text(name, lang)), entry.ref[:8]
    )


def fact_rows(entry: registers.Entry, publication: Publication, lang: str) -> list[dict[str, Any]]:
    """Rows for the facts of a notice."""
    return [
        {"key": fact.label.in_(lang), "value": entry.fact_text(name, lang)} for name, fact in publication.facts.items()
    ]


def _published(ref: str) -> tuple[Service, Publication, registers.Entry]:
    """The notice with this reference, current or ended. Raises Http404."""
    try:
        entry = registers.entry(ref)
    except registers.NoEntry:
        raise Http404(ref) from None
    service = load.territory().known_service(entry.service)
    publication = service.publishes.get(entry.register) if service else None
    if service is None or publication is None:
        raise Http404(ref)
    return service, publication, entry


def _notice_json(service: Service, publication: Publication, entry: registers.Entry) -> dict[str, Any]:
    return {
        "reference": entry.ref,
        "service": service.service,
        "publication": publication.name,
        "department": service.department,
        "title": {language: publication.title.in_(language) for language in spoken()},
        "facts": {
            name: {language: entry.fact_text(name, language) for language in spoken()} for name in publication.facts
        },
        "from_date": entry.from_date.isoformat(),
        "until_date": entry.until_date.isoformat() if entry.until_date else None,
        "page": f"/en/public-notices/{entry.ref}",
        "answered_by": [card.service for card in services_about(service, publication)],
    }


def _today() -> date:
    return load.pack().calendar.day_of(who.now())
