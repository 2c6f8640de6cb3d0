"""The queue: cases that are due first, by tab, service and state; fifty on a page."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.card import Card
from praya.definition.pack import Pack
from praya.definition.sandbox import PREFIX, is_trial
from praya.journey import load
from praya.web import who
from praya.web.desk import clocks, reach
from praya.web.words import translator

TABS = ("todo", "asked", "mine", "closed")
LISTS: dict[str, cases.Which] = {"todo": "owned", "asked": "asked", "mine": "seen", "closed": "closed"}


@require_safe
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """A page of the queue."""
    officer, at, pack = who.officer(request), who.now(), load.pack()
    services = reach.services_of(officer)
    tab = _tab(request, officer, services)
    asked = request.GET.get("service")
    service = next((s for s in (*services, *reach.trials_of(officer)) if s.service == asked), None)
    states = _states([service] if service else services, lang)
    chosen = request.GET.get("state", "")
    if chosen not in {option["value"] for group in states for option in group["options"]}:
        chosen = ""
    of_service, _, state = chosen.partition(".")
    found = cases.queue(
        departments=sorted(officer.departments),
        service=of_service or (service.service if service else ""),
        state=state,
        assigned_to=officer.ref if tab == "mine" else "",
        which=LISTS[tab],
        # What is only tried is listed by itself, never among what is real.
        without="" if service is not None and is_trial(service.service) else PREFIX,
        mark=request.GET.get("mark", "")[:80],
    )
    names = reach.names_of_officers() if any(row.case.assigned_to for row in found.rows) else {}
    kept = {"tab": tab, "service": service.service if service else "", "state": chosen}
    return reach.page(
        request,
        "desk/queue.html",
        lang,
        officer,
        tab,
        tab=tab,
        services=[{"value": s.service, "label": s.title.in_(lang)} for s in services],
        service=kept["service"],
        states=states,
        state=chosen,
        rows=[_row(row, officer, names, pack, lang, at) for row in found.rows],
        filtered=bool(kept["service"] or chosen),
        later=bool(request.GET.get("mark")),
        first=f"?{_query(kept)}",
        next=f"?{_query({**kept, 'mark': found.next_mark})}" if found.next_mark else None,
    )


def _query(kept: dict[str, str]) -> str:
    return urlencode({name: value for name, value in kept.items() if value})


def _tab(request: HttpRequest, officer: identity.Officer, services: list[Card]) -> str:
    """The tab asked for. A department that is only ever asked begins with what others ask of it."""
    tab = request.GET.get("tab", "")
    if tab in TABS:
        return tab
    owns = any(service.department in officer.departments for service in services)
    return "todo" if owns or not services else "asked"


def _states(services: list[Card], lang: str) -> list[dict[str, Any]]:
    """The states to choose from, by service; a value names both, because two services may use the same word."""
    return [
        {
            "label": service.title.in_(lang),
            "options": [
                {"value": f"{service.service}.{state.name}", "label": state.label.in_(lang)}
                for state in service.flow.states.values()
            ],
        }
        for service in map(load.definition, services)
    ]


def _row(row: cases.Row, officer: identity.Officer, names: Any, pack: Pack, lang: str, at: Any) -> dict[str, Any]:
    case, t = row.case, translator(lang)
    service = load.compiled(case.service, case.version)
    ours = case.department in officer.departments
    if row.referral is not None and not ours:
        clock = clocks.of_referral(row.referral, pack, lang, at=at)
    else:
        clock = clocks.of_case(case, pack, lang, at=at)
    return {
        "ref": case.ref,
        "service": service.title.in_(lang),
        "state": service.flow.states[case.state].label.in_(lang),
        "clock": clock,
        "asked": row.referral is not None,
        "owner": None if ours else pack.departments[case.department].title.in_(lang),
        "assigned": names.get(case.assigned_to, t("desk.officer_left")) if case.assigned_to else "",
        "mine": case.assigned_to == officer.ref,
    }
