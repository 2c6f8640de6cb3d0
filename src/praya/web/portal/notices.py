"""Public notices: what is published about a case for a time, and the services by which others may answer."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse

from praya.blocks.registers import api as registers
from praya.definition.card import Card
from praya.definition.outcome import About, Publication
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
    """The public notices that are shown now, a page at a time."""
    after = asked_after(request)
    shown, following = current(_today(), after=after)
    found = [
        {
            "title": f"{publication.title.in_(lang)}{colon(lang)}{named(entry, publication, lang)}",
            "text": shown_date(entry.until_date, lang) if entry.until_date else "",
            "url": f"/{lang}/public-notices/{entry.ref}",
        }
        for _, publication, entry in shown
    ]
    # The page before the last one cannot be told from the last entry of a page; the first one always can.
    listed = {"previous": request.path if after else None, "next": f"?after={following}" if following else None}
    return pages.page(request, "portal/public_notices.html", lang, found=found, listed=listed)


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
def data(request: HttpRequest) -> HttpResponseBase:
    """Every public notice that is shown now, as JSON in every language."""
    today = _today()

    def lines() -> Iterator[str]:
        # One notice a line, read a page at a time, so that nobody has to hold all of them at once.
        yield '{"public_notices": ['
        after, comma = "", "\n"
        while True:
            shown, after = current(today, after=after, size=AT_ONCE)
            for service, publication, entry in shown:
                yield comma + json.dumps(_said(service, publication, entry), ensure_ascii=False)
                comma = ",\n"
            if not after:
                break
        yield "\n]}\n"

    return StreamingHttpResponse(lines(), content_type="application/json")


@who.open_to("anyone")
def data_of(request: HttpRequest, *, ref: str) -> HttpResponse:
    """One public notice that is shown now, as JSON in every language."""
    service, publication, entry = _published(ref)
    if entry.state(_today()) != "in-force":
        raise Http404(ref)
    return JsonResponse(_said(service, publication, entry))


def current(
    today: date, *, about: About | None = None, after: str = "", size: int = 50
) -> tuple[list[tuple[Service, Publication, registers.Entry]], str]:
    """A page of what is published now, service by service, or of one publication that a service is `about`.

    `after` is the reference of the last notice before; the second value is what the following page takes, or "".
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
    """The reference of the last notice before the page that the address asks for."""
    after = request.GET.get("after", "")
    return after if _REF.fullmatch(after) else ""


def services_about(service: Service, publication: Publication) -> Sequence[Card]:
    """The cards of the live services by which anybody may answer a publication."""
    return _about(load.territory().edition).get((service.service, publication.name), ())


@lru_cache(maxsize=4)
def _about(_edition: int) -> Mapping[tuple[str, str], list[Card]]:
    found: dict[tuple[str, str], list[Card]] = {}
    for card in load.territory().live.values():
        if card.about is not None:
            found.setdefault((card.about.service, card.about.publication), []).append(card)
    return found


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
