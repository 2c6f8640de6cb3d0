"""Expressions that read what can never be known where they stand. Only what is certain is told."""

import re
from collections.abc import Iterator, Mapping, Set

from praya.definition.flow import Action
from praya.definition.model import Path
from praya.definition.outcomes import Found, with_effects
from praya.definition.questions import ChoiceQuestion, DerivedQuestion
from praya.definition.service import Service
from praya.definition.source import Said
from praya.kernel.expression import Expression
from praya.kernel.syntax import bare, split

Needs = Mapping[tuple[str, str], frozenset[str]]
"""What must hold for something to be asked: `answers.kind` -> the options of which one is chosen."""
_IS = re.compile(r"(answers)\.(\w+)\s*(==|!=)\s*(?:'([^']*)'|\"([^\"]*)\")")
_IN = re.compile(r"(answers)\.(\w+)\s+in\s+\[([^\]]*)\]")
_YES = re.compile(r"(!?)\s*(answers|conditions)\.(\w+)")


def unknowable(service: Service) -> Found:
    """Expressions of questions that are never asked together, of findings before them, of cases that have no value."""
    yield from _never_together(service)
    yield from _before_it_is_found(service)
    yield from _without_value(service)


def _needs(service: Service, *conditions: Expression | None) -> Needs:
    found: dict[tuple[str, str], frozenset[str]] = {}
    for when in conditions:
        for part in split(bare(when.source), "&&") if when else ():
            for place, allowed in _need(service, bare(part)):
                found[place] = found.get(place, allowed) & allowed
    return found


def _need(service: Service, part: str) -> Iterator[tuple[tuple[str, str], frozenset[str]]]:
    if yes := _YES.fullmatch(part):
        yield (yes[2], yes[3]), frozenset({"no" if yes[1] else "yes"})
        if yes[2] == "conditions" and not yes[1] and yes[3] in service.conditions:
            inner = service.conditions[yes[3]].when
            yield from (need for one in split(bare(inner.source), "&&") if one != part for need in _plain(service, one))
    else:
        yield from _plain(service, part)


def _plain(service: Service, part: str) -> Iterator[tuple[tuple[str, str], frozenset[str]]]:
    """What a comparison with options of one choice needs."""
    text = bare(part)
    one, several = _IS.fullmatch(text), _IN.fullmatch(text)
    found = one or several
    question = service.questions.get(found[2]) if found else None
    if found is None or not isinstance(question, ChoiceQuestion):
        return
    options = frozenset(option.value for option in question.options)
    named = frozenset(re.findall(r"['\"]([^'\"]*)['\"]", several[3]) if several else [one[4] or one[5]] if one else [])
    yield (found[1], found[2]), options - named if one and one[3] == "!=" else named


def _never_together(service: Service) -> Found:
    """Questions whose conditions shut each other out, where one is read by the other."""
    asked = {q.name: (page, _needs(service, page.when, q.when)) for page in service.form for q in page.questions}
    for number, page in enumerate(service.form):
        reading: list[tuple[Path, Needs, Expression]] = []
        for index, question in enumerate(page.questions):
            path: Path = ("form", number, "questions", index, question.name)
            on_page = _needs(service, page.when)
            here = asked[question.name][1]
            reading += [((*path, "when"), on_page, question.when)] if question.when else []
            reading += [((*path, "rules", at), here, rule.unless) for at, rule in enumerate(question.rules)]
            reading += [((*path, "value"), here, question.value)] if isinstance(question, DerivedQuestion) else []
        for place, needs, expression in reading:
            for root, name in expression.mentions:
                if root != "answers" or name not in asked:
                    continue
                other, theirs = asked[name]
                if any(not (needs[key] & theirs[key]) for key in needs.keys() & theirs.keys()):
                    said = f"'answers.{name}' is never known here: page '{other.page}' asks it"
                    yield place, Said("never-known", f"{said} only of people who are not asked this")


def _before_it_is_found(service: Service) -> Found:
    """Findings read in a state into which no way leads through an action that asks them."""
    flow = service.flow
    known: dict[str, set[str]] = {name: set() for name in flow.states}
    changed = True
    while changed:
        before = {name: set(found) for name, found in known.items()}
        for name, state in flow.states.items():
            for action in state.actions.values():
                known[action.to or name] |= known[name] | {question.name for question in action.ask}
            for to in flow.leads_to(state):
                known[to] |= known[name]
        changed = before != known
    for name, state in flow.states.items():
        path: Path = ("flow", "states", name)
        reading = [((*path, "actions", a.name, "when"), a.when) for a in state.actions.values() if a.when]
        for kind in ("next", "when_replied", "when_given"):
            ways = enumerate(getattr(state, kind))
            reading += [((*path, kind, index, "when"), way.when) for index, way in ways if way.when]
        reading += [((*path, "timers", index, "on"), timer.on) for index, timer in enumerate(state.timers) if timer.on]
        for place, expression in reading:
            yield from _not_found(place, expression, known[name], name)
    for path, effects in with_effects(service):
        # What an action asks is known to its own effects.
        asked = {question.name for question in effects.ask} if isinstance(effects, Action) else set()
        name = str(path[2])
        for fee, part in effects.refund.items() if isinstance(effects.refund, dict) else ():
            yield from _not_found((*path, "refund", fee), part, known[name] | asked, name)
        for place, expression in _derived(effects, path) if isinstance(effects, Action) else ():
            yield from _not_found(place, expression, known[name] | asked, name)


def _derived(action: Action, path: Path) -> Iterator[tuple[Path, Expression]]:
    """What the derived answers that an action asks for are worked out from."""
    for index, question in enumerate(action.content):
        if isinstance(question, DerivedQuestion):
            here = (*path, "ask", index, question.name)
            yield (*here, "value"), question.value
            if question.when is not None:
                yield (*here, "when"), question.when


def _not_found(place: Path, expression: Expression, known: Set[str], state: str) -> Found:
    for root, found in expression.mentions:
        if root == "findings" and found not in known:
            said = f"'findings.{found}' is never known here: no case comes to '{state}' after it is asked"
            yield place, Said("never-known", said)


def _without_value(service: Service) -> Found:
    """Options for which a parameter that has a value for each of several has none."""
    looked_up = re.compile(r"parameters\.(\w+)\[\s*answers\.(\w+)\s*\]")
    for fee, expression in ((index, fee.amount) for index, fee in enumerate(service.fees)):
        for name, chosen in looked_up.findall(expression.source):
            parameter, question = service.parameters.get(name), service.questions.get(chosen)
            if (
                parameter is None
                or not isinstance(question, ChoiceQuestion)
                or f"in parameters.{name}" in expression.source
            ):
                continue
            for value in parameter.values:
                missing = [
                    o.value for o in question.options if isinstance(value.value, dict) and o.value not in value.value
                ]
                if missing:
                    said = f"from {value.from_date} 'parameters.{name}' has no value for '{missing[0]}' of '{chosen}'"
                    yield ("fees", fee, "amount"), Said("never-known", said)
