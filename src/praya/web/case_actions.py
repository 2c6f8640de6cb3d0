"""Doing an action that a definition offers, on any face: its questions, its files, its reason, its refusals."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.definition.expression_context import sums
from praya.definition.flow import Action
from praya.definition.form import Page
from praya.definition.questions import Asking, Content, DerivedQuestion, FileQuestion, Question, Refusal
from praya.journey import case_context, load, lookups, run, visits
from praya.kernel.ids import opaque
from praya.kernel.text import Text
from praya.web import form_buttons, kept_forms, texts, who
from praya.web.fields import Fields, State
from praya.web.words import words

MAX_REASON = 4000
# The button that shows what comes of the answers before anything is done with them.
WORK_OUT = "work-out"


@dataclass
class Attempt:
    """What came of trying: the case when it was done, else what to show again."""

    done: cases.Case | None = None
    state: State | None = None
    reason: str = ""
    moved: bool = False
    refusals: list[Refusal] = field(default_factory=list)


def attempt(
    request: HttpRequest, case: cases.Case, action: Action, by: run.By, language: str, *, at: datetime
) -> Attempt:
    """Read the posted form and do the action. Nothing typed is lost when it cannot be done."""
    service, pack = load.compiled(case.service, case.version), load.pack()
    fields: Fields = {name: list(values) for name, values in request.POST.lists()}
    seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    answers, refusals = _read(request, case, action, fields, seen, at)
    given = texts.lines(request.POST, "reason", language, most=MAX_REASON)
    reason = given.kept
    if given.error:
        refusals.append(Refusal("reason", "wrong_kind", run.REASON, said=Text({language: given.error})))
    elif action.reason == "required" and not reason:
        refusals.append(Refusal("reason", "missing", run.REASON))
    failed = Attempt(state=state_of(case, action, fields, refusals, language, at=at), reason=given.shown)
    if refusals:
        failed.refusals = refusals
        return failed
    key = once_key(request, case.ref, action.name)
    shown_revision = request.POST.get("revision", "")[:9]
    if shown_revision.isdecimal() and int(shown_revision) != case.revision and not cases.done_before(key):
        failed.moved = True
        return failed
    try:
        done = run.act(
            case=case, action=action.name, by=by, answers=answers, reason=reason, once_key=key, at=at,
            session=_session(request) if action.book else None,
        )  # fmt: skip
    except bookings.SlotTaken:
        failed.refusals = [Refusal("session", "missing", words()["desk.session"], said=words()["desk.session_taken"])]
        failed.state = State(language, fields, failed.refusals, shown_uploads(case))
        return failed
    except run.NotAnswered as missing:
        failed.refusals = missing.refusals
        failed.state = state_of(case, action, fields, missing.refusals, language, at=at)
        return failed
    except (cases.CaseMoved, run.NotAllowed):
        failed.moved = True
        return failed
    return Attempt(done=done)


def _session(request: HttpRequest) -> visits.Session | None:
    """The session that was chosen, as `place|day|clock`; one that nobody offered is refused like one that is full."""
    place, _, rest = request.POST.get("session", "")[:100].partition("|")
    day, _, clock = rest.partition("|")
    try:
        return (place, date.fromisoformat(day), clock) if place else None
    except ValueError:
        return ("", date.min, "")


def once_key(request: HttpRequest, case_ref: str, what: str) -> str:
    """The key of the form that was sent: one person doing one thing to one case with it twice does it once.

    What the browser sent is never the whole key, so nobody's form can look done because somebody else's was. A form
    without a key is new each time.
    """
    sent, asking = request.POST.get("once", "") or opaque(), who.session(request)
    bound = "\n".join((asking.person_ref, asking.officer_ref, case_ref, what, sent))
    return f"form:{hashlib.sha256(bound.encode()).hexdigest()}"


def _read(
    request: HttpRequest,
    case: cases.Case,
    action: Action,
    fields: Fields,
    seen: case_context.Picture,
    at: datetime,
) -> tuple[dict[str, Any], list[Refusal]]:
    if not action.ask:
        return {}, []
    refusals = keep_files(request, case, action, fields, at)
    read = _typed(seen, action, fields)
    taken = {name: value for name, value in read.answers.items() if value is not None}
    wrong = {refusal.path for refusal in refusals}
    return taken, [*refusals, *(r for r in read.refusals if r.path not in wrong)]


def _typed(seen: case_context.Picture, action: Action, fields: Mapping[str, Sequence[str]]) -> forms.Read:
    page, today = Page(page="do", questions=action.ask), seen.context["today"].date()
    look = lookups.looking(seen.service, today)

    def context(answers: Mapping[str, Any]) -> dict[str, Any]:
        return case_context.with_findings(seen, action, answers, look)

    return forms.read_page(page, fields, {}, context=context, asking=lambda a: Asking(today, context(a), look))


def arranged(request: HttpRequest, case: cases.Case, action: Action, language: str, *, at: datetime) -> State | None:
    """The form after a button that only changes the form, such as one that adds an item or removes a file."""
    fields: Fields = {name: list(values) for name, values in request.POST.lists()}
    pressed = form_buttons.pressed(action.ask, fields)
    if pressed is None and not {"upload", "remove", WORK_OUT} & set(fields):
        return None
    refusals = keep_files(request, case, action, fields, at)
    if "remove" in fields:
        gone = fields["remove"][0]
        fields = {name: [value for value in values if value != gone] for name, values in fields.items()}
    return state_of(case, action, fields, refusals, language, at=at)


def begun(request: HttpRequest, case: cases.Case, action: Action, language: str, *, at: datetime) -> State:
    """The form before anything was typed, or with what was typed before and not taken.

    What follows from the case alone is worked out already.
    """
    if kept_forms.restored(request):
        fields: Fields = {name: list(values) for name, values in request.POST.lists()}
        refusals = keep_files(request, case, action, fields, at)
        if request.FILES:
            # They are the case's now, and would be kept again whenever the page is shown.
            kept_forms.drop(request)
        return state_of(case, action, fields, refusals, language, at=at)
    return state_of(case, action, {}, (), language, at=at) if action.reads else State(language, {})


def state_of(
    case: cases.Case, action: Action, fields: Fields, refusals: Sequence[Refusal], language: str, *, at: datetime
) -> State:
    """The fields as typed, with the files that belong to this form only, and what was looked up."""
    names = {question.name for question in action.ask if isinstance(question, FileQuestion)}
    kept = {ref for name in names for ref in fields.get(name, ())}
    uploads = [upload for upload in shown_uploads(case) if upload["ref"] in kept] if kept else []
    if not action.ask:
        return State(language, fields, refusals, uploads)
    service, pack = load.compiled(case.service, case.version), load.pack()
    seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    today = pack.calendar.day_of(at)
    fields = {**fields, **_worked_out(seen, action, fields, language)}
    inside = forms.asked_in_items(action.ask, fields, Asking(today, seen.context, lookups.looking(service, today)))
    found = form_buttons.looked_up(action.ask, fields, service, language, on=today)
    return State(language, fields, refusals, uploads, inside, found)


def content_of(case: cases.Case, action: Action, state: State, at: datetime) -> list[Question | Content]:
    """The questions and words that show with what was typed so far."""
    if not action.content:
        return []
    service, pack = load.compiled(case.service, case.version), load.pack()
    seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    return forms.asked(action.content, _knowing(seen, action, state.fields))


def _knowing(seen: case_context.Picture, action: Action, fields: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What expressions see while this stands in the fields; what cannot be read is not answered yet."""
    typed = _typed(seen, action, fields).answers if fields else {}
    look = lookups.looking(seen.service, seen.context["today"].date())
    return case_context.with_findings(seen, action, typed, look)


def _worked_out(
    seen: case_context.Picture, action: Action, fields: Mapping[str, Sequence[str]], language: str
) -> dict[str, list[str]]:
    """What stands where an answer is derived; whatever the browser sent for it."""
    if not action.reads:
        return {}
    known = sums(action, _knowing(seen, action, fields))
    return {
        question.name: [question.shown(known[question.name], language)] if known[question.name] is not None else []
        for question in action.ask
        if isinstance(question, DerivedQuestion)
    }


def keep_files(request: HttpRequest, case: cases.Case, action: Action, fields: Fields, at: datetime) -> list[Refusal]:
    """Keep the files that came with an action's form; their references go into `fields`."""
    refusals: list[Refusal] = []
    for question in action.ask:
        if not isinstance(question, FileQuestion):
            continue
        kept = [ref for ref in fields.get(question.name, []) if len(ref) == 32]
        mine = {upload.ref for upload in forms.uploads_of_case(case.ref) if upload.question == question.name}
        kept = [ref for ref in kept if ref in mine]
        for sent in request.FILES.getlist(question.name):
            try:
                kept.append(
                    forms.keep_case_upload(
                        case_ref=case.ref, person_ref=case.person_ref, question=question, path=question.name,
                        name=sent.name or "", data=sent.read(), at=at,
                    ).ref
                )  # fmt: skip
            except forms.Unwelcome as unwelcome:
                refusals.append(unwelcome_file(question, question.name, unwelcome))
        fields[question.name] = kept
    return refusals


def unwelcome_file(question: FileQuestion, at: str, unwelcome: forms.Unwelcome) -> Refusal:
    """The reason against a file, with what its message needs."""
    kinds = ", ".join(kind.upper() for kind in question.accept)
    maximum = question.max_files if unwelcome.code == "too_many_files" else State.plain(question.max_mb)
    return question.refuse(at, unwelcome.code, kinds=kinds, max=maximum)


def shown_uploads(case: cases.Case) -> list[dict[str, Any]]:
    """The files of a case as the kit shows them."""
    return [shown_upload(upload) for upload in forms.uploads_of_case(case.ref)]


def shown_upload(upload: forms.Upload) -> dict[str, Any]:
    """A file as the kit shows it."""
    return {
        "ref": upload.ref,
        "name": upload.name,
        "size": size_said(upload.size),
        "question": upload.question,
        "state": upload.state,
    }


def size_said(size: int) -> str:
    """`1.2 MB`, `340 kB`."""
    return f"{size / 1_048_576:.1f} MB" if size >= 1_048_576 else f"{max(1, round(size / 1024))} kB"


def offered(actions: Sequence[Action], name: str) -> Action | None:
    """The action called `name` among those that are open."""
    return next((action for action in actions if action.name == name), None)
