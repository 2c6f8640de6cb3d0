"""Two tabs on the same page of a form: what each of them changed, question by question. Pure.

A page says in a hidden field what stood in each question when it was made (`seen`). When it is sent, that is compared
with what stands in the draft now. Where only one of two tabs changed a question, its answer is taken; where both did,
the one that is being sent stays in the field, and the other is shown beside it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from praya.definition.questions import DerivedQuestion, FileQuestion, Question, RepeatQuestion
from praya.web.fields import Fields

FIELD = "_seen"


@dataclass(frozen=True, slots=True)
class Merged:
    """The fields of both, and the questions that were answered otherwise in the other tab."""

    fields: Fields
    elsewhere: tuple[Question, ...]


def seen(questions: Sequence[Question], fields: Fields, page: str) -> str:
    """What a page says of itself: `page`, the name of this one copy of it, and a digest of each question's fields."""
    return " ".join([page, *(f"{name}:{digest}" for name, digest in _digests(questions, fields).items())])


def page_of(sent: Fields) -> str:
    """The name of the copy of a page from which fields were sent; empty when it has none."""
    return _said(sent)[0]


def merged(questions: Sequence[Question], sent: Fields, now: Fields, saved_from: str) -> Merged | None:
    """What to show when the page was saved elsewhere after this copy of it was made; None when nothing is lost so.

    `now` is what stands in the draft, `saved_from` the copy of the page that was saved last: who goes back and sends
    the same copy again knows what they saved before.
    """
    page, base = _said(sent)
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


def _said(sent: Fields) -> tuple[str, dict[str, str]]:
    page, *digests = (sent.get(FIELD) or [""])[0].split(" ")
    return page[:32], {name: digest for name, _, digest in (one.partition(":") for one in digests)}


def _digests(questions: Iterable[Question], fields: Fields) -> dict[str, str]:
    return {
        question.name: _digest(question, fields)
        for question in questions
        # Files are kept as they come, and what is derived nobody types.
        if not isinstance(question, DerivedQuestion | FileQuestion)
    }


def _digest(question: Question, fields: Fields) -> str:
    """The same for whatever reads the same: without empty fields, searches, counts of items and ways to end a line."""
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
    """Whether a field is one of a question's."""
    return name == question.name or name.startswith((f"{question.name}-", f"{question.name}."))


def _files(question: Question) -> frozenset[str]:
    """The names of the questions for files in the items of a repeat."""
    if not isinstance(question, RepeatQuestion):
        return frozenset()
    own = frozenset(inner.name for inner in question.questions if isinstance(inner, FileQuestion))
    return own.union(*(_files(inner) for inner in question.questions))
