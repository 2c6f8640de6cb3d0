"""The person's own page: drafts, cases, records and notices."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_POST

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.definition.pack import Department
from praya.definition.questions import shown_date
from praya.journey import (
    joint,
    load,
)
from praya.kernel.text import html_language
from praya.web import display, pages, texts, who
from praya.web.portal import appointments, entries, needs, next_steps, parts


@who.open_to("resident")
def me(request: HttpRequest, *, lang: str) -> HttpResponse:
    """The person's own page."""
    person_ref, pack = who.person_ref(request), load.pack()
    territory = load.territory()
    services = {**territory.offered, **territory.trials}
    mine = [*cases.of_person(person_ref), *parts.cases_together(person_ref)]
    begun = [d for d in forms.drafts(person_ref) if d.service in services]
    drafts = [
        {
            "title": services[d.service].title.in_(lang),
            "url": f"/{lang}/apply/{d.ref}/check",
            "saved": display.moment_words(d.updated_at, pack, lang),
            "discard": f"/{lang}/apply/{d.ref}/discard",
            "earlier": d.version < services[d.service].version,
        }
        for d in begun
    ]
    at, found = who.now(), texts.searched(request.GET, "q", lang)
    visits, records = appointments.lines(mine, lang, at=at), joint.records_of(person_ref)
    lines = [_case_line(case, lang, at) for case in mine]
    shown = [line for line in lines if _is_sought(line, found.text)]
    cards = record_lines(records, lang)
    return pages.page(
        request,
        "portal/me.html",
        lang,
        needs=needs.rows(mine, begun, records, visits, lang, at=at),
        drafts=drafts,
        appointments=visits,
        cases=lines,
        running=[line for line in shown if not line["ended"]],
        ended=[line for line in shown if line["ended"]],
        sought=found.shown,
        finds=len(lines) > FINDS_FROM or bool(found.shown),
        parts=parts.lines_of(person_ref, lang),
        records=[card for card in cards if card["state"] == "valid"],
        old_records=[card for card in cards if card["state"] != "valid"],
        entries=entries.lines(person_ref, lang),
        inbox=[notice_line(notice, lang) for notice in notices.inbox(person_ref)[:20]],
        unread=notices.unread(person_ref),
        who_am_i=identity.person(person_ref),
    )


FINDS_FROM = 7
"""With more applications than this, one can search among them."""


def _is_sought(line: dict[str, Any], words: str) -> bool:
    text = f"{line['title']} {line['ref']} {line['ref'].replace('-', '')} {line['state']}".casefold()
    return all(word in text for word in words.casefold().split())


def _case_line(case: cases.Case, lang: str, at: datetime) -> dict[str, Any]:
    service, pack = load.compiled(case.service, case.version), load.pack()
    state = service.flow.states[case.state]
    kind = display.KIND.get(case.result, "warning" if case.waits_for_applicant else "waiting")
    onward = next_steps.of_case(case, pack, lang, at=at)
    return {
        "ref": case.ref,
        "title": service.title.in_(lang),
        "url": f"/{lang}/cases/{case.ref}",
        "state": state.label.in_(lang),
        "kind": kind,
        "opened": display.day_words(case.opened_at, pack, lang),
        "next": onward.lines[:1],
        "late": onward.late,
        "ended": case.closed_at is not None,
    }


def record_lines(records: Sequence[credentials.Record], lang: str) -> list[dict[str, Any]]:
    """Records as cards."""
    return [
        {
            "title": record.title.in_(lang),
            "which": which,
            "url": f"/{lang}/records/{record.ref}",
            "state": record.state(at=who.now()),
        }
        for record, which in zip(records, display.distinctions(records, load.pack(), lang), strict=True)
    ]


def notice_line(notice: notices.Notice, lang: str) -> dict[str, Any]:
    """A notice as a line of the inbox."""
    return {
        "subject": notice.subject,
        "language": html_language(notice.language),
        "url": f"/{lang}/notices/{notice.ref}",
        "when": display.moment_words(notice.created_at, load.pack(), lang),
        "unread": notice.read_at is None,
    }


@who.open_to("resident")
def notice(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """A notice."""
    try:
        letter = notices.read(ref, person_ref=who.person_ref(request), at=who.now())
    except LookupError:
        raise Http404(ref) from None
    return pages.page(
        request, "portal/notice.html", lang, notice=letter,
        paper_none=request.GET.get("paper") == "none", department=_sender(letter),
        calendar=appointments.url_of_letter(request, letter, lang), html_language=html_language(letter.language),
        when=display.moment_words(letter.created_at, load.pack(), lang),
    )  # fmt: skip


def _sender(letter: notices.Notice) -> Department | None:
    """The department that sent a letter about a case; None for any other."""
    with suppress(cases.NoCase):
        return load.pack().departments.get(cases.case(letter.case_ref).department) if letter.case_ref else None
    return None


@who.open_to("resident")
def record(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """The page of a record with its QR code, for its holder."""
    own_record = _own_record(request, ref)
    return pages.page(
        request, "portal/record.html", lang, record=own_record, state=own_record.state(at=who.now()),
        until=shown_date(own_record.valid_until, lang) if own_record.valid_until else "",
        issued=display.day_words(own_record.issued_at, load.pack(), lang),
    )  # fmt: skip


@who.open_to("resident")
def record_picture(request: HttpRequest, *, lang: str, ref: str, kind: str) -> HttpResponse:
    """The QR code of a record as SVG or PNG."""
    own_record = _own_record(request, ref)
    try:
        text = qr_text(own_record.token)
        picture = credentials.qr_svg(text) if kind == "svg" else credentials.qr_png(text)
    except credentials.TooLong:
        # The record is too long for a QR code; it can be verified by its text.
        raise Http404(ref) from None
    if kind == "svg":
        response = HttpResponse(picture, content_type="image/svg+xml")
    else:
        response = HttpResponse(picture, content_type="image/png")
        response["Content-Disposition"] = f'attachment; filename="{own_record.name}.png"'
    response["Cache-Control"] = "private, no-store"
    return response


def qr_text(token: str) -> str:
    """The content of the QR code: the address of the verification page with the record behind `#`.

    Browsers do not send what is behind `#` to the server.
    """
    return f"{settings.PRAYA.base_url}/v#{token}"


def _own_record(request: HttpRequest, ref: str) -> credentials.Record:
    try:
        record = credentials.record(ref)
    except credentials.NoRecord:
        raise Http404(ref) from None
    if not joint.holds_record(record, who.person_ref(request)):
        raise Http404(ref)
    return record


@require_POST
@who.open_to("resident")
def all_read(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Mark every notice as read."""
    notices.mark_all_read(person_ref=who.person_ref(request), at=who.now())
    return HttpResponseRedirect(f"/{lang}/me")
