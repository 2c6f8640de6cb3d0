"""Stocks: things that are each given to one case, and lines in which cases wait for their turn to choose one."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import Field, StrictBool, ValidationInfo, model_validator

from praya.definition.chapter import Chapter, Leads, Problems, Whole, Words
from praya.definition.model import Keyed, Model, Name, Path, Plain, Slug
from praya.definition.own_words import WORDS
from praya.definition.questions.choices import ChoiceQuestion, Value, options_from_list
from praya.definition.source import Message, unknown
from praya.kernel.expression import Expression
from praya.kernel.text import Text

OF_A_STOCK = ("left", "thing", "thing_facts")
"""What stands after `stocks.plots.` in expressions."""
OF_A_LINE = frozenset({"number", "before", "now"})
"""What expressions read of the place of a case in its line."""


class Thing(Model):
    """A thing of a stock; rules about who may take it read its `facts`."""

    value: Value
    label: Text
    hint: Text | None = None
    facts: dict[Name, str | StrictBool | Plain] = {}


class ThingGroup(Model):
    """A fact of the things by which people narrow a long list, with the words for its values."""

    name: Name
    label: Text
    values: dict[str, Text] = {}


class Stock(Model):
    """A stock: things that are each given to one case."""

    name: Name
    label: Text
    things: tuple[Thing, ...] = Field((), max_length=5000)
    list: str | None = None
    groups: Annotated[dict[Name, ThingGroup], Keyed] = Field({}, max_length=3)

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, data: Any, info: ValidationInfo) -> Any:
        found = options_from_list(data, info, "things")
        if found is data:
            return data
        return {**found, "things": [{"value": o.value, "label": o.label, "hint": o.hint} for o in found["things"]]}

    @model_validator(mode="after")
    def _has_things(self) -> "Stock":
        values = [thing.value for thing in self.things]
        if not values:
            raise ValueError("a stock needs 'things' or the name of a 'list'")
        if len(set(values)) < len(values):
            raise ValueError("two things have the same value")
        return self


class Line(Model):
    """A line: the first case in it moves to the state `to`; its turn lasts until it leaves that state."""

    to: Slug
    order: Expression | None = None
    from_date: date | None = Field(None, alias="from")
    at_once: int = Field(1, ge=1, le=1000)
    none_left: Slug | None = None


class OfService(Model):
    """The stocks of a service."""

    stocks: Annotated[dict[str, Stock], Keyed] = {}

    @model_validator(mode="before")
    @classmethod
    def _for_questions(cls, data: Any, info: ValidationInfo) -> Any:
        # Choices in the flow get their options from here while they are validated.
        if info.context is not None and isinstance(data, dict):
            info.context["stocks"] = data.get("stocks")
        return data


class OfState(Model):
    """The words that stocks add to a state."""

    line: Line | None = None


class OfEffects(Model):
    """The effects that give things back to stocks."""

    gives_back: tuple[Name, ...] = ()


class OfExpect(Model):
    """What an example expects of stocks and lines."""

    left: dict[Name, int] | None = None
    in_line: int | None = None
    ahead: int | None = None


def choices(action: Any) -> Iterator[ChoiceQuestion]:
    """The questions of an action that choose from a stock."""
    for question in action.ask:
        if isinstance(question, ChoiceQuestion) and question.stock is not None:
            yield question


def problems(whole: Whole) -> Problems:
    """Check lines, choices from stocks, the names that these read, and the effects that give things back."""
    service = whole.service
    states = service.flow.states
    for state in states.values():
        if state.line is not None:
            yield from _line(state, states, ("flow", "states", state.name, "line"))
    yield from _choices(service)
    for stock in service.stocks.values():
        yield from _groups(stock)
    for path, effects in whole.effects:
        for index, name in enumerate(effects.gives_back):
            if name not in service.stocks:
                yield (*path, "gives_back", index), unknown("stock", name, service.stocks)
    for path, expression in whole.expressions:
        for names in expression.deepest:
            if names[0] == "stocks" and len(names) > 2 and names[2] not in OF_A_STOCK:
                yield path, unknown(f"member of 'stocks.{names[1]}'", names[2], OF_A_STOCK)
            elif names[0] == "stocks" and len(names) > 3 and names[1] in service.stocks:
                yield from ((path, message) for message in _deeper(service.stocks[names[1]], names[2], names[3]))


def _deeper(stock: Stock, member: str, name: str) -> Iterator[Message]:
    """Check what is read of a member of a stock: only the facts of a thing have names."""
    facts = {fact for thing in stock.things for fact in thing.facts}
    if member == "thing_facts":
        if name not in facts:
            yield unknown(f"fact of the things of '{stock.name}'", name, facts)
    else:
        instead = f"; the facts of the thing are in 'stocks.{stock.name}.thing_facts'" if member == "thing" else ""
        yield Message("unknown-name", f"'stocks.{stock.name}.{member}' has no members such as '{name}'{instead}")


def _groups(stock: Stock) -> Problems:
    """Check that each group is a fact of the things, and that its words are for values which some thing has."""
    for name, group in stock.groups.items():
        path: Path = ("stocks", stock.name, "groups", name)
        values = {group_value(thing.facts[name]) for thing in stock.things if name in thing.facts}
        if not values:
            yield path, unknown("fact of the things", name, {fact for thing in stock.things for fact in thing.facts})
            continue
        for value in group.values:
            if value not in values:
                yield (*path, "values", value), unknown(f"value of '{name}'", value, values)


def group_value(fact: Any) -> str:
    """The value of a fact as `groups` names it and as a form sends it."""
    return str(fact).lower() if isinstance(fact, bool) else str(fact)


def _line(state: Any, states: Mapping[str, Any], path: Path) -> Problems:
    line: Line = state.line
    for word in ("to", "none_left"):
        named = getattr(line, word)
        if named is not None and named not in states:
            yield (*path, word), unknown("state", named, states)
        elif named == state.name:
            yield (*path, word), Message("not-possible", f"'{named}' is the state in which the line waits")
    if state.final:
        yield (
            path,
            Message("final-state", "a final state has no 'line': the case has ended; take it out, or 'final: true'"),
        )
    if state.ballot is not None or state.ranking is not None:
        yield path, Message("not-possible", "a state has a 'line', a 'ballot' or a 'ranking', not two of them")
    turn = states.get(line.to)
    if turn is not None and turn.final:
        said = f"'{line.to}' is final: a turn ends when its case leaves the state, so it must be one that is not"
        yield (*path, "to"), Message("final-state", said)
    elif turn is not None and line.none_left is None and any(q for a in turn.actions.values() for q in choices(a)):
        said = "say with 'none_left' where a case goes whose turn comes when there is nothing left that it may take"
        yield path, Message("not-possible", said)
    if line.order is not None and line.from_date is None:
        said = "an order needs 'from', the day of the first turn: those who wait then are put in this order"
        yield (*path, "order"), Message("not-possible", said)


def _choices(service: Any) -> Problems:
    """Check that choices from a stock are questions of an action, since the action takes the thing."""
    asked: set[int] = set()
    for state in service.flow.states.values():
        for action in state.actions.values():
            for index, question in enumerate(action.ask):
                path: Path = ("flow", "states", state.name, "actions", action.name, "ask", index)
                if not isinstance(question, ChoiceQuestion):
                    continue
                asked.add(id(question))
                if question.stock is None:
                    continue
                if action.reviewers > 1:
                    yield (*path, "stock"), Message("not-possible", "several reviewers cannot take one thing")
                stock = service.stocks.get(question.stock)
                if stock is not None and {o.value for o in question.options} != {t.value for t in stock.things}:
                    said = "its options are the things of the stock; take 'options' out"
                    yield (*path, "options"), Message("not-possible", said)
                known = {"value", *(name for thing in (stock.things if stock else ()) for name in thing.facts)}
                for root, member in sorted(question.may_take.paths) if question.may_take else ():
                    if root == "thing" and member not in known:
                        yield (*path, "may_take"), unknown("fact of the things", member, known)
    for question in service.all_questions():
        if isinstance(question, ChoiceQuestion) and question.stock is not None and id(question) not in asked:
            said = f"'{question.name}' chooses from a stock: only what an action asks takes a thing, not a form"
            yield ("stocks", question.stock), Message("not-possible", said)


def members(service: Any) -> dict[str, set[str]]:
    """The names after `stocks.` and `line.` in expressions."""
    return {"stocks": set(service.stocks), "line": {*OF_A_LINE}}


def own_names(_service: Any, path: Path) -> frozenset[str]:
    """`thing` is the current thing in the rule that decides who may take it."""
    return frozenset({"thing"}) if path[-1] == "may_take" else frozenset()


def ways(flow: Any, state: Any) -> Iterator[Leads]:
    """Where a line leads those who wait in it, and those for whom nothing was left when something comes back."""
    if state.line is not None:
        yield Leads(state.line.to, WORDS["their_turn"].in_, by_time=True)
        if state.line.none_left is not None:
            yield Leads(state.line.none_left, WORDS["nothing_left"].in_, by_time=True)
    for other in flow.states.values():
        if other.line is not None and other.line.none_left == state.name and not state.final:
            yield Leads(other.line.to, WORDS["their_turn"].in_, by_time=True)


def lines(service: Any) -> Iterator[tuple[str, Line]]:
    """The states with a line, each with the line."""
    for state in service.flow.states.values():
        if state.line is not None:
            yield state.name, state.line


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """Each stock by its name."""
    return {"stock": dict(data["stocks"])}


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "stocks": (
            (
                "Things of which each is given once, by name. A choice that an action asks takes one (`stock:`). A case"
                " that is refused, withdrawn or lapses gives its thing back."
            ),
            {
                "kennels": {
                    "label": {"en": "Kennels", "zh-hant": "犬舍"},
                    "things": [
                        {"value": "k1", "label": {"en": "Kennel 1", "zh-hant": "1 號犬舍"}, "facts": {"metres": 4}}
                    ],
                }
            },
        ),
    },
    "Stock": {
        "name": ("Its name; written as the key.", "kennels"),
        "label": (
            "What the things are called together; people in the line read it beside how many are left.",
            {"en": "Kennels", "zh-hant": "犬舍"},
        ),
        "things": (
            "The things, in the order in which they are offered. See Thing.",
            [{"value": "k1", "label": {"en": "Kennel 1", "zh-hant": "1 號犬舍"}}],
        ),
        "list": ("The name of one of the pack's lists, instead of things.", "districts"),
        "groups": (
            (
                "Facts by which people narrow a long list before they choose, at most three, by name: the block, then"
                " the level. Beside each value stands how many are left. See ThingGroup."
            ),
            {"metres": {"label": {"en": "Size", "zh-hant": "面積"}}},
        ),
    },
    "ThingGroup": {
        "name": ("The fact of the things; written as the key.", "metres"),
        "label": ("What people read above its values.", {"en": "Size", "zh-hant": "面積"}),
        "values": (
            "The words for its values, by value; a value without words is shown as it is.",
            {"4": {"en": "4 square metres", "zh-hant": "4 平方米"}},
        ),
    },
    "Thing": {
        "value": ("What is kept: letters, digits, hyphens, underscores. It never changes once used.", "k1"),
        "label": ("What people read.", {"en": "Kennel 1", "zh-hant": "1 號犬舍"}),
        "hint": ("A line below it.", {"en": "4 square metres, with a window", "zh-hant": "4 平方米，設有窗戶"}),
        "facts": ("What `may_take` reads of it, by name: `thing.metres`.", {"metres": 4, "window": True}),
    },
    "State": {
        "line": (
            "Whoever waits in this state is in a line, and is called when it is their turn. See Line.",
            {"to": "choosing", "order": "ballot.rank", "from": date(2027, 3, 1), "none_left": "none-left"},
        ),
    },
    "Line": {
        "to": (
            (
                "The state of a case whose turn it is. Its turn lasts until it leaves this state: it has chosen, let it"
                " pass, was withdrawn, or a timer of the state came. Then the next is called, on whatever day."
            ),
            "choosing",
        ),
        "order": (
            (
                "A number, the lowest first, such as `ballot.rank` or `ranking.place`. Those who wait on the day `from`"
                " are numbered by it; who is equal, or comes later, in the order of coming. Without it all are."
            ),
            "ballot.rank",
        ),
        "from": ("The day of the first turn; it begins at nine in the morning.", date(2027, 3, 1)),
        "at_once": ("How many have their turn at the same time.", 20),
        "none_left": (
            (
                "Where a case goes whose turn comes when nothing is left that it may take. In a state that is not final"
                " it has its turn, by its number, when something comes back that it may take."
            ),
            "none-left",
        ),
    },
    "Effects": {
        "gives_back": (
            "The stocks to which the case gives back what it took, so that others can take it.",
            ["kennels"],
        ),
    },
    "Expect": {
        "left": ("How many things of a stock are left.", {"kennels": 3}),
        "in_line": ("The number of the case in its line.", 2),
        "ahead": ("How many wait in the line before the case.", 1),
    },
}
NAMES = {
    "stocks": (
        (
            "`stocks.kennels.left`: how many things of a stock are left. `stocks.kennels.thing`: what the case has."
            " `stocks.kennels.thing_facts.size`: a fact of it. Both are empty while it has nothing."
        ),
        "in flow, records, registers, notices",
    ),
    "line": (
        (
            "`line.number`: the number of the case in its line, `line.before`: how many wait before it, `line.now`: the"
            " highest number that has its turn. Unknown before the line is numbered."
        ),
        "in flow, records, registers, notices",
    ),
}

CHAPTER = Chapter(
    name="stocks",
    service=(Words(model=OfService, at=1050),),
    states=(Words(model=OfState, at=1050),),
    effects=(Words(model=OfEffects, at=1050),),
    expect=(Words(model=OfExpect, at=1050),),
    parts=(Stock, ThingGroup, Thing, Line),
    problems=problems,
    members=members,
    own_names=own_names,
    kinds={"line.number": "number", "line.before": "number", "line.now": "number"},
    ways=ways,
    differences=differences,
    reference=REFERENCE,
    names=NAMES,
)
