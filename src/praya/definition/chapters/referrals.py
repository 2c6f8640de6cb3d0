"""Referrals: time limits of replies, what silence means, and which department decides whose matter a case is."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from praya.definition.chapter import Chapter, Leads, Problems, Whole, Words
from praya.definition.model import Model, Path, SharedName, Slug
from praya.definition.own_words import WORDS
from praya.definition.source import Message, unknown
from praya.definition.ways import Way
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression


class Arbiter(Model):
    """The department that decides whose matter a case is, when those that were asked reply that it is not theirs."""

    department: Slug
    within: Length | None = None
    after: int = Field(2, ge=1, le=5)


class OfService(Model):
    """The arbiter of a service."""

    arbiter: Arbiter | None = None


class Refers(Model):
    """The departments that are asked when a case enters a state, each with its own clock."""

    departments: tuple[Slug, ...] = Field(alias="to", min_length=1)
    when: Expression | None = None
    sees: tuple[SharedName, ...] | None = None
    reply_within: Length | None = None
    each_within: dict[Slug, Length] = {}
    remind: Length | None = None
    public_replies: bool = False

    @property
    def may_ask(self) -> tuple[str, ...]:
        """The departments that it asks."""
        return self.departments


class OfState(Model):
    """The departments that are asked on entering a state, and the transition when one replies that it is not theirs."""

    when_not_ours: tuple[Way, ...] = ()
    refers: Refers | None = None


def may_refuse(service: Any, state: Any) -> bool:
    """Whether departments may refuse a case in a state as not their matter: only if the case can then move on."""
    return bool(state.when_not_ours or _refers_on(state) or service.arbiter is not None)


def _refers_on(state: Any) -> bool:
    return any(action.may_ask for action in state.actions.values() if action.by_officers)


def problems(whole: Whole) -> Problems:
    """Check the time limits of referrals, the effect of silence, and that a refused case can be passed on."""
    service = whole.service
    states = service.flow.states
    asking = [
        (state, action, ("flow", "states", state.name, "actions", action.name))
        for state in states.values()
        for action in state.actions.values()
    ]
    for _, action, path in asking:
        yield from _action(action, path)
    asked_in: dict[str, Any] = {action.to or state.name: action for state, action, _ in asking if action.may_ask}
    asked_in |= {state.name: state.refers for state in states.values() if state.refers is not None}
    for state in states.values():
        here: Path = ("flow", "states", state.name)
        if state.refers is not None:
            yield from _times(state.refers, (*here, "refers"), "the state")
            if state.final:
                message = "a final state asks nobody: the case has ended; take 'refers' out, or 'final: true'"
                yield (*here, "refers"), Message("final-state", message)
        for word in ("when_late", "when_not_ours"):
            ways = getattr(state, word)
            if state.final and ways:
                message = f"a final state has no '{word}': the case has ended; take it out, or 'final: true'"
                yield (*here, word), Message("final-state", message)
            for index, way in enumerate(ways):
                if way.to is not None and way.to not in states:
                    yield (*here, word, index, "to"), unknown("state", way.to, states)
        for index, late in enumerate(state.when_late):
            yield from _late(service, late, (*here, "when_late", index))
        several = service.arbiter is not None and service.arbiter.after > 1
        if several and state.name in asked_in and not (state.final or _refers_on(state) or state.when_not_ours):
            message = (
                f"an arbiter is asked after {service.arbiter.after} departments have refused, but no action of an"
                f" officer in '{state.name}' refers to another one after the first; add one, or 'after: 1'"
            )
            yield here, Message("not-possible", message)
    if service.arbiter is not None and not asked_in:
        message = "nobody is ever asked: an 'arbiter' is for departments to which an action refers"
        yield ("arbiter",), Message("not-possible", message)


def _action(action: Any, path: Path) -> Problems:
    if action.refer_to is not None:
        asked = next((question for question in action.ask if question.name == action.refer_to), None)
        if asked is None:
            yield (*path, "refer_to"), unknown("question of the action", action.refer_to, {q.name for q in action.ask})
        elif not getattr(asked, "options", ()):
            message = f"'{action.refer_to}' is no choice: 'refer_to' names a question whose options are departments"
            yield (*path, "refer_to"), Message("wrong-kind", message)
    yield from _times(action, path, f"'{action.name}'")


def _times(action: Any, path: Path, name: str) -> Problems:
    """Check the clocks of the departments that an action or a state asks."""
    for department in action.each_within:
        if department not in action.may_ask:
            yield (*path, "each_within", department), unknown("department that is asked", department, action.may_ask)
    for word in ("each_within", "remind"):
        if getattr(action, word) and not action.may_ask:
            message = f"'{word}' is about the departments that are asked: {name} asks none"
            yield (*path, word), Message("not-possible", message)
    lengths = [action.reply_within, *action.each_within.values()]
    for length in lengths:
        if action.remind and length and action.remind.unit == length.unit and action.remind.count >= length.count:
            message = f"a reminder {action.remind} before the end of {length} would come at once"
            yield (*path, "remind"), Message("out-of-range", message)


def _late(service: Any, late: Any, path: Path) -> Problems:
    asked = {name for one in service.flow.asking for name in one.may_ask}
    for index, name in enumerate(late.departments):
        if name not in asked:
            yield (*path, "of", index), unknown("department that is asked", name, asked)
    if late.assume is not None and late.to is not None:
        message = "when an answer is assumed, the case goes on by 'when_replied'; take 'to' out, or 'assume'"
        yield (*path, "to"), Message("not-possible", message)


def ways(_flow: Any, state: Any) -> Iterator[Leads]:
    """The transitions that silence and refusals cause."""
    for late in state.when_late:
        if late.to is not None:
            yield Leads(late.to, WORDS["no_reply_in_time"].in_, by_time=True)
    for way in state.when_not_ours:
        yield Leads(way.to, WORDS["not_their_matter"].in_)


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The arbiter in a definition's JSON."""
    return {"arbiter": {"": data["arbiter"]} if data.get("arbiter") else {}}


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "arbiter": (
            "Who says whose matter a case is, when departments that were asked say that it is not theirs. See Arbiter.",
            {"department": "town-plan", "within": "5 working days"},
        ),
    },
    "Arbiter": {
        "department": (
            (
                "The department. It is asked by itself, sees what the department saw that refused last, and names the "
                "one whose matter it is; that one is asked, and cannot refuse."
            ),
            "town-plan",
        ),
        "within": ("How long it has.", "5 working days"),
        "after": ("After how many refusals it is asked.", 2),
    },
    "Action": {
        "refer_to": (
            (
                "A question that this action asks, a choice or choices whose options are departments: the officer says "
                "there who is asked."
            ),
            "which",
        ),
        "each_within": (
            "How long a department has, where another time than `reply_within` holds for it.",
            {"rescue": "15 working days"},
        ),
        "remind": (
            (
                "So long before the end of their time the departments are reminded: it stands on their list and in the "
                "history."
            ),
            "3 working days",
        ),
    },
    "State": {
        "refers": (
            "Departments that are asked when the case comes here, by whatever way, each with its own clock.",
            {"to": ["fsd", "bd"], "sees": ["premises"], "reply_within": "15 working days"},
        ),
        "when_late": (
            (
                "What happens when a department that was asked has not replied in time: of these the first that fits. "
                "With none it stays asked, and late. See Late."
            ),
            [{"of": ["rescue"], "assume": "no-objection"}, {"to": "chased"}],
        ),
        "when_not_ours": (
            (
                "Where the case goes by itself when a department says that it is not its matter. Without it the case "
                "stays, and an officer refers it to another by an action."
            ),
            [{"to": "received"}],
        ),
    },
    "Refers": {
        "to": ("The departments. One that is still asked from before is not asked twice.", ["fsd", "bd"]),
        "when": ("They are asked only when this holds.", "answers.kitchen"),
        "sees": ("What they may read, as `sees` of an action.", ["premises", "findings.plan"]),
        "reply_within": ("How long they have; without it as long as the clock of the state.", "15 working days"),
        "each_within": ("How long a department has, where another time holds for it.", {"fsd": "5 working days"}),
        "remind": ("So long before the end of their time they are reminded.", "3 working days"),
        "public_replies": ("Whether what they write may be told, as of an action.", True),
    },
    "Late": {
        "of": ("Only of these departments; without it of each.", ["rescue"]),
        "when": ("Only when this holds.", "replies.adverse == 0"),
        "assume": (
            (
                "What the law reads in silence: that there is no objection. The department has then replied, as "
                "`assumed`, and when nobody else is waited for the case goes on by `when_replied`."
            ),
            "no-objection",
        ),
        "to": ("Where the case goes. The department stays asked.", "chased"),
    },
    "Reply": {
        "belongs_to": ("With `result: decided` of an arbiter: the department whose matter it is.", "rescue"),
    },
}

CHAPTER = Chapter(
    name="referrals",
    service=(Words(model=OfService, at=120),),
    states=(Words(model=OfState),),
    parts=(Arbiter, Refers),
    problems=problems,
    ways=ways,
    differences=differences,
    errors=("cannot_refuse",),
    reference=REFERENCE,
)
