"""Cases that a case opens in another service for the same person, such as the first inspection of a new licence."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from praya.definition.chapter import Chapter, Leads, Problems, Whole, Words
from praya.definition.chapters.matters import matter_service
from praya.definition.check_several import of_each_item
from praya.definition.model import Keyed, Model, Name, Path, Slug
from praya.definition.own_words import WORDS
from praya.definition.questions import DerivedQuestion, FileQuestion, SignatureQuestion
from praya.definition.source import Message, unknown
from praya.definition.trials import trial_name
from praya.definition.ways import Way
from praya.kernel.expression import Expression

FINDINGS = "findings"


class OpenedCase(Model):
    """A case of another service that a case opens for its applicant: what it answers, and when."""

    name: Name
    service: Slug
    when: Expression | None = None
    answers: dict[Name, Expression] = {}
    several: Expression | None = None


class OfService(Model):
    """The cases that a service opens in others, and the services whose cases open cases of this one."""

    opened_cases: Annotated[dict[str, OpenedCase], Keyed] = {}
    for_cases_of: tuple[Slug, ...] = ()
    opener_sees: tuple[str, ...] = ()


class OfState(Model):
    """The transitions of a case when the cases that it has opened have ended."""

    when_opened_ended: tuple[Way, ...] = ()


class OfEffects(Model):
    """The effect that opens cases."""

    opens: tuple[Name, ...] = ()


class OfStep(Model):
    """The item for which the case of a step was opened."""

    item: int | None = Field(None, ge=1, le=500)


class OfExpect(Model):
    """The cases that an example expects to be opened."""

    opened: tuple[Slug, ...] | None = None


COUNTS = frozenset({"open", "all", "granted", "refused", "withdrawn", "completed", "lapsed"})
"""What expressions count of the cases that a case opened under one name, after `opened.visit.`."""
OF_EACH = frozenset({"ref", "state", "result", "item", "answers", "findings"})
"""What they read of the newest of these, and of each in `opened.visit.each`."""


def problems(whole: Whole) -> Problems:
    """Check that effects open what the service describes, and the words about what was opened."""
    service = whole.service
    yield from of_each_item(whole, "opened_cases", service.opened_cases)
    yield from _ends(service)
    for index, name in enumerate(service.opener_sees):
        root, dot, asked = name.partition(".")
        known = service.flow.action_questions if dot and root == FINDINGS else service.questions
        if (asked if dot and root == FINDINGS else name) not in known:
            yield ("opener_sees", index), unknown("question", name, known)
        if not service.for_cases_of:
            yield ("opener_sees", index), _not("no case opens one of this service ('for_cases_of'); take it out")
    for path, expression in whole.expressions:
        for names in expression.deepest:
            if names[0] == "opened" and len(names) > 2 and names[2] not in {*COUNTS, *OF_EACH, "each"}:
                yield path, unknown(f"member of 'opened.{names[1]}'", names[2], {*COUNTS, *OF_EACH, "each"})
    for path, expression in whole.expressions:
        yield from _told(service, service, expression, path)
    for path, effects in whole.effects:
        for index, name in enumerate(effects.opens):
            if name not in service.opened_cases:
                yield (*path, "opens", index), unknown("opened case", name, service.opened_cases)
    for name, one in service.opened_cases.items():
        if one.service == service.service:
            yield from _fits(service, service, one, ("opened_cases", name))


def problems_about(whole: Whole, owner: Any) -> Problems:
    """Check that the other service lets this one open its cases, and that the answers are those that it asks."""
    service: Any = whole.service
    for name, one in service.opened_cases.items():
        if one.service == owner.service:
            yield from _fits(service, owner, one, ("opened_cases", name))
    if owner.service != service.service:
        for path, expression in whole.expressions:
            yield from _told(service, owner, expression, path)


def _told(service: Any, owner: Any, expression: Expression, path: Path) -> Problems:
    """Check that what is read of the answers and findings of an opened case is what its service tells."""
    for names in expression.deepest:
        one = service.opened_cases.get(names[1]) if names[0] == "opened" and len(names) > 3 else None
        if one is None or one.service != owner.service or names[2] not in {"answers", FINDINGS}:
            continue
        told = names[3] if names[2] == "answers" else f"{FINDINGS}.{names[3]}"
        if told not in owner.opener_sees:
            message = f"'{owner.service}' does not tell '{told}' to the case that opened it; say so there"
            yield path, _not(f"{message}: 'opener_sees: [{told}]'")


def _ends(service: Any) -> Problems:
    """Check the ways that are taken when the cases that were opened have ended."""
    for state in service.flow.states.values():
        path: Path = ("flow", "states", state.name, "when_opened_ended")
        if state.when_opened_ended and not service.opened_cases:
            yield path, _not("the service opens no case ('opened_cases')")
        if state.when_opened_ended and state.final:
            message = "a final state has no 'when_opened_ended': the case has ended; take it out, or 'final: true'"
            yield path, Message("final-state", message)
        for index, way in enumerate(state.when_opened_ended):
            if way.to not in service.flow.states:
                yield (*path, index, "to"), unknown("state", way.to, service.flow.states)


def ways(_flow: Any, state: Any) -> Iterator[Leads]:
    """The transitions of a case when those that it has opened have ended."""
    for way in state.when_opened_ended:
        yield Leads(way.to, WORDS["all_opened_ended"].in_)


def members(service: Any) -> dict[str, set[str]]:
    """The names after `opened.` in expressions."""
    return {"opened": set(service.opened_cases)}


def _fits(service: Any, owner: Any, one: OpenedCase, path: Path) -> Problems:
    if service.service not in owner.for_cases_of:
        message = (
            f"'{owner.service}' does not let cases of '{service.service}' open its own; say so there:"
            f" 'for_cases_of: [{service.service}]'"
        )
        yield (*path, "service"), _not(message)
    if owner.booked_on_applying is not None:
        message = f"'{owner.service}' books a time on applying, which nobody chooses here; let an effect there 'book'"
        yield (*path, "service"), _not(message)
    yield from _about(service, owner, path)
    if _at_once(service, owner.service) and _at_once(owner, service.service):
        message = f"the cases would open each other for ever: {service.service} → {owner.service} → {service.service}"
        yield (*path, "service"), Message("goes-round", f"{message}; let an action or a timer come between")
    yield from _answers(owner, one, path)


def _about(service: Any, owner: Any, path: Path) -> Problems:
    """Check that what the opened case is about is made by this case, or is what this one is about."""
    maker = matter_service(owner)
    if not maker:
        return
    name = owner.about.publication if owner.about is not None else owner.subject.register_in
    makes = maker == service.service
    same = service.subject is not None and (matter_service(service), service.subject.register_in) == (maker, name)
    same = same or (service.about is not None and (service.about.service, service.about.publication) == (maker, name))
    if not makes and not same:
        message = (
            f"'{owner.service}' is about '{name}' of '{maker}', which this case neither makes nor is about; open a"
            " service without 'subject' and 'about', or one about what this case enters or publishes"
        )
        yield (*path, "service"), _not(message)


def _answers(owner: Any, one: OpenedCase, path: Path) -> Problems:
    for name in one.answers:
        question, here = owner.questions.get(name), (*path, "answers", name)
        if question is None:
            yield here, unknown(f"question of '{owner.service}'", name, owner.questions)
        elif isinstance(question, DerivedQuestion):
            yield here, _not(f"'{name}' is worked out there; take it out")
        elif isinstance(question, FileQuestion | SignatureQuestion):
            yield here, _not(f"'{name}' is a file or a signature, which only a person gives; make it 'optional' there")
    for question in _always_asked(owner):
        if question.name not in one.answers:
            message = f"'{owner.service}' asks '{question.name}', which is not answered here; add it"
            yield (*path, "answers"), Message("missing", f"{message}, or make it 'optional' there")


def _always_asked(owner: Any) -> Iterator[Any]:
    """The questions of a service that everybody must answer."""
    for page in (page for page in owner.form if page.when is None):
        for question in page.questions:
            if question.when is None and not question.optional and not isinstance(question, DerivedQuestion):
                yield question


def _at_once(service: Any, other: str) -> bool:
    """Whether a case of the service opens one of another by itself as soon as it is opened."""
    states = service.flow.states
    waiting, seen = [service.flow.start], set[str]()
    while waiting:
        name = waiting.pop()
        if name in states and name not in seen:
            seen.add(name)
            waiting += [way.to for way in states[name].next]
    named = {name for state in seen for name in states[state].opens if name in service.opened_cases}
    return any(service.opened_cases[name].service == other for name in named)


def _not(message: str) -> Message:
    return Message("not-possible", message)


def doubtful(service: Any) -> Problems:
    """Warn where a person is told nothing of a case that others open for them."""
    states, name = service.flow.states, service.flow.start
    while service.for_cases_of and name in states and not states[name].notify:
        ways = states[name].next
        if len(ways) != 1 or ways[0].to == name:
            message = "other cases open this one, and its first state sends no letter: the person is told nothing of it"
            yield ("flow", "states", service.flow.start), Message("never-told", f"{message}; say 'notify' there")
            return
        name = ways[0].to


def others(service: Any) -> Iterator[tuple[Path, str]]:
    """The services whose cases it opens."""
    for name, one in service.opened_cases.items():
        yield ("opened_cases", name, "service"), one.service


def links(service: Any) -> Iterator[tuple[Path, str]]:
    """The services whose cases open cases of this one."""
    for index, name in enumerate(service.for_cases_of):
        yield ("for_cases_of", index), name


def in_trial(service: Any) -> dict[str, Any]:
    """What it opens: a case of the trial version of the other service."""
    return {
        "opened_cases": {
            name: one.model_copy(update={"service": trial_name(one.service)})
            for name, one in service.opened_cases.items()
        }
    }


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The cases that it opens in a definition's JSON, by name."""
    return {"opened case": data.get("opened_cases") or {}}


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "opened_cases": (
            "Cases of other services that a case opens for its applicant, by name. See OpenedCase.",
            {"first_inspection": {"service": "boarding-inspection", "answers": {"shop": "answers.shop_name"}}},
        ),
        "for_cases_of": (
            (
                "Services whose cases open cases of this one (`opens`), also where only staff open them otherwise "
                "(`opened_by`). The person has the case on their page; let its first state tell them (`notify`)."
            ),
            ["dog-boarding"],
        ),
        "opener_sees": (
            (
                "What the case that opened one of this service reads of it, beside how it stands: questions of the "
                "form, and with `findings.` of actions. Its rules and letters say `opened.visit.findings.passed`."
            ),
            ["findings.passed"],
        ),
    },
    "State": {
        "when_opened_ended": (
            (
                "Where the case goes by itself when every case that it has opened has ended, or when there is none; "
                "`opened` counts them by their results."
            ),
            [{"when": "opened.first_inspection.completed > 0", "to": "deciding"}, {"to": "refused"}],
        ),
    },
    "OpenedCase": {
        "name": ("Its name; written as the key.", "first_inspection"),
        "service": (
            (
                "The service of which a case is opened; it lets this one: `for_cases_of`. Where it is about an entry "
                "or a publication (`subject`, `about`), the case is about that which this case made, or is about."
            ),
            "boarding-inspection",
        ),
        "when": ("It is opened only when this holds.", "answers.kennels > 20"),
        "several": (
            (
                "A repeat, of the form or of an action, or those of its items that `filter` keeps: a case is opened "
                "for each, once, with `item` as the one at hand in `when` and `answers`. One that is about an entry "
                "is about that of the same item."
            ),
            "answers.vehicles",
        ),
        "answers": (
            (
                "What the application says there, by question: an expression. One that is only a name, such as "
                "`answers.address`, hands the answer on as it was given. The rules and limits of that service hold; "
                "its opening hours do not. What they refuse is not opened, and the history of this case says so."
            ),
            {"shop": "answers.shop_name"},
        ),
    },
    "Effects": {
        "opens": (
            (
                "Cases of other services that are opened in the same moment, by name; each once, however often it is "
                "tried."
            ),
            ["first_inspection"],
        ),
    },
    "Step": {
        "item": (
            (
                "Beside `of`: the case that was opened for this item of a repeat (`several`), counted from 1; without "
                "it the step is of the newest."
            ),
            2,
        ),
    },
    "Expect": {
        "opened": (
            (
                "The services of which the case has opened cases so far, in order. A later step is of such a case by "
                "`of`: of each service the newest."
            ),
            ["boarding-inspection"],
        ),
    },
}

NAMES = {
    "opened": (
        (
            "The cases that this one has opened, by their name in `opened_cases`: `opened.visit.all`, `.open`, those "
            "that have not ended, and by their results `.granted`, `.refused`, `.withdrawn`, `.completed` and "
            "`.lapsed`; of the newest `.ref`, `.state`, `.result`, empty until it has ended, `.item`, the number of "
            "the item of `several`, and what its service tells (`opener_sees`): `.answers.day`, `.findings.passed`. "
            "`.each` is a list with these of each."
        ),
        "in flow, records, registers, notices",
    ),
}

CHAPTER = Chapter(
    name="opened cases",
    service=(Words(model=OfService, at=1080),),
    states=(Words(model=OfState),),
    effects=(Words(model=OfEffects, at=1080),),
    steps=(Words(model=OfStep, at=1080),),
    expect=(Words(model=OfExpect, at=1080),),
    parts=(OpenedCase,),
    problems=problems,
    problems_about=problems_about,
    doubtful=doubtful,
    members=members,
    ways=ways,
    others=others,
    links=links,
    made={"opened_cases": ("opens", "opened")},
    in_trial=in_trial,
    differences=differences,
    reference=REFERENCE,
    names=NAMES,
)
