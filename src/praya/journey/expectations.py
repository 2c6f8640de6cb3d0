"""Comparing what an example expects of a moment with what is there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.example import Expect
from praya.definition.model import Path
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import acting
from praya.journey.chapter import Moment
from praya.journey.chapters import EXPECTATIONS, WRITTEN
from praya.journey.chapters.notices import sent
from praya.journey.draft_progress import ShutOut


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference and its place: in the example, or in the part of the definition that causes it."""

    sentence: str
    at: Path
    in_service: str = ""
    """The service in whose definition the place is; "" for the example."""
    near: Path = ()
    """The place where it happened, for a sentence that has none of its own and quotes no expression."""


class Differs(AssertionError):
    """The result differs from what the example expects; carries the moment, and every difference with its place."""

    def __init__(self, when: str, differences: Sequence[Difference] = ()) -> None:
        told = "; ".join(one.sentence for one in differences)
        super().__init__(f"{when}: {told}" if told else when)
        self.when, self.differences = when, tuple(differences)


@dataclass
class Played:
    """The progress of an example that is played."""

    service: Service
    pack: Pack
    person: identity.Person
    now: datetime
    case: cases.Case | None = None
    told: set[str] = field(default_factory=set)
    """The letters that belong to earlier moments, by reference: one set for all people of the story."""
    others: dict[str, "Played"] = field(default_factory=dict)
    """How far the other people of the story have come, by name."""
    key: str = ""
    """What tells the story from every other, for what is done to all of its cases."""
    drawn_in: str = ""
    """The state in which the case was drawn; "" while it was in no draw."""
    given_up: int = 0
    """How many places of the draw were given up by people of whom the story tells nothing more."""
    shut_out: ShutOut | None = None
    errors: dict[str, str] = field(default_factory=dict)
    why: tuple[str, Path] = ("", ())
    """Why something was not allowed, and the place of the definition that says so."""
    tried: str = ""
    """The action that was not allowed; or another word, where no action was tried."""
    subject_ref: str = ""
    entries: dict[str, str] = field(default_factory=dict)
    """The references of the entries that stood in registers before the story began, by name."""
    transcript: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    """The state of the case after applying and after each step; "" while there is no case."""
    services: list[Service] = field(default_factory=list)
    """The service of each of these moments: a step may be of another person's case."""
    observed: list[dict[str, Any]] = field(default_factory=list)
    """What an example could expect of each of these moments, when it was asked to observe."""
    letters: list[list[str]] = field(default_factory=list)
    """The references of the notices of each of these moments, likewise."""

    @property
    def refused(self) -> bool:
        """Whether a rule of eligibility refused the person."""
        return self.shut_out is not None


def moment_of(played: Played) -> Moment:
    """The moment that an example has reached, as the chapters see it."""
    return Moment(played.service, played.pack, played.case, played.now, frozenset(played.told), played.subject_ref)


def observe(one: Played, *, into: Played) -> None:
    """Note in the story what an example could expect now of one of its people, and which notices they got."""
    into.observed.append(_observed(one))
    into.letters.append([notice.ref for notice in sent(moment_of(one))])


def tell(one: Played) -> None:
    """End the moment of one of the people: no later one tells again of the letters of their case."""
    one.told.update(notice.ref for notice in sent(moment_of(one)))


def _observed(played: Played) -> dict[str, Any]:
    """What an example could expect of a moment, without what is empty."""
    if played.refused:
        return {"refused": True}
    observed = {"errors": played.errors} if played.errors else {}
    names = ("state", "result", "due", "fee", "notices", "booking", "record_valid", "record_until")
    seen = {name: _actual(name, None, played) for name in names} if played.case else {}
    return {**observed, **{name: value for name, value in seen.items() if value not in (None, 0, False, [], "none")}}


def compare(expect: Expect, played: Played, when: str, at: Path = ("expect",)) -> None:
    """Raise Differs, with every difference, unless what is found is what is expected; `at` is its place."""
    differences: list[Difference] = []
    for name in (name for name in Expect.model_fields if name in expect.model_fields_set):
        wanted = getattr(expect, name)
        actual = _actual(name, wanted, played)
        if name in WRITTEN:
            wanted = WRITTEN[name](wanted)
        if name in {"notices", "published"}:
            wanted, actual = sorted(wanted), sorted(actual)
        if wanted != actual:
            word = Expect.model_fields[name].alias or name
            differences.append(Difference(f"{name}: expected {wanted!r}, found {actual!r}", (*at, word)))
    if not expect.model_fields_set & {"refused", "errors"} and (played.refused or played.errors):
        differences.append(Difference(f"it was not taken: {played.errors or 'not eligible'}", at[:-1]))
    if played.shut_out is not None and differences:
        rule, name = played.shut_out.rule, played.service.service
        place = ("eligibility", played.service.eligibility.index(rule), "unless")
        sentence = f"this rule refuses: unless {rule.unless.source}: {rule.refuse.in_('en')}"
        differences.append(Difference(sentence, place, in_service=name))
    if differences:
        if played.errors and played.why[0]:
            said, at_fault = played.why
            differences.append(Difference(f"why: {said}", at_fault, played.service.service, near=_near(played)))
        raise Differs(when, differences)


def _near(played: Played) -> Path:
    """The place of the action that was tried, or of the state in which the case is, or begins."""
    flow = played.service.flow
    state = flow.states[played.case.state if played.case else flow.start]
    at: Path = ("flow", "states", state.name)
    return (*at, "actions", played.tried) if played.tried in state.actions else at


def _actual(name: str, expected: Any, played: Played) -> Any:
    """What is there of a word of the expectation. Raises KeyError for a word that nobody finds."""
    own = _OWN.get(name)
    return own(played, expected) if own else EXPECTATIONS[name](moment_of(played), expected)


def _state(played: Played, _expected: Any) -> str | None:
    return played.case.state if played.case else None


def _result(played: Played, _expected: Any) -> str | None:
    return (played.case.result or None) if played.case else None


def _due_day(played: Played, _expected: Any) -> date | None:
    return played.pack.calendar.day_of(played.case.due_at) if played.case and played.case.due_at else None


def _findings(played: Played, expected: Any) -> dict[str, Any]:
    findings = cases.content(played.case.ref).findings if played.case else {}
    return {name: findings.get(name) for name in expected or {}}


def _actions(played: Played, _expected: Any) -> tuple[str, ...]:
    if played.case is None:
        return ()
    everybody = acting.By("example", ("applicant", *played.pack.all_roles.known))
    return tuple(action.name for action in acting.open_actions(played.case, everybody, at=played.now))


_OWN: Mapping[str, Callable[[Played, Any], Any]] = {
    "refused": lambda played, _: played.refused,
    "errors": lambda played, _: played.errors,
    "state": _state,
    "result": _result,
    "due": _due_day,
    "findings": _findings,
    "actions": _actions,
}
"""What belongs to the flow and to the story itself; everything else is found by the chapters."""
