"""Warnings: parts of a definition that are valid, but probably not intended."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_CEILING
from typing import Any

from pydantic import BaseModel

from praya.definition.chapters import CHAPTERS
from praya.definition.check import in_file, questions_of
from praya.definition.condition_words import label_of
from praya.definition.flow import Action, Effects
from praya.definition.model import leaves
from praya.definition.pack import Pack
from praya.definition.places import in_braces
from praya.definition.questions import (
    ChoiceQuestion,
    ChoicesQuestion,
    DerivedQuestion,
    MoneyQuestion,
    NumberQuestion,
    Question,
    RepeatQuestion,
)
from praya.definition.reasoning import rests_on
from praya.definition.service import Service
from praya.definition.source import Message, Problem, Source
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression, among
from praya.kernel.number import rounded
from praya.kernel.syntax import Call, Choice, Compared, Literal, Macro, Node, Reckoned, compared_words, named
from praya.kernel.text import Text
from praya.project.designing import texts
from praya.project.designing.kinds import never_alike, never_shown
from praya.project.designing.stories import Story, reached_elsewhere
from praya.project.designing.unknowable import unknowable

Path = tuple[str | int, ...]
Advices = Iterator[tuple[Path, str]]


def warnings(
    service: Service, source: Source, pack: Pack, stories: Sequence[Story], *, today: date | None = None
) -> list[Problem]:
    """Every warning about a valid service; clocks are judged for a case that is opened `today`."""
    warnings = [
        *_unused(service),
        *_unnamed(service),
        *_options(service),
        *_never_alike(service),
        *_limits(service),
        *_flow(service),
        *_deposits(service),
        *_hidden(service),
        *_may_be_unknown(service),
        *_unsaid_whether_live(service),
        *_ends(service, stories, pack),
        *unknowable(service),
        *texts.warnings(service, pack),
        *(doubt for chapter in CHAPTERS for doubt in chapter.doubtful(service)),
        *(_beyond_the_holidays(service, pack, today) if today else ()),
    ]
    return [source.problem(in_file(source, path), message, "warning") for path, message in warnings]


def _walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Expression]]:
    """Every expression with its path in the file, also those in braces of texts.

    Braces without a valid expression are left out: a text that is not filled in may say anything, such as {why: x}.
    """
    if isinstance(value, Expression):
        yield path, value
    elif isinstance(value, Text):
        for language, words in value.written.items():
            yield from (((*path, language), expression) for expression in in_braces(words))
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            if name not in {"described", "districts"} and not (name == "options" and getattr(value, "list", None)):
                yield from _walk(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, (*path, key))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            # A question is written under its name.
            inner = (*path, index, item.name) if isinstance(item, Question) else (*path, index)
            yield from _walk(item, inner)


def _speaking(service: Service) -> Iterator[tuple[Path, Expression]]:
    """The texts that may hold expressions in braces: those of notices."""
    for path, expression in _walk(service):
        if path[-1] in {"en", "zh-hant", "zh-hans"} and path[0] != "notices":
            continue
        yield path, expression


def _effects(service: Service) -> Iterator[Effects]:
    for state in service.flow.states.values():
        yield state
        yield from state.actions.values()
        yield from state.timers
        yield from state.when_late


def _unused(service: Service) -> Advices:
    read = {pair for _, expression in _speaking(service) for pair in expression.paths}
    effects = list(_effects(service))
    of_chapters = [name for chapter in CHAPTERS for name in chapter.letters(service)]
    used: dict[str, set[str | None]] = {
        "notices": {*(name for effect in effects for name in effect.notify), *of_chapters},
        "conditions": {name for root, name in read if root == "conditions"},
        "decisions": {name for root, name in read if root == "decisions"},
        "parameters": {name for root, name in read if root == "parameters"},
    }
    verbs = {"notices": "sent"}
    for chapter in CHAPTERS:
        for kind, (word, verb) in chapter.made.items():
            said = [getattr(effect, word) for effect in effects]
            used[kind] = {name for one in said for name in (one if isinstance(one, tuple) else (one,))}
            verbs[kind] = verb
    for kind, names in used.items():
        for name, item in getattr(service, kind).items():
            if name not in names and not getattr(item, "is_filled", False):
                yield (kind, name), Message("never-used", f"'{name}' is never {verbs.get(kind, 'used')}")


def _unnamed(service: Service) -> Advices:
    """Parameters without a label on which an explained refusal or amount depends: people would read the raw name."""
    explained = [rule.unless for rule in service.eligibility]
    explained += [e for fee in service.fees if fee.amount.names for e in (fee.amount, fee.when) if e is not None]
    asked = (*service.questions.values(), *(q for action in service.flow.actions for q in action.ask))
    explained += [question.value for question in asked if isinstance(question, DerivedQuestion)]
    for root, name in sorted(rests_on({path for e in explained for path in e.paths}, service.reads)):
        parameter = service.parameters.get(name) if root == "parameters" else None
        if parameter is not None and parameter.label is None:
            sentence = f"'{name}' has no label, so people are told '{label_of(None, name, 'en')}' where it is explained"
            yield ("parameters", name), Message("no-label", sentence)


def _options(service: Service) -> Advices:
    """Comparisons with a word that is no option of the question: they never hold."""
    options = {
        question.name: [option.value for option in question.options]
        for question in service.all_questions()
        if isinstance(question, ChoiceQuestion | ChoicesQuestion)
    }
    for path, expression in _speaking(service):
        compared = [
            (place[1], value)
            for node in expression.node.walk()
            for of, value in compared_words(node)
            if (place := named(of)) and place[0] in {"answers", "findings"}
        ]
        for name, value in compared:
            if name in options and value not in options[name]:
                sentence = f"'{value}' is no option of '{name}'{among(value, options[name])}"
                yield path, Message("never-an-option", sentence)


def _never_alike(service: Service) -> Advices:
    parts: dict[str, Question] = {}
    for section in service.sections.values():
        parts |= section.questions
    known = {
        "answers": {**parts, **service.questions}, "findings": service.flow.action_questions,
        "parameters": service.parameters, "conditions": service.conditions, "decisions": service.decisions,
    }  # fmt: skip
    for path, expression in _speaking(service):
        yield from ((path, sentence) for sentence in never_alike(expression, known))
    for path, question in questions_of(service):
        if isinstance(question, DerivedQuestion):
            yield from (((*path, "value"), sentence) for sentence in never_shown(question, known))


def _limits(service: Service) -> Advices:
    for path, question in questions_of(service):
        if isinstance(question, NumberQuestion | MoneyQuestion) and question.min is not None:
            first = rounded(question.min, getattr(question, "decimals", 2), ROUND_CEILING)
            if question.max is not None and question.min <= question.max < first:
                sentence = (
                    f"no answer is taken: with so many decimals the least that is not below {question.min} is {first}"
                )
                yield (*path, "min"), Message("out-of-range", sentence)
        for low, high in (("min", "max"), ("min_length", "max_length")):
            least, most = getattr(question, low, None), getattr(question, high, None)
            if least is not None and most is not None and least > most:
                sentence = f"no answer is taken: '{low}' is {least} and '{high}' is {most}"
                yield (*path, low), Message("out-of-range", sentence)


def _hidden(service: Service) -> Advices:
    """Pages and questions whose condition depends on a later answer, or never holds."""
    page_of = {question.name: number for number, page in enumerate(service.form) for question in page.questions}
    for number, page in enumerate(service.form):
        if page.when is not None:
            yield from _waits(service, page.when, ("form", number, "when"), page_of, number - 1)
        for index, question in enumerate(page.questions):
            if question.when is not None:
                path = ("form", number, "questions", index, question.name, "when")
                yield from _waits(service, question.when, path, page_of, number)


def _may_be_unknown(service: Service) -> Advices:
    """Amounts and derived answers that use an optional answer of an item: one empty answer makes the total unknown."""
    read: list[tuple[Path, Expression]] = [(("fees", at, "amount"), fee.amount) for at, fee in enumerate(service.fees)]
    for number, page in enumerate(service.form):
        for index, question in enumerate(page.content):
            if isinstance(question, DerivedQuestion):
                read.append((("form", number, "questions", index, str(question.name), "value"), question.value))
    yield from _left_empty(service)
    for path, expression in read:
        for macro in expression.node.walk():
            repeat = named(macro.of) if isinstance(macro, Macro) else None
            asked = service.questions.get(repeat[1]) if repeat and repeat[0] == "answers" else None
            if isinstance(macro, Macro) and isinstance(asked, RepeatQuestion):
                for name in _reckoned_with(macro):
                    inner = next((one for one in asked.questions if one.name == name), None)
                    if inner is not None and (inner.optional or inner.when is not None):
                        sentence = f"'{name}' of '{asked.name}' may be left empty, and then the whole is not known"
                        yield path, Message("may-be-unknown", sentence)


def _left_empty(service: Service) -> Advices:
    """Derived answers of an action that may have no value: the officer could then not perform the action."""
    for state in service.flow.states.values():
        for action in state.actions.values():
            asked = {question.name: question for question in action.ask}
            for index, question in enumerate(action.content):
                if not isinstance(question, DerivedQuestion):
                    continue
                path = ("flow", "states", state.name, "actions", action.name, "ask", index, str(question.name), "value")
                if any(
                    isinstance(part, Literal) and part.value in {None, ""} for part in _results(question.value.node)
                ):
                    sentence = f"where '{question.name}' comes to nothing, the action is refused; give it a 'when'"
                    yield path, Message("may-be-unknown", sentence)
                names = {name for root, name in question.value.paths if root == "findings"}
                for name in sorted(names - _tested(question.value.node)):
                    if name in asked and asked[name].optional and question.when is None:
                        sentence = f"'{name}' may be left empty; without it '{question.name}' is not known, and the"
                        sentence += " action is refused"
                        yield path, Message("may-be-unknown", sentence)


def _results(node: Node) -> Iterator[Node]:
    """The nodes whose value an expression may return."""
    if isinstance(node, Choice):
        yield from _results(node.one)
        yield from _results(node.other)
    else:
        yield node


def _tested(node: Node) -> set[str]:
    """The findings that an expression tests by `== null`, `!= null` or `has`."""
    return {
        place[1]
        for part in node.walk()
        if (isinstance(part, Call) and part.name == "has")
        or (isinstance(part, Compared) and any(isinstance(p, Literal) and p.value is None for p in part.parts()))
        for inner in part.parts()
        if (place := named(inner)) and place[0] == "findings"
    }


def _reckoned_with(macro: Macro) -> list[str]:
    """The answers of an item that an expression uses without testing them by `== null`, `!= null` or `has`."""
    names: dict[str, None] = {}
    asked: set[str] = set()
    for node in macro.body.walk():
        parts = [place[1] for part in node.parts() if (place := named(part)) and place[0] == macro.variable]
        if isinstance(node, Reckoned):
            names |= dict.fromkeys(parts)
        elif (isinstance(node, Call) and node.name == "has") or (
            isinstance(node, Compared) and any(isinstance(p, Literal) and p.value is None for p in node.parts())
        ):
            asked.update(parts)
    return [name for name in names if name not in asked]


def _unsaid_whether_live(service: Service) -> Advices:
    """Derived answers that depend on an entry and decide the flow, without `live` to say which value counts."""
    read = {
        node for path, e in _speaking(service) if path[0] in {"flow", "records", "registers"} for node in e.paths
    } | {node for fee in service.fees if fee.name in service.charged for node in fee.amount.paths}
    for number, page in enumerate(service.form):
        for index, question in enumerate(page.content):
            unsaid = isinstance(question, DerivedQuestion) and question.live is None
            if unsaid and ("answers", question.name) in read & service.rests_on_entry:
                sentence = f"'{question.name}' rests on the entry; say 'live: false' for what was handed in, or true"
                yield ("form", number, "questions", index, str(question.name)), Message("live-or-handed-in", sentence)


def _beyond_the_holidays(service: Service, pack: Pack, today: date) -> Advices:
    """Clocks of working days that, counted from today, reach beyond the holidays that the pack knows."""
    for path, length in leaves(service, Length):
        if length.unit == "working days":
            last = pack.calendar.working_days_after(today, length.count)
            if pack.calendar.ends_before(last):
                sentence = (
                    f"{length} from today end on {last}; the pack knows the holidays until {pack.calendar.until} only"
                )
                yield path, Message("calendar-ends", sentence)


def _waits(service: Service, when: Expression, path: Path, page_of: dict[str, int], latest: int) -> Advices:
    if not when.names:
        if not when.holds({}) and when.source != "false":
            yield path, Message("never-reached", "this never holds, so it is never asked")
        return
    for name in sorted(_answers(service, when)):
        if page_of.get(name, -1) > latest:
            sentence = (
                f"waits for the answer to '{name}', which is asked only on page '{service.form[page_of[name]].page}'"
            )
            yield path, Message("asked-later", sentence)


def _answers(service: Service, expression: Expression) -> set[str]:
    """The answers that an expression reads, also by conditions."""
    names = {member for root, member in expression.paths if root == "answers"}
    for root, member in expression.paths:
        if root == "conditions" and member in service.conditions:
            names |= {name for top, name in service.conditions[member].when.paths if top == "answers"}
    return names


def _ends(service: Service, stories: Sequence[Story], pack: Pack) -> Advices:
    """Final states that give something and that no example reaches, by its own case or by another person's."""
    seen = {expect.state for story in stories for expect in story.example.moments}
    seen |= reached_elsewhere(service, pack)
    for state in service.flow.states.values():
        gives = state.result in {"granted", "completed"} or state.issue or state.register_in
        if state.final and gives and stories and state.name not in seen:
            path = ("flow", "states", state.name)
            yield path, Message("no-example", f"no example comes to the final state '{state.name}'")


def _flow(service: Service) -> Advices:
    for state in service.flow.states.values():
        path: Path = ("flow", "states", state.name)
        for index, way in enumerate(state.next):
            if way.to == state.name:
                sentence = "leads to the state itself, so the case stays where it is"
                yield (*path, "next", index), Message("doubtful-flow", sentence)
        for action in state.actions.values():
            here = (*path, "actions", action.name)
            if action.by == "system" and not action.for_cases_of:
                sentence = "nobody is the system: what happens by itself stands in 'next', 'when_replied' or 'timers'"
                yield (*here, "by"), Message("doubtful-flow", sentence)
            if service.department in action.refer:
                sentence = f"'{service.department}' owns the service and need not be asked"
                yield (*here, "refer"), Message("doubtful-flow", sentence)
            if action.refer and action.sees is None:
                sentence = (
                    "say what the departments may read: 'sees: [...]' with pages or questions; without it they read "
                    "every answer that is about no person, and no file"
                )
                yield (*here, "refer"), Message("shared-unsaid", sentence)
            if _idle(action):
                sentence = "does nothing: it leads nowhere, asks nothing and has no effect"
                yield here, Message("doubtful-flow", sentence)


def _deposits(service: Service) -> Advices:
    """Deposits that no action or state gives back, and grants that none pays out."""
    given_back = {name for effects in service.flow.effects() for name in effects.refund}
    paid_out = {name for effects in service.flow.effects() for name in effects.pay_out}
    for index, fee in enumerate(service.fees):
        if fee.kind == "deposit" and fee.name and fee.name not in given_back:
            yield (
                ("fees", index),
                Message("doubtful-flow", f"the deposit '{fee.name}' is never given back: no 'refund'"),
            )
        if fee.kind == "grant" and fee.name and fee.name not in paid_out and fee.pays is None:
            sentence = f"the grant '{fee.name}' is never paid: no 'pay_out' and no 'pays'"
            yield ("fees", index), Message("doubtful-flow", sentence)


def _idle(action: Action) -> bool:
    effects = (getattr(action, name) for name in Effects.model_fields)
    return not (action.to or action.ask or action.refer or action.reason != "none" or any(effects))
