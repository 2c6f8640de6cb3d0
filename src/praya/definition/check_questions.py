"""What stands in a question at first, and which of its options are offered."""

from collections.abc import Iterator, Mapping
from datetime import date

from praya.definition.chapter import Found
from praya.definition.model import Path
from praya.definition.questions import Asking, Question, RepeatQuestion
from praya.definition.questions.choices import ChoiceQuestion, ChoicesQuestion
from praya.definition.reasoning import rests_on
from praya.definition.service import Service
from praya.definition.source import Said, unknown

FILLS = ("person.email", "person.name", "link")
# What a link may fill, or a default: one value, that says nothing about who sends it.
PLAIN = {"text", "long-text", "number", "money", "date", "month", "time", "choice", "choices", "yes-no"}


def problems(service: Service) -> Found:
    """Check `default`, `fill`, and the conditions of options."""
    for number, page in enumerate(service.form):
        for question in page.questions:
            path: Path = ("form", number, "questions", question.name)
            yield from _at_first(question, path)
            yield from _options(question, path)
            yield from _asked_before(service, question, path, number)
    for above, section in service.sections.items():
        for number, page in enumerate(section.form if above else ()):
            for question in page.questions:
                path = (*above, "form", number, "questions", question.name)
                yield from _at_first(question, path, may_link=False)
                yield from _options(question, path)
    for state in service.flow.states.values():
        for action in state.actions.values():
            for index, question in enumerate(action.ask):
                path = ("flow", "states", state.name, "actions", action.name, "ask", index)
                yield from _at_first(question, path, may_link=False)
                yield from _options(question, path)


NOT_IN_A_CELL = {"file", "signature", "place", "entry", "table", "repeat", "address", "declaration"}
"""Types that no cell of a table answers."""


def rows(service: Service) -> Found:
    """Check repeats whose rows come from a file, or are as many as an answer says."""
    for above, section in service.sections.items():
        for number, page in enumerate(section.form):
            for question in page.questions:
                if isinstance(question, RepeatQuestion):
                    path: Path = (*above, "form", number, "questions", question.name)
                    yield from _of_repeat(question, path)


def _of_repeat(repeat: RepeatQuestion, path: Path) -> Found:
    for inner in repeat.questions:
        if repeat.from_file and inner.type_name in NOT_IN_A_CELL and not inner.optional and inner.when is None:
            said = f"a cell of a file cannot answer '{inner.name}', a {inner.type_name}; let it be optional"
            yield (*path, "questions", inner.name), Said("not-possible", said)
        if isinstance(inner, RepeatQuestion) and (inner.from_file or inner.number is not None):
            said = f"'from_file' and 'number' are for a repeat that stands on a page, not within '{repeat.name}'"
            yield (*path, "questions", inner.name), Said("not-possible", said)
    if repeat.from_file and repeat.number is not None:
        said = "a file says itself how many rows there are; take 'number' or 'from_file' out"
        yield (*path, "number"), Said("not-possible", said)


def _at_first(question: Question, path: Path, *, may_link: bool = True) -> Found:
    if question.fill is not None and question.fill not in FILLS:
        yield (*path, "fill"), unknown("source of an answer", question.fill, FILLS)
    if question.fill == "link":
        if question.personal or question.type_name not in PLAIN:
            said = "what is about a person stands in no address, so a link cannot fill it"
            if question.type_name not in PLAIN:
                said = f"a link fills {', '.join(sorted(PLAIN))}, and no {question.type_name}"
            yield (*path, "fill"), Said("not-possible", said)
        elif not may_link:
            yield (*path, "fill"), Said("not-possible", "a link fills questions of the form only")
    if question.default is not None:
        yield from _default(question, (*path, "default"))
    if isinstance(question, RepeatQuestion):
        for inner in question.questions:
            for word in ("default", "fill"):
                if getattr(inner, word) is not None:
                    said = f"'{word}' stands at a question of a page or an action, not inside a repeat"
                    yield (*path, "questions", inner.name, word), Said("not-possible", said)


def _default(question: Question, path: Path) -> Found:
    if question.fill not in (None, "link"):
        yield path, Said("not-possible", "'fill' says what stands there at first; leave one of the two out")
    if question.type_name not in PLAIN:
        said = f"a {question.type_name} has no 'default'; {', '.join(sorted(PLAIN))} have one"
        yield path, Said("not-possible", said)
        return
    for refusal in question.refused(question.default, question.name, Asking(date.min)):
        if refusal.code == "not_offered":
            yield path, Said("not-possible", "an option that is offered only at times cannot be the default")
        else:
            yield path, Said("wrong-kind", f"it is no answer to the question: {refusal.message('en')}")


def _options(question: Question, path: Path) -> Found:
    for inner, here in _within(question, path):
        if not isinstance(inner, ChoiceQuestion | ChoicesQuestion):
            continue
        for index, option in enumerate(inner.options):
            if option.exclusive and isinstance(inner, ChoiceQuestion):
                said = "in a choice every option is chosen alone; 'exclusive' stands in choices"
                yield (*here, "options", index, "exclusive"), Said("not-possible", said)
            if option.when is not None and (inner is not question or "item" in option.when.names):
                said = "an option inside a repeat or a table is always offered; take 'when' away"
                yield (*here, "options", index, "when"), Said("not-possible", said)


def _within(question: Question, path: Path) -> Iterator[tuple[Question, Path]]:
    yield question, path
    for inner in getattr(question, "questions", ()):
        yield from _within(inner, (*path, "questions", inner.name))
    for column in getattr(question, "columns", ()):
        yield column, (*path, "columns", column.name)


def _asked_before(service: Service, question: Question, path: Path, number: int) -> Found:
    """The options of a page are drawn when it is opened: what they depend on was answered before."""
    if not isinstance(question, ChoiceQuestion | ChoicesQuestion):
        return
    page_of: Mapping[str, int] = {q.name: at for at, page in enumerate(service.form) for q in page.questions}
    for index, option in enumerate(question.options):
        behind = rests_on(option.when.paths, service.reads) if option.when is not None else ()
        late = sorted(name for root, name in behind if root == "answers" and page_of.get(name, -1) >= number)
        if late:
            said = (
                f"it depends on 'answers.{late[0]}', which is asked on this page or later; ask that on an earlier page"
            )
            yield (*path, "options", index, "when"), Said("never-known", said)
