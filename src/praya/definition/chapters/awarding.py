"""Awarding: the cases in a state are ranked on a day; the first ones get places, or shares of a budget."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from praya.definition.chapter import Chapter, Leads, Problems, Whole, Words
from praya.definition.model import Model, Path, Plain, Slug
from praya.definition.own_words import WORDS
from praya.definition.questions import shown_date
from praya.definition.source import Message, unknown
from praya.kernel.expression import Expression
from praya.kernel.text import Text

FACTS = frozenset({"place", "place_in_class", "entries", "amount"})
"""What expressions read of the last ranking of a case."""
OF_ALL = frozenset({"places", "budget"})
"""The words that are worked out once for all cases."""


class Bar(Model):
    """A register whose entries bar their holders, such as that of earlier winners."""

    register_in: Slug = Field(alias="register")
    service: Slug | None = None
    when: Expression | None = None


class Ranking(Model):
    """The ranking of the cases in a state on a day: those with an award go to the state `won`, the others to `lost`."""

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
    """The words that awarding adds to a state."""

    ranking: Ranking | None = None


class OfExpect(Model):
    """What an example expects of its case in the last ranking."""

    place: int | None = None
    place_in_class: int | None = None
    award: Plain | None = None


def problems(whole: Whole) -> Problems:
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
            message = "a final state has no 'ranking': the case has ended; take it out, or 'final: true'"
            yield path, Message("final-state", message)
        if state.ballot is not None:
            yield path, Message("not-possible", "a state has a 'ballot' or a 'ranking', not both")
        if state.judging is not None and state.ranking.on <= state.judging.until:
            message = (
                f"the ranking is held before judging is over, at the end of {state.judging.until}; take a later day"
            )
            yield (*path, "on"), Message("out-of-range", message)
        for index, bar in enumerate(state.ranking.bar):
            if bar.service in {None, service.service}:
                yield from _bars(service, bar, (*path, "bar", index))


def _bars(owner: Any, bar: Bar, path: Path) -> Problems:
    """Check a register that excludes its holders, and the facts of its entries that the condition reads."""
    register = owner.registers.get(bar.register_in)
    if register is None:
        yield (*path, "register"), unknown("register", bar.register_in, owner.registers)
        return
    known = {"ref", "from", "until", *register.facts}
    for root, member in sorted(bar.when.paths) if bar.when is not None else ():
        if root == "entry" and member not in known:
            yield (*path, "when"), unknown("fact of the register", member, known)


def own_names(_service: Any, path: Path) -> frozenset[str]:
    """`entry` is the entry at hand where it is said which of the entries exclude their holder."""
    return frozenset({"entry"}) if path[-4:-2] == ("ranking", "bar") and path[-1] == "when" else frozenset()


def members(_service: Any) -> dict[str, set[str]]:
    """The names after `ranking.` in expressions."""
    return {"ranking": {*FACTS}}


def reads_only(path: Path) -> frozenset[str] | None:
    """Expressions that are evaluated once for all cases can read parameters of the law, but nothing about a case."""
    return frozenset({"parameters"}) if path[-2:-1] == ("ranking",) and path[-1] in OF_ALL else None


def ways(_flow: Any, state: Any) -> Iterator[Leads]:
    """The transitions of a ranking."""
    if state.ranking is not None:
        ranking: Ranking = state.ranking
        yield Leads(ranking.won, lambda language: _sentence("ranked_among", ranking, language), by_time=True)
        yield Leads(ranking.lost, lambda language: _sentence("not_ranked_among", ranking, language), by_time=True)


def _sentence(word: str, ranking: Ranking, language: str) -> str:
    return WORDS[word].in_(language).format(day=shown_date(ranking.on, language))


def others(service: Any) -> Iterator[tuple[Path, str]]:
    """The services whose registers exclude applicants from a ranking."""
    for name, ranking in rankings(service):
        for index, bar in enumerate(ranking.bar):
            if bar.service is not None:
                yield ("flow", "states", name, "ranking", "bar", index, "service"), bar.service


def problems_about(whole: Whole, owner: Any) -> Problems:
    """Check that the other service has the register that excludes applicants."""
    for name, ranking in rankings(whole.service):
        for index, bar in enumerate(ranking.bar):
            if bar.service == owner.service != whole.service.service:
                yield from _bars(owner, bar, ("flow", "states", name, "ranking", "bar", index))


def rankings(service: Any) -> Iterator[tuple[str, Ranking]]:
    """The states with a ranking, each with the ranking."""
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
        "when": (
            "Of its entries, those that bar: `entry` is the one at hand. Without it each does.",
            "entry.stream == answers.stream",
        ),
    },
    "Expect": {
        "place": ("The place of the case in its last ranking.", 1),
        "place_in_class": ("Its place there among the cases of its class (`per`).", 1),
        "award": ("What it got of the budget there.", 5000),
    },
}
NAMES = {
    "ranking": (
        (
            "`ranking.place`, `ranking.place_in_class`, `ranking.entries` and `ranking.amount`: the case's place in "
            "its last ranking, among all and among those of its class (`per`), how many were ranked, and what it got "
            "of the budget. Unknown before it."
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
    own_names=own_names,
    kinds={f"ranking.{name}": "number" for name in ("place", "place_in_class", "entries", "amount")},
    reads_only=reads_only,
    ways=ways,
    others=others,
    problems_about=problems_about,
    reference=REFERENCE,
    names=NAMES,
)
