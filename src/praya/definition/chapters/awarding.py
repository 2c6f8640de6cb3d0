"""Awarding: the cases in a state are ranked on a day, and the first get places, or a budget until it is spent."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from praya.definition.chapter import Chapter, Found, Leads, Whole, Words
from praya.definition.model import Model, Path, Plain, Slug
from praya.definition.own_words import WORDS
from praya.definition.questions import shown_date
from praya.definition.source import Said, unknown
from praya.kernel.expression import Expression
from praya.kernel.text import Text

FACTS = frozenset({"place", "entries", "amount"})
"""What expressions read of the last ranking of a case."""
OF_ALL = frozenset({"places", "budget"})
"""The words that are worked out once for all cases."""


class Bar(Model):
    """A register whose entries bar their holders, such as that of earlier winners."""

    register_in: Slug = Field(alias="register")
    service: Slug | None = None


class Ranking(Model):
    """The cases in a state are ranked on a day: those that get something go to `won`, the others to `lost`."""

    label: Text | None = None
    on: date
    by: Expression
    then: tuple[Expression, ...] = Field((), max_length=10)
    per: Expression | None = None
    places: Expression | None = None
    budget: Expression | None = None
    amount: Expression | None = None
    short: Literal["stop", "skip", "part"] = "stop"
    unless: Expression | None = None
    bar: tuple[Bar, ...] = ()
    won: Slug
    lost: Slug

    @model_validator(mode="after")
    def _ends_somewhere(self) -> "Ranking":
        if self.places is None and self.budget is None:
            raise ValueError("say how many win: 'places', a number, or 'budget', an amount that is given out")
        if (self.budget is None) != (self.amount is None):
            raise ValueError("'budget' and 'amount' belong together: what there is, and what each case gets of it")
        return self


class OfState(Model):
    """The ranking for which cases wait in a state."""

    ranking: Ranking | None = None


class OfExpect(Model):
    """What an example expects of the last ranking of its case."""

    place: int | None = None
    award: Plain | None = None


def problems(whole: Whole) -> Found:
    """Check the states to which rankings lead, and the days of judging before them."""
    service, states = whole.service, whole.service.flow.states
    for state in states.values():
        if state.ranking is None:
            continue
        path: Path = ("flow", "states", state.name, "ranking")
        for word in ("won", "lost"):
            if getattr(state.ranking, word) not in states:
                yield (*path, word), unknown("state", getattr(state.ranking, word), states)
        if state.final:
            said = "a final state has no 'ranking': the case has ended; take it out, or 'final: true'"
            yield path, Said("final-state", said)
        if state.ballot is not None:
            yield path, Said("not-possible", "a state has a 'ballot' or a 'ranking', not both")
        if state.judging is not None and state.ranking.on <= state.judging.until:
            said = f"the ranking is held before judging is over, at the end of {state.judging.until}; take a later day"
            yield (*path, "on"), Said("out-of-range", said)
        for index, bar in enumerate(state.ranking.bar):
            if bar.service in {None, service.service} and bar.register_in not in service.registers:
                yield (*path, "bar", index, "register"), unknown("register", bar.register_in, service.registers)


def members(_service: Any) -> dict[str, set[str]]:
    """What stands after `ranking.` in expressions."""
    return {"ranking": {*FACTS}}


def reads_only(path: Path) -> frozenset[str] | None:
    """What is worked out once for all cases reads the law and nothing of a case."""
    return frozenset({"parameters"}) if path[-2:-1] == ("ranking",) and path[-1] in OF_ALL else None


def ways(_flow: Any, state: Any) -> Iterator[Leads]:
    """Where a ranking leads those who wait for it."""
    if state.ranking is not None:
        ranking: Ranking = state.ranking
        yield Leads(ranking.won, lambda language: _said("ranked_among", ranking, language), by_time=True)
        yield Leads(ranking.lost, lambda language: _said("not_ranked_among", ranking, language), by_time=True)


def _said(word: str, ranking: Ranking, language: str) -> str:
    return WORDS[word].in_(language).format(day=shown_date(ranking.on, language))


def others(service: Any) -> Iterator[tuple[Path, str]]:
    """The services whose registers bar somebody."""
    for name, ranking in rankings(service):
        for index, bar in enumerate(ranking.bar):
            if bar.service is not None:
                yield ("flow", "states", name, "ranking", "bar", index, "service"), bar.service


def problems_about(whole: Whole, owner: Any) -> Found:
    """Check that another service keeps the register that bars."""
    for name, ranking in rankings(whole.service):
        for index, bar in enumerate(ranking.bar):
            if bar.service == owner.service and bar.register_in not in owner.registers:
                path = ("flow", "states", name, "ranking", "bar", index, "register")
                yield path, unknown(f"register of '{owner.service}'", bar.register_in, owner.registers)


def rankings(service: Any) -> Iterator[tuple[str, Ranking]]:
    """The states in which cases are ranked, each with its ranking."""
    for state in service.flow.states.values():
        if state.ranking is not None:
            yield state.name, state.ranking


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "State": {
        "ranking": (
            "The cases in this state are ranked on a day, and the first win. See Ranking.",
            {"on": date(2027, 3, 22), "by": "judged.first_round.score", "places": 20, "won": "second", "lost": "out"},
        ),
    },
    "Ranking": {
        "label": ("What it is called, for a service with several.", {"en": "First cut", "zh-hant": "初選"}),
        "on": (
            (
                "The day; it is held at nine in the morning, after judging in this state is over. Whoever comes into "
                "the state later goes to `lost`."
            ),
            date(2027, 3, 22),
        ),
        "by": (
            "By what cases are ranked, the highest number first. Whose number is unknown comes last and gets nothing.",
            "judged.first_round.score",
        ),
        "then": (
            (
                "What decides between equals, one after another, the highest first. Who is equal in all is ranked by "
                "the ticket of the case, which nobody chooses."
            ),
            ["judged.first_round.idea"],
        ),
        "per": (
            "A class, for each of which there are so many `places`: a stream, a category, a district.",
            "answers.category",
        ),
        "places": ("How many win, in each class where there is `per`: a number, or an expression over parameters.", 20),
        "budget": ("What is given out in all: an expression over parameters.", "parameters.fund"),
        "amount": ("What a case gets of the budget: an expression.", "answers.asked_for"),
        "short": (
            (
                "What becomes of the first whose amount is more than what is left: `stop` (it gets nothing, and nobody "
                "after it), `skip` (it gets nothing, later ones whose amount fits do) or `part` (it gets what is left)."
            ),
            "part",
        ),
        "unless": (
            "Cases for which this holds are ranked and win nothing; the place goes to the next.",
            "answers.staff",
        ),
        "bar": (
            "Registers in which whoever stands now, as the holder of an entry, wins nothing. See Bar.",
            [{"register": "winners"}],
        ),
        "won": ("Where a case goes that wins; `ranking.amount` is what it gets.", "second"),
        "lost": ("Where the others go.", "out"),
    },
    "Bar": {
        "register": ("The register.", "winners"),
        "service": ("The service that keeps it, if it is another one.", "dog-boarding"),
    },
    "Expect": {
        "place": ("The place of the case in its last ranking.", 1),
        "award": ("What it got of the budget there.", 5000),
    },
}
NAMES = {
    "ranking": (
        (
            "`ranking.place`, `ranking.entries` and `ranking.amount`: the case's place in its last ranking, how many "
            "were ranked, and what it got of the budget. Unknown before it."
        ),
        "in flow, records, registers, notices",
    )
}

CHAPTER = Chapter(
    name="awarding",
    states=(Words(model=OfState, at=1020),),
    expect=(Words(model=OfExpect, at=1020),),
    parts=(Ranking, Bar),
    problems=problems,
    members=members,
    kinds={"ranking.place": "number", "ranking.entries": "number", "ranking.amount": "number"},
    reads_only=reads_only,
    ways=ways,
    others=others,
    problems_about=problems_about,
    reference=REFERENCE,
    names=NAMES,
)
