"""The examples of a service: read, and checked to name questions, states and notices that exist."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# An example is read like a definition: it has the same problems and places.
from praya.definition.chapters import CHAPTERS
from praya.definition.chapters.matters import matter_service
from praya.definition.example import Example, Expect, Step
from praya.definition.flow import RESULTS
from praya.definition.load import validated
from praya.definition.pack import Pack
from praya.definition.questions import MESSAGES, OF_EVERY_TYPE, Question, RepeatQuestion, TableQuestion
from praya.definition.service import Service
from praya.definition.source import Broken, Message, Problem, Source, not_asked, read, unknown
from praya.kernel.expression import among, nearest

# Errors that are not refusals of answers, as `expect: {errors: ...}` names them.
OTHER_CODES = (
    "not_allowed", "not_asked", "missing", "NoSubject", "TooEarly", "Closed",
    *(code for chapter in CHAPTERS for code in chapter.errors),
)  # fmt: skip
Advices = Iterator[tuple[tuple[str | int, ...], str]]


@dataclass(frozen=True)
class Story:
    """An example and the file it is in."""

    path: Path
    example: Example


def files(service_file: Path) -> list[Path]:
    """The example files beside a service.yaml."""
    return sorted(service_file.parent.glob("examples/*.yaml"))


def read_story(path: Path, service: Service, pack: Pack) -> Story:
    """The example in a file. Raises Broken with every problem."""
    source = read(path)
    example: Example = validated(Example, source, {})
    problems = [
        source.problem(_in_file(source, where), sentence) for where, sentence in _problems(example, service, pack)
    ]
    if problems:
        raise Broken(problems)
    return Story(path, example)


def read_stories(service_file: Path, service: Service, pack: Pack) -> tuple[list[Story], list[Problem]]:
    """The readable examples of a service, and the problems of the others."""
    examples: list[Story] = []
    problems: list[Problem] = []
    for path in files(service_file):
        try:
            examples.append(read_story(path, service, pack))
        except Broken as broken:
            problems += broken.problems
    return examples, problems


def reached_elsewhere(service: Service, pack: Pack) -> set[str]:
    """The states in which stories of this service, or of its cases' subject, expect another person's case."""
    reached = set[str]()
    if pack.folder is None:
        return reached
    places = [pack.folder / "services" / name for name in {service.service, matter_service(service)} - {""}]
    for path in (path for place in places for path in files(place / "service.yaml")):
        try:
            data = read(path).data
        except Broken:
            continue
        theirs: dict[str, str] = {}
        for step in data.get("steps") or () if isinstance(data, dict) else ():
            if not isinstance(step, dict):
                continue
            whose = str(step.get("as") or step.get("of") or step.get("applies") or "")
            if step.get("applies"):
                theirs[whose] = str(step["applies"])
            expected = step.get("expect")
            if theirs.get(whose) == service.service and isinstance(expected, dict):
                reached.add(str(expected.get("state")))
    return reached


def _problems(example: Example, service: Service, pack: Pack) -> Advices:
    if example.language not in pack.languages:
        yield ("language",), unknown("language", example.language, pack.languages)
    for name in example.answers:
        if name not in service.questions:
            yield ("answers", name), unknown("question", name, service.questions)
    is_about = service.subject is not None or service.about is not None
    if example.entry is not None and not is_about:
        yield ("entry",), "the service is about no entry: it has no 'subject'"
    if example.entry is None and is_about and not example.expect.errors:
        yield (), "the service is about an entry: say which one there is, with 'entry'"
    yield from _of_chapters(service, example, ())
    yield from _expected(example.expect, ("expect",), service)
    applied = {"": service.service, **{f"/{one.service}": one.service for one in service.opened_cases.values()}}
    for index, step in enumerate(example.steps):
        path = ("steps", index)
        if step.applies is not None:
            yield from _applying(step, path, service, pack)
            applied[step.whose] = step.applies
        if step.of is not None and (step.person or step.applies):
            yield (
                (*path, "of"),
                Message("missing-word", "'of' names a case of the story's own person: leave it out here"),
            )
        elif step.whose.partition("#")[0] not in applied:
            whose = f"'{step.person}'" if step.person else "the story's person"
            sentence = (
                f"{whose} has applied for nothing yet: their first step is {{applies: {step.of or service.service}}}"
            )
            yield (*path, "as" if step.person else "of"), Message("missing-word", sentence)
        elif applied[step.whose.partition("#")[0]] == service.service:
            yield from _step(step, path, service, pack)
            yield from _expected(step.expect, (*path, "expect"), service)


def _applying(step: Step, path: tuple[str | int, ...], service: Service, pack: Pack) -> Advices:
    """Check a step in which somebody applies for this service or for another one of the pack."""
    if step.do is not None or step.reply is not None or step.party is not None:
        yield path, "a step has one of 'applies', 'do', 'reply' and 'party'"
    if step.applies == service.service:
        for name in step.answers:
            if name not in service.questions:
                yield (*path, "answers", name), unknown("question", name, service.questions)
    elif pack.folder is not None:
        known = {service.service, *(file.parent.name for file in pack.folder.glob("services/*/service.yaml"))}
        if step.applies not in known:
            yield (*path, "applies"), unknown("service", str(step.applies), known)


def _of_chapters(service: Service, told: Example | Step, path: tuple[str | int, ...]) -> Advices:
    for chapter in CHAPTERS:
        yield from chapter.step_problems(service, told, path)


def _step(step: Step, path: tuple[str | int, ...], service: Service, pack: Pack) -> Advices:
    if step.do is not None and step.reply is not None:
        yield path, "a step has either 'do' (an action) or 'reply' (what a department that was asked answers)"
        return
    yield from _of_chapters(service, step, path)
    if step.applies is not None or step.party is not None:
        return
    if not step.does_something:
        # Time passes, and timers may act.
        if step.by != "system":
            yield (*path, "by"), f"say what {step.by} does: 'do' an action, or 'reply'"
        return
    if step.do is None and step.reply is None:
        return
    if step.reply is not None:
        asked = service.departments - {service.department}
        if step.by not in asked:
            yield (*path, "by"), unknown("department that is asked", step.by, asked)
        return
    roles = ("applicant", "respondent", *pack.all_roles.of_departments())
    if step.by not in roles:
        yield (*path, "by"), unknown("role", step.by, roles)
    actions = [action for state in service.flow.states.values() for action in state.actions.values()]
    if step.do not in {action.name for action in actions}:
        yield (*path, "do"), unknown("action", str(step.do), {action.name for action in actions})
        return
    asked_here = {question.name for action in actions if action.name == step.do for question in action.ask}
    for name in step.answers:
        if name not in asked_here:
            yield (*path, "answers", name), not_asked(f"the action '{step.do}'", name, asked_here)


def _expected(expect: Expect, path: tuple[str | int, ...], service: Service) -> Advices:
    states = service.flow.states
    if expect.state is not None and expect.state not in states:
        yield (*path, "state"), unknown("state", expect.state, states)
    if expect.result is not None and expect.result not in RESULTS:
        yield (*path, "result"), unknown("result", expect.result, RESULTS)
    for chapter in CHAPTERS:
        yield from chapter.story_problems(service, expect, path)
    for name in expect.findings or {}:
        if name not in service.flow.action_questions:
            yield (*path, "findings", name), unknown("finding", name, service.flow.action_questions)
    known = [*MESSAGES, *OTHER_CODES]
    for where, code in (expect.errors or {}).items():
        if code not in known:
            here = _errors_at(where, service)
            # Codes that every answer has are probably not intended for a more specific word.
            words = [word for word in here if word != "wrong_kind"]
            near = f"{nearest(code, words)} (known: {', '.join(sorted(here))})" if here else among(code, known)
            yield (*path, "errors", where), Message("unknown-name", f"there is no error '{code}'{near}")
    actions = {action.name for state in states.values() for action in state.actions.values()}
    for index, name in enumerate(expect.actions or ()):
        if name not in actions:
            yield (*path, "actions", index), unknown("action", name, actions)


def _errors_at(where: str, service: Service) -> set[str]:
    """The codes with which the answer at a place can be refused; empty if the place is not an answer."""
    known = (*service.questions.values(), *service.flow.action_questions.values())
    known += tuple(question for party in service.parties.values() for question in party.questions.values())
    question: Question | None = None
    for name in where.split("."):
        if name.isdigit():
            continue
        inner: tuple[Question, ...] = known
        if isinstance(question, RepeatQuestion):
            inner = question.questions
        elif isinstance(question, TableQuestion):
            if name in {row.value for row in question.rows}:
                continue
            inner = tuple(question.columns)
        question = next((one for one in inner if one.name == name.partition("-")[0]), None)
        if question is None:
            return set()
    return {*question.codes, question.missing_code, *OF_EVERY_TYPE} if question is not None else set()


def _in_file(source: Source, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The longest part of a path that is in the file; a tuple may be written there as one word."""
    while path and path not in source.places:
        path = path[:-1]
    return path
