"""The applicant's answers and the officers' findings, grouped like the form's pages, in the officer's language."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.definition.chapters.parties import Party
from praya.definition.questions import EntryQuestion, FileQuestion, PlaceQuestion, Question, RepeatQuestion
from praya.definition.service import Service
from praya.journey import lookups
from praya.journey.chapter import Picture
from praya.kernel.text import Text
from praya.web import case_actions
from praya.web.fields import MAP_WIDTHS
from praya.web.words import translator

WIDTH = MAP_WIDTHS[-1]
Files = Mapping[str, Mapping[str, Any]]
"""Reference of an upload or a register entry -> the file as the page shows it, or the entry's name."""


def files_of(case_ref: str, base: str) -> dict[str, dict[str, Any]]:
    """The files of a case. A file that passed the scan has the address from which it is downloaded."""
    return {
        upload.ref: {
            **case_actions.upload_row(upload),
            "url": f"{base}/files/{upload.ref}" if upload.state == "clean" else None,
            # Pictures and plain text hold no program; of anything else an officer should know who has looked at it.
            "not_scanned": settings.PRAYA.clamd is None and upload.kind in {"pdf", "docx", "xlsx"},
        }
        for upload in forms.uploads_of_case(case_ref, with_parts=True)
    }


def single_rows(
    pairs: Iterable[tuple[Text, Question, Any]], files: Files, service: Service, lang: str
) -> list[dict[str, Any]]:
    """Rows for single answers, each under the label that the pair gives."""
    return [
        {
            "key": label.in_(lang),
            **shown_answer(question, value, with_entries(files, service, {question.name: value}, lang), lang),
        }
        for label, question, value in pairs
    ]


def form_rows(picture: Picture, files: Files, lang: str, only: Container[str] | None = None) -> list[dict[str, Any]]:
    """Rows for every page of the form that was asked, in order. A page with several questions is a row with rows in it.

    `only` limits the rows to the questions with these names.
    """
    rows: list[dict[str, Any]] = []
    files = with_entries(files, picture.service, picture.raw, lang)
    for page in picture.service.form:
        if page.when is not None and not page.when.holds(picture.context):
            continue
        asked = [q for q in forms.asked_parts(page.questions, picture.context) if only is None or q.name in only]
        own = rows_of(asked, picture.answers, files, lang)
        heading = page.heading.in_(lang)
        if len(own) == 1 and own[0]["key"] == heading:
            rows += own
        elif own:
            rows.append({"key": heading, "rows": own})
    return rows


def finding_rows(picture: Picture, files: Files, lang: str, only: Container[str] | None = None) -> list[dict[str, Any]]:
    """Rows for the answers that officers gave in actions; `only` limits them to the questions with these names."""
    asked = picture.service.flow.action_questions.values()
    shown = [q for q in asked if q.name in picture.findings and (only is None or q.name in only)]
    return rows_of(shown, picture.findings, with_entries(files, picture.service, picture.raw, lang), lang)


def with_entries(files: Files, service: Service, answers: Mapping[str, Any], lang: str) -> Files:
    """The files, and the register entries that answers name."""
    return {**files, **{ref: {"name": name} for ref, name in lookups.names(service, answers, lang).items()}}


def party_rows(
    party: Party,
    service: Service,
    answers: Mapping[str, Any],
    files: Files,
    lang: str,
    only: Container[tuple[str, str]] | None = None,
) -> list[dict[str, Any]]:
    """Rows for a party's answers; `only` limits them to these pairs of party and question name."""
    files = with_entries(files, service, answers, lang)
    shown = [q for q in party.questions.values() if only is None or (party.name, q.name) in only]
    return rows_of([q for q in shown if q.name in answers], answers, files, lang)


def review_rows(
    reviews: Sequence[cases.Review], picture: Picture, by: str, names: Mapping[str, str], files: Files, lang: str
) -> list[dict[str, Any]]:
    """The reviews of a case. While a review goes on, an officer sees those of others only after giving their own."""
    rows = []
    for review in reviews:
        together = [r for r in reviews if (r.action, r.since) == (review.action, review.since)]
        over = len(together) >= review.needed or review.since != picture.case.state_since
        if not over and all(r.actor != by for r in together):
            continue
        action = next(a for a in picture.service.flow.reviewed if a.name == review.action)
        officer = names.get(review.actor.removeprefix("officer:"), translator(lang)("desk.officer_left"))
        known = with_entries(files, picture.service, review.findings, lang)
        own = rows_of([q for q in action.ask if q.name in review.findings], review.findings, known, lang)
        if review.text:
            own.append({"key": translator(lang)("desk.reason"), "lines": review.text.splitlines()})
        rows.append({"key": f"{action.label.in_(lang)} · {officer}", "rows": own})
    return rows


def rows_of(questions: Iterable[Question], answers: Mapping[str, Any], files: Files, lang: str) -> list[dict[str, Any]]:
    """A row for each of these questions with its answer."""
    return [
        {"key": question.label.in_(lang), **shown_answer(question, answers.get(question.name), files, lang)}
        for question in questions
    ]


def shown_answer(question: Question, value: Any, files: Files, lang: str) -> dict[str, Any]:
    """A dict with `lines` of text, `files` or the `several` items of a repeat (with rows); a place has a `map` too."""
    if value is None:
        return {"lines": []}
    if isinstance(question, RepeatQuestion):
        return {"several": _items(question, value, files, lang)}
    if isinstance(question, FileQuestion):
        return {"files": [files[ref] for ref in value if ref in files]}
    if isinstance(question, EntryQuestion):
        return {"lines": [files[value]["name"] if value in files else value]}
    lines = question.shown(value, lang).splitlines()
    if isinstance(question, PlaceQuestion) and question.described and (point := question.point(value, WIDTH)):
        return {"lines": lines, "map": {"at": point, "width": WIDTH, "height": question.described.height(WIDTH)}}
    return {"lines": lines}


def _items(question: RepeatQuestion, value: Sequence[Mapping[str, Any]], files: Files, lang: str) -> list[Any]:
    return [
        {
            "title": question.title(number, item, lang),
            "rows": rows_of([q for q in question.questions if q.name in item], item, files, lang),
        }
        for number, item in enumerate(value, 1)
    ]
