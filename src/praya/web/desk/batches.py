"""One action on many cases: what and on which, a preview of each case, progress, stopping, and taking back."""

import json
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.flow import Action
from praya.journey import acting, batches, conflicts, load
from praya.kernel.ids import opaque
from praya.kernel.outbox.parts import Part
from praya.kernel.rounds import breathe, by_itself
from praya.web import case_actions, display, texts, who
from praya.web.desk import filters, queue, reach
from praya.web.desk.filters import Filters
from praya.web.fields import State
from praya.web.words import translator

COLLEAGUES = 25
MOST_CHOSEN, MOST_NOTE = 500, 4000
PAGE, TURN = 50, 1000
LEADS: dict[str, Literal["running", "stopped", "undoing"]] = {
    "begin": "running", "continue": "running", "stop": "stopped", "undo": "undoing",
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
def every(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The officer's batches. A post chooses cases, then what is done, then what is answered, and opens a batch."""
    officer = who.officer(request)
    if request.method != "POST":
        return _list(request, officer, lang)
    source = _source(request, officer)
    chosen = _first_cases(source, officer)
    if not chosen:
        return _list(request, officer, lang, error=translator(lang)("desk.batch_nothing"))
    what = request.POST.get("batch-what", "")
    if what == "assign":
        return _assigning(request, officer, source, lang)
    kind, _, name = what.partition(":")
    offered = _offered(chosen, officer)
    action = next((one for one in offered if one.name == name), None) if kind == "act" else None
    if action is None:
        error = translator(lang)("desk.batch_what_missing") if "batch-chosen" in request.POST else ""
        return _choosing(request, officer, source, chosen, offered, lang, error=error)
    return _asking(request, officer, source, chosen, action, lang)


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str, batch: str) -> HttpResponseBase:
    """A batch: how many cases are ready, done and refused, and why; a post begins, stops, continues or undoes it."""
    officer, at = who.officer(request), who.now()
    try:
        shown = cases.batch(batch, officer_ref=officer.ref)
    except cases.NoBatch:
        raise Http404(batch) from None
    if request.method == "POST":
        to = LEADS.get(request.POST.get("do", ""))
        if to is None:
            raise Http404(batch)
        cases.lead_batch(shown, to, at=at, by=f"officer:{officer.ref}")
        return HttpResponseRedirect(f"/{lang}/desk/batches/{batch}")
    counts, t = cases.batch_counts(batch), translator(lang)
    typed = request.GET.get("after", "")
    after = int(typed) if typed.isdecimal() and len(typed) < 16 else 0
    items = cases.batch_items(batch, "refused", after=after, limit=PAGE + 1)
    kept = cases.batch_items(batch, "done", limit=1, to_undo=True)
    return reach.page(
        request,
        "desk/batch.html",
        lang,
        officer,
        "",
        batch=shown,
        title=_title(shown, lang),
        asked=display.moment_words(shown.asked_at, load.pack(), lang),
        counts={name: counts.get(name, 0) for name in ("ready", "refused", "done", "undone")},
        all_count=sum(counts.values()),
        refused=[
            {"ref": item.case_ref, "url": f"/{lang}/desk/cases/{item.case_ref}", "why": t(f"desk.why_{item.why}")}
            for item in items[:PAGE]
        ],
        later=bool(after),
        more=items[PAGE - 1].number if len(items) > PAGE else 0,
        may_undo=bool(kept) and shown.state in {"done", "stopped"},
        once=opaque(),
    )


def _source(request: HttpRequest, officer: identity.Officer) -> dict[str, Any]:
    """Whence the cases come: chosen ones, a whole list, or the bookings that a closing touches."""
    if "batch-source" in request.POST:
        try:
            source = json.loads(request.POST["batch-source"][:20_000])
        except ValueError:
            source = {}
        return _known_source(source if isinstance(source, dict) else {}, officer)
    if request.POST.get("which") == "all":
        fields = {name: request.POST.get(name, "") for name in filters.NAMES}
        return _known_source({"filters": fields}, officer)
    if "bookings" in request.POST:
        names = ("bookings", "place", "day", "from")
        return _known_source({name: request.POST.get(name, "") for name in names}, officer)
    return {"cases": [ref[:20] for ref in dict.fromkeys(request.POST.getlist("case"))][:MOST_CHOSEN]}


def _known_source(source: dict[str, Any], officer: identity.Officer) -> dict[str, Any]:
    """A source of which every part is what it should be; an empty one where something is not."""
    if isinstance(source.get("cases"), list):
        return {"cases": [str(ref)[:20] for ref in source["cases"]][:MOST_CHOSEN]}
    if isinstance(source.get("filters"), dict):
        given = {name: str(value) for name, value in source["filters"].items() if name in filters.NAMES}
        shown = filters.valid(filters.read(given, tab=queue.tab_of(given.get("tab", ""), officer)), "en")
        return {"filters": shown.query} if shown.tab in queue.SELECTED else {}
    names = ("bookings", "place", "day", "from")
    if all(isinstance(source.get(name), str) for name in names):
        try:
            date.fromisoformat(source["day"])
        except ValueError:
            return {}
        card = next((one for one in reach.booking_services_of(officer) if one.service == source["bookings"]), None)
        if card is not None and reach.may(officer, card.department, "supervisor"):
            return {name: source[name][:60] for name in names}
    return {}


def _departments(shown: Filters, officer: identity.Officer) -> list[str]:
    """Whose cases a whole list has: one's own cases, or as a supervisor those of the department."""
    return sorted(officer.departments) if shown.tab == "mine" else reach.supervised_by(officer)


def _page_of(
    source: dict[str, Any], officer: identity.Officer, at: datetime, mark: str
) -> tuple[list[cases.Case], str]:
    """A page of the cases of a list, and the mark of the next."""
    shown = Filters(**source["filters"])
    page = filters.queue(
        shown, officer, load.pack(), within=conflicts.access(officer).only(_departments(shown, officer)),
        without=queue.without(shown), at=at, mark=mark, limit=PAGE,
    )  # fmt: skip
    return [row.case for row in page.rows], page.next_mark


def _first_cases(source: dict[str, Any], officer: identity.Officer) -> list[cases.Case]:
    """Some of the cases, by which it is found out what can be done."""
    if "filters" in source:
        return _page_of(source, officer, who.now(), "")[0]
    refs: list[str] = source.get("cases", [])[:PAGE]
    if "bookings" in source:
        refs = []
        for ref in _of_closing(source):
            refs.append(ref)
            if len(refs) == PAGE:
                break
    seen = cases.visible_refs(refs, within=conflicts.access(officer))
    readable = [cases.case(ref) for ref in refs if ref in seen]
    return [case for case in readable if case.department in officer.departments]


def _of_closing(source: dict[str, Any]) -> Any:
    day = date.fromisoformat(source["day"])
    return batches.of_closing(source["bookings"], place=source["place"], day=day, from_clock=source["from"])


def _offered(chosen: list[cases.Case], officer: identity.Officer) -> list[Action]:
    """The actions for all of these cases, if they are of one service."""
    services = {case.service for case in chosen}
    if len(services) != 1:
        return []
    service = load.compiled(chosen[0].service, max(case.version for case in chosen))
    return batches.actions_of(service, acting.officer(officer, chosen[0].department).roles)


def _source_in_words(source: dict[str, Any], lang: str) -> str:
    t = translator(lang)
    if "cases" in source:
        return t("desk.batch_chosen", n=len(source["cases"]))
    if "bookings" in source:
        return t("desk.batch_bookings")
    return t("desk.batch_list", list=t(f"desk.list_{source['filters'].get('tab', 'todo')}"))


def _choosing(
    request: HttpRequest,
    officer: identity.Officer,
    source: dict[str, Any],
    chosen: list[cases.Case],
    offered: list[Action],
    lang: str,
    *,
    error: str = "",
) -> HttpResponse:
    t = translator(lang)
    options = [{"value": f"act:{action.name}", "label": action.label.in_(lang)} for action in offered]
    return reach.page(
        request,
        "desk/batch_what.html",
        lang,
        officer,
        "",
        status=422 if error else 200,
        source=json.dumps(source),
        said=_source_in_words(source, lang),
        options=[*options, {"value": "assign", "label": t("desk.batch_assign")}],
        several=len({case.service for case in chosen}) > 1,
        errors=[{"href": "#batch-what", "text": error}] if error else [],
    )


def _asking(
    request: HttpRequest,
    officer: identity.Officer,
    source: dict[str, Any],
    chosen: list[cases.Case],
    action: Action,
    lang: str,
) -> HttpResponseBase:
    """What the action asks, once for all cases. The questions are shown as they are for the first case that fits."""
    at, case = who.now(), _one_that_fits(chosen, action)
    state = State(lang, {})
    if "batch-go" in request.POST:
        arranged = case_actions.state_after_button(request, case, action, lang, at=at)
        if arranged is None:
            tried = case_actions.written(request, case, action, lang, at=at)
            if not tried.refusals:
                batch = batches.begin_act(
                    officer, service=case.service, action=action.name, answers=tried.answers, reason=tried.reason,
                    source=source, at=at,
                )  # fmt: skip
                return _opened(batch, officer, lang, at)
            arranged = tried.state
        state = arranged or state
    service = load.compiled(case.service, case.version)
    target = service.flow.states.get(action.to or "")
    return reach.page(
        request,
        "desk/batch_ask.html",
        lang,
        officer,
        "",
        status=422 if state.refusals else 200,
        source=json.dumps(source),
        said=_source_in_words(source, lang),
        action=action,
        label=action.label.in_(lang),
        service_title=service.title.in_(lang),
        warning=action.warning.in_(lang) if action.warning else None,
        leads_to=target.label.in_(lang) if target else None,
        content=case_actions.content_of(case, action, state, at),
        state=state,
        reason=state.typed("reason"),
        errors=state.summary,
        once=opaque(),
    )


def _one_that_fits(chosen: list[cases.Case], action: Action) -> cases.Case:
    for case in chosen:
        if action.name in load.compiled(case.service, case.version).flow.states[case.state].actions:
            return case
    return chosen[0]


def _assigning(request: HttpRequest, officer: identity.Officer, source: dict[str, Any], lang: str) -> HttpResponseBase:
    """To whom the cases are given."""
    t, at = translator(lang), who.now()
    asked = texts.searched(request.POST, "batch-q", lang)
    note = texts.lines(request.POST, "batch-note", lang, most=MOST_NOTE)
    to, error, offered = request.POST.get("batch-to", "")[:32], asked.error, list[identity.Colleague]()
    if "batch-go" in request.POST and to and not note.error:
        wanted = {"me": officer.ref, "nobody": ""}.get(to, to)
        batch = batches.begin_assign(officer, to=wanted, text=note.text, source=source, at=at)
        return _opened(batch, officer, lang, at)
    if asked.text:
        for department in sorted(officer.departments):
            offered += identity.colleagues(department, asked.text, limit=COLLEAGUES)
        offered = list({one.ref: one for one in offered}.values())[:COLLEAGUES]
        error = error or ("" if offered else t("desk.give_none"))
    elif "batch-go" in request.POST:
        error = error or t("desk.give_missing")
    return reach.page(
        request,
        "desk/batch_assign.html",
        lang,
        officer,
        "",
        status=422 if error or note.error else 200,
        source=json.dumps(source),
        said=_source_in_words(source, lang),
        typed=asked.shown,
        note=note.shown,
        wrong={"batch-q": error, "batch-note": note.error},
        colleagues=offered,
        errors=[
            {"href": f"#{field}", "text": text}
            for field, text in (("batch-note", note.error), ("batch-q", error))
            if text
        ],
    )


def _opened(batch: cases.Batch, officer: identity.Officer, lang: str, at: datetime) -> HttpResponseRedirect:
    """Few cases are looked at within the request; the worker looks at more."""
    few = not ("bookings" in batch.source and _many_bookings(batch.source))
    if few:
        _gather(batch, officer, at, batches.AT_ONCE)
    return HttpResponseRedirect(f"/{lang}/desk/batches/{batch.ref}")


def _many_bookings(source: dict[str, Any]) -> bool:
    day = date.fromisoformat(source["day"])
    totals = bookings.day_totals(scheme=source["bookings"], place=source["place"], day=day)
    return totals.groups > batches.AT_ONCE


def _gather(batch: cases.Batch, officer: identity.Officer, at: datetime, most: int) -> int:
    """Look at cases of a batch, at most so many, from where the last turn ended; answer how many."""
    if "cases" in batch.source:
        refs = batch.source["cases"]
        cases.add_items(batch, batches.looked_at(batch, refs, officer, at=at), complete=True)
        return len(refs)
    if "bookings" in batch.source:
        batches.gather_closing(batch, officer, at=at)
        return 1
    mark, count = batch.mark, 0
    while count < most:
        page, mark = _page_of(batch.source, officer, at, mark)
        looked = batches.looked_at(batch, [case.ref for case in page], officer, at=at)
        cases.add_items(batch, looked, mark=mark, complete=not mark)
        count += len(page)
        breathe()
        if not mark:
            break
    return count


def gather(*, at: datetime) -> int:
    """Look at the cases of batches that were opened."""
    count = 0
    for batch in cases.open_batches("gathering"):
        with by_itself("gather_batches", batch=batch.ref):
            try:
                count += _gather(batch, identity.officer(batch.officer_ref), at, TURN)
            except identity.NoOfficer:
                cases.add_items(batch, [], complete=True)
    return count


def _title(batch: cases.Batch, lang: str) -> str:
    if batch.kind == "assign":
        return translator(lang)("desk.batch_assign")
    service = load.territory().owner(batch.service)
    action = next((one for one in service.flow.actions if one.name == batch.action), None) if service else None
    return action.label.in_(lang) if action else batch.action


def _list(request: HttpRequest, officer: identity.Officer, lang: str, *, error: str = "") -> HttpResponse:
    pack, t = load.pack(), translator(lang)
    rows = [
        {
            "title": _title(one, lang),
            "url": f"/{lang}/desk/batches/{one.ref}",
            "asked": display.moment_words(one.asked_at, pack, lang),
            "state": t(f"desk.batch_{one.state}"),
        }
        for one in cases.batches(officer.ref)
    ]
    return reach.page(
        request,
        "desk/batches.html",
        lang,
        officer,
        "",
        status=422 if error else 200,
        rows=rows,
        errors=[{"href": "#batches", "text": error}] if error else [],
    )


GATHER = Part(name="gather_batches", run=gather, every=timedelta(seconds=2), lane="slow")
