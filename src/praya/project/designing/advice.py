"""What is allowed and most likely not meant: warnings beside the errors."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from praya.definition.check import PLACEHOLDER
from praya.definition.flow import Action, Effects
from praya.definition.questions import ChoiceQuestion, ChoicesQuestion, Question, RepeatQuestion
from praya.definition.service import Service
from praya.definition.source import Problem, Source
from praya.kernel.expression import Expression, nearest
from praya.kernel.text import Text

Path = tuple[str | int, ...]
Found = Iterator[tuple[Path, str]]
_EQUAL = re.compile(r"\b(?:answers|findings)\.(\w+) *[!=]= *'([^']*)'")
_IN_CHOICES = re.compile(r"'([^']*)' +in +(?:answers|findings)\.(\w+)\b")
_IN_LIST = re.compile(r"\b(?:answers|findings)\.(\w+) +in +\[([^\]]*)\]")


def warnings(service: Service, source: Source) -> list[Problem]:
    """Every warning about a service that is valid."""
    found = [*_unused(service), *_options(service), *_limits(service), *_flow(service)]
    return [source.problem(path, message, "warning") for path, message in found]


def _walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Expression]]:
    """Every expression with its path in the file, also those in braces of texts."""
    if isinstance(value, Expression):
        yield path, value
    elif isinstance(value, Text):
        for language, words in value.written.items():
            for placeholder in PLACEHOLDER.findall(words):
                yield (*path, language), Expression(placeholder)
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
    """Texts that may hold braces are those of notices; elsewhere a brace is a brace."""
    for path, expression in _walk(service):
        if path[-1] in {"en", "zh-hant", "zh-hans"} and path[0] != "notices":
            continue
        yield path, expression


def _effects(service: Service) -> Iterator[Effects]:
    for state in service.flow.states.values():
        yield state
        yield from state.actions.values()
        yield from state.timers


def _unused(service: Service) -> Found:
    read = {pair for _, expression in _speaking(service) for pair in expression.paths}
    effects = list(_effects(service))
    used: dict[str, set[str | None]] = {
        "notices": {name for effect in effects for name in effect.notify},
        "records": {effect.issue for effect in effects},
        "registers": {effect.register_in for effect in effects},
        "conditions": {name for root, name in read if root == "conditions"},
        "parameters": {name for root, name in read if root == "parameters"},
    }
    verbs = {"notices": "sent", "records": "issued", "registers": "entered"}
    for kind, names in used.items():
        for name in getattr(service, kind):
            if name not in names:
                yield (kind, name), f"'{name}' is never {verbs.get(kind, 'used')}"


def _options(service: Service) -> Found:
    """A comparison with a word that is none of the question's options never holds."""
    options = {
        question.name: [option.value for option in question.options]
        for question in service.all_questions()
        if isinstance(question, ChoiceQuestion | ChoicesQuestion)
    }
    for path, expression in _speaking(service):
        compared = _EQUAL.findall(expression.source)
        compared += [(name, value) for value, name in _IN_CHOICES.findall(expression.source)]
        for name, listed in _IN_LIST.findall(expression.source):
            compared += [(name, value) for value in re.findall(r"'([^']*)'", listed)]
        for name, value in compared:
            if name in options and value not in options[name]:
                near = nearest(value, options[name])
                yield path, f"'{value}' is no option of '{name}'{near} (options: {', '.join(options[name][:20])})"


def _limits(service: Service) -> Found:
    for path, question in _questions(service):
        for low, high in (("min", "max"), ("min_length", "max_length")):
            least, most = getattr(question, low, None), getattr(question, high, None)
            if least is not None and most is not None and least > most:
                yield (*path, low), f"no answer is taken: '{low}' is {least:g} and '{high}' is {most:g}"


def _questions(service: Service) -> Iterator[tuple[Path, Question]]:
    def opened(questions: tuple[Any, ...], path: Path) -> Iterator[tuple[Path, Question]]:
        for index, question in enumerate(questions):
            here = (*path, index, question.name)
            yield here, question
            if isinstance(question, RepeatQuestion):
                yield from opened(question.questions, (*here, "questions"))

    for number, page in enumerate(service.form):
        yield from opened(page.questions, ("form", number, "questions"))
    for state in service.flow.states.values():
        for action in state.actions.values():
            yield from opened(action.ask, ("flow", "states", state.name, "actions", action.name, "ask"))


def _flow(service: Service) -> Found:
    for state in service.flow.states.values():
        path: Path = ("flow", "states", state.name)
        for index, way in enumerate(state.next):
            if way.to == state.name:
                yield (*path, "next", index), "leads to the state itself, so the case stays where it is"
        for action in state.actions.values():
            here = (*path, "actions", action.name)
            if action.by == "system":
                yield (
                    (*here, "by"),
                    "nobody is the system: what happens by itself stands in 'next', 'when_replied' or 'timers'",
                )
            if service.department in action.refer:
                yield (*here, "refer"), f"'{service.department}' owns the service and need not be asked"
            if _idle(action):
                yield here, "does nothing: it leads nowhere, asks nothing and has no effect"


def _idle(action: Action) -> bool:
    effects = (action.notify, action.issue, action.revoke, action.register_in, action.strike, action.release)
    return not (action.to or action.ask or action.refer or action.reason != "none" or any(effects))
