"""The queue: cases by tab, service, state and further filters, the most urgent first, fifty on a page."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_safe

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.card import Card
from praya.definition.sandbox import PREFIX, is_trial
from praya.definition.service import Service
from praya.journey import load
from praya.web import menus, texts, who
from praya.web.desk import absence, case_rows, choosing, filters, reach
from praya.web.desk.filters import Filters
from praya.web.words import translator

DONE = ("saved",)
SELECTED = ("todo", "waiting", "mine", "open")
"""Lists of which cases are selected; cases of others, and closed ones, are acted on one by one."""


@require_safe
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """A page of the queue."""
    officer, at, pack, t = who.officer(request), who.now(), load.pack(), translator(lang)
    if not officer.departments and (tabs := menus.menu("desk", lang, officer)):
        # A member of a community or a keeper of a system only has no queue.
        return HttpResponseRedirect(tabs[0]["url"])
    services = reach.services_of(officer)
    saved = cases.views(officer.ref, sorted(officer.departments))
    view = next((one for one in saved if one.ref == request.GET.get("view", "")), None)
    if view is None and "view" in request.GET:
        return HttpResponseRedirect(f"/{lang}/desk/")
    fields: Any = request.GET if view is None else view.filters
    tab = tab_of(fields.get("tab", ""), officer)
    if tab == "todo" and fields.get("waiting"):
        # An older address: the list of all open cases had this filter.
        tab = "open"
    asked = texts.searched(fields, "find", lang)
    typed = asked.shown.strip()
    wanted, _, state = fields.get("state", "")[:130].partition(".")
    name = fields.get("service", "")[:60] or wanted
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
    shown = replace(
        filters.read(fields, tab=tab),
        service=chosen.service if chosen else "",
        state=f"{name}.{state}" if state else "",
    )
    wrong = filters.errors(shown, lang)
    undecided = bool(typed) and len(matches) != 1
    mark = request.GET.get("mark", "")[:80]
    listed = cases.Queue((), "")
    if not undecided:
        listed = filters.queue(
            filters.valid(shown, lang), officer, pack, within=reach.access(request),
            without=without(shown), at=at, mark=mark,
        )  # fmt: skip
    rows = case_rows.rows(listed.rows, officer, pack, lang, at)
    select = [{"name": "select", "label": t("desk.select")}] if tab in SELECTED else []
    here = {"view": view.ref} if view is not None else shown.query
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
        service=shown.service,
        typed=typed if undecided else chosen.title.in_(lang) if chosen else "",
        matches=[
            {"title": one.title.in_(lang), "url": f"?{urlencode({'tab': tab, 'service': one.service})}"}
            for one in matches[: choosing.MOST]
        ]
        if undecided
        else [],
        undecided=undecided,
        unmatched=asked.error or (t("desk.service_none") if undecided and not matches else None),
        more_matches=len(matches) > choosing.MOST,
        states=states,
        state=shown.state,
        filters=shown,
        offered=filters.OFFERED[tab],
        options=_options(shown, officer, lang),
        all_columns=[
            {"value": head["name"], "label": head["label"]}
            for head in case_rows.heads(case_rows.COLUMNS, lang, closed=tab == "closed")[1:]
        ],
        wrong=wrong,
        **_absences(officer, tab, lang, at),
        mentioned=(
            cases.unseen_mentions(officer.ref, within=reach.access(request))
            if tab in {"todo", "mine"} and not mark
            else 0
        ),
        messages_wait=(
            cases.count_messages_waiting(reach.access(request)) if tab in {"todo", "mine"} and not mark else 0
        ),
        errors=[{"href": f"#{field}", "text": text} for field, text in wrong.items()],
        heads=select + case_rows.heads(shown.shown_columns, lang, closed=tab == "closed"),
        rows=rows,
        filtered=shown.narrows,
        later=bool(mark),
        first=f"?{urlencode(here)}",
        next=f"?{urlencode({**here, 'mark': listed.next_mark})}" if listed.next_mark else None,
        saved=[
            {
                "name": one.name,
                "url": f"?{urlencode({'view': one.ref})}",
                "current": view is not None and one.ref == view.ref,
                "shared": pack.departments[one.department].title.in_(lang) if one.department else "",
            }
            for one in saved
        ],
        view=view,
        selects=bool(select),
        may_all=tab == "mine" or bool(reach.supervised_by(officer)),
        may_export=bool(rows) and any(reach.may(officer, name, "exporter") for name in officer.departments),
        done=t(f"desk.view_done_{request.GET['done']}") if request.GET.get("done") in DONE else None,
    )


def _absences(officer: identity.Officer, tab: str, lang: str, at: datetime) -> dict[str, Any]:
    """For whom the officer stands in, and on their own list their own absence."""
    if tab not in {"todo", "mine"}:
        return {"stands": [], "away": None}
    stands, own = cases.deputising(officer.ref, at=at), cases.absence(officer.ref) if tab == "mine" else None
    names = identity.officer_names({one.officer_ref for one in stands})
    away = absence.shown(own, names, lang, at) if own is not None and own.holds(at) else None
    return {"stands": [absence.shown(one, names, lang, at) for one in stands], "away": away}


def without(shown: Filters) -> str:
    """The beginning of the names of services that are left out: cases of the sandbox have their own list."""
    return "" if shown.service and is_trial(shown.service) else PREFIX


def tab_of(tab: str, officer: identity.Officer) -> str:
    """The requested tab. The default for a department without services is the tab of referrals to it."""
    if tab in filters.TABS:
        return tab
    services = reach.services_of(officer)
    owns = any(service.department in officer.departments for service in services)
    return "todo" if owns or not services else "asked"


def _options(shown: Filters, officer: identity.Officer, lang: str) -> dict[str, list[dict[str, str]]]:
    """The options of each filter; a colleague whose cases are shown is one of them."""
    t = translator(lang)
    options = {
        name: [
            {"value": value, "label": t(f"desk.result_{value}" if name == "result" else f"desk.{name}_{value}")}
            for value in choices
        ]
        for name, choices in filters.CHOICES.items()
        if name != "age"
    }
    options["age"] = [{"value": days, "label": t("desk.age_over", n=days)} for days in filters.CHOICES["age"]]
    if shown.assigned not in {"", *filters.CHOICES["assigned"]}:
        names = identity.officer_names([shown.assigned])
        options["assigned"].append(
            {"value": shown.assigned, "label": names.get(shown.assigned, t("desk.officer_left"))}
        )
    return options


def _states(chosen: Service | None, services: Sequence[Card], lang: str) -> list[dict[str, str]]:
    """Options for the states of the chosen, or the only, service; a value has the names of both."""
    if chosen is None and len(services) == 1:
        chosen = load.territory().owner(services[0].service)
    if chosen is None:
        return []
    return [
        {"value": f"{chosen.service}.{state.name}", "label": state.at_desk.in_(lang)}
        for state in chosen.flow.states.values()
    ]
