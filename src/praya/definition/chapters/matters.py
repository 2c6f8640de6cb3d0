"""Cases about cases: what a case sees of the one that it is about, does to it, and shows to its applicant."""

from collections.abc import Iterator, Mapping
from typing import Any

from praya.definition.chapter import Chapter, Found, Leads, Whole, Words
from praya.definition.model import Model, Path, Slug
from praya.definition.own_words import WORDS
from praya.definition.source import Said, unknown
from praya.definition.ways import Way
from praya.kernel.expression import Expression
from praya.kernel.text import Text

RESPONDENT = "respondent"
COUNTS = frozenset({"open", "all", "granted", "refused", "withdrawn", "completed", "lapsed"})
"""What expressions count of the cases about this one, after `about.`."""
OF_MATTER = frozenset({"state", "result"})
"""What expressions read of the case that this one is about, after `matter.`."""
TO_RESPONDENT = frozenset({"case", "matter", "publication", "entry", "parameters", "promise", "reason", "today", "url"})
"""What a letter to the respondent says beside what they see."""


class Respondent(Model):
    """Whoever applied for the case that this one is about: what they see of this one, on the page of their own case."""

    sees: tuple[str, ...] = ()
    says: Text | None = None


class OfService(Model):
    """What the respondent sees."""

    respondent: Respondent | None = None


class OfEffects(Model):
    """What effects do to the case that this one is about."""

    matter_does: Slug | None = None


class OfState(Model):
    """Where a case goes when those about it have ended, or the one that it is about."""

    when_settled: tuple[Way, ...] = ()
    when_concluded: tuple[Way, ...] = ()


def is_about_a_case(service: Any) -> bool:
    """Whether the service's cases are about an entry or a publication, which a case made."""
    return service.subject is not None or service.about is not None


def matter_service(service: Any) -> str:
    """The service whose cases a service's own are about; empty for none."""
    if service.about is not None:
        return str(service.about.service)
    return str(service.subject.service or service.service) if service.subject is not None else ""


def problems(whole: Whole) -> Found:
    """Check that there is a case that this one is about, or that there are cases about it."""
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
    makes = service.publishes or service.registers
    for state in service.flow.states.values():
        here: Path = ("flow", "states", state.name)
        for word in ("when_settled", "when_concluded"):
            ways = getattr(state, word)
            if ways and state.final:
                said = f"a final state has no '{word}': the case has ended; take it out, or 'final: true'"
                yield (*here, word), Said("final-state", said)
            for index, way in enumerate(ways):
                if way.to not in service.flow.states:
                    yield (*here, word, index, "to"), unknown("state", way.to, service.flow.states)
        if state.when_settled and not makes:
            said = "no case can be about this one: the service has neither 'publishes' nor 'registers'"
            yield (*here, "when_settled"), _not(said)
        if state.when_concluded and not is_about:
            yield (*here, "when_concluded"), _not(none)
        for action in state.actions.values():
            path = (*here, "actions", action.name)
            if action.by == RESPONDENT and service.respondent is None:
                said = "the respondent sees nothing of the case; say what they see: {respondent: {sees: [...]}}"
                yield (*path, "by"), _not(said if is_about else none)
            if action.by == RESPONDENT and action.book:
                yield (*path, "book"), _not("only the applicant or an officer chooses a time; take 'book' out")
            if action.for_cases_of:
                yield from _let(action, makes, path)


def _let(action: Any, makes: Any, path: Path) -> Found:
    """Another case answers no question and gives no reason."""
    if not makes:
        said = "no case can be about this one: the service has neither 'publishes' nor 'registers'"
        yield (*path, "for_cases_of"), _not(said)
    for word in ("ask", "reviewers", "unlike", "refer_to"):
        value = getattr(action, word)
        if (value > 1) if word == "reviewers" else value:
            said = f"another case cannot do '{action.name}': it has '{word}', which somebody must answer to"
            yield (*path, "for_cases_of"), _not(said)
    if action.reason == "required":
        yield (*path, "for_cases_of"), _not(f"another case gives no reason, which '{action.name}' requires")


def _sees(service: Any, name: str, path: Path) -> Found:
    before, dot, after = name.partition(".")
    if dot and before != "findings":
        yield path, unknown("name before the dot", before, ("findings",))
    elif dot and after not in service.flow.asked:
        yield path, unknown("question of an action", after, service.flow.asked)
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


def unseen(service: Any, expression: Expression) -> Iterator[Said]:
    """What an expression reads that the respondent does not see, and a letter to them must not say."""
    answers, findings = seen_names(service)
    for root, name in sorted(expression.paths | {(root, "") for root in expression.names}):
        if root in TO_RESPONDENT or (not name and root in {"answers", "findings"}):
            continue
        if name in (answers if root == "answers" else findings if root == "findings" else ()):
            continue
        said = f"the respondent does not see '{root}{f'.{name}' if name else ''}', so no letter to them says so"
        yield _not(f"{said}; add it to 'respondent.sees'" if root in {"answers", "findings"} else said)


def _not(message: str) -> Said:
    return Said("not-possible", message)


def problems_about(whole: Whole, owner: Any) -> Found:
    """Check what effects do to a case of another service: that it lets them, and that they lead in no circle."""
    service = whole.service
    if matter_service(service) != owner.service:
        return
    yield from deeds(whole, owner)
    for path, effects in whole.effects:
        circle = _circle(service, owner, effects.matter_does) if effects.matter_does is not None else None
        if circle is not None:
            said = f"the cases would move each other for ever: {' → '.join(circle)}"
            yield (*path, "matter_does"), Said("goes-round", said)


def deeds(whole: Whole, owner: Any) -> Found:
    """Check that the actions of the owner that effects do are there, and open to cases of this service."""
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
            said = (
                f"'{owner.service}' does not let cases of '{whole.service.service}' do '{name}'; say so there:"
                f" 'for_cases_of: [{whole.service.service}]'"
            )
            yield (*path, "matter_does"), _not(said)


def _circle(service: Any, owner: Any, action: str) -> list[str] | None:
    """The deeds of two services that lead back to the first of them; None when they end."""
    way, here, there, name = list[str](), service, owner, action
    while (step := f"{there.service}: {name}") not in way:
        way.append(step)
        following = _following(there, name)
        if matter_service(there) != here.service or following is None:
            return None
        here, there, name = there, here, following
    return [*way[way.index(step) :], step]


def _following(service: Any, name: str) -> str | None:
    """What the case that a case of this service is about does, when it does an action."""
    for action in service.flow.actions:
        if action.name == name:
            entered = service.flow.states.get(action.to or "")
            found = action.matter_does or (entered.matter_does if entered is not None else None)
            if found is not None:
                return str(found)
    return None


def ways(_flow: Any, state: Any) -> Iterator[Leads]:
    """Where a case goes when other cases have ended."""
    for word, said in (("when_settled", "all_about_ended"), ("when_concluded", "matter_ended")):
        for way in getattr(state, word):
            yield Leads(way.to, WORDS[said].in_)


def members(_service: Any) -> dict[str, set[str]]:
    """What stands after `about.` and `matter.`."""
    return {"about": {*COUNTS}, "matter": {*OF_MATTER}}


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """Answer what the respondent sees, of a definition's JSON."""
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
                "Where the case goes by itself when every case about it has ended, or when there is none; `about` "
                "counts them by their results."
            ),
            [{"when": "about.granted > 0", "to": "weighing"}, {"to": "permitted"}],
        ),
        "when_concluded": (
            "Where the case goes by itself when the one that it is about has ended.",
            [{"when": "matter.result == 'granted'", "to": "overruled"}, {"to": "upheld"}],
        ),
    },
}
NAMES = {
    "about": (
        (
            "The cases about this one: `about.open`, those that have not ended, `about.all`, and by their results "
            "`about.granted`, `.refused`, `.withdrawn`, `.completed` and `.lapsed`."
        ),
        "in flow, records, registers, notices",
    ),
    "matter": (
        "The case that this one is about: `matter.state`, and `matter.result`, empty until it has ended.",
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
