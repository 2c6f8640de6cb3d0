"""A party's section of a case: its questions, the answers of the case that it may read, giving it or declining."""

from contextlib import suppress
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_GET

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.notices import api as notices
from praya.blocks.parties import api as invitations
from praya.blocks.registers import api as registers
from praya.journey import acting, application_steps, entries, joint, load, lookups, parties
from praya.kernel.text import html_language
from praya.web import answers, display, files, pages, rate_limits, texts, who
from praya.web.portal import apply, check_answers
from praya.web.portal import entries as entries_said
from praya.web.words import translator

MAX_REASON = 2000


def asked_or_404(request: HttpRequest, ref: str) -> parties.AskedSection:
    """The invitation of the person who is signed in. Raises Http404 for anybody else."""
    try:
        return parties.asked_section(ref, person_ref=who.person_ref(request), at=who.now())
    except invitations.NoInvitation:
        raise Http404(ref) from None


def _begun(request: HttpRequest, ref: str, lang: str) -> parties.Part | HttpResponseBase:
    """The section in progress, or a redirect to its start page when it cannot be filled in any more."""
    try:
        return parties.begin(asked_or_404(request, ref), language=lang, at=who.now())
    except invitations.NotWaiting:
        return HttpResponseRedirect(f"/{lang}/parts/{ref}")


@who.open_to("resident")
def show(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """The start page: what the party is asked for, who will read it, and the last day."""
    asked = asked_or_404(request, ref)
    invitation, at = asked.invitation, who.now()
    is_open = invitation.open_at(at)
    return pages.page(
        request,
        "portal/part.html",
        lang,
        service=asked.service,
        party=asked.party,
        invitation=invitation,
        standing="waiting" if is_open else "lapsed" if invitation.state == "waiting" else invitation.state,
        # The answers of the case are shown only until the party has answered; then only its own answers.
        rows=_of_entry(asked, lang) + answers.single_rows(asked.shown(), _files(asked, lang), asked.service, lang)
        if is_open
        else [],
        readers=_readers(asked, lang),
        own=_own(asked, lang) if invitation.state == "given" else [],
        # What became of the case, for as long as it stands, is told to those who have given; a state is no secret.
        case=_case(asked) if invitation.state == "given" else None,
        inbox=_letters(invitation, lang),
        until=display.day_words(invitation.lapses_at, asked.pack, lang) if invitation.lapses_at else "",
        department=asked.pack.departments[asked.service.department],
        base=f"/{lang}/parts/{ref}",
    )


def _case(asked: parties.AskedSection) -> dict[str, Any]:
    case = cases.case(asked.invitation.case_ref)
    state = asked.service.flow.states[case.state]
    return {
        "ref": case.ref,
        "label": state.label,
        "says": state.says,
        "kind": display.KIND.get(case.result, "waiting"),
        "together": asked.party.equal,
    }


def _letters(invitation: invitations.Invitation, lang: str) -> list[dict[str, Any]]:
    """The letters about the case to this person."""
    return [
        {
            "subject": notice.subject,
            "language": html_language(notice.language),
            "url": f"/{lang}/notices/{notice.ref}",
            "when": display.moment_words(notice.created_at, load.pack(), lang),
        }
        for notice in notices.inbox(invitation.person_ref)
        if notice.case_ref == invitation.case_ref
    ]


def cases_together(person_ref: str) -> list[cases.Case]:
    """The cases that a person has together with their applicants."""
    return cases.of_refs([one.case_ref for one in joint.given_by(person_ref)])


def rows_together(invitation: invitations.Invitation, lang: str) -> list[dict[str, Any]]:
    """Rows for who has a case together with its applicant: what they gave, and what they may read."""
    try:
        asked = parties.asked_section(invitation.ref, person_ref=invitation.person_ref, at=who.now())
    except invitations.NoInvitation:
        # The other one was erased: nobody can read any more what the two gave.
        return []
    names = {upload.ref: upload.name for upload in forms.uploads_of_case(invitation.case_ref, with_parts=True)}
    seen = [
        {
            "key": label.in_(lang),
            "value": display.answer_words(
                question, value, lang, names | lookups.names(asked.service, {question.name: value}, lang)
            ),
        }
        for label, question, value in asked.shown()
    ]
    return [*_own(asked, lang), *seen]


def _of_entry(asked: parties.AskedSection, lang: str) -> list[dict[str, Any]]:
    """Rows for the register entry that the case is about, for the holder of the entry."""
    if not asked.party.holder or asked.service.subject is None:
        return []
    entry = registers.entry(asked.subject_ref)
    register = entries.register_of(asked.service, entry.register)
    name = entries_said.named(entry, register, lang) if register else ""
    words = name + translator(lang)("kit.bracketed", words=entry.number)
    return [{"key": register.title.in_(lang) if register else "", "lines": [words]}]


def _files(asked: parties.AskedSection, lang: str) -> dict[str, dict[str, Any]]:
    """The files of the case that the party may read."""
    may = asked.files
    known = answers.files_of(asked.invitation.case_ref, f"/{lang}/parts/{asked.invitation.ref}") if may else {}
    return {ref: file for ref, file in known.items() if ref in may}


def _readers(asked: parties.AskedSection, lang: str) -> list[dict[str, Any]]:
    """The other parties that may read answers of this one, and which answers."""
    mine = asked.party
    read = {
        other.label.in_(lang): [
            mine.questions[name].label.in_(lang) for of, name in other.sees_of_others if of == mine.name
        ]
        for other in asked.service.parties.values()
    }
    return [{"label": label, "answers": labels} for label, labels in read.items() if labels]


@require_GET
@who.open_to("resident")
def file(request: HttpRequest, *, lang: str, ref: str, upload: str) -> HttpResponseBase:
    """A file that the party may read while its invitation is open, as a download."""
    asked = asked_or_404(request, ref)
    invitation = asked.invitation
    if not invitation.open_at(who.now()) or upload not in asked.files:
        raise Http404(upload)
    by = f"person:{invitation.person_ref}"
    return files.download(upload, case_ref=invitation.case_ref, service=invitation.service, by=by)


def _own(invited: parties.AskedSection, lang: str) -> list[dict[str, Any]]:
    invitation = invited.invitation
    given = invitations.answers_of_case(invitation.case_ref).get(invitation.ref)
    if given is None:
        return []
    uploads = forms.uploads_of_case(invitation.case_ref, with_parts=True)
    asked = [page for page in invited.party.form if page.when is None or page.when.holds(invited.known(given))]
    names = {upload.ref: upload.name for upload in uploads} | lookups.names(invited.service, given, lang)
    return display.summary_of(asked, given, invited.known(given), lang, names=names)


@who.open_to("resident")
def begin(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Begin the section, or continue it."""
    part = _begun(request, ref, lang)
    return HttpResponseRedirect(apply.onward(part, lang, None)) if isinstance(part, parties.Part) else part


@who.open_to("resident")
def page(request: HttpRequest, *, lang: str, ref: str, page: str) -> HttpResponseBase:
    """One page of the section."""
    part = _begun(request, ref, lang)
    return apply.one_page(request, part, page, lang) if isinstance(part, parties.Part) else part


@who.open_to("resident")
def check(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Check the answers of the section, and give them."""
    part = _begun(request, ref, lang)
    if not isinstance(part, parties.Part):
        return part
    target = apply.onward(part, lang, None)
    if not target.endswith("/check"):
        return HttpResponseRedirect(target)
    base = f"/{lang}/parts/{ref}"
    if request.method == "POST":
        rate_limits.count("submit", part.draft.person_ref)
        try:
            parties.give(part, at=who.now())
        except application_steps.Incomplete:
            return HttpResponseRedirect(apply.onward(part, lang, None))
        except (invitations.NotWaiting, invitations.NoInvitation, forms.NoDraft):
            # It was sent twice, or the invitation has ended: the start page shows its state.
            pass
        except acting.NotAllowed:
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
        errors=check_answers.void_signatures(part, lang),
    )


@who.open_to("resident")
def decline(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Decline the invitation, with an optional reason."""
    asked, base = asked_or_404(request, ref), f"/{lang}/parts/{ref}"
    if not asked.invitation.open_at(who.now()):
        return HttpResponseRedirect(base)
    given = texts.lines(request.POST, "reason", lang, most=MAX_REASON)
    reason, error = given.text, None
    if request.method == "POST":
        t = translator(lang)
        if given.error or not reason:
            error = given.error or t("portal.part_reason_missing")
        else:
            # It was answered, or the invitation has ended: the start page shows its state.
            try:
                with suppress(invitations.NotWaiting, invitations.NoInvitation):
                    parties.decline(asked, reason=reason, at=who.now())
                return HttpResponseRedirect(base)
            except acting.NotAllowed:
                error = t("portal.stuck")
    return pages.page(
        request, "portal/part_decline.html", lang, status=422 if error else 200, service=asked.service,
        party=asked.party, base=base, reason=given.shown, error=error, limit=MAX_REASON,
        errors=[{"href": "#reason", "text": error}] if error else [],
    )  # fmt: skip


def lines_of(person_ref: str, lang: str) -> list[dict[str, Any]]:
    """The person's sections: those that are asked for, and those that were given to a case that is kept still."""
    pack, at, rows = load.pack(), who.now(), []
    invited = invitations.of_person(person_ref)
    states = {case.ref: case for case in cases.of_refs([one.case_ref for one in invited if one.state == "given"])}
    for one in invited:
        service, case = load.compiled(one.service, one.version), states.get(one.case_ref)
        is_open, together = one.open_at(at), service.parties[one.party].equal
        # Who has the case together with the applicant finds it among their cases.
        if not is_open and (one.state != "given" or case is None or together):
            continue
        rows.append(
            {
                "title": service.title.in_(lang),
                "label": service.parties[one.party].label.in_(lang),
                "url": f"/{lang}/parts/{one.ref}",
                "until": display.day_words(one.lapses_at, pack, lang) if one.lapses_at and is_open else "",
                "state": service.flow.states[case.state].label.in_(lang) if case and not is_open else "",
                "kind": display.KIND.get(case.result, "waiting") if case else "",
            }
        )
    return sorted(rows, key=lambda row: bool(row["state"]))
