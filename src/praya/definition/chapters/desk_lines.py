"""Desk lines: the few answers that tell officers in a list what a case is about, such as a shop and its district."""

from collections.abc import Container, Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.chapters.registers import is_about_another
from praya.definition.model import Model
from praya.definition.questions import Question
from praya.definition.questions.particulars import AddressQuestion, PersonNameQuestion
from praya.definition.source import Message, unknown
from praya.kernel.text import Text

FINDINGS, ENTRY = "findings", "entry"
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
        if name.startswith(f"{ENTRY}.") and ENTRY not in service.questions:
            if service.subject is None:
                yield path, Message("unknown-name", f"'{name}' does not exist: the service is not about an entry")
            elif not is_about_another(service):
                yield from _of_entry(service, service)
        elif question is None:
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


def problems_about(whole: Whole, owner: Any) -> Problems:
    """Check that a line names facts that everybody may read of the entries of another service."""
    if is_about_another(whole.service) and whole.service.subject.service == owner.service:
        yield from _of_entry(whole.service, owner)


def _of_entry(service: Any, owner: Any) -> Problems:
    register = owner.registers.get(service.subject.register_in)
    known = set(register.facts) - set(register.private_facts) if register is not None else set()
    for index, name in enumerate(service.desk_line):
        before, _, fact = name.partition(".")
        if register is not None and before == ENTRY and fact not in known and ENTRY not in service.questions:
            yield ("desk_line", index), unknown(f"fact that '{register.name}' shows", fact, known)


def reads_entry(service: Any) -> bool:
    """Whether a line tells facts of the entry that a case is about."""
    return ENTRY not in service.questions and any(name.startswith(f"{ENTRY}.") for name in service.desk_line)


def told(
    service: Any, answers: Mapping[str, Any], findings: Mapping[str, Any], entry: Mapping[str, Text]
) -> dict[str, Any]:
    """What the line of a case holds, by name: the given answers, and the facts of its entry in every language."""
    line: dict[str, Any] = {}
    for name in service.desk_line:
        if reads_entry(service) and name in entry:
            line[name] = dict(entry[name].written)
            continue
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
        if name not in line:
            continue
        value = line[name]
        if question is None:
            text = Text(value).in_(language) if name.startswith(f"{ENTRY}.") else ""
        elif part and isinstance(value, dict):
            shown_part = question.part_shown(value, part, language)
            text = str(value.get(part, "")) if shown_part is None else shown_part
        else:
            text = question.shown(value, language)
        text = " ".join(text.split())
        if text:
            yield name, text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


CHAPTER = Chapter(
    name="desk_lines",
    service=(Words(model=OfService, at=1110),),
    problems=problems,
    problems_about=problems_about,
    reference={
        "Service": {
            "desk_line": (
                (
                    "Up to three answers that tell officers in a list what a case is about, such as the name of a shop "
                    "and its district: questions of the form, after a dot a part of an address or a name, "
                    "`findings.` and a question of an action, or `entry.` and a fact that the register of the entry "
                    "shows to everybody. They stand below the reference in each list and in what "
                    "a search finds. A department that is asked sees those of them that it may read. Reading a list "
                    "is not written down: name the least that tells cases apart. Numbers of persons, addresses for "
                    "e-mail and files cannot be named."
                ),
                ["shop_name", "premises.district"],
            )
        }
    },
)
