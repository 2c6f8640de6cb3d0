"""A list of the desk as a file for spreadsheets: at once when it is short, else made by the worker and then fetched.

It has the cases of the list, no others, with what its columns say and nothing personal of applicants.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.views.decorators.http import require_http_methods, require_safe

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.journey import conflicts, load
from praya.kernel.outbox.parts import Part
from praya.kernel.rounds import breathe, by_itself
from praya.kernel.spreadsheet import XLSX, Csv, Xlsx
from praya.web import display, rate_limits, who
from praya.web.desk import filters, queue, reach
from praya.web.desk.filters import Filters
from praya.web.words import translator

ROLE = "exporter"
AT_ONCE = 1000
"""Cases of a file that is made within the request."""
PAGE = 500
Words = tuple[str, dict[str, str]]
"""The title of a service, and the labels of its states."""
PART_BYTES = 256 * 1024
MEDIA = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX}


def exporter_of(officer: identity.Officer) -> list[str]:
    """The departments whose lists the officer may export."""
    return sorted(department for department in officer.departments if reach.may(officer, department, ROLE))


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer", may=exporter_of)
def every(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The files that the officer asked for; a post asks for one of the list whose filters it carries."""
    officer, at = who.officer(request), who.now()
    if request.method != "POST":
        return _page(request, officer, lang)
    kind: cases.ExportKind = "csv" if request.POST.get("kind") == "csv" else "xlsx"
    rate_limits.count("desk_export", officer.ref)
    fields = {name: request.POST.get(name, "") for name in filters.NAMES}
    shown = filters.valid(filters.read(fields, tab=queue.tab_of(fields["tab"], officer)), lang)
    departments, view_ref = exporter_of(officer), _view_of(request, officer)
    content, size = bytearray(), 0
    made = _file(kind, content.extend, shown, lang)
    within = reach.access(request).only(departments)
    for row in _rows(shown, officer, within, lang, at, most=AT_ONCE + 1):
        made.row(row)
        size += 1
    made.close()
    if size <= AT_ONCE:
        cases.note_export(
            officer_ref=officer.ref, filters=shown.query, view_ref=view_ref, kind=kind, rows=size, at=at
        )  # fmt: skip
        return _download(HttpResponse(bytes(content)), kind, shown.tab, at)
    try:
        cases.ask_export(
            officer_ref=officer.ref, departments=departments, filters=shown.query, view_ref=view_ref, language=lang,
            kind=kind, at=at,
        )  # fmt: skip
    except cases.TooManyExports:
        return _page(request, officer, lang, error=translator(lang)("desk.export_too_many"))
    return HttpResponseRedirect(f"/{lang}/desk/exports")


@require_safe
@who.open_to("officer", may=exporter_of)
def fetch(request: HttpRequest, *, lang: str, export: str) -> HttpResponseBase:
    """The file, for the officer who asked for it, while they may export all that is in it."""
    officer, at = who.officer(request), who.now()
    try:
        file = cases.export(export, officer_ref=officer.ref, at=at)
    except cases.NoExport:
        raise Http404(export) from None
    if not set(file.departments) <= set(exporter_of(officer)):
        raise Http404(export)
    response = StreamingHttpResponse(cases.export_data(file))
    return _download(response, file.kind, file.filters.get("tab", "todo"), file.asked_at)


def make(*, at: datetime) -> int:
    """Make the files that wait, each by itself. What a dead worker had begun is begun anew."""
    waiting = cases.waiting_exports()
    for export in waiting:
        with by_itself("make_exports", export=export.ref):
            _make(export, at)
    return len(waiting)


def _make(export: cases.Export, at: datetime) -> None:
    try:
        officer = identity.officer(export.officer_ref)
    except identity.NoOfficer:
        cases.refuse_export(export.ref)
        return
    # The officer may have lost a department meanwhile.
    departments = sorted(set(export.departments) & set(exporter_of(officer)))
    if not departments:
        cases.refuse_export(export.ref)
        return
    cases.begin_export(export.ref)
    shown = filters.valid(filters.read(export.filters, tab=export.filters.get("tab", "todo")), export.language)
    held, number, count = bytearray(), 0, 0
    made = _file(export.kind, held.extend, shown, export.language)
    within = conflicts.access(officer).only(departments)
    for row in _rows(shown, officer, within, export.language, at):
        made.row(row)
        count += 1
        if len(held) >= PART_BYTES:
            cases.add_export_part(export, number, bytes(held))
            number += 1
            held.clear()
            breathe()
    made.close()
    cases.add_export_part(export, number, bytes(held))
    cases.end_export(export, rows=count, at=at)


def _file(kind: str, write: Callable[[bytes], object], shown: Filters, lang: str) -> Csv | Xlsx:
    """A file that has the heads of its columns."""
    t = translator(lang)
    made = Csv(write) if kind == "csv" else Xlsx(write, t(f"desk.list_{shown.tab}"))
    made.row([t("desk.reference"), *(t(f"desk.export_{name}") for name in _columns(shown))])
    return made


def _columns(shown: Filters) -> list[str]:
    """The columns of the file: of a deadline the date, and whether it stands still; of a closed case its result."""
    columns: list[str] = []
    for name in shown.shown_columns:
        if name == "clock":
            columns += ["result", "closed"] if shown.tab == "closed" else ["due", "waits"]
        else:
            columns.append(name)
    return columns


def _rows(
    shown: Filters, officer: identity.Officer, within: cases.Access, lang: str, at: datetime, most: int | None = None
) -> Iterator[list[Any]]:
    """The rows of the list, page by page, as its pages are read."""
    pack, mark, count, columns = load.pack(), "", 0, _columns(shown)
    words: dict[tuple[str, int], Words] = {}
    while True:
        page = filters.queue(
            shown, officer, pack, within=within, without=queue.without(shown), at=at, mark=mark,
            limit=PAGE if most is None else min(PAGE, most - count),
        )  # fmt: skip
        names = identity.officer_names({row.case.assigned_to for row in page.rows} - {""})
        for row in page.rows:
            kind = row.case.service, row.case.version
            if kind not in words:
                # A city has more services than are kept compiled: each is compiled once for the file.
                service = load.compiled(*kind)
                states = {name: state.at_desk.in_(lang) for name, state in service.flow.states.items()}
                words[kind] = service.title.in_(lang), states
            yield [row.case.ref, *(_cell(name, row, names, words[kind], lang) for name in columns)]
        count += len(page.rows)
        mark = page.next_mark
        if not mark or (most is not None and count >= most):
            return
        breathe()


def _cell(column: str, row: cases.Row, names: dict[str, str], words: Words, lang: str) -> Any:
    case, pack, t = row.case, load.pack(), translator(lang)
    day = pack.calendar.day_of
    match column:
        case "service":
            return words[0]
        case "state":
            return words[1][case.state]
        case "due":
            due = row.referral.due_at if row.referral is not None else case.due_at
            return day(due) if due is not None else None
        case "waits":
            return t("desk.waiting_yes" if case.waits_for_applicant else "desk.waiting_no")
        case "result":
            return t(f"desk.result_{case.result}") if case.result else ""
        case "closed":
            return day(case.closed_at) if case.closed_at is not None else None
        case "officer":
            return names.get(case.assigned_to, t("desk.officer_left")) if case.assigned_to else ""
        case "opened":
            return day(case.opened_at)
        case "since":
            return day(case.state_since)
        case _:
            return pack.departments[case.department].title.in_(lang)


def _view_of(request: HttpRequest, officer: identity.Officer) -> str:
    """The saved view that was exported, if it is one of the officer's; else empty."""
    ref = request.POST.get("view", "")[:32]
    try:
        return cases.view(ref, officer_ref=officer.ref, departments=officer.departments).ref if ref else ""
    except cases.NoView:
        return ""


def _download(response: HttpResponseBase, kind: str, tab: str, at: datetime) -> HttpResponseBase:
    response["Content-Type"] = MEDIA[kind]
    response["Content-Disposition"] = f'attachment; filename="cases-{tab}-{load.pack().calendar.day_of(at)}.{kind}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def _page(request: HttpRequest, officer: identity.Officer, lang: str, *, error: str = "") -> HttpResponse:
    pack, at, t = load.pack(), who.now(), translator(lang)
    rows = [
        {
            "list": t(f"desk.list_{one.filters.get('tab', 'todo')}"),
            "list_url": f"/{lang}/desk/?{urlencode(one.filters)}",
            "asked": display.moment_words(one.asked_at, pack, lang),
            "kind": one.kind.upper(),
            "rows": one.rows if one.state == "made" else "",
            "state": one.state,
            "url": f"/{lang}/desk/exports/{one.ref}" if one.state == "made" else "",
            "until": display.moment_words(one.until, pack, lang),
        }
        for one in cases.exports(officer.ref, at=at)
    ]
    return reach.page(
        request,
        "desk/exports.html",
        lang,
        officer,
        "exports",
        status=422 if error else 200,
        rows=rows,
        waiting=any(row["state"] == "waiting" for row in rows),
        errors=[{"href": "#exports", "text": error}] if error else [],
    )


def oldest(*, at: datetime) -> datetime | None:
    """Since when the first file waits."""
    return cases.oldest_export()


def oldest_to_forget(*, at: datetime) -> datetime | None:
    """Since when the first file is to be deleted."""
    return cases.oldest_export_to_forget()


PARTS = (
    Part(name="make_exports", run=make, every=timedelta(seconds=10), lane="slow", overdue=oldest),
    Part(name="forget_exports", run=cases.forget_exports, every=timedelta(hours=1), lane="slow", destructive=True,
         overdue=oldest_to_forget),
)  # fmt: skip
"""The worker's parts of the desk."""
