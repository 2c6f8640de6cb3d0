"""Ballots: a draw among the cases in a state on a day."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import Field, model_validator

from praya.definition.chapter import Chapter, Leads, Problems, Whole, Words
from praya.definition.model import Model, Path, Plain, Slug
from praya.definition.own_words import WORDS
from praya.definition.questions import shown_date
from praya.definition.source import Message, unknown
from praya.kernel.expression import Expression
from praya.kernel.text import Text

FACTS = frozenset({"rank", "entries", "number"})
"""What expressions read of a case's draw."""
UNKNOWN = "-"
"""What is published for points that are not known."""


class Ballot(Model):
    """A draw among the cases in a state on a day: `places` of them go to the state `won`, the others to `lost`.

    With `weight`, a case can have several lots; with `order`, points decide before lots. Unused places go to another
    class. With `waiting_first`, those who still wait in `lost` from an earlier draw of this state come before others.
    """

    label: Text | None = None
    on: date
    places: Expression
    won: Slug
    lost: Slug
    passes_on: bool = False
    weight: Expression | None = None
    order: Expression | None = None
    rest_to: Slug | None = None
    waiting_first: bool = False

    @model_validator(mode="after")
    def _is_one_kind(self) -> "Ballot":
        if self.weight is not None and self.order is not None:
            raise ValueError("a draw has a 'weight', so many lots for each case, or an 'order' by points, not both")
        return self

    @property
    def by(self) -> str:
        """What decides in addition to lots: `weight`, `order`, or nothing."""
        return "weight" if self.weight is not None else "order" if self.order is not None else ""

    @property
    def number(self) -> Expression | None:
        """The expression for the number of lots or points of a case."""
        return self.weight or self.order


class OfState(Model):
    """The words that ballots add to a state."""

    ballot: Ballot | None = None


class OfStep(Model):
    """The result of a draw that a step of an example prescribes."""

    drawn: int | None = Field(None, ge=1)
    given_up: int | None = Field(None, ge=1)


class OfExpect(Model):
    """What an example expects of the draw of its case."""

    draw_number: Plain | None = None


def problems(whole: Whole) -> Problems:
    """Check the states to which draws lead."""
    states = whole.service.flow.states
    for state in states.values():
        if state.ballot is not None:
            yield from _ballot(state.ballot, state, states, ("flow", "states", state.name, "ballot"))


def _ballot(ballot: Ballot, state: Any, states: Any, path: Path) -> Problems:
    for word in ("won", "lost"):
        if getattr(ballot, word) not in states:
            yield (*path, word), unknown("state", getattr(ballot, word), states)
    lost = states.get(ballot.lost)
    if ballot.passes_on and lost is not None and lost.final:
        message = (
            f"'{ballot.lost}' is final: whoever waits for a place that is given up must wait in a state that is not"
        )
        yield (*path, "passes_on"), Message("final-state", message)
    if ballot.waiting_first and lost is not None and lost.final:
        message = f"'{ballot.lost}' is final, so nobody waits there for the next draw"
        yield (*path, "waiting_first"), Message("final-state", message)
    yield from _rest(ballot, state, states, (*path, "rest_to"))
    if state.final:
        message = "a final state has no 'ballot': the case has ended; take it out, or 'final: true'"
        yield path, Message("final-state", message)


def _rest(ballot: Ballot, state: Any, states: Any, path: Path) -> Problems:
    """Check that unused places go to a later draw, and never in a circle."""
    if ballot.rest_to is None:
        return
    next_one = getattr(states.get(ballot.rest_to), "ballot", None)
    if next_one is None:
        yield path, unknown("state with a 'ballot'", ballot.rest_to, [s.name for s in states.values() if s.ballot])
        return
    if not (next_one.passes_on or next_one.on > ballot.on or (next_one.on == ballot.on and not ballot.passes_on)):
        said = f"the draw of '{ballot.rest_to}' is over by then: let it be on a later day, or let it have 'passes_on'"
        yield path, Message("not-possible", said)
    seen = {state.name}
    at: str | None = ballot.rest_to
    while at is not None:
        if at in seen:
            yield (
                path,
                Message("not-possible", f"places that are left would go round: '{at}' gives its own to others again"),
            )
            return
        seen.add(at)
        at = getattr(getattr(states.get(at), "ballot", None), "rest_to", None)


def members(_service: Any) -> dict[str, set[str]]:
    """The names after `ballot.` in expressions."""
    return {"ballot": {*FACTS}}


def reads_only(path: Path) -> frozenset[str] | None:
    """The number of places is evaluated once for all cases, so it can read nothing about a case."""
    return frozenset({"parameters"}) if path[-2:] == ("ballot", "places") else None


def ways(flow: Any, state: Any) -> Iterator[Leads]:
    """The transitions of a draw, also for cases that later get a place which another one gave up."""
    if state.ballot is not None:
        ballot: Ballot = state.ballot
        yield Leads(ballot.won, lambda language: _drawn("drawn", ballot, language), by_time=True)
        yield Leads(ballot.lost, lambda language: _drawn("not_drawn", ballot, language), by_time=True)
    for other in flow.states.values():
        if other.ballot is not None and other.ballot.waiting_first and other.ballot.lost == state.name:
            yield Leads(other.ballot.won, WORDS["next_draw"].in_, by_time=True)
        if other.ballot is not None and other.ballot.passes_on and other.ballot.lost == state.name:
            yield Leads(other.ballot.won, WORDS["place_given_up"].in_, by_time=True)


def _drawn(word: str, ballot: Ballot, language: str) -> str:
    return WORDS[word].in_(language).format(day=shown_date(ballot.on, language))


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "State": {
        "ballot": (
            "A draw among the cases that are in this state on a day. See Ballot.",
            {"on": date(2026, 12, 3), "places": 40, "won": "offered", "lost": "waiting"},
        ),
    },
    "Ballot": {
        "label": (
            (
                "What is drawn, for a service with several draws: one for each class has a state of its own. It "
                "stands on the service's page and in the open data."
            ),
            {"en": "Plots by the river", "zh-hant": "河畔種植地"},
        ),
        "on": (
            (
                "The day of the draw; it is held at nine in the morning. Whoever comes into the state later goes to"
                " `lost`."
            ),
            date(2026, 12, 3),
        ),
        "places": (
            "How many are drawn: a number, or an expression over parameters.",
            "parameters.plots",
        ),
        "won": (
            "Where a case goes that was drawn; its rank is `ballot.rank`.",
            "offered",
        ),
        "lost": (
            "Where the others go.",
            "waiting",
        ),
        "passes_on": (
            (
                "A place that is given up (the case ends refused, withdrawn or lapsed) goes to the next in the "
                "order. Then `lost` cannot be final."
            ),
            True,
        ),
        "weight": (
            (
                "How many lots a case has, from 0 (it is never before one that has some) to 100; what is more counts as"
                " 100, what is not whole is rounded down, unknown is 0. The number is published with the ticket."
            ),
            "1 + answers.years_waited",
        ),
        "order": (
            (
                "Points: the highest first, and lots decide between equals. What is unknown comes last. The number is "
                "published with the ticket."
            ),
            "findings.points",
        ),
        "rest_to": (
            (
                "The state of another class, to whose draw the places go that are left: those for which nobody entered,"
                " and with passes_on those that are given up when nobody waits any more."
            ),
            "everybody",
        ),
        "waiting_first": (
            (
                "Those who were not drawn in an earlier draw of this state, and still wait in its `lost`, come first in"
                " this one, in the order in which they wait; lots decide among the others. In `lost` such a case waits"
                " from draw to draw. Each draw is a version of the service with another day (`on`)."
            ),
            True,
        ),
    },
    "Expect": {
        "draw_number": ("How many lots, or points, the case has in its draw.", 3),
    },
    "Step": {
        "drawn": (
            (
                "The rank that the draw gives the case in this story; with `waiting_first` also the rank in the next"
                " draw of a case that waits."
            ),
            3,
        ),
        "given_up": (
            (
                "How many places of the draw have been given up by now by people of whom the story does not tell; "
                "with passes_on they go to those who wait."
            ),
            2,
        ),
    },
}
NAMES = {
    "ballot": (
        (
            "`ballot.rank` and `ballot.entries`: the case's number in the draw, and how many took part; "
            "`ballot.number`: its lots or points there. Null before it."
        ),
        "in flow, records, registers, notices",
    )
}

CHAPTER = Chapter(
    name="ballots",
    states=(Words(model=OfState),),
    steps=(Words(model=OfStep, at=20),),
    expect=(Words(model=OfExpect, at=1040),),
    parts=(Ballot,),
    problems=problems,
    members=members,
    kinds={"ballot.rank": "number", "ballot.entries": "number", "ballot.number": "number"},
    reads_only=reads_only,
    ways=ways,
    reference=REFERENCE,
    names=NAMES,
)
