"""Cases about cases: what a case can read of the case that it is about, does to it, and shows to its applicant."""

from collections.abc import Iterator, Mapping
from typing import Any

from praya.definition.chapter import Chapter, Leads, Problems, Whole, Words
from praya.definition.model import MATTER, Model, Path, Slug
from praya.definition.own_words import WORDS
from praya.definition.source import Message, unknown
from praya.definition.ways import Way
from praya.kernel.expression import Expression
from praya.kernel.text import Text

RESPONDENT = "respondent"
COUNTS = frozenset({"open", "answered", "all", "granted", "refused", "withdrawn", "completed", "lapsed"})
"""What expressions count of the cases about this one, after `about.`."""
OF_MATTER = frozenset({"state", "result", "fees"})
"""What expressions read of the case that this one is about, after `matter.`."""
TO_RESPONDENT = frozenset({"case", "matter", "publication", "entry", "parameters", "promise", "reason", "today", "url"})
"""What a letter to the respondent says beside what they see."""


class Respondent(Model):
    """The applicant of the case that this one is about, and what they see of this one on the page of their own case."""

    sees: tuple[str, ...] = ()
    says: Text | None = None


class OfService(Model):
    """The words about the respondent in a service."""

    respondent: Respondent | None = None


class OfEffects(Model):
    """The effects on the case that this one is about."""

    matter_does: Slug | None = None


class OfState(Model):
    """The transitions of a case when the cases about it have ended, or the one that it is about."""

    when_settled: tuple[Way, ...] = ()
    when_concluded: tuple[Way, ...] = ()
    answered: bool = False


def is_about_a_case(service: Any) -> bool:
    """Whether the service's cases are about an entry or a publication, and so about the case that made it."""
    return service.subject is not None or service.about is not None


def matter_service(service: Any) -> str:
    """The service whose cases this service's cases are about; empty if there is none."""
    if service.about is not None:
        return str(service.about.service)
    return str(service.subject.service or service.service) if service.subject is not None else ""


def problems(whole: Whole) -> Problems:
    """Check that words about other cases are used only if this case is about another one, or others are about it."""
    service = whole.service
    is_about = is_about_a_case(service)
    none = "the service is about no other case; say 'about' or 'subject'"
    if service.respondent is not None:
        if not is_about:
            yield ("respondent",), _not(none)
        for index, name in enumerate(service.respondent.sees):
            yield from _sees(service, name, ("respondent", "sees", index))
    for path, effects in whole.effects:
        if effects.matter_does is not None and not is_about:
            yield (*path, "matter_does"), _not(none)
    if not is_about:
        yield from ((path, _not(none)) for path, _ in _deeds(whole))
    elif matter_service(service) == service.service:
        yield from _done_there(whole, service)
    makes = service.publishes or service.registers
    for state in service.flow.states.values():
        here: Path = ("flow", "states", state.name)
        for word in ("when_settled", "when_concluded"):
            ways = getattr(state, word)
            if ways and state.final:
                message = f"a final state has no '{word}': the case has ended; take it out, or 'final: true'"
                yield (*here, word), Message("final-state", message)
            for index, way in enumerate(ways):
                if way.to not in service.flow.states:
                    yield (*here, word, index, "to"), unknown("state", way.to, service.flow.states)
        if state.answered and not is_about:
            yield (*here, "answered"), _not(none)
        elif state.answered and state.final:
            message = "a case that has ended keeps no other one waiting; take 'answered' out"
            yield (*here, "answered"), Message("final-state", message)
        if state.when_settled and not makes:
            message = "no case can be about this one: the service has neither 'publishes' nor 'registers'"
            yield (*here, "when_settled"), _not(message)
        if state.when_concluded and not is_about:
            yield (*here, "when_concluded"), _not(none)
        for action in state.actions.values():
            path = (*here, "actions", action.name)
            if action.by == RESPONDENT and service.respondent is None:
                message = "the respondent sees nothing of the case; say what they see: {respondent: {sees: [...]}}"
                yield (*path, "by"), _not(message if is_about else none)
            if action.by == RESPONDENT and action.book:
                yield (*path, "book"), _not("only the applicant or an officer chooses a time; take 'book' out")
            if action.for_cases_of:
                yield from _let(action, makes, path)


def _deeds(whole: Whole) -> Iterator[tuple[Path, str]]:
    """The actions on the case that this one is about, whose officers may not act on this one, each with its path."""
    for path, effects in whole.effects:
        named = [((*path, "unlike"), getattr(effects, "unlike", None))]
        named += [((*path, "assign", index, "unlike"), one.unlike) for index, one in enumerate(effects.assign)]
        yield from ((where, deed.removeprefix(MATTER)) for where, deed in named if deed and deed.startswith(MATTER))


def _done_there(whole: Whole, owner: Any) -> Problems:
    """Check that officers do these actions in the service whose cases they are about."""
    by_officers = {action.name for action in owner.flow.actions if action.by_officers}
    for path, name in _deeds(whole):
        if name not in by_officers:
            yield path, unknown(f"action of officers in '{owner.service}'", name, by_officers)


def _let(action: Any, makes: Any, path: Path) -> Problems:
    """Check that an action that another case performs asks no question and requires no reason."""
    if not makes:
        message = "no case can be about this one: the service has neither 'publishes' nor 'registers'"
        yield (*path, "for_cases_of"), _not(message)
    for word in ("ask", "reviewers", "unlike", "refer_to"):
        value = getattr(action, word)
        if (value > 1) if word == "reviewers" else value:
            message = f"another case cannot do '{action.name}': it has '{word}', which somebody must answer to"
            yield (*path, "for_cases_of"), _not(message)
    if action.reason == "required":
        yield (*path, "for_cases_of"), _not(f"another case gives no reason, which '{action.name}' requires")


def _sees(service: Any, name: str, path: Path) -> Problems:
    before, dot, after = name.partition(".")
    if dot and before != "findings":
        yield path, unknown("name before the dot", before, ("findings",))
    elif dot and after not in service.flow.action_questions:
        yield path, unknown("question of an action", after, service.flow.action_questions)
    elif not dot and name not in service.questions and name not in service.pages:
        yield path, unknown("question or page", name, {*service.questions, *service.pages})


def seen_names(service: Any) -> tuple[frozenset[str], frozenset[str]]:
    """The questions of the form and the findings that the respondent sees."""
    sees = service.respondent.sees if service.respondent is not None else ()
    answers: set[str] = set()
    for name in sees:
        page = service.pages.get(name)
        if name in service.questions:
            answers.add(name)
        elif page is not None:
            answers |= {question.name for question in page.questions}
    return frozenset(answers), frozenset(name.partition(".")[2] for name in sees if name.startswith("findings."))


def unseen(service: Any, expression: Expression) -> Iterator[Message]:
    """Yield a problem for each name in an expression of a letter that the respondent may not see."""
    answers, findings = seen_names(service)
    for root, name in sorted(expression.paths | {(root, "") for root in expression.names}):
        if root in TO_RESPONDENT or (not name and root in {"answers", "findings"}):
            continue
        if name in (answers if root == "answers" else findings if root == "findings" else ()):
            continue
        message = f"the respondent does not see '{root}{f'.{name}' if name else ''}', so no letter to them says so"
        yield _not(f"{message}; add it to 'respondent.sees'" if root in {"answers", "findings"} else message)


def _not(message: str) -> Message:
    return Message("not-possible", message)


def problems_about(whole: Whole, owner: Any) -> Problems:
    """Check the effects on cases of another service: that it allows them, and that they do not form a circle."""
    service = whole.service
    if matter_service(service) != owner.service:
        return
    yield from deeds(whole, owner)
    yield from _done_there(whole, owner)
    for path, effects in whole.effects:
        circle = _circle(service, owner, effects.matter_does) if effects.matter_does is not None else None
        if circle is not None:
            message = f"the cases would move each other for ever: {' → '.join(circle)}"
            yield (*path, "matter_does"), Message("goes-round", message)


def deeds(whole: Whole, owner: Any) -> Problems:
    """Check that the actions that effects perform exist in the other service, and are open to cases of this one."""
    actions: dict[str, list[Any]] = {}
    for action in owner.flow.actions:
        actions.setdefault(action.name, []).append(action)
    for path, effects in whole.effects:
        name = effects.matter_does
        if name is None:
            continue
        if name not in actions:
            yield (*path, "matter_does"), unknown(f"action of '{owner.service}'", name, actions)
        elif not any(whole.service.service in action.for_cases_of for action in actions[name]):
            message = (
                f"'{owner.service}' does not let cases of '{whole.service.service}' do '{name}'; say so there:"
                f" 'for_cases_of: [{whole.service.service}]'"
            )
            yield (*path, "matter_does"), _not(message)


def _circle(service: Any, owner: Any, action: str) -> list[str] | None:
    """The circle of actions of two services that begins with an action, if there is one; otherwise None."""
    way, here, there, name = list[str](), service, owner, action
    while (step := f"{there.service}: {name}") not in way:
        way.append(step)
        following = _following(there, name)
        if matter_service(there) != here.service or following is None:
            return None
        here, there, name = there, here, following
    return [*way[way.index(step) :], step]


def _following(service: Any, name: str) -> str | None:
    """The action that an action of a case performs on the case that it is about; None for none."""
    for action in service.flow.actions:
        if action.name == name:
            entered = service.flow.states.get(action.to or "")
            verb = action.matter_does or (entered.matter_does if entered is not None else None)
            if verb is not None:
                return str(verb)
    return None


def ways(_flow: Any, state: Any) -> Iterator[Leads]:
    """The transitions of a case when other cases have ended."""
    for word, phrase in (("when_settled", "all_about_ended"), ("when_concluded", "matter_ended")):
        for way in getattr(state, word):
            yield Leads(way.to, WORDS[phrase].in_)


def members(_service: Any) -> dict[str, set[str]]:
    """The names after `about.` and `matter.` in expressions."""
    return {"about": {*COUNTS}, "matter": {*OF_MATTER}}


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The words about the respondent in a definition's JSON."""
    return {"respondent": {"": data["respondent"]} if data.get("respondent") else {}}


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "respondent": (
            (
                "Whoever applied for the case that this one is about (`about`, `subject`), such as the organiser of "
                "what is objected to: what they see of this case on the page of their own. See Respondent."
            ),
            {"sees": ["grounds", "objection"]},
        ),
    },
    "Respondent": {
        "sees": (
            (
                "Questions or pages of the form, and with `findings.` questions of an action. Beside these they read "
                "the state of the case, and nothing else."
            ),
            ["grounds", "objection", "findings.answer"],
        ),
        "says": ("A sentence above it.", {"en": "Somebody objects.", "zh-hant": "有人提出反對。"}),
    },
    "Effects": {
        "matter_does": (
            (
                "An action of the case that this one is about, which is done to it in the same moment. Its service "
                "lets this one: `for_cases_of`. Where the action is not open then, nothing is done, and the history "
                "of this case says so."
            ),
            "hold",
        ),
    },
    "Action": {
        "for_cases_of": (
            (
                "Services whose cases about this one may do it too, by `matter_does`. With `by: system` nobody else "
                "does."
            ),
            ["building-works-objection"],
        ),
    },
    "State": {
        "when_settled": (
            (
                "Where the case goes by itself when every case about it has ended or is answered, or when there is "
                "none; `about` counts them by their results."
            ),
            [{"when": "about.granted > 0", "to": "weighing"}, {"to": "permitted"}],
        ),
        "when_concluded": (
            "Where the case goes by itself when the one that it is about has ended.",
            [{"when": "matter.result == 'granted'", "to": "overruled"}, {"to": "upheld"}],
        ),
        "answered": (
            (
                "Here the case, such as an objection, keeps the one that it is about waiting no more (`when_settled`). "
                "It stays open, and goes on by `when_concluded` when that one has ended."
            ),
            True,
        ),
    },
}
NAMES = {
    "about": (
        (
            "The cases about this one: `about.open`, those that have not ended, of which `about.answered` are in a "
            "state with `answered: true`, `about.all`, and by their results "
            "`about.granted`, `.refused`, `.withdrawn`, `.completed` and `.lapsed`."
        ),
        "in flow, records, registers, notices",
    ),
    "matter": (
        (
            "The case that this one is about: `matter.state`, `matter.result`, empty until it has ended, and of fees "
            "that let this service (`for_cases_of`) `matter.fees.deposit.state`, `.amount` and `.returned`."
        ),
        "in flow, records, registers, notices",
    ),
}

CHAPTER = Chapter(
    name="matters",
    service=(Words(model=OfService, at=122),),
    states=(Words(model=OfState),),
    effects=(Words(model=OfEffects),),
    parts=(Respondent,),
    problems=problems,
    problems_about=problems_about,
    members=members,
    kinds={f"about.{name}": "number" for name in COUNTS} | {"matter.state": "text", "matter.result": "text"},
    ways=ways,
    differences=differences,
    reference=REFERENCE,
    names=NAMES,
)
