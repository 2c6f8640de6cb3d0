"""Numbers of the queue, for supervisors: open and late cases by service and state."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from praya.blocks.cases import api as cases
from praya.definition.flow_diagram import flow_svg
from praya.definition.sandbox import PREFIX
from praya.definition.service import Service
from praya.journey import load
from praya.web import who
from praya.web.desk import reach
from praya.web.words import translator

WEEK = timedelta(days=7)


@require_safe
@who.open_to("officer", may=reach.supervised_by)
def show(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The numbers of the departments in which the officer is a supervisor, a page of services at a time."""
    officer, at = who.officer(request), who.now()
    departments = reach.supervised_by(officer)
    name = request.GET.get("service", "")[:60]
    owned = [card for card in reach.services_of(officer) if card.department in departments]
    if name:
        if name not in {card.service for card in owned}:
            raise Http404(name)
        return _of_service(request, name, reach.access(request).only(departments), lang)
    listed = reach.listed(request, owned, lang)
    within = reach.access(request).only(departments)
    counted = cases.tally(within=within, at=at, services=[card.service for card in listed.services])
    rows = [
        {
            "title": card.title.in_(lang),
            "url": f"?{urlencode({'service': card.service})}",
            "open": sum(tally.open for tally in counted if tally.service == card.service),
            "late": sum(tally.late for tally in counted if tally.service == card.service),
        }
        for card in listed.services
    ]
    return reach.page(
        request,
        "desk/numbers.html",
        lang,
        officer,
        "numbers",
        total=cases.totals(within=within, at=at, without=PREFIX),
        rows=rows,
        listed=listed,
    )


def _of_service(request: HttpRequest, name: str, within: cases.Access, lang: str) -> HttpResponseBase:
    """The numbers of one service by its states."""
    service, at, t = load.territory().owner(name), who.now(), translator(lang)
    states = service.flow.states if service else {}
    order = {state: index for index, state in enumerate(states)}
    tallies = cases.tally(within=within, at=at, services=[name])
    oldest = _oldest(_loads(service, within, at), at) if service else {}
    rows: list[dict[str, Any]] = [
        {
            "title": states[tally.state].at_desk.in_(lang) if tally.state in states else tally.state,
            "url": f"/{lang}/desk/?{urlencode({'tab': 'open', 'service': name, 'state': f'{name}.{tally.state}'})}"
            if tally.state in states
            else None,
            "open": tally.open,
            "late": tally.late,
            "oldest": t("desk.in_days", n=oldest[tally.state]) if tally.state in oldest else "",
        }
        for tally in sorted(tallies, key=lambda tally: order.get(tally.state, len(order)))
    ]
    return reach.page(
        request, "desk/numbers_of.html", lang, who.officer(request), "numbers", rows=rows,
        title=service.title.in_(lang) if service else name,
        flow=f"/{lang}/desk/numbers/{name}/flow.svg" if service else "",
        total=cases.Tally(
            name, "", *(sum(getattr(tally, word) for tally in tallies) for word in ("open", "late", "waiting"))
        ),
    )  # fmt: skip


@require_safe
@who.open_to("officer", may=reach.supervised_by)
def flow(request: HttpRequest, *, lang: str, service: str) -> HttpResponseBase:
    """The flow of a service as a picture, with how many cases are open in each state, and how old the oldest is."""
    officer, at, t = who.officer(request), who.now(), translator(lang)
    definition = load.territory().owner(service)
    if definition is None or definition.department not in reach.supervised_by(officer):
        raise Http404(service)
    loads = _loads(definition, reach.access(request), at)
    days = _oldest(loads, at)
    notes = {one.name: t("desk.flow_note", n=one.open, late=one.late, days=days[one.name]) for one in loads}
    response = HttpResponse(
        flow_svg(definition, lang, load.pack().role_titles, notes), content_type="image/svg+xml; charset=utf-8"
    )
    response["Cache-Control"] = "no-store"
    return response


def _loads(service: Service, within: cases.Access, at: datetime) -> list[cases.Load]:
    ours = within.only([service.department])
    return cases.loads(within=ours, by="state", service=service.service, at=at, soon=at + WEEK)


def _oldest(loads: Sequence[cases.Load], at: datetime) -> dict[str, int]:
    """The days since the oldest open case of each state was received."""
    day, today = load.pack().calendar.day_of, load.pack().calendar.day_of(at)
    return {one.name: (today - day(one.oldest_at)).days for one in loads}
