"""Expressions that read a value that is never known at their place. Only certain cases are reported."""

from collections.abc import Iterator, Mapping, Set

from praya.definition.chapter import Problems
from praya.definition.chapters.fees import parts_given_back
from praya.definition.flow import Action
from praya.definition.model import Path
from praya.definition.places import with_effects
from praya.definition.questions import ChoiceQuestion, DerivedQuestion
from praya.definition.service import Service
from praya.definition.source import Message
from praya.kernel.expression import Expression
from praya.kernel.syntax import Both, Compared, Index, Node, Not, compared_words, named

Needs = Mapping[tuple[str, str], frozenset[str]]
"""What must hold for something to be asked: `answers.kind` -> the options of which one is chosen."""


def unknowable(service: Service) -> Problems:
    """Expressions of questions never asked together, of findings not yet made, and of parameters without a value."""
    yield from _never_together(service)
    yield from _before_it_is_found(service)
    yield from _without_value(service)


def _needs(service: Service, *conditions: Expression | None) -> Needs:
    needs: dict[tuple[str, str], frozenset[str]] = {}
    for when in conditions:
        for part in _all_of(when.node) if when else ():
            for place, allowed in _need(service, part):
                needs[place] = needs.get(place, allowed) & allowed
    return needs


def _all_of(node: Node) -> tuple[Node, ...]:
    return node.terms if isinstance(node, Both) else (node,)


def _need(service: Service, part: Node) -> Iterator[tuple[tuple[str, str], frozenset[str]]]:
    denied = isinstance(part, Not)
    place = named(part.of if isinstance(part, Not) else part)
    if place and place[0] in {"answers", "conditions"}:
        yield place, frozenset({"no" if denied else "yes"})
        if place[0] == "conditions" and not denied and place[1] in service.conditions:
            inner = service.conditions[place[1]].when.node
            yield from (need for one in _all_of(inner) for need in _plain(service, one))
    else:
        yield from _plain(service, part)


def _plain(service: Service, part: Node) -> Iterator[tuple[tuple[str, str], frozenset[str]]]:
    """The options of one choice that a plain comparison needs."""
    words = list(compared_words(part))
    place = named(words[0][0]) if words else None
    question = service.questions.get(place[1]) if place and place[0] == "answers" else None
    if place is None or not isinstance(part, Compared) or not isinstance(question, ChoiceQuestion):
        return
    options = frozenset(option.value for option in question.options)
    values = frozenset(word for _, word in words)
    yield place, options - values if part.sign == "!=" else values


def _never_together(service: Service) -> Problems:
    """Questions that read another question, although their conditions exclude each other."""
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
                    sentence = f"'answers.{name}' is never known here: page '{other.page}' asks it"
                    yield place, Message("never-known", f"{sentence} only of people who are not asked this")


def _before_it_is_found(service: Service) -> Problems:
    """Findings that are read in a state which no path reaches through an action that asks them."""
    flow = service.flow
    known: dict[str, set[str]] = {name: set() for name in flow.states}
    changed = True
    while changed:
        before = {name: set(findings) for name, findings in known.items()}
        for name, state in flow.states.items():
            for action in state.actions.values():
                known[action.to or name] |= known[name] | {question.name for question in action.ask}
            for to in flow.leads_to(state):
                known[to] |= known[name]
        changed = before != known
    for name, state in flow.states.items():
        path: Path = ("flow", "states", name)
        reading = [((*path, "actions", a.name, "when"), a.when) for a in state.actions.values() if a.when]
        for kind in (
            "next",
            "when_replied",
            "when_given",
            "when_late",
            "when_not_ours",
            "when_settled",
            "when_concluded",
            "when_opened_ended",
        ):
            ways = enumerate(getattr(state, kind))
            reading += [((*path, kind, index, "when"), way.when) for index, way in ways if way.when]
        reading += [((*path, "timers", index, "on"), timer.on) for index, timer in enumerate(state.timers) if timer.on]
        for place, expression in reading:
            yield from _not_found(place, expression, known[name], name)
    for path, effects in with_effects(service):
        # What an action asks is known to its own effects.
        asked = {question.name for question in effects.ask} if isinstance(effects, Action) else set()
        name = str(path[2])
        for word, fee, part in parts_given_back(effects):
            yield from _not_found((*path, word, fee), part, known[name] | asked, name)
        for limit, part in effects.frees.items():
            yield from _not_found((*path, "frees", limit), part, known[name] | asked, name)
        for place, expression in _derived(effects, path) if isinstance(effects, Action) else ():
            yield from _not_found(place, expression, known[name] | asked, name)


def _derived(action: Action, path: Path) -> Iterator[tuple[Path, Expression]]:
    """The findings from which the derived answers of an action are computed."""
    for index, question in enumerate(action.content):
        if isinstance(question, DerivedQuestion):
            here = (*path, "ask", index, question.name)
            yield (*here, "value"), question.value
            if question.when is not None:
                yield (*here, "when"), question.when


def _not_found(place: Path, expression: Expression, known: Set[str], state: str) -> Problems:
    for root, finding in expression.mentions:
        if root == "findings" and finding not in known:
            sentence = f"'findings.{finding}' is never known here: no case comes to '{state}' after it is asked"
            yield place, Message("never-known", sentence)


def _without_value(service: Service) -> Problems:
    """Options for which a parameter with a value for each option has none."""
    for fee, expression in ((index, fee.amount) for index, fee in enumerate(service.fees)):
        for name, chosen in _looked_up(expression.node):
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
                    sentence = (
                        f"from {value.from_date} 'parameters.{name}' has no value for '{missing[0]}' of '{chosen}'"
                    )
                    yield ("fees", fee, "amount"), Message("never-known", sentence)


def _looked_up(node: Node) -> Iterator[tuple[str, str]]:
    """The parameter and the question of each `parameters.fee[answers.kind]`."""
    for part in node.walk():
        law, key = (named(part.of), named(part.key)) if isinstance(part, Index) else (None, None)
        if law and key and (law[0], key[0]) == ("parameters", "answers"):
            yield law[1], key[1]
