"""Applying: one page of the form after another, the check of all answers, submission."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_POST

from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition.explain import Known, explained
from praya.definition.form import Page
from praya.definition.opening import Standing, standing
from praya.definition.questions import (
    Asking,
    DerivedQuestion,
    FileQuestion,
    Question,
    Refusal,
    RepeatQuestion,
    SignatureQuestion,
)
from praya.definition.service import Service
from praya.journey import (
    application_steps,
    draft_booking,
    draft_progress,
    entries,
    limits,
    load,
    lookups,
    version_choice,
)
from praya.kernel.ids import opaque
from praya.web import (
    case_actions,
    display,
    draft_conflicts,
    form_buttons,
    kept_forms,
    pages,
    row_files,
    who,
)
from praya.web.fields import Fields, State, at_first, from_link, written, written_all
from praya.web.portal import booked, own_files, steps
from praya.web.portal import entries as choosing
from praya.web.waiting_room import views as waiting_room

LOOK = "_look"
"""The field with which the script asks how a page looks with its input."""


def draft_or_404(request: HttpRequest, ref: str) -> forms.Draft:
    """The person's draft. Raises Http404, or load.Withdrawn when the service is withdrawn."""
    try:
        draft = forms.draft(ref, person_ref=who.person_ref(request))
    except forms.NoDraft:
        raise Http404(ref) from None
    if not draft.case_ref:
        load.insist_on_open(draft.service)
        if draft.service not in {**load.territory().offered, **load.territory().trials}:
            raise Http404(ref)
        who.insist_on_level(request, load.compiled(draft.service, draft.version).level_for("apply"))
    return draft


@who.open_to("resident")
def start(request: HttpRequest, *, lang: str, service: str) -> HttpResponseBase:
    """Begin a draft, or continue the one that there is."""
    load.insist_on_open(service)
    definition = _offered(request, service)
    if (wait := waiting_room.before(request, definition, lang)) is not None:
        return wait
    who.insist_on_level(request, definition.level_for("apply"))
    subject, person_ref = request.GET.get("subject", "").strip()[:40], who.person_ref(request)
    # Whoever has one entry that fits is not asked which.
    subject = subject or entries.only_choice(definition, person_ref, today=load.pack().calendar.day_of(who.now()))
    closed = standing(definition.open_times, who.now(), load.pack().calendar)
    begun = any(draft.service == service for draft in forms.drafts(person_ref))
    own = () if begun or "another" in request.GET or request.method == "POST" else booked.own(definition, person_ref)
    if own:
        return booked.told(request, definition, lang, own)
    if not closed.is_open and not begun:
        return closed_page(request, definition, lang, closed)
    try:
        earlier = version_choice.begun_before(
            service=definition, person_ref=person_ref, subject_ref=subject, at=who.now()
        )
        if earlier is not None and not (request.method == "POST" and request.POST.get("begin") == "anew"):
            return _go_on_or_anew(request, definition, lang, earlier)
        draft = version_choice.begin(
            service=definition, person_ref=person_ref, language=lang, subject_ref=subject, at=who.now()
        )
    except (entries.NoSubject, entries.TooEarly) as refusal:
        return choosing.choose(request, definition, lang, subject, refusal)
    if earlier is not None:
        _carry_over(earlier, draft, definition)
    elif not (draft.seen or draft.typed or draft.answers):
        _fill_from_link(request, draft, definition)
    return HttpResponseRedirect(onward(draft_progress.walk(draft, at=who.now()), lang, None))


def _fill_from_link(request: HttpRequest, draft: forms.Draft, service: Service) -> None:
    """Keep what the link says as typed on its pages: the person sees it, may change it, and saves it with the page."""
    link, at = dict(request.GET.lists()), who.now()
    for page in service.form:
        filled = from_link(page.questions, link, load.pack().calendar.day_of(at))
        if filled:
            typed = {**at_first(page.questions, _known_of_person(draft.person_ref)), **filled}
            forms.save(ref=draft.ref, person_ref=draft.person_ref, answers={}, page=page.page, typed=typed, at=at)


def _known_of_person(person_ref: str) -> dict[str, Any]:
    person = identity.person(person_ref)
    return {"person.email": person.email, "person.name": person.name}


def _go_on_or_anew(request: HttpRequest, service: Service, lang: str, earlier: forms.Draft) -> HttpResponse:
    """A draft of an earlier version exists: the person continues it, or begins again with the new version."""
    return pages.page(
        request,
        "portal/begun.html",
        lang,
        service=service,
        saved=display.moment_words(earlier.updated_at, load.pack(), lang),
        go_on=onward(draft_progress.walk(earlier, at=who.now()), lang, None),
        books=service.booked_on_applying is not None and bool(earlier.booking_ref),
    )


def _carry_over(earlier: forms.Draft, draft: forms.Draft, service: Service) -> None:
    """Copy the answers and the input of the earlier draft to the questions that the new version still asks."""
    before = load.compiled(earlier.service, earlier.version)
    same = {
        name
        for name, question in service.questions.items()
        if name in before.questions and before.questions[name].type_name == question.type_name
    }
    words = {name: values for page in earlier.typed.values() for name, values in page.items()}
    for page in service.form:
        fields: Fields = {}
        for question in page.questions:
            if question.name in same:
                own = {name: values for name, values in words.items() if draft_conflicts.belongs(name, question)}
                fields |= own or written(question, earlier.answers.get(question.name), question.name)
        if fields:
            forms.save(
                ref=draft.ref, person_ref=draft.person_ref, answers={}, page=page.page, typed=fields, at=who.now()
            )
    forms.copy_uploads(from_ref=earlier.ref, to_ref=draft.ref, person_ref=draft.person_ref, names=same, at=who.now())


def _offered(request: HttpRequest, name: str) -> Service:
    """A live service; for an officer in a trial, only a service of the sandbox."""
    territory = load.territory()
    trial = who.session(request).trial and who.may_try(request)
    card = (territory.trials if trial else territory.offered).get(name)
    if card is None:
        raise Http404(name)
    return load.definition(card)


def closed_page(
    request: HttpRequest, service: Service, lang: str, standing: Standing, draft_ref: str = "", status: int = 200
) -> HttpResponse:
    """The page that says the service is closed to applications now; a draft is kept."""
    return pages.page(
        request, "portal/closed.html", lang, status, service=service, over=standing.over, draft_ref=draft_ref,
        closed=display.closed_words(standing, load.pack()),
    )  # fmt: skip


def onward(walk: draft_progress.Walk, lang: str, done: Page | None) -> str:
    """The next address: why they cannot apply, the next page of the form, the booking, or the check of all answers."""
    base = f"/{lang}/{walk.path}"
    if walk.shut_out() is not None:
        return f"{base}/stop"
    if draft_booking.booked_already(walk):
        return f"{base}/booked"
    names = [page.page for page in walk.pages]
    later = walk.pages[names.index(done.page) + 1 :] if done and done.page in names else walk.pages
    for page in (*later, *walk.pages):
        if not walk.done(page):
            return f"{base}/{page.page}"
    if limits.reached_by(walk, at=who.now()) is not None:
        return f"{base}/stop"
    if walk.books and draft_booking.held(walk) is None:
        return f"{base}/book"
    return f"{base}/check"


@who.open_to("resident")
def page(request: HttpRequest, *, lang: str, ref: str, page: str) -> HttpResponseBase:
    """One page of the form."""
    draft = draft_or_404(request, ref)
    if draft.case_ref:
        return HttpResponseRedirect(f"/{lang}/cases/{draft.case_ref}")
    return one_page(request, draft_progress.walk(draft, at=who.now()), page, lang)


def one_page(request: HttpRequest, walk: draft_progress.Walk, page: str, lang: str) -> HttpResponseBase:
    """Show or save a page of a draft or of a party's section."""
    asked = next((p for p in walk.pages if p.page == page), None)
    if asked is not None and any(isinstance(question, SignatureQuestion) for question in asked.questions):
        who.insist_on_level(request, walk.service.level_for("sign"))
    if asked is None:
        # An answer was changed, perhaps in another tab: this page is not asked any more.
        return HttpResponseRedirect(onward(walk, lang, None))
    if request.method == "POST" and LOOK in request.POST:
        return _look(request, walk, asked, lang)
    if request.method == "POST" or kept_forms.restored(request):
        return _take(request, walk, asked, lang)
    # A saved answer may have become wrong: a signature is void, a register entry has ended.
    wrong = list(walk.wrong_on(asked)) if asked.page in walk.draft.seen else []
    return _show(request, walk, asked, lang, _kept_fields(request, walk, asked), wrong)


def _look(request: HttpRequest, walk: draft_progress.Walk, page: Page, lang: str) -> HttpResponseBase:
    """The page with the questions that the input makes it ask; nothing is saved. For the script that shows them."""
    fields: Fields = {name: list(values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
    _set_uploads(walk, page, fields, walk.draft.person_ref)
    answers = application_steps.read_page(walk, page, fields, at=who.now()).answers
    seen = replace(walk, context=walk.known({**walk.draft.answers, **answers}))
    gone = {q.name for q in page.questions if q.when is not None and not q.when.holds(seen.context)}
    return _show(request, seen, page, lang, {name: v for name, v in fields.items() if name not in gone}, ())


def _kept_fields(request: HttpRequest, walk: draft_progress.Walk, page: Page) -> Fields:
    typed = walk.draft.typed.get(page.page)
    if typed is not None:
        return typed
    fields = written_all(page.questions, walk.draft.answers)
    if page.page not in walk.draft.seen:
        known = _known_of_person(walk.draft.person_ref) if any(question.fill for question in page.questions) else {}
        asked = [question for question in page.questions if question.name not in walk.draft.answers]
        fields |= at_first(asked, known)
    return fields


def _take(request: HttpRequest, walk: draft_progress.Walk, page: Page, lang: str) -> HttpResponseBase:
    at, ref, person = who.now(), walk.draft.ref, walk.draft.person_ref
    fields: Fields = {name: list(values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
    refused_files = _keep_files(request, walk, page, fields)
    if "remove" in fields:
        forms.remove_upload(draft_ref=ref, person_ref=person, ref=fields["remove"][0])
    _set_numbers(walk, page, fields)
    refused_rows = row_files.take(request, page.questions, fields)
    if refused_rows:
        return _show(request, walk, page, lang, fields, [*refused_files, *refused_rows])
    pressed = form_buttons.apply_pressed(page.questions, fields)
    if pressed is not None and pressed.removed is not None:
        forms.drop_item_uploads(draft_ref=ref, person_ref=person, at=pressed.at, index=pressed.removed)
    _set_uploads(walk, page, fields, person)
    stays = kept_forms.restored(request) or pressed is not None or "upload" in fields or "remove" in fields
    while True:
        try:
            return _saved(
                request, walk, page, lang, fields, refused_files, pressed.at if pressed else "", stays=stays,
                comes_back=refused_rows is not None,
            )  # fmt: skip
        except forms.SavedMeanwhile as meanwhile:
            walk = walk.again(meanwhile.draft, at=at)


def _saved(
    request: HttpRequest,
    walk: draft_progress.Walk,
    page: Page,
    lang: str,
    fields: Fields,
    refused_files: Sequence[Refusal],
    pressed: str,
    *,
    stays: bool,
    comes_back: bool = False,
) -> HttpResponseBase:
    """Save the page. It is shown again when it `stays`, has errors, or another tab saved it first.

    With `comes_back` it is shown again also when all is well: for rows of a file to be seen.

    Raises forms.SavedMeanwhile.
    """
    at, copy = who.now(), draft_conflicts.page_of(fields)
    both = draft_conflicts.merged(
        page.questions, fields, _kept_fields(request, walk, page), walk.draft.saved_from.get(page.page, "")
    )
    if both is not None or stays:
        fields = both.fields if both else fields
        saved = forms.save(
            ref=walk.draft.ref, person_ref=walk.draft.person_ref, answers={}, page=page.page,
            typed=application_steps.typed_on(page, fields), at=at, revision=walk.draft.revision, saved_from=copy,
        )  # fmt: skip
        if kept_forms.restored(request):
            # The input is in the draft now.
            kept_forms.drop(request)
        if both is not None:
            elsewhere = [{"key": q.label.in_(lang), "value": _elsewhere(walk, page, q, lang)} for q in both.elsewhere]
            saved_at = display.moment_words(walk.draft.updated_at, walk.pack, lang)
            after = walk.again(saved, at=at)
            return _show(request, after, page, lang, fields, refused_files, elsewhere=elsewhere, saved_at=saved_at)
        if refused_files or kept_forms.restored(request):
            return _show(request, walk, page, lang, fields, refused_files)
        sent = fields.get("upload", [""])[0]
        return HttpResponseRedirect(f"{request.path}{_anchor(pressed or sent)}")
    after, read = application_steps.answer(walk, page, fields, at=at, saved_from=copy)
    refusals = [*refused_files, *(r for r in read.refusals if r.path not in {f.path for f in refused_files})]
    # A person whom these answers exclude from the service does not have to correct the rest.
    if (refusals or read.newly_asked) and after.shut_out() is None:
        return _show(request, after, page, lang, fields, refusals, more=read.newly_asked)
    return HttpResponseRedirect(request.path if comes_back else onward(after, lang, page))


def _elsewhere(walk: draft_progress.Walk, page: Page, question: Question, lang: str) -> Any:
    """The other tab's answer to a question; its input where that was not a valid answer."""
    words = walk.draft.typed.get(page.page)
    if words is None:
        names = lookups.names(walk.service, walk.draft.answers, lang)
        return display.answer_words(question, walk.draft.answers.get(question.name), lang, names)
    return [
        value for name, values in words.items() if draft_conflicts.belongs(name, question) for value in values if value
    ]


def _anchor(at: str) -> str:
    return f"#{at}" if at.replace("_", "").replace(".", "").isalnum() else ""


def _file_questions(page: Page, fields: Fields) -> list[tuple[str, FileQuestion]]:
    placed = form_buttons.fields_of(page.questions, fields)
    return [(at, question) for at, question in placed if isinstance(question, FileQuestion)]


def _keep_files(request: HttpRequest, walk: draft_progress.Walk, page: Page, fields: Fields) -> list[Refusal]:
    refusals: list[Refusal] = []
    for at, question in _file_questions(page, fields):
        for sent in request.FILES.getlist(at):
            try:
                forms.keep_upload(
                    draft_ref=walk.draft.ref, person_ref=walk.draft.person_ref, question=question, path=at,
                    name=sent.name or "", data=sent.read(), at=who.now(),
                )  # fmt: skip
            except forms.Unwelcome as unwelcome:
                refusals.append(case_actions.unwelcome_file(question, at, unwelcome))
    return refusals


def _set_uploads(walk: draft_progress.Walk, page: Page, fields: Fields, person: str) -> None:
    """Set the file questions' fields to the stored uploads; references sent by the browser are ignored."""
    uploads = forms.uploads(walk.draft.ref, person_ref=person)
    for at, _ in _file_questions(page, fields):
        fields[at] = [upload.ref for upload in uploads if upload.question == at]


def _set_numbers(walk: draft_progress.Walk, page: Page, fields: Fields) -> None:
    """Let repeats have as many items as an earlier answer says."""
    for question in page.questions:
        wanted = question.item_count(walk.context) if isinstance(question, RepeatQuestion) else None
        if wanted is not None:
            fields[f"{question.name}.count"] = [str(wanted)]


def _show(
    request: HttpRequest,
    walk: draft_progress.Walk,
    page: Page,
    lang: str,
    fields: Fields,
    refusals: Sequence[Refusal],
    *,
    more: bool = False,
    elsewhere: Sequence[dict[str, Any]] = (),
    saved_at: str = "",
) -> HttpResponse:
    uploads = []
    if any(True for _ in _file_questions(page, fields)):
        files = forms.uploads(walk.draft.ref, person_ref=walk.draft.person_ref)
        uploads = own_files.rows(files, f"/{lang}/{walk.path}" if walk.path.startswith("apply/") else "")
    fields = dict(fields)
    _set_numbers(walk, page, fields)
    standing = draft_conflicts.seen_field(page.questions, fields, opaque())
    asked = forms.asked_in_items(page.questions, fields, Asking(walk.today, walk.context, walk.look))
    found = form_buttons.finders(page.questions, fields, walk.service, lang, on=walk.today, context=walk.context)
    fields = {**fields, **_worked_out(walk, page, lang)}
    state = State(lang, fields, refusals, uploads, asked, found, walk.context)
    before = walk.page_before(page.page)
    base = f"/{lang}/{walk.path}"
    shown = [
        part
        for part in page.content
        if part.when is None or part.when.holds(walk.context) or (isinstance(part, Question) and part.name in fields)
    ]
    return pages.page(
        request,
        "portal/page.html",
        lang,
        409 if elsewhere else 200,
        service=walk.service,
        draft=walk.draft,
        page=page,
        content=shown,
        told=[part for part in shown if isinstance(part, Question) and part.shown_to_applicant],
        state=state,
        steps=steps.of_draft(walk, page.page, lang),
        reveals=case_actions.reveals(page.content),
        errors=state.summary,
        more=more and not refusals,
        elsewhere=elsewhere,
        saved_at=saved_at,
        seen=standing,
        back=f"{base}/{before.page}" if before else f"/{lang}/{walk.start}",
        has_files=any(q.type == "file" or (isinstance(q, RepeatQuestion) and q.from_file) for q in page.questions),
    )


def _worked_out(walk: draft_progress.Walk, page: Page, lang: str) -> Fields:
    """The field values of derived answers; values that the browser sent for them are ignored."""
    known = walk.answers
    fields: Fields = {}
    for question in page.questions:
        if isinstance(question, DerivedQuestion):
            fields[question.name] = [question.shown(known[question.name], lang)] if question.name in known else []
        elif isinstance(question, RepeatQuestion) and question.name in walk.section.rows:
            known_rows = iter(walk.context["answers"][question.name])
            for index, item in enumerate(walk.draft.answers.get(question.name) or ()):
                # An item in which nothing was answered is none, and has no place among those that are known.
                row = next(known_rows, None) if question.known([item]) else None
                for name in walk.section.rows[question.name].derived:
                    words = row.part_shown(name, lang) if row is not None else ""
                    fields[f"{question.name}.{index}.{name}"] = [words] if words else []
    return fields


@who.open_to("resident")
def stop(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """The page for those who cannot use the service, with the reason; their answers are kept."""
    return stopped(request, draft_progress.walk(draft_or_404(request, ref), at=who.now()), lang)


def stopped(request: HttpRequest, walk: draft_progress.Walk, lang: str) -> HttpResponseBase:
    """Why these answers shut somebody out of the service, or a way onward when they do not."""
    shut_out = walk.shut_out()
    over = None if shut_out or walk.first_open else limits.reached_by(walk, at=who.now())
    if shut_out is not None:
        refusal, rests_on, why = shut_out.rule.refuse, [shut_out.rule.unless], shut_out.why(lang)
    elif over is not None:
        refusal, rests_on = (
            over.sentence,
            [e for e in (over.limit.of, over.limit.per, over.limit.at_most) if e is not None],
        )
        why = explained(Known(walk.service, walk.answers, walk.context, walk.today, lang), *rests_on)
    else:
        return HttpResponseRedirect(onward(walk, lang, None))
    names = {name for expression in rests_on for name in walk.service.answers_behind(expression)}
    about = [page for page in walk.pages if any(q.name in names for q in page.questions)]
    return pages.page(
        request, "portal/stop.html", lang, service=walk.service, sentence=refusal, over=over, about=about, why=why,
        other_time=walk.books and any(walk.service.rests_on_booking(expression) for expression in rests_on),
        base=f"/{lang}/{walk.path}", department=walk.pack.departments[walk.service.department],
    )  # fmt: skip


@require_POST
@who.open_to("resident")
def discard(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Delete the draft with its answers and files."""
    with suppress(forms.NoDraft):  # it was submitted in the meantime and is not deleted
        application_steps.discard(draft_progress.walk(draft_or_404(request, ref), at=who.now()), at=who.now())
    return HttpResponseRedirect(f"/{lang}/me")
