"""Numbers of the queue, for supervisors: open and late cases by service and state."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from praya.blocks.cases import api as cases
from praya.definition.sandbox import PREFIX
from praya.journey import load
from praya.web import who
from praya.web.desk import reach


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
        return _of_service(request, name, departments, lang)
    listed = reach.listed(request, owned, lang)
    counted = cases.tally(departments=departments, at=at, services=[card.service for card in listed.services])
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
        total=cases.totals(departments=departments, at=at, without=PREFIX),
        rows=rows,
        listed=listed,
    )


def _of_service(request: HttpRequest, name: str, departments: list[str], lang: str) -> HttpResponseBase:
    """The numbers of one service by its states."""
    service = load.territory().owner(name)
    states = service.flow.states if service else {}
    order = {state: index for index, state in enumerate(states)}
    tallies = cases.tally(departments=departments, at=who.now(), services=[name])
    rows: list[dict[str, Any]] = [
        {
            "title": states[tally.state].label.in_(lang) if tally.state in states else tally.state,
            "url": f"/{lang}/desk/?{urlencode({'tab': 'todo', 'service': name, 'state': f'{name}.{tally.state}'})}"
            if tally.state in states
            else None,
            "open": tally.open,
            "late": tally.late,
        }
        for tally in sorted(tallies, key=lambda tally: order.get(tally.state, len(order)))
    ]
    return reach.page(
        request, "desk/numbers_of.html", lang, who.officer(request), "numbers", rows=rows,
        title=service.title.in_(lang) if service else name,
        total=cases.Tally(
            name, "", *(sum(getattr(tally, word) for tally in tallies) for word in ("open", "late", "waiting"))
        ),
    )  # fmt: skip
