"""Desk lines: the few answers that tell officers in a list what a case is about, such as a shop and its district."""

from collections.abc import Container, Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.model import Model
from praya.definition.questions import Question
from praya.definition.questions.particulars import AddressQuestion, PersonNameQuestion
from praya.definition.source import Message, unknown

FINDINGS = "findings"
MOST, LONGEST = 3, 80
"""Answers in a line, and characters of each of them."""
_PARTS: dict[type[Question], tuple[str, ...]] = {
    AddressQuestion: ("unit", "building", "street", "district"),
    PersonNameQuestion: ("family", "given", "chinese"),
}
_NOT_IN_LISTS = {
    "identifier", "phone", "email", "signature", "file", "repeat", "table", "declaration", "entry", "place",
}  # fmt: skip
"""Types whose answers are too long for a line, or too private for a list, whose reading is not written down."""

Named = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]*\.)?[a-z][a-z0-9_]*$", max_length=81)]


class OfService(Model):
    """The line of a service's cases in the lists of the desk."""

    desk_line: tuple[Named, ...] = Field((), max_length=MOST)


def _question(service: Any, name: str) -> tuple[Question | None, str]:
    """The question that a name means, and the part of its answer; empty for the whole."""
    before, _, after = name.partition(".")
    if before == FINDINGS and after:
        return service.flow.action_questions.get(after), ""
    return service.questions.get(before), after


def problems(whole: Whole) -> Problems:
    """Check that a line names answers that fit into a list."""
    service = whole.service
    for index, name in enumerate(service.desk_line):
        path = ("desk_line", index)
        question, part = _question(service, name)
        if question is None:
            before, _, after = name.partition(".")
            if before == FINDINGS and after:
                yield path, unknown("question of an action", after, service.flow.action_questions)
            else:
                yield path, unknown("question", before, service.questions)
        elif question.type_name in _NOT_IN_LISTS:
            message = f"'{name}' is of type '{question.type_name}': a line of a list shows no such answer; take it out"
            yield path, Message("wrong-kind", message)
        elif part and part not in _PARTS.get(type(question), ()):
            yield path, unknown(f"part of '{question.name}'", part, _PARTS.get(type(question), ()))


def told(service: Any, answers: Mapping[str, Any], findings: Mapping[str, Any]) -> dict[str, Any]:
    """What the line of a case holds: by name, the answers that are given."""
    line = {}
    for name in service.desk_line:
        question, part = _question(service, name)
        given = findings if name.startswith(f"{FINDINGS}.") else answers
        value = given.get(question.name) if question is not None else None
        if part and isinstance(value, dict):
            value = {part: value[part]} if value.get(part) else None
        if value not in (None, "", {}, []):
            line[name] = value
    return line


def may_read(name: str, answers: Container[str], findings: Container[str]) -> bool:
    """Whether one of these answers or findings is the one that a name means."""
    before, _, after = name.partition(".")
    return after in findings if before == FINDINGS and after else before in answers


def reads_findings(service: Any, names: Container[str]) -> bool:
    """Whether a line rests on one of these questions of actions."""
    return any(name.removeprefix(f"{FINDINGS}.") in names for name in service.desk_line if FINDINGS in name)


def shown(service: Any, line: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
    """The answers of a line as text for people, in the order of the definition, each with its name."""
    for name in service.desk_line:
        question, part = _question(service, name)
        if question is None or name not in line:
            continue
        value = line[name]
        if part and isinstance(value, dict):
            text = question.part_shown(value, part, language)
            text = str(value.get(part, "")) if text is None else text
        else:
            text = question.shown(value, language)
        text = " ".join(text.split())
        if text:
            yield name, text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


CHAPTER = Chapter(
    name="desk_lines",
    service=(Words(model=OfService, at=1110),),
    problems=problems,
    reference={
        "Service": {
            "desk_line": (
                (
                    "Up to three answers that tell officers in a list what a case is about, such as the name of a shop "
                    "and its district: questions of the form, after a dot a part of an address or a name, or "
                    "`findings.` and a question of an action. They stand below the reference in each list and in what "
                    "a search finds. A department that is asked sees those of them that it may read. Reading a list "
                    "is not written down: name the least that tells cases apart. Numbers of persons, addresses for "
                    "e-mail and files cannot be named."
                ),
                ["shop_name", "premises.district"],
            )
        }
    },
)
