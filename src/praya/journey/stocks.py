"""Stocks of a service: taking the thing that was chosen, giving it back, and the line in which a case waits."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.services import api as services
from praya.blocks.stocks import api as stocks
from praya.definition.chapters.stocks import OF_A_LINE, Line, Stock, choices, lines
from praya.definition.flow import Action
from praya.definition.service import Service
from praya.journey.calls import hashed

# A case that ends with one of these results gives back what it took.
GIVES_BACK = ("refused", "withdrawn", "lapsed")


class Seen(Mapping[str, Any]):
    """A stock as expressions of a case see it; read from the tables when something of it is asked.

    `left` is a number, `thing` what the case has, `thing_facts` its facts; `taken`, `facts` and `groups` are for the
    choice of a thing.
    """

    def __init__(self, service: Service, stock: Stock, case_ref: str) -> None:
        self._ref, self._stock, self._case_ref = ref_of(service.service, stock.name), stock, case_ref
        self._values: dict[str, Any] | None = None

    def _read(self) -> dict[str, Any]:
        if self._values is None:
            taken, own = stocks.taken(self._ref), stocks.thing_of(self._ref, self._case_ref)
            self._values = {
                "left": sum(thing.value not in taken for thing in self._stock.things),
                "thing": own,
                "thing_facts": next((dict(thing.facts) for thing in self._stock.things if thing.value == own), {}),
                "taken": taken,
                "facts": {thing.value: thing.facts for thing in self._stock.things},
                "groups": self._stock.groups,
            }
        return self._values

    def __getitem__(self, name: str) -> Any:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


class Place(Mapping[str, int | None]):
    """The place of a case in the line that it joined last, as expressions see it; read when something of it is asked.

    `number`, how many wait `before` it, and the number that has its turn `now`; None where there is none.
    """

    def __init__(self, case_ref: str) -> None:
        self._case_ref = case_ref

    @cached_property
    def _wait(self) -> stocks.Wait | None:
        return stocks.of_case(self._case_ref)

    def __getitem__(self, name: str) -> int | None:
        if name not in OF_A_LINE:
            raise KeyError(name)
        wait = self._wait
        if wait is None:
            return None
        match name:
            case "number":
                return wait.number
            case "before":
                return stocks.before(wait) if wait.state == "waiting" else 0
        return stocks.last_called(wait.line)

    def __iter__(self) -> Iterator[str]:
        return iter(OF_A_LINE)

    def __len__(self) -> int:
        return len(OF_A_LINE)


def ref_of(service: str, stock: str) -> str:
    """The reference of a stock: the same for every version of its service."""
    return hashed("stock", service, stock)


def line_ref(service: str, state: str, line: Line) -> str:
    """The reference of a line; that of another first day is another line."""
    return hashed("line", service, state, day_of(line).isoformat())


def day_of(line: Line) -> date:
    """The day of the first turn; the beginning of time where there is none."""
    return line.from_date or date.min


def states_of_lines(service: Service) -> set[str]:
    """The states in which cases wait in a line, and those in which they have their turn."""
    return {name for state, line in lines(service) for name in (state, line.to)}


def take(
    case: cases.Case, service: Service, action: Action, findings: Mapping[str, Any], *, at: datetime, by: str
) -> None:
    """Give the case what was chosen from stocks, in the caller's transaction. Raises stocks.Taken."""
    for question in choices(action):
        value = findings.get(question.name)
        if isinstance(value, str):
            ref = ref_of(service.service, str(question.stock))
            had = stocks.thing_of(ref, case.ref)
            taken = stocks.take(stock=ref, thing=value, case_ref=case.ref, service=service.service, at=at, by=by)
            if taken and had is not None:
                _call_back(service, str(question.stock))


def give_back(
    case: cases.Case, service: Service, names: "Iterator[str] | tuple[str, ...]", *, at: datetime, by: str
) -> None:
    """Let others take what the case has of these stocks."""
    for name in names:
        ref = ref_of(service.service, name)
        if stocks.give_back(stock=ref, case_ref=case.ref, service=service.service, at=at, by=by):
            _call_back(service, name)


def _call_back(service: Service, stock: str) -> None:
    """Let those for whom nothing was left wait again, with their numbers; their turn tells whether it is for them."""
    states = service.flow.states
    for name, line in lines(service):
        asked = {question.stock for action in states[line.to].actions.values() for question in choices(action)}
        if stock in asked and line.none_left is not None and not states[line.none_left].final:
            versions = services.versions(service.service)
            left = cases.waiting(service=service.service, state=line.none_left, versions=versions)
            stocks.wait_again(line=line_ref(service.service, name, line), case_refs=[one.ref for one in left])


def moved(case: cases.Case, to: str, service: Service, *, result: str, at: datetime, by: str) -> None:
    """What follows from a move: a line is left, a turn begins or is over, an end gives things back."""
    for name, state in service.flow.states.items():
        if state.line is None:
            continue
        ref = line_ref(service.service, name, state.line)
        if case.state in {name, state.line.none_left} and to == state.line.to:
            stocks.call(line=ref, case_ref=case.ref, at=at)
        elif case.state in {name, state.line.to, state.line.none_left} and to != case.state:
            stocks.leave(line=ref, case_ref=case.ref)
    if result in GIVES_BACK:
        give_back(case, service, tuple(service.stocks), at=at, by=by)


def entered(case: cases.Case, service: Service, *, at: datetime) -> None:
    """Let a case that entered a state wait in its line."""
    line = service.flow.states[case.state].line
    if line is not None:
        stocks.join(line=line_ref(service.service, case.state, line), case_ref=case.ref, at=at)
