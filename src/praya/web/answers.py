"""What was answered and what officers found, grouped as it was asked, in the officer's language."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.definition.parties import Party
from praya.definition.questions import EntryQuestion, FileQuestion, PlaceQuestion, Question, RepeatQuestion
from praya.definition.service import Service
from praya.journey import lookups
from praya.journey.case_context import Picture
from praya.kernel.text import Text
from praya.web import case_actions
from praya.web.fields import MAP_WIDTHS
from praya.web.words import translator

WIDTH = MAP_WIDTHS[-1]
Files = Mapping[str, Mapping[str, Any]]
"""Upload or entry reference -> the file as the page shows it, or the entry's name."""


def files_of(case_ref: str, base: str) -> dict[str, dict[str, Any]]:
    """The files of a case; those that are clean with the address from which they are fetched."""
    return {
        upload.ref: {
            **case_actions.shown_upload(upload),
            "url": f"{base}/files/{upload.ref}" if upload.state == "clean" else None,
            # Pictures and plain text hold no program; of anything else an officer should know who has looked at it.
            "not_scanned": settings.PRAYA.clamd is None and upload.kind in {"pdf", "docx", "xlsx"},
        }
        for upload in forms.uploads_of_case(case_ref, with_parts=True)
    }


def shown(
    pairs: Iterable[tuple[Text, Question, Any]], files: Files, service: Service, lang: str
) -> list[dict[str, Any]]:
    """Single answers, each under what it is called there."""
    return [
        {
            "key": label.in_(lang),
            **_shown(question, value, _and_entries(files, service, {question.name: value}, lang), lang),
        }
        for label, question, value in pairs
    ]


def answered(seen: Picture, files: Files, lang: str, only: Container[str] | None = None) -> list[dict[str, Any]]:
    """Every page that was asked, in order: a page of one question is a row, one of several is a row with rows in it.

    With `only` the questions of these names.
    """
    rows: list[dict[str, Any]] = []
    files = _and_entries(files, seen.service, seen.raw, lang)
    for page in seen.service.form:
        if page.when is not None and not page.when.holds(seen.context):
            continue
        asked = [q for q in forms.asked(page.questions, seen.context) if only is None or q.name in only]
        own = _rows(asked, seen.answers, files, lang)
        heading = page.heading.in_(lang)
        if len(own) == 1 and own[0]["key"] == heading:
            rows += own
        elif own:
            rows.append({"key": heading, "rows": own})
    return rows


def found(seen: Picture, files: Files, lang: str, only: Container[str] | None = None) -> list[dict[str, Any]]:
    """What actions on the case asked for; with `only` the questions of these names."""
    shown = [
        q for q in seen.service.flow.asked.values() if q.name in seen.findings and (only is None or q.name in only)
    ]
    return _rows(shown, seen.findings, _and_entries(files, seen.service, seen.raw, lang), lang)


def _and_entries(files: Files, service: Service, answers: Mapping[str, Any], lang: str) -> Files:
    return {**files, **{ref: {"name": name} for ref, name in lookups.names(service, answers, lang).items()}}


def given(
    party: Party,
    service: Service,
    answers: Mapping[str, Any],
    files: Files,
    lang: str,
    only: Container[tuple[str, str]] | None = None,
) -> list[dict[str, Any]]:
    """What a party gave; with `only` the questions of these pairs of party and name."""
    files = _and_entries(files, service, answers, lang)
    shown = [q for q in party.questions.values() if only is None or (party.name, q.name) in only]
    return _rows([q for q in shown if q.name in answers], answers, files, lang)


def reviewed(
    reviews: Sequence[cases.Review], seen: Picture, by: str, names: Mapping[str, str], files: Files, lang: str
) -> list[dict[str, Any]]:
    """What reviewers found. Of a review that goes on an officer sees nothing before they have given their own."""
    rows = []
    for review in reviews:
        together = [r for r in reviews if (r.action, r.since) == (review.action, review.since)]
        over = len(together) >= review.needed or review.since != seen.case.state_since
        if not over and all(r.actor != by for r in together):
            continue
        action = next(a for a in seen.service.flow.reviewed if a.name == review.action)
        officer = names.get(review.actor.removeprefix("officer:"), translator(lang)("desk.officer_left"))
        known = _and_entries(files, seen.service, review.findings, lang)
        own = _rows([q for q in action.ask if q.name in review.findings], review.findings, known, lang)
        if review.text:
            own.append({"key": translator(lang)("desk.reason"), "lines": review.text.splitlines()})
        rows.append({"key": f"{action.label.in_(lang)} · {officer}", "rows": own})
    return rows


def _rows(questions: Iterable[Question], answers: Mapping[str, Any], files: Files, lang: str) -> list[dict[str, Any]]:
    return [
        {"key": question.label.in_(lang), **_shown(question, answers.get(question.name), files, lang)}
        for question in questions
    ]


def _shown(question: Question, value: Any, files: Files, lang: str) -> dict[str, Any]:
    """`lines` of text, `files`, or the `several` items of a repeat, each again with rows; a place also on its `map`."""
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
            "title": f"{question.item.in_(lang)} {number}",
            "rows": _rows([q for q in question.questions if q.name in item], item, files, lang),
        }
        for number, item in enumerate(value, 1)
    ]
