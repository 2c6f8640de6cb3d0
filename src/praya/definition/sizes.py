"""The greatest size of a submitted page of a form, and the limits for it. Pure.

The server accepts requests up to these sizes, so whoever obeys a page's limits of files and repeats can submit it.
"""

from collections.abc import Iterable, Iterator

from praya.definition.questions import (
    AddressQuestion,
    ChoicesQuestion,
    FileQuestion,
    Question,
    RepeatQuestion,
    TableQuestion,
)
from praya.definition.source import Message

MOST_FIELDS = 20_000
MOST_CHARACTERS = 1_500_000
MOST_FILES = 100
MOST_MEGABYTES = 100
# A Chinese character takes nine bytes in a submitted form, and each field its name as well.
BYTES = MOST_CHARACTERS * 9 + MOST_FIELDS * 100

_PARTS = {"date": 3, "month": 2, "person-name": 3, "address": 4, "place": 3, "entry": 2, "derived": 0, "file": 0}
_CHARACTERS = {"person-name": 300, "address": 500, "email": 254, "place": 320, "signature": 200, "entry": 160}


def too_large(questions: Iterable[Question]) -> Iterator[Message]:
    """Yield a problem for each limit that a page with these questions can exceed."""
    asked = list(questions)
    for count, most, what in (
        (sum(map(fields, asked)), MOST_FIELDS, "fields"),
        (sum(map(characters, asked)), MOST_CHARACTERS, "characters"),
        (sum(files for files, _ in map(of_files, asked)), MOST_FILES, "files"),
        (sum(megabytes for _, megabytes in map(of_files, asked)), MOST_MEGABYTES, "MB of files"),
    ):
        if count > most:
            yield Message(
                "too-large-to-send",
                f"this page can have {count:,.0f} {what} when it is sent, and the most is {most:,}: let repeats have "
                "fewer items, texts fewer characters or files less room, or divide it into several pages",
            )


def fields(question: Question) -> int:
    """The number of fields of a question on a page, including the one that marks it as asked."""
    if isinstance(question, RepeatQuestion):
        return 2 + question.max * sum(map(fields, question.questions))
    if isinstance(question, TableQuestion):
        return 1 + len(question.rows) * len(question.columns)
    if isinstance(question, ChoicesQuestion):
        return 1 + len(question.options)
    if isinstance(question, AddressQuestion) and question.abroad:
        return 1 + _PARTS["address"] + 2
    return 1 + _PARTS.get(question.type_name, 1)


def characters(question: Question) -> int:
    """The greatest number of characters of an answer."""
    if isinstance(question, RepeatQuestion):
        return question.max * sum(map(characters, question.questions))
    if isinstance(question, TableQuestion):
        return len(question.rows) * sum(map(characters, question.columns))
    most = getattr(question, "max_length", None)
    return most if isinstance(most, int) else _CHARACTERS.get(question.type_name, 60)


def of_files(question: Question) -> tuple[int, float]:
    """The greatest number of files submitted at once, and their megabytes; for a repeat, those of one item."""
    if isinstance(question, RepeatQuestion):
        inner = [of_files(one) for one in question.questions]
        return sum(files for files, _ in inner), sum(megabytes for _, megabytes in inner)
    if isinstance(question, FileQuestion):
        return question.max_files, question.max_files * question.max_mb
    return 0, 0.0
