"""What a department sees of its panels: the members, whom it invites, how far judging has come, and the minutes."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_safe

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.panels import api as panels
from praya.blocks.rankings import api as rankings
from praya.definition.chapters.panels import Panel
from praya.definition.questions import shown_date
from praya.definition.service import Service
from praya.journey import load
from praya.journey import panels as judging
from praya.kernel import reading
from praya.kernel.crypto import vault
from praya.kernel.number import written
from praya.web import display, pages, rate_limits, who
from praya.web.desk import reach
from praya.web.panels import access
from praya.web.words import translator


def _panel_or_404(request: HttpRequest, service: str, panel: str) -> tuple[identity.Officer, Service, Panel]:
    """A panel of a service of the officer's department."""
    officer, owner = who.officer(request), load.territory().owner(service)
    if owner is None or owner.department not in officer.departments or panel not in owner.panels:
        raise Http404(service)
    return officer, owner, owner.panels[panel]


@who.open_to("officer", may=access.may_judge)
def members(request: HttpRequest, *, lang: str, service: str, panel: str) -> HttpResponseBase:
    """The members of a panel and its rounds. Of a panel without roles a supervisor invites members here."""
    officer, owner, chosen = _panel_or_404(request, service, panel)
    may_invite = chosen.invited and reach.may(officer, owner.department, "supervisor")
    ref, t, here = judging.panel_ref(owner.service, chosen.name), translator(lang), request.path
    email, error = "", ""
    if request.method == "POST" and may_invite:
        rate_limits.count("invite", officer.ref)
        at, by = who.now(), f"officer:{officer.ref}"
        if gone := request.POST.get("remove", "")[:32]:
            for one in panels.members(ref):
                if one.ref == gone:
                    panels.remove_member(panel_ref=ref, person_ref=one.person_ref, service=owner.service, at=at, by=by)
            return HttpResponseRedirect(here)
        email = request.POST.get("email", "")
        try:
            person = identity.enrol(email=email, name=None, language=load.pack().languages[0], at=at)
        except identity.NotAnAddress as wrong:
            error = t(f"identity.{wrong.code}")
        except reading.NotText:
            error = t("identity.control_character")
        else:
            panels.add_member(
                panel_ref=ref, person_ref=person.ref, chair=request.POST.get("chair") == "yes", invited=True,
                service=owner.service, at=at, by=by,
            )  # fmt: skip
            return HttpResponseRedirect(here)
    elif request.method == "POST":
        raise Http404(panel)
    people = panels.members(ref)
    addresses = identity.addresses([one.person_ref for one in people])
    rounds = [
        {
            "state": _state(one, lang),
            "until": display.day_words(one.closes_at, load.pack(), lang),
            "closed": one.closed_at is not None,
            "entries": len(panels.entries(one.ref)),
            "lacking": panels.lacking_quorum(one.ref, judged.quorum) if one.closed_at is None else 0,
            "url": f"/{lang}/desk/panels/rounds/{one.ref}/minutes" if one.closed_at else "",
        }
        for one in panels.rounds_of_panel(ref)
        if (judged := judging.judging_of(one)) is not None
    ]
    return reach.page(
        request, "panels/members.html", lang, officer, "panels", status=422 if error else 200,
        title=owner.title.in_(lang), panel=chosen.label.in_(lang), may_invite=may_invite, rounds=rounds, email=email,
        people=[{"ref": one.ref, "email": addresses.get(one.person_ref, ""), "chair": one.chair} for one in people],
        error=error, errors=[{"href": "#email", "text": error}] if error else [],
    )  # fmt: skip


def _state(one: panels.Round, lang: str) -> str:
    return load.compiled(one.service, one.version).flow.states[one.state].at_desk.in_(lang)


@require_safe
@who.open_to("officer", may=access.may_judge)
def minutes(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """What a panel decided, to be printed and kept: for the department, and for whoever chairs the panel.

    Of a case in which the reader has a conflict, nothing is here but that it was judged.
    """
    officer, one = who.officer(request), panels.round_of(ref[:32])
    if one is None or one.closed_at is None:
        raise Http404(ref)
    service, pack = load.compiled(one.service, one.version), load.pack()
    judged, person_ref = judging.judging_of(one), identity.person_of_officer(officer.ref) or ""
    chairs = bool(person_ref) and judging.chaired(one, person_ref)
    if judged is None or not (service.department in officer.departments or chairs):
        raise Http404(ref)
    hidden = judging.shut_out(person_ref) if person_ref else set()
    entries = panels.entries(one.ref)
    people = panels.members(one.panel_ref)
    addresses = identity.addresses([each.person_ref for each in people])
    conflicts = panels.conflicts_in([entry.case_ref for entry in entries])
    named = service.department in officer.departments
    rows: list[dict[str, Any]] = []
    for entry in entries:
        if entry.case_ref in hidden:
            rows.append({"number": entry.number, "hidden": True})
            continue
        last = rankings.last_in(entry.case_ref, one.state)
        rows.append(
            {
                "number": entry.number,
                "hidden": False,
                "ref": entry.case_ref if named else "",
                "given": entry.marks_given,
                "worked_out": _short(entry.worked_out),
                "spread": _short(entry.spread),
                "score": _short(entry.score),
                "why": _reason(one.ref, entry.case_ref) if entry.set_score is not None else "",
                "conflicts": len(conflicts.get(entry.case_ref, ())),
                "place": last.place if last else "",
            }
        )
    ranking = _ranking(one, entries)
    return reach.page(
        request, "panels/minutes.html", lang, officer, "panels", title=service.title.in_(lang), state=_state(one, lang),
        panel=service.panels[judged.panel].label.in_(lang), named=named, rows=rows,
        opened=shown_date(judged.from_date, lang), closed=display.moment_words(one.closed_at, pack, lang),
        criteria=[(c.label.in_(lang), written(c.min), written(c.max), c.weight) for c in judged.criteria.values()],
        normalise=judged.normalise, digest=one.digest, ranking=ranking.digest if ranking else "",
        lines=f"{request.path.removesuffix('minutes')}ranking.txt",
        people=[{"email": addresses.get(each.person_ref, ""), "chair": each.chair} for each in people],
    )  # fmt: skip


def _ranking(one: panels.Round, entries: Iterable[panels.Entry]) -> rankings.Made | None:
    """The ranking of the entries of a round, once it is made."""
    standing = next((s for e in entries if (s := rankings.last_in(e.case_ref, one.state)) is not None), None)
    return rankings.made(standing.ranking_ref) if standing else None


@require_safe
@who.open_to("officer", may=access.may_judge)
def lines(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """The lines of the ranking of a round, for the department: its SHA-256 is the digest that is published."""
    officer, one = who.officer(request), panels.round_of(ref[:32])
    if one is None or load.compiled(one.service, one.version).department not in officer.departments:
        raise Http404(ref)
    entries = panels.entries(one.ref)
    made = _ranking(one, entries)
    person_ref = identity.person_of_officer(officer.ref)
    # Its lines hold all entries: whoever has a conflict in one gets none of them.
    if made is None or (person_ref and judging.shut_out(person_ref) & {entry.case_ref for entry in entries}):
        raise Http404(ref)
    response = HttpResponse(made.lines, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="ranking.txt"'
    response["Cache-Control"] = "no-store"
    return response


def _short(value: Any) -> str:
    return "" if value is None else written(round(value, 1))


def _reason(round_ref: str, case_ref: str) -> str:
    try:
        return panels.reason_of(round_ref, case_ref)
    except vault.Forgotten:
        return ""


def of_case(request: HttpRequest, lang: str, *, case: cases.Case) -> str:
    """How far judging of a case has come, for the department that owns it; empty for everybody else."""
    officer = who.officer(request)
    rounds = panels.judged(case.ref) if case.department in officer.departments else {}
    if not rounds:
        return ""
    rows = []
    for one, entry in rounds.values():
        seats = panels.seats_of(case.ref, one.ref)
        live = [seat for seat in seats if seat.state in {"given", "declared", "marked"}]
        last = rankings.last_in(case.ref, one.state)
        rows.append(
            {
                "state": _state(one, lang),
                "number": entry.number,
                "judges": len(live),
                "given": sum(seat.state == "marked" for seat in live),
                "closed": one.closed_at is not None,
                "score": _short(entry.score),
                "place": last.place if last else None,
                "entries": last.entries if last else None,
            }
        )
    return pages.part(request, "panels/of_case.html", lang, rows=rows)
