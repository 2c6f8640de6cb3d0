"""What a member of a panel sees: the list of their entries, an entry, and, as the chair, how far marks lie apart.

Every page is there twice with the same content: for residents, and at the desk for officers, who are members as the
resident with their own address.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_GET

from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.panels import api as panels
from praya.definition.form import Page
from praya.definition.questions import Refusal, shown_date
from praya.journey import acting, load
from praya.journey import panels as judging
from praya.kernel.number import plain, written
from praya.kernel.text import Text
from praya.web import answers, files, kept_forms, pages, rate_limits, texts, who
from praya.web.desk import reach
from praya.web.fields import Fields, State, written_all
from praya.web.panels import access
from praya.web.words import translator

ON_A_PAGE = 50
MAX_REASON = judging.MOST_REASON


@dataclass(frozen=True)
class Face:
    """Where a page stands: below whose address, for which person, and how it is rendered."""

    request: HttpRequest
    lang: str
    person_ref: str
    base: str
    officer: identity.Officer | None = None

    def page(self, template: str, *, status: int = 200, **values: Any) -> HttpResponse:
        """Render a page of this face."""
        if self.officer is None:
            return pages.page(
                self.request, template, self.lang, status, layout="kit/layout.html", base=self.base, **values
            )
        return reach.page(
            self.request, template, self.lang, self.officer, "panels", status=status, layout="desk/base.html",
            base=self.base, **values,
        )  # fmt: skip


View = Callable[..., HttpResponseBase]


def _resident(view: View) -> View:
    @who.open_to("resident")
    def shown(request: HttpRequest, *, lang: str, **more: Any) -> HttpResponseBase:
        return view(Face(request, lang, who.person_ref(request), f"/{lang}/panels"), **more)

    return shown


def _officer(view: View) -> View:
    @who.open_to("officer", may=access.may_judge)
    def shown(request: HttpRequest, *, lang: str, **more: Any) -> HttpResponseBase:
        officer = who.officer(request)
        person_ref = identity.person_of_officer(officer.ref) or ""
        return view(Face(request, lang, person_ref, f"/{lang}/desk/panels", officer), **more)

    return shown


def _list(face: Face) -> HttpResponseBase:
    """The open rounds of a member; of the one that was chosen, the entries, fifty on a page."""
    mine, counts = panels.panels_of(face.person_ref), panels.seats(face.person_ref)
    chosen, after = face.request.GET.get("round", "")[:32], face.request.GET.get("after", "")
    rounds = []
    for one in panels.open_rounds(mine):
        judged = judging.judging_of(one)
        if judged is None:
            continue
        service = load.compiled(one.service, one.version)
        every, done = counts.get(one.ref, (0, 0))
        rounds.append(
            {
                "ref": one.ref,
                "title": service.title.in_(face.lang),
                "state": service.flow.states[one.state].at_desk.in_(face.lang),
                "panel": service.panels[judged.panel].label.in_(face.lang),
                "until": shown_date(judged.until, face.lang),
                "all": every,
                "done": done,
                "chair": f"{face.base}/rounds/{one.ref}" if mine[one.panel_ref] else "",
            }
        )
    current = next((row for row in rounds if row["ref"] == chosen), rounds[0] if rounds else None)
    ref = str(current["ref"]) if current else ""
    number = int(after) if after.isdecimal() and len(after) < 8 else 0
    seats = panels.worklist(ref, face.person_ref, after=number, limit=ON_A_PAGE + 1) if ref else []
    more = f"?round={ref}&after={seats[ON_A_PAGE - 1].entry_number}" if len(seats) > ON_A_PAGE else None
    first = f"?round={ref}" if number else None
    rows = [
        {"number": seat.entry_number, "url": f"{face.base}/entries/{seat.ref}", "state": seat.state}
        for seat in seats[:ON_A_PAGE]
    ]
    owned = _owned(face)
    return face.page("panels/list.html", rounds=rounds, chosen=current, rows=rows, more=more, first=first, owned=owned)


def _owned(face: Face) -> list[dict[str, str]]:
    """The panels that the officer's departments look after."""
    if face.officer is None:
        return []
    cards = [c for c in load.territory().known.values() if c.judged_by and c.department in face.officer.departments]
    return [
        {
            "title": service.title.in_(face.lang),
            "panel": panel.label.in_(face.lang),
            "url": f"{face.base}/of/{service.service}/{panel.name}",
        }
        for service in map(load.definition, cards)
        for panel in service.panels.values()
    ]


def _entry(face: Face, *, ref: str) -> HttpResponseBase:
    """An entry: first the question of a conflict, then what the panel may read and the marks."""
    request = face.request
    duty = _duty_or_404(ref, face.person_ref)
    back = f"{face.base}?round={duty.round.ref}"
    state, conflict, reason, error = _at_first(request, duty, face.lang), "", "", ""
    status = 200
    if request.method == "POST":
        rate_limits.count("submit", face.person_ref)
        try:
            if "conflict" in request.POST:
                conflict = request.POST["conflict"]
                given = texts.lines(request.POST, "reason", face.lang, most=MAX_REASON)
                reason, error, status = given.shown, given.error, 422
                if conflict in {"yes", "no"} and not error:
                    judging.declare(duty, conflict=conflict == "yes", reason=given.text, at=who.now())
                    return HttpResponseRedirect(back if conflict == "yes" else f"{face.base}/entries/{ref}")
            elif duty.declared:
                state = _typed(request, duty, face.lang)
                if not state.refusals:
                    return HttpResponseRedirect(f"{back}&done={duty.seat.entry_number}")
                status = 422
        except acting.NotAnswered:
            error, status = translator(face.lang)("panels.reason_missing"), 422
        except panels.NotOpen:
            return HttpResponseRedirect(back)
    if status == 422 and conflict not in {"yes", "no"} and "conflict" in request.POST:
        error = translator(face.lang)("panels.conflict_missing")
    case_files = answers.files_of(duty.seat.case_ref, f"{face.base}/entries/{ref}") if duty.files else {}
    shown = {name: file for name, file in case_files.items() if name in duty.files}
    return face.page(
        "panels/entry.html", status=status, found=duty, title=duty.service.title.in_(face.lang), back=back,
        rows=answers.single_rows(duty.shown(), shown, duty.service, face.lang), content=list(duty.judging.asks),
        state=state, conflict=conflict, reason=reason, error=error, limit=MAX_REASON,
        errors=state.summary if duty.declared and not error
        else [{"href": "#reason" if conflict == "yes" else "#conflict", "text": error}] if error else [],
    )  # fmt: skip


def _duty_or_404(ref: str, person_ref: str) -> judging.Duty:
    try:
        return judging.duty(ref, person_ref=person_ref)
    except panels.NoSeat:
        raise Http404(ref) from None


def _at_first(request: HttpRequest, duty: judging.Duty, lang: str) -> State:
    if kept_forms.restored(request):
        return State(lang, {name: list(values) for name, values in request.POST.lists()}, ())
    return State(lang, written_all(duty.judging.asks, judging.answers_so_far(duty) if duty.declared else {}), ())


def _typed(request: HttpRequest, duty: judging.Duty, lang: str) -> State:
    """Read the marks and give them; the form with what is wrong where they cannot be taken."""
    fields: Fields = {name: list(values) for name, values in request.POST.lists()}
    page = Page(page="marks", questions=duty.judging.asks)
    asking = judging.asking(duty.service, load.pack().calendar.day_of(who.now()))
    read = forms.read_page(page, fields, {}, context=lambda _: asking.context, asking=lambda _: asking)
    refusals: list[Refusal] = list(read.refusals)
    if not refusals:
        taken = {name: value for name, value in read.answers.items() if value is not None}
        try:
            judging.mark(duty, taken, at=who.now())
        except acting.NotAnswered as missing:
            refusals = list(missing.refusals)
    return State(lang, fields, refusals)


def _file(face: Face, *, ref: str, upload: str) -> HttpResponseBase:
    """A file that the panel may read, as a download."""
    duty = _duty_or_404(ref, face.person_ref)
    if upload not in duty.files:
        raise Http404(upload)
    seat = duty.seat
    return files.download(upload, case_ref=seat.case_ref, service=duty.service.service, by=f"person:{face.person_ref}")


def _chaired_or_404(ref: str, person_ref: str) -> panels.Round:
    one = panels.round_of(ref[:32])
    if one is None or not judging.chaired(one, person_ref):
        raise Http404(ref)
    return one


def _round(face: Face, *, ref: str) -> HttpResponseBase:
    """What the chair sees of a round: the totals of each entry, how far they lie apart, and where a score was set."""
    one = _chaired_or_404(ref, face.person_ref)
    judged = judging.judging_of(one)
    if judged is None:
        raise Http404(ref)
    hidden = judging.shut_out(face.person_ref)
    rows = [
        {
            "number": row.entry.number,
            "url": f"{face.base}/rounds/{one.ref}/{row.entry.number}",
            "given": len(row.totals),
            "judges": row.judges,
            "totals": [_short(total) for total in row.totals],
            "mean": _short(row.mean),
            "spread": _short(row.spread),
            "set": _short(row.entry.set_score),
        }
        for row in judging.reviewed(one, judged, without=hidden)
    ]
    service = load.compiled(one.service, one.version)
    return face.page(
        "panels/round.html", title=service.title.in_(face.lang), rows=rows,
        state=service.flow.states[one.state].at_desk.in_(face.lang), closed=one.closed_at is not None,
    )  # fmt: skip


def _short(value: Any) -> str:
    return "" if value is None else written(round(value, 1))


def _score(face: Face, *, ref: str, number: int) -> HttpResponseBase:
    """The page on which the chair sets the score of an entry, or takes that back."""
    request, one = face.request, _chaired_or_404(ref, face.person_ref)
    judged, back = judging.judging_of(one), f"{face.base}/rounds/{one.ref}"
    rows = judging.reviewed(one, judged, without=judging.shut_out(face.person_ref)) if judged else []
    row = next((each for each in rows if each.entry.number == number), None)
    if row is None:
        raise Http404(ref)
    fields: Fields = {}
    refusals: list[Refusal] = []
    if row.entry.set_score is not None:
        fields = written_all([judging.SCORE], {"score": row.entry.set_score})
    reason = ""
    if request.method == "POST":
        rate_limits.count("submit", face.person_ref)
        fields = {name: list(values) for name, values in request.POST.lists()}
        given = texts.lines(request.POST, "reason", face.lang, most=MAX_REASON)
        reason = given.shown
        asking = judging.asking(load.compiled(one.service, one.version), load.pack().calendar.day_of(who.now()))
        read = forms.read_page(
            Page(page="score", questions=(judging.SCORE,)), fields, {}, context=lambda _: asking.context,
            asking=lambda _: asking,
        )  # fmt: skip
        back_to_members = "take-back" in request.POST
        refusals = [] if back_to_members else list(read.refusals)
        if given.error:
            refusals.append(Refusal("reason", "wrong_kind", acting.REASON, sentence=Text({face.lang: given.error})))
        if not refusals:
            try:
                score = None if back_to_members else plain(read.answers["score"])
                judging.set_score(one, number, score, reason=given.text, person_ref=face.person_ref, at=who.now())
            except acting.NotAnswered as wrong:
                refusals = list(wrong.refusals)
            except panels.NoSeat:
                raise Http404(ref) from None
            except panels.NotOpen:
                return HttpResponseRedirect(back)
            else:
                return HttpResponseRedirect(back)
    state = State(face.lang, fields, refusals)
    return face.page(
        "panels/score.html", status=422 if refusals else 200, row=row, number=number, state=state, back=back,
        totals=[_short(total) for total in row.totals], mean=_short(row.mean), content=[judging.SCORE], reason=reason,
        errors=state.summary, limit=MAX_REASON, closed=one.closed_at is not None,
    )  # fmt: skip


def on_own_page(request: HttpRequest, lang: str, **_: Any) -> str:
    """The part of a resident's page that leads to the list; empty for whoever is a member of no panel."""
    counts = panels.seats(who.person_ref(request)).values()
    if not counts:
        return ""
    left = sum(every - done for every, done in counts)
    return pages.part(request, "panels/on_own_page.html", lang, left=left, url=f"/{lang}/panels")


own_list, desk_list = _resident(_list), _officer(_list)
own_entry, desk_entry = _resident(_entry), _officer(_entry)
own_file, desk_file = require_GET(_resident(_file)), require_GET(_officer(_file))
own_round, desk_round = _resident(_round), _officer(_round)
own_score, desk_score = _resident(_score), _officer(_score)
