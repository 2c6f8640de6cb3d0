"""The public and internal registers of an officer's departments, with all their facts. Searches are posted."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_http_methods, require_safe

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.definition.chapters.registers import Register
from praya.definition.questions import shown_date
from praya.definition.service import Service
from praya.journey import load
from praya.web import texts, who
from praya.web.desk import reach
from praya.web.portal.entries import KIND, fact_rows, history_rows
from praya.web.words import translator

ON_A_PAGE = 25


@require_safe
@who.open_to("officer")
def every(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The registers of the officer's departments."""
    officer, t = who.officer(request), translator(lang)
    listed = reach.listed(request, reach.register_services_of(officer), lang)
    rows = [
        {
            "title": register.title.in_(lang),
            "text": t("desk.register_public" if register.public else "desk.register_internal"),
            "url": f"/{lang}/desk/registers/{service.service}/{register.name}",
        }
        for service in listed.services
        for register in service.registers
    ]
    return reach.page(request, "desk/registers.html", lang, officer, "registers", registers=rows, listed=listed)


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str, service: str, register: str) -> HttpResponseBase:
    """One register with all its entries, past ones too. The search also covers facts that are not public."""
    officer, owner, definition = _register(request, service, register)
    asked = texts.searched(request.POST, "q", lang)
    query = asked.text
    after = request.POST.get("after", "")[:32]
    listed = registers.entries(
        service=service, register=register, on=None, query=query, after=after, size=ON_A_PAGE, with_inside=True
    )
    at, pack, shut = who.now(), load.pack(), reach.access(request).shut
    shown = [entry for entry in listed.entries if entry.case_ref not in shut]
    # The list of an internal register shows the facts that identify an entry; its page shows the rest.
    columns = list(definition.shown.values()) or [next(iter(definition.facts.values()))]
    inside = {} if definition.public else registers.inside(shown)
    if not definition.public:
        for entry in shown:
            registers.note_read(ref=entry.ref, service=service, by=f"officer:{officer.ref}", at=at)
    today, base = pack.calendar.day_of(at), f"/{lang}/desk/registers/{service}/{register}"
    rows = []
    for entry in shown:
        facts = {**(inside[entry.ref].facts if inside else {}), **entry.facts}
        rows.append(
            {
                "url": f"{base}/{entry.ref}",
                "cells": [registers.value_text(facts.get(fact.name, ""), lang) for fact in columns],
                "until": shown_date(entry.until_date, lang) if entry.until_date else "",
                "state": entry.state(today),
                "kind": KIND[entry.state(today)],
            }
        )
    return reach.page(
        request, "desk/register.html", lang, officer, "registers", owner=owner, register=definition, base=base,
        query=asked.shown, error=asked.error,
        columns=[{"label": fact.label.in_(lang), "head": index == 0} for index, fact in enumerate(columns)],
        rows=rows, later=bool(after), last=listed.entries[-1].ref if listed.more else "",
    )  # fmt: skip


@require_safe
@who.open_to("officer")
def entry(request: HttpRequest, *, lang: str, service: str, register: str, entry: str) -> HttpResponseBase:
    """An entry with all its facts, its history, and the cases that made or changed it."""
    officer, _, definition = _register(request, service, register)
    try:
        current = registers.entry(entry)
    except registers.NoEntry:
        raise Http404(entry) from None
    of_this = (current.service, current.register) == (service, register)
    if not of_this or current.case_ref in reach.access(request).shut:
        raise Http404(entry)
    at, t = who.now(), translator(lang)
    if definition.private_facts:
        registers.note_read(ref=current.ref, service=service, by=f"officer:{officer.ref}", at=at)
    today = load.pack().calendar.day_of(at)
    history = history_rows(current, lang, today=today)
    named = {line["case"] for line in history} - {""}
    visible = cases.visible_refs(named, within=reach.access(request))
    there = {case.ref for case in cases.of_refs(named)}
    for line in history:
        if line["case"] in there - visible:
            # Another department's, or the officer's own.
            line["case"] = ""
        line["url"] = f"/{lang}/desk/cases/{line['case']}" if line["case"] in visible else ""
    return reach.page(
        request,
        "desk/entry.html",
        lang,
        officer,
        "registers",
        register=definition,
        entry=current,
        base=f"/{lang}/desk/registers/{service}/{register}",
        state=current.state(today),
        kind=KIND[current.state(today)],
        rows=fact_rows(current, definition, lang, private=t("kit.bracketed", words=t("desk.register_private"))),
        until=shown_date(current.until_date, lang) if current.until_date else "",
        since=shown_date(current.from_date, lang),
        history=history,
    )


def _register(request: HttpRequest, service: str, register: str) -> tuple[identity.Officer, Service, Register]:
    """A register of the officer's departments. Raises Http404 for any other register."""
    officer = who.officer(request)
    card = next((card for card in reach.register_services_of(officer) if card.service == service), None)
    owner = load.definition(card) if card else None
    if owner is None or register not in owner.registers:
        raise Http404(register)
    return officer, owner, owner.registers[register]
