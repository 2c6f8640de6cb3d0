"""Registers and figures as CSV and JSON, and the keys with which anybody verifies what we sign."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse

from praya.blocks.analytics import api as analytics
from praya.blocks.credentials import api as credentials
from praya.blocks.registers import api as registers
from praya.journey import ballots, load
from praya.kernel.journal import sealing, signer
from praya.web import who
from praya.web.portal.public import public_register, said_in

# Spreadsheets in Chinese and Japanese also take the full-width signs for formulas.
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: Any) -> str:
    """A value that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_RISKY) else text


def rows_of_csv(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Lines of CSV (RFC 4180), the first with a byte order mark so that spreadsheets read Chinese."""
    yield "\ufeff"
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow([cell(value) for value in row])
        yield line.getvalue()


def _csv(rows: Iterable[Iterable[Any]], name: str) -> HttpResponseBase:
    response = StreamingHttpResponse(rows_of_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


@who.open_to("anyone")
def register_csv(request: HttpRequest, *, service: str, register: str) -> HttpResponseBase:
    """A public register, all of it, in every language."""
    _, found = public_register(service, register)
    today, languages = load.pack().calendar.day_of(who.now()), load.pack().languages
    head = [f"{name}_{language}" for name in found.shown for language in languages]

    def rows() -> Iterator[list[Any]]:
        yield ["entry", *head, "from_date", "until_date"]
        for entry in registers.all_entries(service=service, register=register, on=today):
            facts = [said_in(entry.facts.get(name, ""), language) for name in found.shown for language in languages]
            yield [entry.ref, *facts, entry.from_date, entry.until_date or ""]

    return _csv(rows(), f"{service}-{register}")


def _figures(service: str) -> tuple[Any, analytics.Figures]:
    owner = load.territory().known.get(service)
    if owner is None:
        raise Http404(service)
    return owner, analytics.figures(owner)


@who.open_to("anyone")
def figures_csv(request: HttpRequest, *, service: str) -> HttpResponseBase:
    """The figures of a service; an empty count was too small to publish."""
    _, found = _figures(service)

    def rows() -> Iterator[list[Any]]:
        yield ["measure", "by", "value", "count"]
        for measure, count in found.totals.items():
            yield [measure, "total", "", count]
        for month, count in found.months.items():
            yield ["applications", "month", month, count]
        for name, counts in found.by.items():
            for value, count in counts.items():
                yield ["applications", name, value, count]

    return _csv(rows(), f"{service}-statistics")


@who.open_to("anyone")
def figures_json(request: HttpRequest, *, service: str) -> HttpResponse:
    """The figures of a service as JSON; a null count was too small to publish."""
    _, found = _figures(service)
    return JsonResponse(
        {
            "service": service,
            "totals": found.totals,
            "applications_by_month": found.months,
            "applications_by": found.by,
            "mean_days": found.mean_days,
            "suppressed_below": found.suppress_below,
        }
    )


@who.open_to("anyone")
def ballots_json(request: HttpRequest, *, service: str) -> HttpResponse:
    """The draws of a service: the commitment before, and afterwards all that it takes to draw again."""
    owner = load.territory().known.get(service)
    if owner is None or not owner.flow.ballots:
        raise Http404(service)
    draws = [{name: value for name, value in asdict(draw).items() if value} for draw in ballots.of_service(owner)]
    return JsonResponse({"service": service, "draws": draws})


@who.open_to("anyone")
def jwks(request: HttpRequest) -> HttpResponse:
    """The keys that verify records (RFC 7517)."""
    return JsonResponse(credentials.jwks())


@who.open_to("anyone")
def revoked(request: HttpRequest) -> HttpResponse:
    """The `jti` of every revoked record."""
    return JsonResponse({"revoked": credentials.revoked()})


@who.open_to("anyone")
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest signed checkpoint of the journal (C2SP tlog-checkpoint)."""
    note = sealing.latest()
    if note is None:
        raise Http404("no checkpoint yet")
    return HttpResponse(note, content_type="text/plain; charset=utf-8")


@who.open_to("anyone")
def journal_key(request: HttpRequest) -> HttpResponse:
    """The key that verifies checkpoints (C2SP signed-note)."""
    return HttpResponse(signer.verifier_key() + "\n", content_type="text/plain; charset=utf-8")
