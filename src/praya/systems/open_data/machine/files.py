"""Registers, figures and draws as files: CSV, JSON, text."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse

from praya.blocks.registers import api as registers
from praya.journey import ballots, load
from praya.kernel import spreadsheet
from praya.kernel.text import spoken
from praya.systems.open_data import api as open_data
from praya.systems.open_data import data_sets
from praya.web import who
from praya.web.portal.public import public_register, value_in
from praya.web.words import translator

SETS = 100
"""The number of sets in one response."""


def rows_of_csv(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Lines of CSV; the first has a byte order mark."""
    yield spreadsheet.BYTE_ORDER_MARK
    yield from map(spreadsheet.csv_line, rows)


def _csv(rows: Iterable[Iterable[Any]], name: str) -> HttpResponseBase:
    response = StreamingHttpResponse(rows_of_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


@who.open_to("anyone")
def every_set(request: HttpRequest) -> HttpResponse:
    """The sets of open data by name, a hundred at a time; `next` is the address of the next page."""
    sets = data_sets.page(request.GET.get("after", ""), SETS + 1)
    rows = [{"name": one.name, "title": one.title.words, "files": dict(one.files)} for one in sets[:SETS]]
    following = f"{request.path}?{urlencode({'after': rows[-1]['name']})}" if len(sets) > SETS else None
    return JsonResponse({"sets": rows, "next": following})


@who.open_to("anyone")
def register_csv(request: HttpRequest, *, service: str, register: str) -> HttpResponseBase:
    """A whole public register as CSV, in every language."""
    _, declared = public_register(service, register)
    today, languages = load.pack().calendar.day_of(who.now()), load.pack().languages
    head = [f"{name}_{language}" for name in declared.shown for language in languages]

    def rows() -> Iterator[list[Any]]:
        yield ["entry", *head, "from_date", "until_date"]
        for entry in registers.all_entries(service=service, register=register, on=today):
            facts = [value_in(entry.facts.get(name, ""), language) for name in declared.shown for language in languages]
            yield [entry.number, *facts, entry.from_date, entry.until_date or ""]

    return _csv(rows(), f"{service}-{register}")


@who.open_to("anyone")
def register_json(request: HttpRequest, *, service: str, register: str) -> HttpResponseBase:
    """A whole public register as JSON, in every language; `register_schema` gives its schema."""
    _, declared = public_register(service, register)
    today, address = load.pack().calendar.day_of(who.now()), request.path.removesuffix(".json")
    head = {
        "$schema": request.build_absolute_uri(f"{address}.schema.json"),
        "service": service,
        "register": register,
        "in_force_on": today,
    }

    def lines() -> Iterator[str]:
        # One entry on each line, so that a large register is never whole in memory.
        yield f'{_json(head)[:-1]}, "entries": ['
        comma = "\n"
        for entry in registers.all_entries(service=service, register=register, on=today):
            facts = {name: entry.facts.get(name, "") for name in declared.shown}
            row = {"entry": entry.number, "from_date": entry.from_date, "until_date": entry.until_date, "facts": facts}
            yield comma + _json(row)
            comma = ",\n"
        yield "\n]}\n"

    return StreamingHttpResponse(lines(), content_type="application/json")


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


@who.open_to("anyone")
def register_schema(request: HttpRequest, *, service: str, register: str) -> HttpResponse:
    """The JSON Schema (2020-12) of a public register's JSON."""
    _, declared = public_register(service, register)
    words = {"type": "string"}
    day = {"type": "string", "format": "date"}
    # Older entries may have a fact as one text for all languages.
    fact = {"anyOf": [words, {"type": "object", "additionalProperties": words}]}
    entry = {
        "entry": {**words, "description": "The number of the entry, which stays when it is renewed or changed."},
        "from_date": {**day, "description": "Its first day."},
        "until_date": {"anyOf": [day, {"type": "null"}], "description": "Its last day; null when it has no end."},
        "facts": _closed({name: {**fact, "title": shown.label.in_("en")} for name, shown in declared.shown.items()}),
    }
    every = {"type": "array", "items": _closed(entry)}
    whole = {"$schema": words, "service": words, "register": words, "in_force_on": day, "entries": every}
    return JsonResponse(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": declared.title.in_("en"), **_closed(whole)}
    )


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


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
        yield ["measure", "by", "value", "count", "note"]
        for measure, count in published.totals.items():
            yield [measure, "total", "", count, ""]
        for month, count in published.months.items():
            yield ["applications", "month", month, count, ""]
        for name, counts in published.by.items():
            note = " / ".join(notes.get(name, {}).values())
            for value, count in counts.items():
                yield ["applications", name, value, count, note]

    return _csv(rows(), f"{service}-statistics")


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
            "counted_under_several": under_several(published),
            "mean_days": published.mean_days,
            "suppressed_below": published.suppress_below,
        }
    )


@who.open_to("anyone")
def ballots_json(request: HttpRequest, *, service: str) -> HttpResponse:
    """The draws of a service as JSON: the commitment before the draw, and afterwards everything needed to repeat it.

    `tickets` is the address of the tickets in their order, one in each line; `digest` is the SHA-256 of that file.
    """
    draws = [
        asdict(draw)
        | {
            "label": draw.label.words if draw.label else None,
            "tickets": f"/data/ballots/{service}/{draw.ref}.txt" if draw.drawn_at else "",
        }
        for draw in _draws(service)
    ]
    return JsonResponse({
        "service": service,
        "draws": [{name: value for name, value in draw.items() if value} for draw in draws],
    })  # fmt: skip


@who.open_to("anyone")
def ballot_tickets(request: HttpRequest, *, service: str, draw: str) -> HttpResponse:
    """The tickets of a draw in their order, one in each line."""
    for ballot in _draws(service):
        if ballot.ref == draw and ballot.drawn_at:
            return HttpResponse(ballots.tickets(ballot), content_type="text/plain; charset=utf-8")
    raise Http404(draw)


def _draws(service: str) -> list[ballots.Draw]:
    owner = load.territory().known_service(service)
    draws = ballots.of_service(owner) if owner is not None else []
    if owner is None or not (draws or owner.flow.ballots):
        raise Http404(service)
    return draws


def under_several(figures: open_data.Figures) -> dict[str, dict[str, str]]:
    """The remark on each overlapping dimension, in every language."""
    words = {language: translator(language)("open_data.figures_several") for language in spoken()}
    return dict.fromkeys(figures.overlapping, words)
