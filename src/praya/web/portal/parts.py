"""The section of a party: what is asked and what may be seen, page by page, given or declined."""

from contextlib import suppress
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_GET

from praya.blocks.forms import api as forms
from praya.blocks.parties import api as invitations
from praya.blocks.registers import api as registers
from praya.journey import application_steps, entries, load, lookups, parties, run
from praya.web import answers, display, files, limits, pages, texts, who
from praya.web.portal import apply
from praya.web.portal import entries as entries_said
from praya.web.words import translator

MAX_REASON = 2000


def asked_or_404(request: HttpRequest, ref: str) -> parties.Asked:
    """What the person was asked for; for anybody else there is nothing here."""
    try:
        return parties.asked(ref, person_ref=who.person_ref(request), at=who.now())
    except invitations.NoInvitation:
        raise Http404(ref) from None


def _begun(request: HttpRequest, ref: str, lang: str) -> parties.Part | HttpResponseBase:
    """The section being filled in, or the way to its first page when there is nothing to fill in any more."""
    try:
        return parties.begin(asked_or_404(request, ref), language=lang, at=who.now())
    except invitations.NotWaiting:
        return HttpResponseRedirect(f"/{lang}/parts/{ref}")


@who.open_to("resident")
def show(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """What one is asked for, by whom it is read, and until when."""
    found = asked_or_404(request, ref)
    invitation, at = found.invitation, who.now()
    is_open = invitation.open_at(at)
    return pages.page(
        request,
        "portal/part.html",
        lang,
        service=found.service,
        party=found.party,
        invitation=invitation,
        standing="waiting" if is_open else "lapsed" if invitation.state == "waiting" else invitation.state,
        # What was to be seen was for answering; afterwards only one's own answers are left.
        rows=_of_entry(found, lang) + answers.shown(found.shown(), _files(found, lang), found.service, lang)
        if is_open
        else [],
        readers=_readers(found, lang),
        own=_own(found, lang) if invitation.state == "given" else [],
        until=display.day_said(invitation.lapses_at, found.pack, lang) if invitation.lapses_at else "",
        department=found.pack.departments[found.service.department],
        base=f"/{lang}/parts/{ref}",
    )


def _of_entry(found: parties.Asked, lang: str) -> list[dict[str, Any]]:
    """To its holder, which entry it is about."""
    if not found.party.holder or found.service.subject is None:
        return []
    entry = registers.entry(found.subject_ref)
    register = entries.register_of(found.service, entry.register)
    name = entries_said.named(entry, register, lang) if register else ""
    said = name + translator(lang)("kit.bracketed", words=entry.number)
    return [{"key": register.title.in_(lang) if register else "", "lines": [said]}]


def _files(found: parties.Asked, lang: str) -> dict[str, dict[str, Any]]:
    """Of the files of the case those that they may read."""
    may = found.files
    known = answers.files_of(found.invitation.case_ref, f"/{lang}/parts/{found.invitation.ref}") if may else {}
    return {ref: file for ref, file in known.items() if ref in may}


def _readers(found: parties.Asked, lang: str) -> list[dict[str, Any]]:
    """Which other parties read which answers of this one's."""
    mine = found.party
    read = {
        other.label.in_(lang): [
            mine.questions[name].label.in_(lang) for of, name in other.sees_of_others if of == mine.name
        ]
        for other in found.service.parties.values()
    }
    return [{"label": label, "answers": labels} for label, labels in read.items() if labels]


@require_GET
@who.open_to("resident")
def file(request: HttpRequest, *, lang: str, ref: str, upload: str) -> HttpResponseBase:
    """A file that they may read while they are asked, to be saved."""
    found = asked_or_404(request, ref)
    invitation = found.invitation
    if not invitation.open_at(who.now()) or upload not in found.files:
        raise Http404(upload)
    by = f"person:{invitation.person_ref}"
    return files.sent(upload, case_ref=invitation.case_ref, service=invitation.service, by=by)


def _own(found: parties.Asked, lang: str) -> list[dict[str, Any]]:
    invitation = found.invitation
    given = invitations.given(invitation.case_ref).get(invitation.ref)
    if given is None:
        return []
    kept = forms.uploads_of_case(invitation.case_ref, with_parts=True)
    asked = [page for page in found.party.form if page.when is None or page.when.holds(found.known(given))]
    names = {upload.ref: upload.name for upload in kept} | lookups.names(found.service, given, lang)
    return display.summary_of(asked, given, found.known(given), lang, names=names)


@who.open_to("resident")
def begin(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Begin, or go on where one stopped."""
    part = _begun(request, ref, lang)
    return HttpResponseRedirect(apply.onward(part, lang, None)) if isinstance(part, parties.Part) else part


@who.open_to("resident")
def page(request: HttpRequest, *, lang: str, ref: str, page: str) -> HttpResponseBase:
    """One page of the section."""
    part = _begun(request, ref, lang)
    return apply.one_page(request, part, page, lang) if isinstance(part, parties.Part) else part


@who.open_to("resident")
def check(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Check one's answers, and give them."""
    part = _begun(request, ref, lang)
    if not isinstance(part, parties.Part):
        return part
    target = apply.onward(part, lang, None)
    if not target.endswith("/check"):
        return HttpResponseRedirect(target)
    base = f"/{lang}/parts/{ref}"
    if request.method == "POST":
        limits.count("submit", part.draft.person_ref)
        try:
            parties.give(part, at=who.now())
        except application_steps.Incomplete:
            return HttpResponseRedirect(apply.onward(part, lang, None))
        except (invitations.NotWaiting, invitations.NoInvitation, forms.NoDraft):
            # Sent twice, or over meanwhile: the first page says how it stands.
            pass
        except run.NotAllowed:
            return HttpResponseRedirect(f"{base}/check?stuck=1")
        return HttpResponseRedirect(base)
    names = {u.ref: u.name for u in forms.uploads(part.draft.ref, person_ref=part.draft.person_ref)}
    names |= lookups.names(part.service, part.draft.answers, lang)
    return pages.page(
        request,
        "portal/check.html",
        lang,
        service=part.service,
        rows=display.summary_of(part.pages, part.answers, part.context, lang, change=f"{base}/{{page}}", names=names),
        fees=[],
        visits=[],
        to_ask=[],
        how=[],
        closed=None,
        stuck=request.GET.get("stuck") == "1",
        base=base,
        last=part.pages[-1],
        errors=apply.void_said(part, lang),
    )


@who.open_to("resident")
def decline(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Say no, and why."""
    found, base = asked_or_404(request, ref), f"/{lang}/parts/{ref}"
    if not found.invitation.open_at(who.now()):
        return HttpResponseRedirect(base)
    given = texts.lines(request.POST, "reason", lang, most=MAX_REASON)
    reason, error = given.kept, None
    if request.method == "POST":
        t = translator(lang)
        if given.error or not reason:
            error = given.error or t("portal.part_reason_missing")
        else:
            # Answered or over meanwhile: the first page says how it stands.
            try:
                with suppress(invitations.NotWaiting, invitations.NoInvitation):
                    parties.decline(found, reason=reason, at=who.now())
                return HttpResponseRedirect(base)
            except run.NotAllowed:
                error = t("portal.stuck")
    return pages.page(
        request, "portal/part_decline.html", lang, status=422 if error else 200, service=found.service,
        party=found.party, base=base, reason=given.shown, error=error, limit=MAX_REASON,
        errors=[{"href": "#reason", "text": error}] if error else [],
    )  # fmt: skip


def lines_of(person_ref: str, lang: str) -> list[dict[str, Any]]:
    """What a person is asked for and can still give."""
    pack, at, rows = load.pack(), who.now(), []
    for one in invitations.of_person(person_ref):
        if not one.open_at(at):
            continue
        service = load.compiled(one.service, one.version)
        rows.append(
            {
                "title": service.title.in_(lang),
                "label": service.parties[one.party].label.in_(lang),
                "url": f"/{lang}/parts/{one.ref}",
                "until": display.day_said(one.lapses_at, pack, lang) if one.lapses_at else "",
            }
        )
    return rows
