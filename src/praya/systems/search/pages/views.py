"""The page of the search, its suggestions, and its description for browsers (OpenSearch 1.1)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from markupsafe import Markup, escape

from praya.journey import load
from praya.kernel.text import html_language
from praya.systems.search import api, documents, sources
from praya.systems.search.api import Found
from praya.systems.search.documents import Document
from praya.web import pages, paging, rate_limits, texts, who
from praya.web.portal import directory
from praya.web.words import Translator, translator

ON_A_PAGE = 20
DEEPEST = 1000
"""Further than this nobody pages: other words find it sooner."""
SUGGESTIONS_TYPE = "application/x-suggestions+json"


@who.open_to("anyone")
def search(request: HttpRequest, *, lang: str) -> HttpResponse:
    """What a query finds, with filters that are links; without a query, all services."""
    asked = texts.searched(request.GET, "q", lang)
    rate_limits.count("search", rate_limits.address(request))
    t = translator(lang)
    only = {name: value for name in documents.FACETS if (value := request.GET.get(name, "")[:60])}
    start = _number(request.GET.get("from", ""))
    found: Found | None = None
    preparing = False
    if asked.text:
        try:
            found = api.find(asked.text, only=only, start=start, most=ON_A_PAGE)
        except api.NotReady:
            preparing = True
    link = _Links(asked.text, only)
    listed = None
    if found is None or not found.documents:
        listed = paging.page(request, [*load.territory().offered.values()], lambda card: card.service)
    return pages.page(
        request, "search/search.html", lang,
        query=asked.text, typed=asked.shown, found=found, preparing=preparing,
        errors=[{"href": "#page-q", "text": asked.error}] if asked.error else [],
        status_words=_status(found, asked.text, start, t),
        results=[_result(one, found.terms, lang, t) for one in found.documents] if found else [],
        filters=_filters(found, only, link, lang, t) if found else [],
        chosen=[{"title": _named(name, value, lang, t), "url": link.without(name)} for name, value in only.items()],
        previous=link.at(max(0, start - ON_A_PAGE), start) if found and start else None,
        next=link.at(start + ON_A_PAGE, start) if found and start + ON_A_PAGE < min(found.count, DEEPEST) else None,
        services=[directory.link(card, lang) for card in listed.rows] if listed else [],
        listed=listed,
    )  # fmt: skip


def _number(text: str) -> int:
    return min(int(text), DEEPEST) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _status(found: Found | None, query: str, start: int, t: Translator) -> str:
    if found is None:
        return ""
    if not found.count:
        return t("search.none", query=query)
    words = t("search.one", query=query) if found.count == 1 else t("search.found", n=f"{found.count:,}", query=query)
    if found.meant:
        return t("search.meant", query=query, meant=found.meant)
    return t("search.loose", query=query) if found.loose else words


def _result(document: Document, terms: frozenset[str], lang: str, t: Translator) -> dict[str, Any]:
    department = load.pack().departments.get(document.department)
    return {
        "title": _marked(document.title.get(lang, ""), terms),
        "text": _marked(document.text.get(lang, ""), terms),
        "url": f"/{lang}/{document.url}",
        "kind": t(f"search.kind_{document.kind}"),
        "department": department.title.in_(lang) if department and document.kind != "form" else "",
    }


def _marked(text: str, terms: frozenset[str]) -> Markup:
    pieces = api.marked(text, terms)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(piece.text) if piece.found else escape(piece.text) for piece in pieces
    )


class _Links:
    """The addresses of a search with other filters, or of another page of it."""

    def __init__(self, query: str, only: Mapping[str, str]) -> None:
        self._query, self._only = query, dict(only)

    def _to(self, only: Mapping[str, str], start: int = 0) -> str:
        rest = {"from": str(start)} if start else {}
        return f"?{urlencode({'q': self._query, **only, **rest})}"

    def with_(self, name: str, value: str) -> str:
        return self._to({**self._only, name: value})

    def without(self, name: str) -> str:
        return self._to({key: value for key, value in self._only.items() if key != name})

    def at(self, start: int, _now: int) -> str:
        return self._to(self._only, start)


def _filters(found: Found, only: Mapping[str, str], link: _Links, lang: str, t: Translator) -> list[dict[str, Any]]:
    """The filters that still divide what was found, each with the number of documents."""
    rows = []
    for name in documents.FACETS:
        counts = found.facets.get(name, {})
        if name in only or len(counts) < 2:
            continue
        values = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        rows.append(
            {
                "title": t(f"search.by_{name}"),
                "values": [
                    {"title": _named(name, value, lang, t), "count": f"{count:,}", "url": link.with_(name, value)}
                    for value, count in values
                ],
            }
        )
    return rows


def _named(facet: str, value: str, lang: str, t: Translator) -> str:
    """A value of a facet as people read it."""
    if facet == "kind":
        return t(f"search.kind_{value}") if value in documents.KINDS else value
    named = sources.names_of(facet).get(value)
    return named.title.in_(lang) if named else value


@who.open_to("anyone")
def suggestions(request: HttpRequest, *, lang: str) -> HttpResponse:
    """What the title of a document may be that is being typed, in the form of OpenSearch's extension."""
    typed = texts.searched(request.GET, "q", lang)
    rate_limits.count("search", rate_limits.address(request))
    try:
        found = api.suggested(typed.text, lang=lang) if typed.text else []
    except api.NotReady:
        found = []
    base = settings.PRAYA.base_url
    rows = [
        typed.text,
        [one.title.get(lang, "") for one in found],
        [one.text.get(lang, "") for one in found],
        [f"{base}/{lang}/{one.url}" for one in found],
    ]
    response = JsonResponse(rows, safe=False, content_type=SUGGESTIONS_TYPE, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "public, max-age=60"
    return response


@who.open_to("anyone")
def description(request: HttpRequest, *, lang: str) -> HttpResponse:
    """The OpenSearch description: a browser offers the portal's search by it."""
    t, base = translator(lang), f"{settings.PRAYA.base_url}/{lang}/search"
    name = _site(lang)
    document = Markup(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">'
        "<ShortName>{short}</ShortName><Description>{text}</Description><Language>{language}</Language>"
        '<InputEncoding>UTF-8</InputEncoding><Url type="text/html" template="{base}?q={{searchTerms}}"/>'
        '<Url type="{type}" template="{base}/suggestions?q={{searchTerms}}"/></OpenSearchDescription>\n'
    ).format(short=name[:16], text=t("search.title"), language=html_language(lang), base=base, type=SUGGESTIONS_TYPE)
    return HttpResponse(str(document), content_type="application/opensearchdescription+xml; charset=utf-8")


def description_link(request: HttpRequest, language: str, **_: Any) -> str:
    """The link to the description, for the head of every page."""
    return Markup(
        '<link rel="search" type="application/opensearchdescription+xml" title="{}" href="/{}/search/description.xml">'
    ).format(_site(language), language)


def _site(lang: str) -> str:
    """The name of the portal."""
    return translator(lang)("kit.site", territory=load.pack().name.in_(lang))
