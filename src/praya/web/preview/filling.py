"""Fill the designer's draft with generated answers: one page, or all pages up to one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from praya.blocks.bookings import api as bookings
from praya.blocks.forms import api as forms
from praya.definition.example import Example
from praya.definition.form import Page
from praya.definition.questions import Asking, FileQuestion
from praya.journey import application_steps, draft_booking, draft_progress, parties, samples, trial
from praya.kernel.ids import opaque
from praya.web.fields import Fields, written_all
from praya.web.preview import stage

MOST_PAGES = 100


def example_answers(walk: draft_progress.Walk, chosen: str = "") -> list[Mapping[str, Any]]:
    """The answers of the definition's examples, the chosen example's first."""
    stories = trial.good(stage.edition().stories)
    examples = [example for _, example in sorted(stories, key=lambda story: story[0] != chosen)]
    if isinstance(walk, parties.Part):
        return [step.answers for example in examples for step in example.steps if step.party == walk.section.name]
    return [example.answers for example in examples]


def fill_page(walk: draft_progress.Walk, page: Page, chosen: str, *, at: datetime) -> None:
    """Fill a page with generated answers, without submitting it."""
    fields = _fields(walk, page, example_answers(walk, chosen), at)
    draft = walk.draft
    typed = application_steps.typed_on(page, fields)
    forms.save(ref=draft.ref, person_ref=draft.person_ref, answers={}, page=page.page, typed=typed, at=at)


def fill_until(walk: draft_progress.Walk, page: str, chosen: str, *, at: datetime) -> draft_progress.Walk:
    """Fill every unfinished page before `page`; all of them when `page` is not asked or is ""."""
    answers = example_answers(walk, chosen)
    for _ in range(MOST_PAGES):
        names = [asked.page for asked in walk.pages]
        before = walk.pages[: names.index(page)] if page in names else walk.pages
        open_page = next((asked for asked in before if not walk.done(asked)), None)
        if open_page is None:
            return walk
        fields = _fields(walk, open_page, answers, at)
        after, read = application_steps.answer(walk, open_page, fields, at=at)
        if read.newly_asked and not read.refusals:
            after, read = application_steps.answer(after, open_page, _fields(after, open_page, answers, at), at=at)
        if read.refusals or not after.done(open_page):
            return after
        walk = after
    return walk


def with_page(walk: draft_progress.Walk, page: str, *, at: datetime) -> tuple[draft_progress.Walk, bool]:
    """Try one example after another until `page` is asked; returns whether it is."""
    stories: list[tuple[str, Example]] = trial.good(stage.edition().stories) or [("", None)]  # type: ignore[list-item]
    for name, _ in stories:
        for done in walk.service.form:
            if done.page == page:
                break
            walk = _forget(walk, done, at)
        walk = fill_until(walk, page, name, at=at)
        if any(asked.page == page for asked in walk.pages):
            return walk, True
    return walk, False


def _forget(walk: draft_progress.Walk, page: Page, at: datetime) -> draft_progress.Walk:
    """Delete the answers of a page, so that another example can fill it."""
    nothing = {question.name: None for question in page.questions}
    draft = walk.draft
    forms.save(ref=draft.ref, person_ref=draft.person_ref, answers=nothing, page=page.page, typed={"": [""]}, at=at)
    return draft_progress.walk(forms.draft(draft.ref, person_ref=draft.person_ref), at=at)


def hold_first(walk: draft_progress.Walk, *, at: datetime) -> bool:
    """Hold the first free places, if the service has a booking; returns whether that succeeded."""
    if walk.service.booked_on_applying is None or draft_booking.held(walk) is not None:
        return True
    seats = trial.first_seats(walk.service, walk.context, walk.pack, at=at)
    if seats is None:
        return False
    try:
        draft_booking.hold(walk, seats, once_key=opaque(), at=at)
    except (
        bookings.SlotTaken, bookings.HeldAlready, draft_booking.BookingClosed, draft_booking.SessionRefused,
    ):  # fmt: skip
        return False
    return True


def _fields(walk: draft_progress.Walk, page: Page, answers: list[Mapping[str, Any]], at: datetime) -> Fields:
    draft = walk.draft

    def context(answers_so_far: Mapping[str, Any]) -> Asking:
        return Asking(walk.today, walk.known(answers_so_far), walk.look)

    generated = trial.answers_for(page.questions, draft.answers, answers, context)
    for question in page.questions:
        if isinstance(question, FileQuestion) and question.name in generated:
            generated[question.name] = _files(walk, question, generated[question.name], at)
    return written_all(page.questions, generated)


def _files(walk: draft_progress.Walk, question: FileQuestion, names: Any, at: datetime) -> list[str]:
    """The files that a question has already, else generated ones."""
    draft = walk.draft
    refs = [u.ref for u in forms.uploads(draft.ref, person_ref=draft.person_ref) if u.question == question.name]
    for name in () if refs else [names] if isinstance(names, str) else names:
        upload = forms.keep_upload(
            draft_ref=draft.ref, person_ref=draft.person_ref, question=question, path=question.name, name=name,
            data=samples.file(name), at=at,
        )  # fmt: skip
        refs.append(upload.ref)
    return refs
