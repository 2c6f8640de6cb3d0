"""Carry out an action that a definition offers, on the portal and the desk: its questions, files, reason and errors."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.definition.expression_context import items_with_sums, sums
from praya.definition.flow import Action
from praya.definition.form import Page
from praya.definition.questions import (
    Asking,
    Content,
    DerivedQuestion,
    EntryQuestion,
    FileQuestion,
    Question,
    Refusal,
    RepeatQuestion,
)
from praya.journey import acting, case_context, draft_booking, load, lookups, visits
from praya.journey.chapter import Picture
from praya.kernel.ids import opaque
from praya.kernel.text import Text
from praya.web import form_buttons, kept_forms, texts, who
from praya.web.fields import Fields, State, at_first
from praya.web.words import words

MAX_REASON = 4000
# The button that shows the derived answers before the action is carried out.
WORK_OUT = "work-out"


@dataclass
class Attempt:
    """The result of an attempt: the case when the action was carried out, else the form to show again."""

    done: cases.Case | None = None
    state: State | None = None
    reason: str = ""
    moved: bool = False
    refusals: list[Refusal] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)


def attempt(
    request: HttpRequest, case: cases.Case, action: Action, by: acting.By, language: str, *, at: datetime
) -> Attempt:
    """Read the posted form and carry out the action. When that fails, the form comes back with everything typed."""
    fields: Fields = {name: list(values) for name, values in request.POST.lists()}
    failed = written(request, case, action, language, at=at)
    if failed.refusals:
        return failed
    answers, reason = failed.answers, failed.reason
    key = once_key(request, case.ref, action.name)
    shown_revision = request.POST.get("revision", "")[:9]
    if shown_revision.isdecimal() and int(shown_revision) != case.revision and not cases.done_before(key):
        failed.moved = True
        return failed
    try:
        done = acting.act(
            case=case, action=action.name, by=by, answers=answers, reason=reason, once_key=key, at=at,
            session=session_in(request) if action.book else None,
        )  # fmt: skip
    except (
        bookings.SlotTaken, bookings.HeldAlready, draft_booking.BookingClosed, draft_booking.SessionRefused,
    ) as refused:  # fmt: skip
        sentence = next((words()[word] for kind, word in _NO_SESSION.items() if isinstance(refused, kind)), None)
        sentence = refused.sentence if isinstance(refused, draft_booking.SessionRefused) else sentence
        failed.refusals = [Refusal("session", "missing", words()["desk.session"], sentence=sentence)]
        failed.state = State(language, fields, failed.refusals, upload_rows(case))
        return failed
    except acting.NotAnswered as missing:
        failed.refusals = missing.refusals
        failed.state = state_of(case, action, fields, missing.refusals, language, at=at)
        return failed
    except acting.AlreadyEntered as taken:
        failed.refusals = [Refusal("reason", "already_entered", action.label, sentence=taken.sentence)]
        failed.state = State(language, fields, failed.refusals, upload_rows(case))
        return failed
    except (cases.CaseMoved, acting.NotAllowed):
        failed.moved = True
        return failed
    return Attempt(done=done)


def written(request: HttpRequest, case: cases.Case, action: Action, language: str, *, at: datetime) -> Attempt:
    """What was answered and written in the posted form, or the reasons against it and the form to show again."""
    service, pack = load.compiled(case.service, case.version), load.pack()
    fields: Fields = {name: list(values) for name, values in request.POST.lists()}
    picture = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    answers, refusals = _read(request, case, action, fields, picture, at)
    given = texts.lines(request.POST, "reason", language, most=MAX_REASON)
    reason = given.text
    if given.error:
        refusals.append(Refusal("reason", "wrong_kind", acting.REASON, sentence=Text({language: given.error})))
    elif action.reason == "required" and not reason:
        refusals.append(Refusal("reason", "missing", acting.REASON))
    state = state_of(case, action, fields, refusals, language, at=at)
    return Attempt(state=state, reason=given.shown if refusals else reason, refusals=refusals, answers=answers)


_NO_SESSION: dict[type[Exception], str] = {
    bookings.SlotTaken: "desk.session_taken",
    bookings.Overlaps: "portal.book_overlaps",
    bookings.HeldAlready: "portal.book_held",
    draft_booking.BookingClosed: "portal.booking_closed",
}


def session_in(request: HttpRequest) -> visits.Session | None:
    """The chosen session, sent as `place|day|clock`. An invalid value is refused later like a full session."""
    given = request.POST if request.method == "POST" else request.GET
    place, _, rest = given.get("session", "")[:100].partition("|")
    day, _, clock = rest.partition("|")
    try:
        return (place, date.fromisoformat(day), clock) if place else None
    except ValueError:
        return ("", date.min, "")


def once_key(request: HttpRequest, case_ref: str, what: str) -> str:
    """The key that makes a form count once: the same person sending the same form for the same case again does nothing.

    The key also covers the person, the case and the action, so a copied form value cannot make another person's form
    look done. A form without a value counts as new each time.
    """
    sent, asking = request.POST.get("once", "") or opaque(), who.session(request)
    bound = "\n".join((asking.person_ref, asking.officer_ref, case_ref, what, sent))
    return f"form:{hashlib.sha256(bound.encode()).hexdigest()}"


def _read(
    request: HttpRequest,
    case: cases.Case,
    action: Action,
    fields: Fields,
    picture: Picture,
    at: datetime,
) -> tuple[dict[str, Any], list[Refusal]]:
    if not action.ask:
        return {}, []
    refusals = keep_files(request, case, action, fields, at)
    read = _typed(picture, action, fields)
    taken = {name: value for name, value in read.answers.items() if value is not None}
    wrong = {refusal.path for refusal in refusals}
    return taken, [*refusals, *(r for r in read.refusals if r.path not in wrong)]


def _typed(picture: Picture, action: Action, fields: Mapping[str, Sequence[str]]) -> forms.Read:
    page, today = Page(page="do", questions=action.ask), picture.context["today"].date()
    look = lookups.looking(picture.service, today)

    def context(answers: Mapping[str, Any]) -> dict[str, Any]:
        return case_context.with_findings(picture, action, answers, look)

    return forms.read_page(page, fields, {}, context=context, asking=lambda a: Asking(today, context(a), look))


def state_after_button(
    request: HttpRequest, case: cases.Case, action: Action, language: str, *, at: datetime
) -> State | None:
    """The form after a button that only changes the form (adds an item, removes a file); None when it was submitted."""
    fields: Fields = {name: list(values) for name, values in request.POST.lists()}
    pressed = form_buttons.apply_pressed(action.ask, fields)
    if pressed is None and not {"upload", "remove", WORK_OUT} & set(fields):
        return None
    refusals = keep_files(request, case, action, fields, at)
    if "remove" in fields:
        removed = fields["remove"][0]
        fields = {name: [value for value in values if value != removed] for name, values in fields.items()}
    return state_of(case, action, fields, refusals, language, at=at)


def first_state(request: HttpRequest, case: cases.Case, action: Action, language: str, *, at: datetime) -> State:
    """The form when its page is opened: empty, or with restored input that could not be saved earlier.

    Derived answers that depend only on the case already have their values.
    """
    if kept_forms.restored(request):
        fields: Fields = {name: list(values) for name, values in request.POST.lists()}
        refusals = keep_files(request, case, action, fields, at)
        if request.FILES:
            # The files now belong to the case; without this they would be stored again each time the page is opened.
            kept_forms.drop(request)
        return state_of(case, action, fields, refusals, language, at=at)
    return state_of(case, action, at_first(action.ask), (), language, at=at)


def state_of(
    case: cases.Case, action: Action, fields: Fields, refusals: Sequence[Refusal], language: str, *, at: datetime
) -> State:
    """The fields as typed, with the files of this form and the matches of its register searches."""
    names = {question.name for question in action.ask if isinstance(question, FileQuestion)}
    refs = {ref for name in names for ref in fields.get(name, ())}
    uploads = [upload for upload in upload_rows(case) if upload["ref"] in refs] if refs else []
    if not action.ask:
        return State(language, fields, refusals, uploads)
    service, pack = load.compiled(case.service, case.version), load.pack()
    picture = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    today = pack.calendar.day_of(at)
    fields = {**fields, **_counts(picture, action), **_worked_out(picture, action, fields, language)}
    inside = forms.asked_in_items(action.ask, fields, Asking(today, picture.context, lookups.looking(service, today)))
    narrowed = any(isinstance(question, EntryQuestion) and question.where for question in action.ask)
    context = _knowing(picture, action, fields) if narrowed else picture.context
    found = form_buttons.finders(action.ask, fields, service, language, on=today, context=context)
    return State(language, fields, refusals, uploads, inside, found, picture.context)


def _counts(picture: Picture, action: Action) -> Fields:
    """Let repeats have as many items as there are rows for which they stand, or as an answer says."""
    counts = {q.name: q.item_count(picture.context) for q in action.ask if isinstance(q, RepeatQuestion)}
    return {f"{name}.count": [str(count)] for name, count in counts.items() if count is not None}


def content_of(case: cases.Case, action: Action, state: State, at: datetime) -> list[Question | Content]:
    """The questions and texts whose conditions hold with the input so far."""
    if not action.content:
        return []
    service, pack = load.compiled(case.service, case.version), load.pack()
    picture = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    return forms.asked_parts(action.content, _knowing(picture, action, state.fields))


def _knowing(picture: Picture, action: Action, fields: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The context of expressions with the input so far; an unreadable field counts as not answered."""
    typed = _typed(picture, action, fields).answers if fields else {}
    look = lookups.looking(picture.service, picture.context["today"].date())
    return case_context.with_findings(picture, action, typed, look)


def _worked_out(
    picture: Picture, action: Action, fields: Mapping[str, Sequence[str]], language: str
) -> dict[str, list[str]]:
    """The field values of derived answers; values that the browser sent for them are ignored."""
    if not action.reads:
        return {}
    context = _knowing(picture, action, fields)
    known = sums(action, context)
    shown = {
        question.name: [question.shown(known[question.name], language)] if known[question.name] is not None else []
        for question in action.ask
        if isinstance(question, DerivedQuestion)
    }
    for name, items in items_with_sums(action, context).items():
        # Where items are added by hand, one in which nothing was answered is none, and has no values.
        typed = _typed(picture, action, fields).answers.get(name) or [] if fields else []
        known_items = iter(items)
        repeat = next(question for question in action.ask if question.name == name)
        for index, one in enumerate(typed if isinstance(typed, list) else ()):
            values = next(known_items, {}) if repeat.known([one]) else {}
            shown |= _of_item(repeat, f"{name}.{index}", values, language)
    return shown


def _of_item(repeat: Question, at: str, values: Mapping[str, Any], language: str) -> dict[str, list[str]]:
    """The field values of the derived answers of one item."""
    inner = repeat.questions if isinstance(repeat, RepeatQuestion) else ()
    derived = (question for question in inner if isinstance(question, DerivedQuestion))
    said = {q.name: [q.shown(values[q.name], language)] if q.name in values else [] for q in derived}
    return {f"{at}.{name}": words for name, words in said.items()}


def keep_files(request: HttpRequest, case: cases.Case, action: Action, fields: Fields, at: datetime) -> list[Refusal]:
    """Store the files that were sent with an action's form, and put their references into `fields`."""
    refusals: list[Refusal] = []
    for question in action.ask:
        if not isinstance(question, FileQuestion):
            continue
        refs = [ref for ref in fields.get(question.name, []) if len(ref) == 32]
        mine = {upload.ref for upload in forms.uploads_of_case(case.ref) if upload.question == question.name}
        refs = [ref for ref in refs if ref in mine]
        for sent in request.FILES.getlist(question.name):
            try:
                refs.append(
                    forms.keep_case_upload(
                        case_ref=case.ref, person_ref=case.person_ref, question=question, path=question.name,
                        name=sent.name or "", data=sent.read(), at=at,
                    ).ref
                )  # fmt: skip
            except forms.Unwelcome as unwelcome:
                refusals.append(unwelcome_file(question, question.name, unwelcome))
        fields[question.name] = refs
    return refusals


def unwelcome_file(question: FileQuestion, at: str, unwelcome: forms.Unwelcome) -> Refusal:
    """The refusal of a file, with the values for its message."""
    kinds = ", ".join(kind.upper() for kind in question.accept)
    maximum = question.max_files if unwelcome.code == "too_many_files" else State.plain(question.max_mb)
    return question.refuse(at, unwelcome.code, kinds=kinds, max=maximum)


def upload_rows(case: cases.Case) -> list[dict[str, Any]]:
    """The files of a case as rows for the kit's components."""
    return [upload_row(upload) for upload in forms.uploads_of_case(case.ref)]


def upload_row(upload: forms.Upload) -> dict[str, Any]:
    """A file as a row for the kit's components."""
    return {
        "ref": upload.ref,
        "name": upload.name,
        "size": size_words(upload.size),
        "question": upload.question,
        "state": upload.state,
    }


def size_words(size: int) -> str:
    """A file size in words: `1.2 MB`, `340 kB`."""
    return f"{size / 1_048_576:.1f} MB" if size >= 1_048_576 else f"{max(1, round(size / 1024))} kB"


def reveals(content: Sequence[Question | Content]) -> bool:
    """Whether what is asked may depend on an answer on the same page."""
    inner = (part for q in content if isinstance(q, RepeatQuestion) for part in q.content)
    return any(part.when is not None for part in (*content, *inner))


def action_named(actions: Sequence[Action], name: str) -> Action | None:
    """The action with this name, None when it is not among `actions`."""
    return next((action for action in actions if action.name == name), None)
