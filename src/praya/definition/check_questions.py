"""Checks of questions: their first value, and the options that are offered."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from string import Formatter

from praya.definition.chapter import Problems
from praya.definition.flow import Action
from praya.definition.model import Path
from praya.definition.questions import ROW, Asking, Question, RepeatQuestion
from praya.definition.questions.choices import ChoiceQuestion, ChoicesQuestion
from praya.definition.questions.question import MESSAGES
from praya.definition.reasoning import rests_on
from praya.definition.row_lists import rows_behind
from praya.definition.service import Service
from praya.definition.source import Message, unknown
from praya.kernel.text import Text

FORMATTER = Formatter()
FILLS = ("person.email", "person.name", "link")
# The types that a link or a default may fill: single values that reveal nothing about a person.
PLAIN = {"text", "long-text", "number", "money", "date", "month", "time", "choice", "choices", "yes-no"}


def problems(service: Service) -> Problems:
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


def rows(service: Service) -> Problems:
    """Check repeats whose rows come from a file, are counted by an answer, or are there already."""
    for above, section in service.sections.items():
        for number, page in enumerate(section.form):
            for question in page.questions:
                if isinstance(question, RepeatQuestion):
                    path: Path = (*above, "form", number, "questions", question.name)
                    yield from _of_repeat(question, path)
                    yield from _nowhere_joined(question, path)
    for state in service.flow.states.values():
        for action in state.actions.values():
            for index, question in enumerate(action.ask):
                if isinstance(question, RepeatQuestion):
                    path = ("flow", "states", state.name, "actions", action.name, "ask", index)
                    yield from _joined(service, action, question, path)


ALIKE = {
    "text", "number", "money", "date", "month", "time", "choice", "yes-no", "identifier", "phone", "email",
    "person-name",
}  # fmt: skip
"""Types whose answers tell one row from another."""


def distinct(questions: Iterable[tuple[Path, Question]]) -> Problems:
    """Check that the questions by which rows are told apart are asked in the row, and can be compared."""
    for path, question in questions:
        if not isinstance(question, RepeatQuestion):
            continue
        for index, name in enumerate(question.distinct):
            inner = question.by_name.get(name)
            if inner is None:
                yield (*path, "distinct", index), unknown(f"question of '{question.name}'", name, question.by_name)
            elif inner.type_name not in ALIKE:
                message = f"rows are told apart by {', '.join(sorted(ALIKE))}, and by no {inner.type_name}"
                yield (*path, "distinct", index), Message("wrong-kind", message)


def errors(questions: Iterable[tuple[Path, Question]]) -> Problems:
    """Check a question's own sentences for errors: the error can happen, and the values in braces are known then."""
    for path, question in questions:
        for code, sentence in question.errors.items():
            at: Path = (*path, "errors", code)
            if code in {question.missing_code, "missing"}:
                yield (
                    at,
                    Message("not-possible", "what is said when it is left empty is the word 'missing' beside 'errors'"),
                )
            elif code == "rule":
                yield at, Message("not-possible", "each of the 'rules' has its own 'say'")
            elif code not in question.codes:
                yield at, unknown(f"error of a question of type {question.type_name}", code, question.codes)
            else:
                yield from _braces(sentence, code, at)


def _braces(sentence: Text, code: str, path: Path) -> Problems:
    usual = {name for words in MESSAGES[code].written.values() for _, name, _, _ in FORMATTER.parse(words) if name}
    for language, words in sentence.written.items():
        try:
            used = {name for _, name, _, _ in FORMATTER.parse(words) if name is not None}
        except ValueError:
            yield (*path, language), Message("wrong-kind", "a brace stands alone; write '{{' for a brace that is shown")
            continue
        for name in sorted(used - usual - {"label"}):
            yield (*path, language), unknown(f"value of the error '{code}'", name, {*usual, "label"})


def _of_repeat(repeat: RepeatQuestion, path: Path) -> Problems:
    for inner in repeat.questions:
        if repeat.from_file and inner.type_name in NOT_IN_A_CELL and not inner.optional and inner.when is None:
            instead = "ask two numbers, or let it be optional" if inner.type_name == "place" else "let it be optional"
            message = f"a cell of a file cannot answer '{inner.name}', a {inner.type_name}; {instead}"
            yield (*path, "questions", inner.name), Message("not-possible", message)
        if isinstance(inner, RepeatQuestion) and (inner.from_file or inner.number is not None):
            message = f"'from_file' and 'number' are for a repeat that stands on a page, not within '{repeat.name}'"
            yield (*path, "questions", inner.name), Message("not-possible", message)
    if repeat.from_file and repeat.number is not None:
        message = "a file says itself how many rows there are; take 'number' or 'from_file' out"
        yield (*path, "number"), Message("not-possible", message)


def _nowhere_joined(repeat: RepeatQuestion, path: Path) -> Problems:
    """Check that no repeat of a form, and none within another repeat, stands for rows."""
    if repeat.of is not None:
        message = "'of' is for a repeat among the questions of an action, which asks about the rows of the form"
        yield (*path, "of"), Message("not-possible", message)
    for inner in repeat.questions:
        if isinstance(inner, RepeatQuestion):
            yield from _nowhere_joined(inner, (*path, "questions", inner.name))


def _joined(service: Service, action: Action, repeat: RepeatQuestion, path: Path) -> Problems:
    """Check a repeat of an action whose items stand for rows of the form, or of what an earlier action asked."""
    for inner in repeat.questions:
        if isinstance(inner, RepeatQuestion):
            yield from _nowhere_joined(inner, (*path, "questions", inner.name))
        if repeat.of is not None and inner.name == ROW:
            message = "within a repeat with 'of', 'row' is the row of the form; call the question something else"
            yield (*path, "questions", inner.name), Message("named-twice", message)
    if repeat.of is None:
        return
    asked_here = {question.name for question in action.ask}
    # What this action itself asks is not known before there are rows to ask it of.
    here = {name for root, name in rests_on(repeat.of.paths, service.reads) if root == "findings"} & asked_here
    if rows_behind(repeat.of, service, findings=True) is None:
        repeats = [f"answers.{q.name}" for q in service.questions.values() if isinstance(q, RepeatQuestion)]
        others = (q for q in service.flow.action_questions.values() if isinstance(q, RepeatQuestion))
        repeats += [f"findings.{q.name}" for q in others if q.name not in asked_here]
        yield (*path, "of"), unknown("repeat of the form, or of an earlier action,", repeat.of.source, repeats)
    elif repeat.rows_of is None:
        message = f"'{repeat.name}' would stand for rows that stand for itself; say 'of: answers.…' in one of them"
        yield (*path, "of"), Message("circle", message)
    elif here:
        message = f"'findings.{min(here)}' is asked by this action itself; which rows there are is known before it"
        yield (*path, "of"), Message("never-known", message)
    elif repeat.of.names - {"answers", "parameters", "findings", "decisions", "conditions"}:
        message = "which rows there are is said by answers, findings, decisions, conditions and the law"
        yield (*path, "of"), Message("not-possible", message)
    for word, said in (("number", repeat.number is not None), ("from_file", repeat.from_file), ("min", repeat.min > 0)):
        if said:
            message = f"there is one item for each row of {repeat.of.source}; take '{word}' out"
            yield (*path, word), Message("not-possible", message)


def _at_first(question: Question, path: Path, *, may_link: bool = True) -> Problems:
    if question.fill is not None and question.fill not in FILLS:
        yield (*path, "fill"), unknown("source of an answer", question.fill, FILLS)
    if question.fill == "link":
        if question.personal or question.type_name not in PLAIN:
            message = "what is about a person stands in no address, so a link cannot fill it"
            if question.type_name not in PLAIN:
                message = f"a link fills {', '.join(sorted(PLAIN))}, and no {question.type_name}"
            yield (*path, "fill"), Message("not-possible", message)
        elif not may_link:
            yield (*path, "fill"), Message("not-possible", "a link fills questions of the form only")
    if question.default is not None:
        yield from _default(question, (*path, "default"))
    if isinstance(question, RepeatQuestion):
        for inner in question.questions:
            for word in ("default", "fill"):
                if getattr(inner, word) is not None:
                    message = f"'{word}' stands at a question of a page or an action, not inside a repeat"
                    yield (*path, "questions", inner.name, word), Message("not-possible", message)


def _default(question: Question, path: Path) -> Problems:
    if question.fill not in (None, "link"):
        yield path, Message("not-possible", "'fill' says what stands there at first; leave one of the two out")
    if question.type_name not in PLAIN:
        message = f"a {question.type_name} has no 'default'; {', '.join(sorted(PLAIN))} have one"
        yield path, Message("not-possible", message)
        return
    for refusal in question.refused(question.default, question.name, Asking(date.min)):
        if refusal.code == "not_offered":
            yield path, Message("not-possible", "an option that is offered only at times cannot be the default")
        else:
            yield path, Message("wrong-kind", f"it is no answer to the question: {refusal.message('en')}")


def _options(question: Question, path: Path) -> Problems:
    for inner, here in _within(question, path):
        if not isinstance(inner, ChoiceQuestion | ChoicesQuestion):
            continue
        for index, option in enumerate(inner.options):
            if option.exclusive and isinstance(inner, ChoiceQuestion):
                message = "in a choice every option is chosen alone; 'exclusive' stands in choices"
                yield (*here, "options", index, "exclusive"), Message("not-possible", message)
            if option.when is not None and (inner is not question or "item" in option.when.names):
                message = "an option inside a repeat or a table is always offered; take 'when' away"
                yield (*here, "options", index, "when"), Message("not-possible", message)


def _within(question: Question, path: Path) -> Iterator[tuple[Question, Path]]:
    yield question, path
    for inner in getattr(question, "questions", ()):
        yield from _within(inner, (*path, "questions", inner.name))
    for column in getattr(question, "columns", ()):
        yield column, (*path, "columns", column.name)


def _asked_before(service: Service, question: Question, path: Path, number: int) -> Problems:
    """Check that options depend only on answers of earlier pages, since a page is rendered when it is opened."""
    if not isinstance(question, ChoiceQuestion | ChoicesQuestion):
        return
    page_of: Mapping[str, int] = {q.name: at for at, page in enumerate(service.form) for q in page.questions}
    for index, option in enumerate(question.options):
        behind = rests_on(option.when.paths, service.reads) if option.when is not None else ()
        late = sorted(name for root, name in behind if root == "answers" and page_of.get(name, -1) >= number)
        if late:
            message = (
                f"it depends on 'answers.{late[0]}', which is asked on this page or later; ask that on an earlier page"
            )
            yield (*path, "options", index, "when"), Message("never-known", message)
