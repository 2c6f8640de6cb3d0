"""Checks that need the whole definition: names that must exist, texts in every language, retention periods.

Expressions are checked in check_expressions.py, the flow in check_flow.py.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from praya.definition import check_questions, figures, sizes
from praya.definition.chapter import Problems, Whole
from praya.definition.chapters import CHAPTERS
from praya.definition.check_expressions import FORM, expressions, placeholders
from praya.definition.check_flow import states
from praya.definition.check_several import several
from praya.definition.flow import RESULTS, Action
from praya.definition.model import Path, leaves
from praya.definition.outcome import MONTH
from praya.definition.pack import Pack
from praya.definition.places import expressions as every_expression
from praya.definition.places import with_effects
from praya.definition.questions import DerivedQuestion, EntryQuestion, Question, RepeatQuestion, SignatureQuestion
from praya.definition.reasoning import circles
from praya.definition.rows import with_rows
from praya.definition.service import Service
from praya.definition.source import Message, Problem, Source, unknown
from praya.kernel.expression import PLACEHOLDER, nearest
from praya.kernel.text import Citation, Text

# The level of a confirmation with a passkey by somebody whose identity is proven. Nobody could use a higher one.
HIGHEST_LEVEL = 3
# The characters of all options that one application can choose and statistics count; the journal allows 16,000.
MAX_COUNTED = 12_000
# Words that follow the reference of a draft in an address.
RESERVED = ("check", "book", "stop", "discard")
PERSONAL = {"person-name", "identifier", "phone", "email", "address"}


def problems_of(service: Service, pack: Pack, source: Source) -> list[Problem]:
    """Every problem that only the whole definition shows."""
    errors = [
        *_names(service, pack),
        *_questions(service),
        *check_questions.problems(service),
        *check_questions.rows(service),
        *check_questions.distinct(questions_of(service)),
        *check_questions.errors(questions_of(service)),
        *expressions(service),
        *_circles(service),
        *_by_row(service),
        *_opened_by(service),
        *_derived(service),
        *states(service, pack),
        *_languages(service, pack),
        *_keeping(service),
        *_chapters(service, pack),
        *_registers(service),
    ]
    return [source.problem(in_file(source, path), message) for path, message in errors]


def whole(service: Service) -> Whole:
    """A service as input for the checks of chapters."""
    return Whole(
        service,
        tuple(with_effects(service)),
        tuple(every_expression(service)),
        partial(placeholders, service),
        FORM,
    )


def _chapters(service: Service, pack: Pack) -> Problems:
    seen = whole(service)
    for chapter in CHAPTERS:
        yield from chapter.problems(seen)
        yield from chapter.in_pack(service, pack)


def about_another(service: Service, owner: Service) -> Problems:
    """Check the words of a service about the entries and publications of another one, `owner`."""
    seen = whole(service)
    for chapter in CHAPTERS:
        yield from chapter.problems_about(seen, owner)


def _names(service: Service, pack: Pack) -> Problems:
    if service.department not in pack.departments:
        yield ("department",), unknown("department", service.department, pack.departments)
    if service.topic not in pack.topics:
        yield ("topic",), unknown("topic", service.topic, pack.topics)
    seen: set[str] = set()
    for index, page in enumerate(service.form):
        if page.page in RESERVED:
            message = f"a page cannot be called '{page.page}': that address is taken (also {', '.join(RESERVED)})"
            yield ("form", index, "page"), Message("named-twice", message)
        if page.page in seen:
            yield ("form", index, "page"), Message("named-twice", f"two pages are called '{page.page}'")
        seen.add(page.page)
    own_actions = {a.name for s in service.flow.states.values() for a in s.actions.values() if a.by == "applicant"}
    for name, level in service.assurance.items():
        if name not in {"apply", "sign"} and name not in own_actions:
            yield ("assurance", name), unknown("action of the applicant", name, own_actions | {"apply", "sign"})
        if level > HIGHEST_LEVEL:
            message = f"no way of signing in reaches level {level} yet; the highest is {HIGHEST_LEVEL}"
            yield ("assurance", name), Message("out-of-range", message)
    for index, rule in enumerate(service.eligibility):
        if rule.after and rule.after not in service.pages:
            yield ("eligibility", index, "after"), unknown("page", rule.after, service.pages)


def _questions(service: Service) -> Problems:
    if not service.questions:
        yield ("form",), Message("missing", "a form asks at least one question")
    seen: set[str] = set()
    for index, page in enumerate(service.form):
        for question in page.questions:
            path = ("form", index, "questions", question.name)
            if question.name in seen:
                message = f"two questions are called '{question.name}'; a name is used once in a form"
                yield path, Message("named-twice", message)
            seen.add(question.name)
            if isinstance(question, RepeatQuestion):
                yield from _inside(question, path)
        for message in sizes.too_large(page.questions):
            yield ("form", index, "page"), message
        if page.when is not None and page.when.source == "false":
            yield ("form", index, "when"), Message("never-reached", "this page can never be reached")
    yield from _findings(service)
    yield from _statistics(service)


def _statistics(service: Service) -> Problems:
    """Check that statistics count by closed lists, and that the options of one application fit into the journal."""
    by, longest = service.statistics.by, 0
    for name in by:
        counted = figures.dimension(service, name)
        if counted is None:
            outer, dot, inner = name.partition(".")
            repeat = service.questions.get(outer)
            if dot and isinstance(repeat, RepeatQuestion):
                yield ("statistics", "by"), unknown(f"question of '{outer}'", inner, repeat.by_name)
            elif dot and repeat is not None:
                yield ("statistics", "by"), Message("wrong-kind", f"'{outer}' is no repeat, so it has no '{inner}'")
            else:
                yield ("statistics", "by"), unknown("question", outer, service.questions)
        elif not counted.cells:
            message = f"'{name}' is not a choice: figures count by choice, choices, yes-no or address"
            yield ("statistics", "by"), Message("wrong-kind", message)
        elif counted.overlaps:
            lengths = sorted((len(value) + 3 for value in counted.cells), reverse=True)
            longest += sum(lengths[: None if counted.repeat else getattr(counted.question, "max", None)])
            if longest > MAX_COUNTED:
                message = (
                    f"'{name}' has too many options to count all that one application may choose; limit it with 'max'"
                )
                yield ("statistics", "by"), Message("wrong-kind", message)
    yield from _pairs(service)


def _pairs(service: Service) -> Problems:
    """Check tables by two questions: each counts an application in one cell, and a question is in one table only."""
    by, seen = service.statistics.by, set[str]()
    for index, pair in enumerate(service.statistics.pairs):
        path = ("statistics", "pairs", index)
        if pair[0] == pair[1]:
            yield path, Message("named-twice", f"'{pair[0]}' by itself is no table by two: take another one")
            continue
        for name in pair:
            if name == MONTH and MONTH not in by and MONTH not in seen:
                seen.add(name)
                continue
            counted = figures.dimension(service, name) if name in by else None
            if counted is None:
                yield path, unknown("question in 'by'", name, [*by, MONTH])
            elif counted.overlaps:
                message = f"of '{name}' one application may be counted under several, so it is in no pair"
                yield path, Message("wrong-kind", message)
            elif name in seen:
                message = (
                    f"'{name}' is in two pairs: from both of them, hidden counts could be worked out; take one out"
                )
                yield path, Message("named-twice", message)
            seen.add(name)


def _findings(service: Service) -> Problems:
    """Check questions of actions with the same name: they must be the same, since they share one answer."""
    first: dict[str, tuple[Action, Question]] = {}
    for state in service.flow.states.values():
        for action in state.actions.values():
            own: set[str] = set()
            for large in sizes.too_large(action.ask):
                yield ("flow", "states", state.name, "actions", action.name, "ask"), large
            for index, question in enumerate(action.ask):
                path = ("flow", "states", state.name, "actions", action.name, "ask", index)
                before, other = first.setdefault(question.name, (action, question))
                if question.name in own:
                    message = f"two questions are called '{question.name}'; a name is used once in an action"
                    yield path, Message("named-twice", message)
                elif _kind(question) != _kind(other):
                    message = f"the action '{before.name}' asks another question called '{question.name}'"
                    yield path, Message("named-twice", f"{message}; its answer would be lost")
                elif question.shown_to_applicant != other.shown_to_applicant:
                    message = f"the action '{before.name}' asks '{question.name}' too; say 'shown_to_applicant' in both"
                    yield path, Message("not-possible", f"{message}, or in neither")
                own.add(question.name)


def _kind(question: Question) -> tuple[str, Any]:
    if isinstance(question, DerivedQuestion):
        # Its calculation is explained to people, so it must be the same in every action.
        return f"derived, {question.shows}", question.value
    return question.type_name, [option.value for option in getattr(question, "options", ())]


def _inside(repeat: RepeatQuestion, path: Path) -> Problems:
    seen: set[str] = set()
    for question in repeat.questions:
        here = (*path, "questions", question.name)
        if question.name in seen:
            yield here, Message("named-twice", f"two questions of '{repeat.name}' are called '{question.name}'")
        seen.add(question.name)
        if isinstance(question, SignatureQuestion):
            message = "a signature stands on a page of the form, not in a repeat: it is for all answers before it"
            yield here, Message("wrong-kind", message)
        if isinstance(question, RepeatQuestion):
            yield from _inside(question, here)


def _circles(service: Service) -> Problems:
    """Check that no value is computed from itself."""
    questions = list(questions_of(service))
    for above, reads in (
        *((path or ("form",), with_rows(section.reads, section.rows)) for path, section in service.sections.items()),
        *((path or ("form",), rows.inner) for path, one in service.sections.items() for rows in one.rows.values()),
        *(
            (("flow", "states", state.name, "actions", action.name), reads)
            for state in service.flow.states.values()
            for action in state.actions.values()
            for reads in (action.reads, *(rows.inner for rows in service.rows_asked(action).values()))
        ),
    ):
        places = {question.name: path for path, question in questions if path[: len(above)] == above}
        for circle in circles(reads):
            root, name = circle[0]
            way = " reads ".join(f"{kind}.{word}" for kind, word in [*circle, circle[0]])
            message = f"'{root}.{name}' is worked out from itself: {way}"
            yield places[name] if root in {"answers", "findings", "item"} else (root, name), Message("circle", message)


def _opened_by(service: Service) -> Problems:
    """Check that a service opened by officers asks nothing that only the applicant can do."""
    if service.opened_by == "applicant":
        return
    if service.opened_by == "cases":
        if not service.for_cases_of:
            message = "no case opens one of this service; name the services whose cases do: 'for_cases_of: [...]'"
            yield ("opened_by",), Message("not-possible", message)
        return
    if service.opened_by == "staff" and service.subject is not None and service.subject.who != "holder":
        message = "where staff open a case about an entry it is its holder's: take 'who' out of 'subject'"
        yield ("opened_by",), Message("not-possible", message)
    signs = any(isinstance(question, SignatureQuestion) for question in service.questions.values())
    for word, cannot in (
        ("a signature", signs),
        ("a booking on applying", service.booked_on_applying is not None),
        ("a publication that the service is about", bool(service.about)),
        ("an entry that the service is about", service.subject is not None and service.opened_by == "both"),
    ):
        if cannot:
            message = f"staff cannot open a case with {word} for a person; say 'opened_by: applicant'"
            if service.subject is not None and service.opened_by == "both":
                message = f"{message}, or 'opened_by: staff', where staff name the entry"
            yield ("opened_by",), Message("not-possible", message)


def _by_row(service: Service) -> Problems:
    """Check that a decision table by row names a repeat of the form, and reads only answers of its items."""
    for name, decision in service.decisions.items():
        path: Path = ("decisions", name)
        yield from several(service, decision, path)


def _derived(service: Service) -> Problems:
    """Check that a derived answer is on a page or in an action where everything that it reads is known."""
    on_pages = [question for section in service.sections.values() for question in section.questions.values()]
    asked = [question for action in service.flow.actions for question in action.ask]
    on_pages += [*asked, *(q for repeat in asked if isinstance(repeat, RepeatQuestion) for q in repeat.questions)]
    rows = [row for section in service.sections.values() for row in section.rows.values()]
    in_rows = [question for row in rows for question in row.derived.values()]
    for path, question in questions_of(service):
        if any(question is one for one in in_rows) and getattr(question, "live", None) is not None:
            message = "what is worked out for each item counts as it was handed in; take 'live' out"
            yield (*path, "live"), Message("not-possible", message)
    on_pages += in_rows
    for path, question in questions_of(service):
        if isinstance(question, DerivedQuestion) and not any(question is one for one in on_pages):
            message = "a derived answer stands on a page, in an action or in a repeat there, not in a repeat within one"
            yield path, Message("wrong-kind", message)


def _languages(service: Service, pack: Pack) -> Problems:
    for path, text in leaves(service, Text):
        if isinstance(text, Citation) and text.is_plain:
            continue
        missing = [language for language in pack.languages if language not in text.words]
        if missing:
            yield path, Message("missing-language", f"the text is missing in {', '.join(missing)}")
        unknown_ones = sorted(set(text.written) - set(pack.languages))
        if unknown_ones:
            near = f"{nearest(unknown_ones[0], pack.languages)} (known: {', '.join(pack.languages)})"
            message = f"'{unknown_ones[0]}' is not a language of the pack{near}"
            yield (*path, unknown_ones[0]), Message("unknown-language", message)


def _keeping(service: Service) -> Problems:
    results = {state.result for state in service.flow.states.values() if state.result}
    for missing in sorted(results - set(service.retention)):
        message = f"say how long a case that ends '{missing}' is kept, like {{{missing}: 7 years}}"
        yield ("retention",), Message("not-kept", message)
    for result in sorted(set(service.retention) - {str(name) for name in results}):
        near = nearest(result, sorted(results) if result in RESULTS else RESULTS)
        message = f"no final state has `result: {result}`, so nothing is kept as '{result}'{near}"
        yield ("retention", result), Message("not-kept", message)
    for path, question in questions_of(service):
        needs = question.personal and question.type_name not in PERSONAL
        if needs and question.purpose is None:
            yield path, Message("no-purpose", f"the personal question '{question.name}' needs its 'purpose'")


def _registers(service: Service) -> Problems:
    for path, question in questions_of(service):
        if not isinstance(question, EntryQuestion) or question.service not in (None, service.service):
            continue
        if question.register_name not in service.registers:
            yield (*path, "register"), unknown("register", question.register_name, service.registers)


def problems_between(service: Service, source: Source, registers: Mapping[str, Collection[str]]) -> list[Problem]:
    """The look-ups in registers that do not exist in the pack; `registers` are all names by service."""
    problems: list[Problem] = []
    for path, question in questions_of(service):
        if not isinstance(question, EntryQuestion) or question.service in (None, service.service):
            continue
        if question.service not in registers:
            where, message = (*path, "service"), unknown("service", question.service, registers)
        elif question.register_name not in registers[question.service]:
            message = unknown("register", question.register_name, registers[question.service])
            where = (*path, "register")
        else:
            continue
        problems.append(source.problem(in_file(source, where), message))
    return problems


def questions_of(service: Service) -> Iterator[tuple[Path, Question]]:
    """Every question, with its path in the file."""

    def opened(content: tuple[Any, ...], path: Path) -> Iterator[tuple[Path, Question]]:
        for index, question in enumerate(content):
            if not isinstance(question, Question):
                continue
            here = (*path, index, question.name)
            yield here, question
            if isinstance(question, RepeatQuestion):
                yield from opened(question.content, (*here, "questions"))

    for path, section in service.sections.items():
        for number, page in enumerate(section.form):
            yield from opened(page.content, (*path, "form", number, "questions"))
    for state in service.flow.states.values():
        for action in state.actions.values():
            yield from opened(action.content, ("flow", "states", state.name, "actions", action.name, "ask"))


def in_file(source: Source, path: Path) -> Path:
    """Convert a path to that of the file, in which a named question is `questions.INDEX.NAME`."""
    data = source.data
    steps: list[str | int] = []
    named: str | int | None = None
    for step in path:
        if isinstance(data, list) and isinstance(step, str):
            index = next((i for i, item in enumerate(data) if isinstance(item, dict) and step in item), None)
            if index is None:
                break
            steps += [index, step]
            data, named = data[index][step], None
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            steps.append(step)
            data, named = data[step], None
            if isinstance(data, dict) and len(data) == 1 and isinstance(next(iter(data.values())), dict):
                named = next(iter(data))
                steps.append(named)
                data = next(iter(data.values()))
        elif named is not None and step == named:
            # The path already has the name that was added.
            named = None
        elif isinstance(data, dict) and step in data:
            steps.append(step)
            data, named = data[step], None
        else:
            break
    return tuple(steps)


__all__ = ["PLACEHOLDER", "Question", "RepeatQuestion", "in_file", "problems_between", "problems_of", "questions_of"]
