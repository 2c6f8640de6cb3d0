"""Rows of a repeat from a file: each cell becomes the field that a person would have typed, right or wrong."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from django.http import HttpRequest

from praya.definition.questions import (
    ChoiceQuestion,
    ChoicesQuestion,
    DateQuestion,
    DerivedQuestion,
    MonthQuestion,
    PersonNameQuestion,
    Question,
    Refusal,
    RepeatQuestion,
    YesNoQuestion,
)
from praya.kernel import table_files
from praya.kernel.reading import NotText, line
from praya.web.fields import Fields, written

BUTTON = "_rows"
"""The name of the button that takes the rows of a file; its value is the field of the repeat."""
MOST_BYTES = 5 * 1024 * 1024


def take(request: HttpRequest, questions: Sequence[Question], fields: Fields) -> list[Refusal] | None:
    """Put the rows of the file that was sent into the fields, in place of those that stand there.

    None when no file was to be taken. With a reason against the file itself the fields stay as they were; what is wrong
    with a cell is told beside it, when the page is read.
    """
    at = fields.pop(BUTTON, [""])[0]
    question = next((q for q in questions if q.name == at), None)
    if not isinstance(question, RepeatQuestion) or not question.from_file:
        return None
    sent = request.FILES.get(f"{at}.file")
    if sent is None:
        return [question.refuse(at, "rows_no_file")]
    try:
        if (sent.size or 0) > MOST_BYTES:
            raise table_files.NoTable("too large")
        rows = table_files.rows(sent.read(), most=question.max + 1)
    except table_files.NoTable:
        return [question.refuse(at, "rows_unreadable")]
    if len(rows) < 2:
        return [question.refuse(at, "rows_empty")]
    if len(rows) - 1 > question.max:
        return [question.refuse(at, "too_many_items", max=question.max)]
    columns = [_column(question, heading) for heading in rows[0]]
    missing = [one for one in needed(question) if one not in columns]
    if missing:
        return [question.refuse(at, "rows_no_column", column=_Labels(missing))]
    for name in [name for name in fields if name.startswith(f"{at}.")]:
        del fields[name]
    fields[f"{at}.count"] = [str(len(rows) - 1)]
    # All of them are read now, as if the page had shown them.
    fields["_asked"] = [name for name in fields.get("_asked", []) if not name.startswith(f"{at}.")]
    fields["_asked"] += [f"{at}.{index}.{one.name}" for index in range(len(rows) - 1) for one in question.questions]
    for index, row in enumerate(rows[1:]):
        for column, cell in zip(columns, row, strict=False):
            if column is not None and cell:
                fields |= typed(column, cell, f"{at}.{index}.{column.name}")
    return []


class _Labels:
    """Several columns in an error, each as the language calls it."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = questions

    def in_(self, language: str) -> str:
        """Their labels."""
        return ", ".join(question.label.in_(language) for question in self.questions)


def columns(question: RepeatQuestion) -> Iterator[Question]:
    """The questions that a file can answer; what is worked out has no column."""
    return (inner for inner in question.questions if not isinstance(inner, DerivedQuestion))


def needed(question: RepeatQuestion) -> list[Question]:
    """The columns that a file must have."""
    return [inner for inner in columns(question) if not inner.optional and inner.when is None]


def _column(question: RepeatQuestion, heading: str) -> Question | None:
    """The question of a column, by its label in any language or by its name."""
    wanted = _plain(heading)
    for inner in columns(question):
        if wanted == _plain(inner.name) or wanted in {_plain(words) for words in inner.label.words.values()}:
            return inner
    return None


def _plain(words: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", words).casefold().replace("_", " ").strip(" ?？*：:").split())


def typed(question: Question, cell: str, at: str) -> Fields:
    """The fields of a cell, as a person would have typed it."""
    try:
        cell = line(cell)
    except NotText:
        return {at: [cell]}
    if isinstance(question, DateQuestion | MonthQuestion):
        return _of_day(question, cell, at)
    if isinstance(question, YesNoQuestion | ChoiceQuestion):
        return {at: [_value(_options(question), cell)]}
    if isinstance(question, ChoicesQuestion):
        known = _options(question)
        return {at: [_value(known, part) for part in _parts(cell) if part]}
    if isinstance(question, PersonNameQuestion):
        return written(question, question.of_whole(cell) or {"given": cell}, at)
    return {at: [cell]}


def _of_day(question: DateQuestion | MonthQuestion, cell: str, at: str) -> Fields:
    """A day or a month: as a file keeps it, or as people write it, which the question itself reads."""
    # Day first, as Hong Kong writes it; the year first where it stands there.
    parts = [part.strip() for part in re.split(r"[-/.]", cell)]
    if len(parts) > 1 and len(parts[-1]) == 4:
        parts.reverse()
    names = ("year", "month", "day") if isinstance(question, DateQuestion) else ("year", "month")
    if len(parts) >= len(names) and all(part.isdecimal() for part in parts) and len(parts[0]) == 4:
        return {f"{at}-{name}": [part] for name, part in zip(names, parts, strict=False)}
    return {f"{at}-{names[-1]}": [cell]}


def _options(question: Question) -> Mapping[str, str]:
    """The value of each option, by its value and by its label in any language."""
    if isinstance(question, YesNoQuestion):
        words = {
            _plain(label_text): value for value, label in question.cells.items() for label_text in label.words.values()
        }
        return {**words, "yes": "yes", "no": "no", "y": "yes", "n": "no", "true": "yes", "false": "no"}
    options: dict[str, str] = {}
    for option in getattr(question, "options", ()):
        options |= {_plain(label_text): option.value for label_text in option.label.words.values()} | {
            _plain(option.value): option.value
        }
    return options


def _value(known: Mapping[str, str], cell: str) -> str:
    return known.get(_plain(cell), cell)


def _parts(cell: str) -> list[str]:
    for mark in ";、；,，":
        cell = cell.replace(mark, "\n")
    return [part.strip() for part in cell.split("\n")]
