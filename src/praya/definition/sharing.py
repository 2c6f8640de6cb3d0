"""What a department may read of a case about which it is asked: what the referral names, or nothing personal."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from praya.definition.questions import DerivedQuestion, FileQuestion, Question, RepeatQuestion
from praya.definition.questions.tables import TableQuestion
from praya.definition.service import Service

FINDINGS = "findings"
# Types whose answers are about a person or can contain anything, whatever the definition says.
ABOUT_PERSONS = {"person-name", "identifier", "phone", "email", "signature", "file"}


@dataclass(frozen=True, slots=True)
class Shared:
    """The names of the answers, findings, and parties' answers (party and question) that may be read."""

    answers: frozenset[str] = frozenset()
    findings: frozenset[str] = frozenset()
    of_parties: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: "Shared") -> "Shared":
        return Shared(self.answers | other.answers, self.findings | other.findings, self.of_parties | other.of_parties)


def shared(service: Service, names: Iterable[str] | None) -> Shared:
    """What a referral with these names lets a department read; without names, the answers that are not about a person.

    A name is a question of the form or, where no question has it, a page with all its questions; `findings.` and a
    question of an action; a party, `.`, and a question of its section.
    """
    if names is None:
        return Shared(frozenset(name for name in service.questions if not about_person(service, name)))
    answers, findings, of_parties = set[str](), set[str](), set[tuple[str, str]]()
    for name in names:
        before, dot, after = name.partition(".")
        if before == FINDINGS and dot:
            findings.add(after)
        elif dot:
            of_parties.add((before, after))
        elif name in service.questions:
            answers.add(name)
        elif name in service.pages:
            answers |= {question.name for question in service.pages[name].questions}
    return Shared(frozenset(answers), frozenset(findings), frozenset(of_parties))


def about_person(service: Service, name: str) -> bool:
    """Whether an answer is about a person, is derived from one that is, or is a file."""
    question = service.questions[name]
    if _about_person(question):
        return True
    if not isinstance(question, DerivedQuestion):
        return False
    behind = service.answers_behind(question.value)
    return any(_about_person(service.questions[other]) for other in behind if other in service.questions)


def _about_person(question: Question) -> bool:
    inner: Iterable[Question] = ()
    if isinstance(question, RepeatQuestion):
        inner = question.questions
    elif isinstance(question, TableQuestion):
        inner = question.columns
    return question.personal or question.type_name in ABOUT_PERSONS or any(_about_person(one) for one in inner)


def uploads(questions: Iterable[Question], answers: Mapping[str, Any]) -> Iterator[str]:
    """The references of the files among the answers to these questions, also inside repeats."""
    for question in questions:
        value = answers.get(question.name)
        if isinstance(question, FileQuestion):
            yield from value or ()
        elif isinstance(question, RepeatQuestion):
            for item in value or ():
                yield from uploads(question.questions, item)
