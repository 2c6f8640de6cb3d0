"""The queue: cases by tab, service and state, the most urgent first, fifty on a page."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_safe

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.card import Card
from praya.definition.sandbox import PREFIX, is_trial
from praya.definition.service import Service
from praya.journey import load
from praya.web import pages, texts, who
from praya.web.desk import case_rows, choosing, reach
from praya.web.words import translator

TABS = ("todo", "asked", "mine", "closed")
LISTS: dict[str, cases.Which] = {"todo": "owned", "asked": "asked", "mine": "mine", "closed": "closed"}


@require_safe
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """A page of the queue."""
    officer, at, pack, t = who.officer(request), who.now(), load.pack(), translator(lang)
    if not officer.departments and (tabs := pages.menu("desk", lang, officer)):
        # A member of a community or a keeper of a system only has no queue.
        return HttpResponseRedirect(tabs[0]["url"])
    services = reach.services_of(officer)
    tab = _tab(request, officer)
    asked = texts.searched(request.GET, "find", lang)
    typed = asked.shown.strip()
    wanted, _, state = request.GET.get("state", "")[:130].partition(".")
    name = request.GET.get("service", "")[:60] or wanted
    matches = choosing.by_words(services, asked.text) if asked.text else []
    if len(matches) == 1:
        name = matches[0].service
    elif typed:
        name = ""
    names = {service.service for service in services}
    chosen = load.territory().owner(name) if name in names or name in reach.names_of_trials(officer) else None
    states = _states(chosen, services, lang) if tab != "asked" else []
    if chosen is None or wanted != chosen.service or state not in chosen.flow.states or not states:
        state = ""
    undecided = bool(typed) and len(matches) != 1
    queue = cases.Queue((), "")
    if not undecided:
        queue = cases.queue(
            departments=sorted(officer.departments),
            service=chosen.service if chosen else "",
            state=state,
            assigned_to=officer.ref if tab == "mine" else "",
            which=LISTS[tab],
            # Cases of the sandbox have their own list, never among real ones.
            without="" if chosen is not None and is_trial(chosen.service) else PREFIX,
            mark=request.GET.get("mark", "")[:80],
        )
    filters = {"tab": tab, "service": chosen.service if chosen else "", "state": f"{name}.{state}" if state else ""}
    few = len(services) <= choosing.FEW
    return reach.page(
        request,
        "desk/queue.html",
        lang,
        officer,
        tab,
        tab=tab,
        services=[{"value": s.service, "label": s.title.in_(lang)} for s in services] if few else [],
        many=not few,
        service=filters["service"],
        typed=typed if undecided else chosen.title.in_(lang) if chosen else "",
        matches=[
            {"title": one.title.in_(lang), "url": f"?{_query({'tab': tab, 'service': one.service})}"}
            for one in matches[: choosing.MOST]
        ]
        if undecided
        else [],
        undecided=undecided,
        unmatched=asked.error or (t("desk.service_none") if undecided and not matches else None),
        more_matches=len(matches) > choosing.MOST,
        states=states,
        state=filters["state"],
        heads=case_rows.heads(case_rows.USUAL, lang, closed=tab == "closed"),
        rows=case_rows.rows(queue.rows, officer, pack, lang, at),
        filtered=bool(filters["service"] or state),
        later=bool(request.GET.get("mark")),
        first=f"?{_query(filters)}",
        next=f"?{_query({**filters, 'mark': queue.next_mark})}" if queue.next_mark else None,
    )


def _query(filters: dict[str, str]) -> str:
    return urlencode({name: value for name, value in filters.items() if value})


def _tab(request: HttpRequest, officer: identity.Officer) -> str:
    """The requested tab. The default for a department without services is the tab of referrals to it."""
    tab = request.GET.get("tab", "")
    if tab in TABS:
        return tab
    services = reach.services_of(officer)
    owns = any(service.department in officer.departments for service in services)
    return "todo" if owns or not services else "asked"


def _states(chosen: Service | None, services: Sequence[Card], lang: str) -> list[dict[str, str]]:
    """Options for the states of the chosen, or the only, service; a value has the names of both."""
    if chosen is None and len(services) == 1:
        chosen = load.territory().owner(services[0].service)
    if chosen is None:
        return []
    return [
        {"value": f"{chosen.service}.{state.name}", "label": state.label.in_(lang)}
        for state in chosen.flow.states.values()
    ]
