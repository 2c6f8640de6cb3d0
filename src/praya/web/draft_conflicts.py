"""Merge the input of two tabs on the same page of a form, question by question. Pure.

Each page carries a hidden field with a digest of every question's fields at the time it was rendered (`seen_field`).
When the form is sent, these digests are compared with the draft. Where only one tab changed a question, its answer is
used; where both did, the field keeps the input that is being sent, and the page shows the other beside it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from praya.definition.questions import DerivedQuestion, FileQuestion, Question, RepeatQuestion
from praya.web.fields import Fields

FIELD = "_seen"


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged fields, and the questions that the other tab answered differently."""

    fields: Fields
    elsewhere: tuple[Question, ...]


def seen_field(questions: Sequence[Question], fields: Fields, page: str) -> str:
    """The value of the hidden field: `page` identifies this rendering, with a digest of each question's fields."""
    return " ".join([page, *(f"{name}:{digest}" for name, digest in _digests(questions, fields).items())])


def page_of(sent: Fields) -> str:
    """The identifier of the rendering that the fields were sent from; empty when they have none."""
    return _page_and_digests(sent)[0]


def merged(questions: Sequence[Question], sent: Fields, now: Fields, saved_from: str) -> Merged | None:
    """The merge to show when another tab saved the page after this one was rendered; None when there is no conflict.

    `now` has the fields of the draft, `saved_from` the rendering that was saved last. Going back and sending the same
    rendering again is no conflict.
    """
    page, base = _page_and_digests(sent)
    if not page or page == saved_from:
        return None
    here, there = _digests(questions, sent), _digests(questions, now)
    elsewhere = [q for q in questions if q.name in there and there[q.name] not in {base.get(q.name), here[q.name]}]
    if not elsewhere:
        return None
    fields = dict(sent)
    for question in elsewhere:
        if here[question.name] == base.get(question.name):
            fields = {name: values for name, values in fields.items() if not belongs(name, question)}
            fields |= {name: values for name, values in now.items() if belongs(name, question)}
    return Merged(fields, tuple(elsewhere))


def _page_and_digests(sent: Fields) -> tuple[str, dict[str, str]]:
    page, *digests = (sent.get(FIELD) or [""])[0].split(" ")
    return page[:32], {name: digest for name, _, digest in (one.partition(":") for one in digests)}


def _digests(questions: Iterable[Question], fields: Fields) -> dict[str, str]:
    return {
        question.name: _digest(question, fields)
        for question in questions
        # Files are stored as soon as they arrive, and nobody types a derived answer.
        if not isinstance(question, DerivedQuestion | FileQuestion)
    }


def _digest(question: Question, fields: Fields) -> str:
    """A digest of a question's fields that ignores empty fields, search boxes, item counts and line endings."""
    files = _files(question)
    standing = sorted(
        (name, [value.replace("\r\n", "\n").strip() for value in values if value.strip()])
        for name, values in fields.items()
        if belongs(name, question)
        and not name.endswith((".count", "-find"))
        and name.rpartition(".")[2] not in files
        and any(value.strip() for value in values)
    )
    return hashlib.sha256(repr(standing).encode(errors="replace")).hexdigest()[:8] if standing else ""


def belongs(name: str, question: Question) -> bool:
    """Whether a field belongs to a question."""
    return name == question.name or name.startswith((f"{question.name}-", f"{question.name}."))


def _files(question: Question) -> frozenset[str]:
    """The names of the file questions inside a repeat."""
    if not isinstance(question, RepeatQuestion):
        return frozenset()
    own = frozenset(inner.name for inner in question.questions if isinstance(inner, FileQuestion))
    return own.union(*(_files(inner) for inner in question.questions))
