"""What pydantic cannot see: names that must exist, texts and languages that must be there, how long a case is kept.

What expressions speak of is seen in check_expressions.py, the flow in check_flow.py.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from praya.definition import check_questions, sizes
from praya.definition.chapter import Found, Whole
from praya.definition.chapters import CHAPTERS
from praya.definition.check_expressions import FORM, expressions, placeholders
from praya.definition.check_flow import states
from praya.definition.check_several import several
from praya.definition.flow import RESULTS, Action
from praya.definition.model import Path, leaves
from praya.definition.pack import Pack
from praya.definition.places import expressions as every_expression
from praya.definition.places import with_effects
from praya.definition.questions import DerivedQuestion, EntryQuestion, Question, RepeatQuestion, SignatureQuestion
from praya.definition.reasoning import circles
from praya.definition.rows import with_rows
from praya.definition.service import Service
from praya.definition.source import Problem, Said, Source, unknown
from praya.kernel.expression import PLACEHOLDER, nearest
from praya.kernel.text import Citation, Text

# An e-mail code. A definition that asks for more could be used by nobody, so it is not published.
HIGHEST_LEVEL = 1
# Characters of all options that one application may choose and figures count; the journal's limit is 16,000.
MAX_COUNTED = 12_000
# What follows the reference of a draft in an address.
RESERVED = ("check", "book", "stop", "discard")
PERSONAL = {"person-name", "identifier", "phone", "email", "address"}


def problems_of(service: Service, pack: Pack, source: Source) -> list[Problem]:
    """Every problem that needs the whole definition to be seen."""
    errors = [
        *_names(service, pack),
        *_questions(service),
        *check_questions.problems(service),
        *check_questions.rows(service),
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
    return [source.problem(_in_file(source, path), message) for path, message in errors]


def whole(service: Service) -> Whole:
    """A service as the checks of chapters see it."""
    return Whole(
        service,
        tuple(with_effects(service)),
        tuple(every_expression(service)),
        partial(placeholders, service),
        FORM,
    )


def _chapters(service: Service, pack: Pack) -> Found:
    seen = whole(service)
    for chapter in CHAPTERS:
        yield from chapter.problems(seen)
        yield from chapter.in_pack(service, pack)


def about_another(service: Service, owner: Service) -> Found:
    """Check what a service says of the entries and publications of another one, `owner`."""
    seen = whole(service)
    for chapter in CHAPTERS:
        yield from chapter.problems_about(seen, owner)


def _names(service: Service, pack: Pack) -> Found:
    if service.department not in pack.departments:
        yield ("department",), unknown("department", service.department, pack.departments)
    if service.topic not in pack.topics:
        yield ("topic",), unknown("topic", service.topic, pack.topics)
    seen: set[str] = set()
    for index, page in enumerate(service.form):
        if page.page in RESERVED:
            said = f"a page cannot be called '{page.page}': that address is taken (also {', '.join(RESERVED)})"
            yield ("form", index, "page"), Said("named-twice", said)
        if page.page in seen:
            yield ("form", index, "page"), Said("named-twice", f"two pages are called '{page.page}'")
        seen.add(page.page)
    own_actions = {a.name for s in service.flow.states.values() for a in s.actions.values() if a.by == "applicant"}
    for name, level in service.assurance.items():
        if name not in {"apply", "sign"} and name not in own_actions:
            yield ("assurance", name), unknown("action of the applicant", name, own_actions | {"apply", "sign"})
        if level > HIGHEST_LEVEL:
            said = f"no way of signing in reaches level {level} yet; the highest is {HIGHEST_LEVEL}"
            yield ("assurance", name), Said("out-of-range", said)
    for index, rule in enumerate(service.eligibility):
        if rule.after and rule.after not in service.pages:
            yield ("eligibility", index, "after"), unknown("page", rule.after, service.pages)


def _questions(service: Service) -> Found:
    if not service.questions:
        yield ("form",), Said("missing", "a form asks at least one question")
    seen: set[str] = set()
    for index, page in enumerate(service.form):
        for question in page.questions:
            path = ("form", index, "questions", question.name)
            if question.name in seen:
                said = f"two questions are called '{question.name}'; a name is used once in a form"
                yield path, Said("named-twice", said)
            seen.add(question.name)
            if isinstance(question, RepeatQuestion):
                yield from _inside(question, path)
        for said in sizes.too_large(page.questions):
            yield ("form", index, "page"), said
        if page.when is not None and page.when.source == "false":
            yield ("form", index, "when"), Said("never-reached", "this page can never be reached")
    yield from _findings(service)
    yield from _statistics(service)


def _statistics(service: Service) -> Found:
    """Figures count by closed lists, and what one application chooses of them is a small fact of the journal."""
    longest = 0
    for name in service.statistics.by:
        asked = service.questions.get(name)
        if asked is None:
            yield ("statistics", "by"), unknown("question", name, service.questions)
        elif not asked.cells:
            said = f"'{name}' is not a choice: figures count by choice, choices, yes-no or address"
            yield ("statistics", "by"), Said("wrong-kind", said)
        elif asked.overlaps:
            lengths = sorted((len(value) + 3 for value in asked.cells), reverse=True)
            longest += sum(lengths[: getattr(asked, "max", None)])
            if longest > MAX_COUNTED:
                said = (
                    f"'{name}' has too many options to count all that one application may choose; limit it with 'max'"
                )
                yield ("statistics", "by"), Said("wrong-kind", said)


def _findings(service: Service) -> Found:
    """Two actions may ask the same question; two questions of one name would overwrite each other's answer."""
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
                    said = f"two questions are called '{question.name}'; a name is used once in an action"
                    yield path, Said("named-twice", said)
                elif _kind(question) != _kind(other):
                    said = f"the action '{before.name}' asks another question called '{question.name}'"
                    yield path, Said("named-twice", f"{said}; its answer would be lost")
                own.add(question.name)


def _kind(question: Question) -> tuple[str, Any]:
    if isinstance(question, DerivedQuestion):
        # Told with how it was worked out, it must be the same sum wherever it is found.
        return f"derived, {question.shows}", question.value
    return question.type_name, [option.value for option in getattr(question, "options", ())]


def _inside(repeat: RepeatQuestion, path: Path) -> Found:
    seen: set[str] = set()
    for question in repeat.questions:
        here = (*path, "questions", question.name)
        if question.name in seen:
            yield here, Said("named-twice", f"two questions of '{repeat.name}' are called '{question.name}'")
        seen.add(question.name)
        if isinstance(question, SignatureQuestion):
            said = "a signature stands on a page of the form, not in a repeat: it is for all answers before it"
            yield here, Said("wrong-kind", said)
        if isinstance(question, RepeatQuestion):
            yield from _inside(question, here)


def _circles(service: Service) -> Found:
    """What is worked out from itself is never known."""
    found = list(questions_of(service))
    for above, reads in (
        *((path or ("form",), with_rows(section.reads, section.rows)) for path, section in service.sections.items()),
        *((path or ("form",), rows.inner) for path, one in service.sections.items() for rows in one.rows.values()),
        *(
            (("flow", "states", state.name, "actions", action.name), action.reads)
            for state in service.flow.states.values()
            for action in state.actions.values()
        ),
    ):
        places = {question.name: path for path, question in found if path[: len(above)] == above}
        for circle in circles(reads):
            root, name = circle[0]
            way = " reads ".join(f"{kind}.{word}" for kind, word in [*circle, circle[0]])
            said = f"'{root}.{name}' is worked out from itself: {way}"
            yield places[name] if root in {"answers", "findings", "item"} else (root, name), Said("circle", said)


def _opened_by(service: Service) -> Found:
    """What an officer opens for a person asks nothing that only the person can do on applying."""
    if service.opened_by == "applicant":
        return
    signs = any(isinstance(question, SignatureQuestion) for question in service.questions.values())
    for word, cannot in (
        ("a signature", signs),
        ("a booking on applying", service.booked_on_applying is not None),
        ("an entry or a publication that the service is about", bool(service.subject or service.about)),
    ):
        if cannot:
            said = f"staff cannot open a case with {word} for a person; say 'opened_by: applicant'"
            yield ("opened_by",), Said("not-possible", said)


def _by_row(service: Service) -> Found:
    """A table by row names a repeat of the form, and reads of its items what they have."""
    for name, decision in service.decisions.items():
        path: Path = ("decisions", name)
        yield from several(service, decision, path)


def _derived(service: Service) -> Found:
    """A derived answer stands on a page or in an action, for all that it reads is known there."""
    on_pages = [question for section in service.sections.values() for question in section.questions.values()]
    on_pages += [question for action in service.flow.actions for question in action.ask]
    rows = [row for section in service.sections.values() for row in section.rows.values()]
    in_rows = [question for row in rows for question in row.derived.values()]
    for path, question in questions_of(service):
        if any(question is one for one in in_rows) and getattr(question, "live", None) is not None:
            said = "what is worked out for each item counts as it was handed in; take 'live' out"
            yield (*path, "live"), Said("not-possible", said)
    on_pages += in_rows
    for path, question in questions_of(service):
        if isinstance(question, DerivedQuestion) and not any(question is one for one in on_pages):
            said = (
                "a derived answer stands on a page, in a repeat of a page or in an action, not in a repeat within one"
            )
            yield path, Said("wrong-kind", said)


def _languages(service: Service, pack: Pack) -> Found:
    for path, text in leaves(service, Text):
        if isinstance(text, Citation) and text.is_plain:
            continue
        missing = [language for language in pack.languages if language not in text.words]
        if missing:
            yield path, Said("missing-language", f"the text is missing in {', '.join(missing)}")
        unknown_ones = sorted(set(text.written) - set(pack.languages))
        if unknown_ones:
            near = f"{nearest(unknown_ones[0], pack.languages)} (known: {', '.join(pack.languages)})"
            said = f"'{unknown_ones[0]}' is not a language of the pack{near}"
            yield (*path, unknown_ones[0]), Said("unknown-language", said)


def _keeping(service: Service) -> Found:
    results = {state.result for state in service.flow.states.values() if state.result}
    for missing in sorted(results - set(service.retention)):
        said = f"say how long a case that ends '{missing}' is kept, like {{{missing}: 7 years}}"
        yield ("retention",), Said("not-kept", said)
    for result in sorted(set(service.retention) - {str(name) for name in results}):
        near = nearest(result, sorted(results) if result in RESULTS else RESULTS)
        said = f"no final state has `result: {result}`, so nothing is kept as '{result}'{near}"
        yield ("retention", result), Said("not-kept", said)
    for path, question in questions_of(service):
        needs = question.personal and question.type_name not in PERSONAL
        if needs and question.purpose is None:
            yield path, Said("no-purpose", f"the personal question '{question.name}' needs its 'purpose'")


def _registers(service: Service) -> Found:
    for path, question in questions_of(service):
        if not isinstance(question, EntryQuestion) or question.service not in (None, service.service):
            continue
        if question.register_name not in service.registers:
            yield (*path, "register"), unknown("register", question.register_name, service.registers)


def problems_between(service: Service, source: Source, registers: Mapping[str, Collection[str]]) -> list[Problem]:
    """The look-ups in registers that no other service of the pack has; `registers` are their names by service."""
    found: list[Problem] = []
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
        found.append(source.problem(_in_file(source, where), message))
    return found


def questions_of(service: Service) -> Iterator[tuple[Path, Question]]:
    """Every question with its path in the file."""

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


def _in_file(source: Source, path: Path) -> Path:
    """The path as the file writes it: a named question is `questions.INDEX.NAME` there."""
    data = source.data
    found: list[str | int] = []
    for step in path:
        if isinstance(data, list) and isinstance(step, str):
            index = next((i for i, item in enumerate(data) if isinstance(item, dict) and step in item), None)
            if index is None:
                break
            found += [index, step]
            data = data[index][step]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            found.append(step)
            data = data[step]
            if isinstance(data, dict) and len(data) == 1 and isinstance(next(iter(data.values())), dict):
                found.append(next(iter(data)))
                data = next(iter(data.values()))
        elif isinstance(data, dict) and step in data:
            found.append(step)
            data = data[step]
        else:
            break
    return tuple(found)


__all__ = ["PLACEHOLDER", "Question", "RepeatQuestion", "problems_between", "problems_of", "questions_of"]
