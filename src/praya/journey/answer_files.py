"""Files that are sent together with answers in one call, including those inside repeats: `vans.0.photo`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from praya.blocks.forms import api as forms
from praya.definition.questions import FileQuestion, Question, RepeatQuestion, answers_taken

Files = Mapping[str, Sequence[tuple[str, bytes]]]
"""Path of the question -> (name, bytes) of each file."""
Keep = Callable[[FileQuestion, str, str, bytes], str]
"""A function that stores one file of a question at a path, and returns its reference."""


def answers_with_files(
    questions: Iterable[Question], answers: Mapping[str, Any], files: Files, keep: Keep
) -> dict[str, Any]:
    """The answers, their words read as a page reads them, with the references of the files in their places.

    Raises forms.Unwelcome where no file is asked for.
    """
    questions = tuple(questions)
    whole = answers_taken(questions, answers)
    for path, sent in files.items():
        question, place, name = _place(questions, whole, path)
        place[name] = [keep(question, path, title, data) for title, data in sent]
    return whole


def _place(
    questions: Iterable[Question], answers: dict[str, Any], path: str
) -> tuple[FileQuestion, dict[str, Any], str]:
    """The question at a path, and the answers among which its answer stands."""
    name, *rest = path.split(".")
    question = next((q for q in questions if q.name == name), None)
    if isinstance(question, FileQuestion) and not rest:
        return question, answers, name
    items = answers.get(name)
    if isinstance(question, RepeatQuestion) and len(rest) > 1 and rest[0].isdecimal() and isinstance(items, list):
        index = int(rest[0])
        if index < len(items) and isinstance(items[index], dict):
            item = dict(items[index])
            answers[name] = [*items[:index], item, *items[index + 1 :]]
            return _place(question.questions, item, ".".join(rest[1:]))
    raise forms.Unwelcome("file_kind")


def taken_out(
    questions: Iterable[Question], answers: Mapping[str, Any], make: Callable[[str], bytes], at: str = ""
) -> tuple[dict[str, list[tuple[str, bytes]]], dict[str, Any]]:
    """The files that answers name, made up by `make`, and the answers without them."""
    files: dict[str, list[tuple[str, bytes]]] = {}
    asked, plain = {question.name: question for question in questions}, dict(answers)
    for name, value in answers.items():
        question = asked.get(name)
        if isinstance(question, FileQuestion):
            del plain[name]
            files[f"{at}{name}"] = [(title, make(title)) for title in ([value] if isinstance(value, str) else value)]
        elif isinstance(question, RepeatQuestion) and isinstance(value, list):
            plain[name] = []
            for index, item in enumerate(value):
                inside = item if isinstance(item, Mapping) else {}
                more, without = taken_out(question.questions, inside, make, f"{at}{name}.{index}.")
                files |= more
                plain[name].append(without if isinstance(item, Mapping) else item)
    return files, plain
