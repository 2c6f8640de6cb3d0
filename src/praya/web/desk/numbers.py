"""The queue in numbers, for supervisors: how many cases are open and how many are late, by service and state."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from praya.blocks.cases import api as cases
from praya.definition.sandbox import is_trial
from praya.journey import load
from praya.web import who
from praya.web.desk import reach


@require_safe
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The numbers of the departments in which the officer is a supervisor."""
    officer = who.officer(request)
    departments = reach.supervised_by(officer)
    if not departments:
        raise Http404
    tallies = [tally for tally in cases.tally(departments=departments, at=who.now()) if not is_trial(tally.service)]
    by_service: dict[str, list[cases.Tally]] = defaultdict(list)
    for tally in tallies:
        by_service[tally.service].append(tally)
    return reach.page(
        request,
        "desk/numbers.html",
        lang,
        officer,
        "numbers",
        open=sum(tally.open for tally in tallies),
        late=sum(tally.late for tally in tallies),
        waiting=sum(tally.waiting for tally in tallies),
        services=[_service(name, found, lang) for name, found in by_service.items()],
    )


def _service(name: str, tallies: Sequence[cases.Tally], lang: str) -> dict[str, Any]:
    live = load.territory().known_service(name)
    states = live.flow.states if live else {}
    order = {state: index for index, state in enumerate(states)}
    rows = [
        {
            "state": states[tally.state].label.in_(lang) if tally.state in states else tally.state,
            "url": f"/{lang}/desk/?tab=todo&service={name}&state={name}.{tally.state}"
            if tally.state in states
            else None,
            "open": tally.open,
            "late": tally.late,
        }
        for tally in sorted(tallies, key=lambda t: order.get(t.state, len(order)))
    ]
    return {"name": name, "title": live.title.in_(lang) if live else name, "rows": rows}
