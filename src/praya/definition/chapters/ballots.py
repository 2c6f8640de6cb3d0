"""Ballots: a draw among the cases that are in a state on a day."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import Field

from praya.definition.chapter import Chapter, Found, Leads, Whole, Words
from praya.definition.model import Model, Path, Slug
from praya.definition.own_words import WORDS
from praya.definition.questions import shown_date
from praya.definition.source import Said, unknown
from praya.kernel.expression import Expression
from praya.kernel.text import Text

FACTS = frozenset({"rank", "entries"})
"""What expressions read of a case's draw."""


class Ballot(Model):
    """A draw among the cases that are in a state on a day: `places` of them go to `won`, the others to `lost`."""

    label: Text | None = None
    on: date
    places: Expression
    won: Slug
    lost: Slug
    passes_on: bool = False


class OfState(Model):
    """The draw for which cases wait in a state."""

    ballot: Ballot | None = None


class OfStep(Model):
    """What a step of an example tells of a draw."""

    drawn: int | None = Field(None, ge=1)
    given_up: int | None = Field(None, ge=1)


def problems(whole: Whole) -> Found:
    """Check the states to which draws lead."""
    states = whole.service.flow.states
    for state in states.values():
        if state.ballot is not None:
            yield from _ballot(state.ballot, state, states, ("flow", "states", state.name, "ballot"))


def _ballot(ballot: Ballot, state: Any, states: Any, path: Path) -> Found:
    for word in ("won", "lost"):
        if getattr(ballot, word) not in states:
            yield (*path, word), unknown("state", getattr(ballot, word), states)
    lost = states.get(ballot.lost)
    if ballot.passes_on and lost is not None and lost.final:
        said = f"'{ballot.lost}' is final: whoever waits for a place that is given up must wait in a state that is not"
        yield (*path, "passes_on"), Said("final-state", said)
    if state.final:
        said = "a final state has no 'ballot': the case has ended; take it out, or 'final: true'"
        yield path, Said("final-state", said)


def members(_service: Any) -> dict[str, set[str]]:
    """What stands after `ballot.` in expressions."""
    return {"ballot": {*FACTS}}


def reads_only(path: Path) -> frozenset[str] | None:
    """The number of places is the same for all who wait."""
    return frozenset({"parameters"}) if path[-2:] == ("ballot", "places") else None


def ways(flow: Any, state: Any) -> Iterator[Leads]:
    """Where a draw leads those who wait for it, and those whom it left waiting for a place that is given up."""
    if state.ballot is not None:
        ballot: Ballot = state.ballot
        yield Leads(ballot.won, lambda language: _drawn("drawn", ballot, language), by_time=True)
        yield Leads(ballot.lost, lambda language: _drawn("not_drawn", ballot, language), by_time=True)
    for other in flow.states.values():
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
    },
    "Step": {
        "drawn": (
            "The rank that the draw gives the case in this story.",
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
        "`ballot.rank` and `ballot.entries`: the case's number in the draw, and how many took part. Null before it.",
        "in flow, records, registers, notices",
    )
}

CHAPTER = Chapter(
    name="ballots",
    states=(Words(model=OfState),),
    steps=(Words(model=OfStep, at=20),),
    parts=(Ballot,),
    problems=problems,
    members=members,
    kinds={"ballot.rank": "number", "ballot.entries": "number"},
    reads_only=reads_only,
    ways=ways,
    reference=REFERENCE,
    names=NAMES,
)
