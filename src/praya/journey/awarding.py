"""Ranking all cases that wait in a state on a day, and awarding places or a budget in that order.

The order follows from what the cases say and from nothing else: not from when they arrived. The digest of its lines is
in the journal and in the open data, so that everybody who has the lines can see that they are those of the day.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.panels import api as panels
from praya.blocks.rankings import api as rankings
from praya.blocks.registers import api as registers
from praya.blocks.services import api as services
from praya.definition.chapters import awarding as words
from praya.definition.chapters.awarding import Ranking
from praya.definition.service import Service
from praya.journey import acting, calls, case_context, entries, load
from praya.journey import panels as judging
from praya.kernel import rounds
from praya.kernel.calendar import MORNING
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.money import Money
from praya.kernel.number import Number, is_number
from praya.kernel.rounds import by_itself

# How many cases go on in one call of `hold`.
SLICE = 500
# An operator is told of a ranking that is not made so long after its hour.
PATIENCE = timedelta(minutes=15)

Ranked = calls.Call[Ranking]


@dataclass(frozen=True, slots=True)
class Late:
    """A ranking whose hour came and that is not made; `why` is judging, or nothing where the worker failed."""

    service: str
    state: str
    on: date
    why: str


def rank_due(*, at: datetime) -> int:
    """Make the rankings that are due, and move their cases on; answers how many cases moved.

    Call it until it returns 0: the cases of a large ranking are moved in slices.
    """
    count = 0
    for name, due_calls in calls.every(words.rankings, _day):
        for call in due_calls:
            with by_itself("rank_cases", service=name, state=call.state):
                count += hold(call, at=at)
    return count


def _day(ranking: Ranking) -> date:
    return ranking.on


def ref_of(call: Ranked) -> str:
    """The reference of a ranking."""
    return call.ref("ranking", call.word.on)


def hold(call: Ranked, *, at: datetime) -> int:
    """Do what is due of one ranking: make it, unless judging is still open, and move its cases on."""
    if at < load.pack().calendar.moment(call.word.on, MORNING) or _still_judged(call):
        return 0
    ref = ref_of(call)
    if rankings.made(ref) is None:
        # Another worker may make it at this very moment: then it is made.
        with suppress(rankings.MadeAlready):
            _make(call, ref, at=at)
    return _settle_all(call, ref, at=at)


def _still_judged(call: Ranked) -> bool:
    """Whether the cases in this state are judged, and that is not over."""
    judging_words = call.service.flow.states[call.state].judging
    if judging_words is None:
        return False
    one = panels.round_of(
        judging.round_ref(calls.Call(call.service, call.state, judging_words, call.versions, call.story))
    )
    return one is None or one.closed_at is None


def _make(call: Ranked, ref: str, *, at: datetime) -> None:
    ranking, service, pack = call.word, call.service, load.pack()
    law = {"parameters": service.parameters_on(ranking.on)}
    today = pack.calendar.day_of(at)
    contenders = []
    for waiting in call.waiting():
        case = cases.case(waiting.ref)
        seen = case_context.of_case(case, load.compiled(case.service, case.version), pack, today=today).context
        amount = _number(ranking.amount, seen, call, case.ref) if ranking.amount is not None else None
        contenders.append(
            rankings.Contender(
                case_ref=case.ref,
                by=tuple(_number(one, seen, call, case.ref) for one in (ranking.by, *ranking.then)),
                per=_class(ranking.per, seen),
                cents=None if amount is None else Money.of(amount, pack.currency).cents,
                barred=(ranking.unless is not None and ranking.unless.holds(seen))
                or _is_barred(ranking, service.service, waiting.person_ref, today, seen),
            )
        )
    places, budget = _of_all(ranking.places, law), _of_all(ranking.budget, law)
    rankings.make(
        ref=ref, service=service.service, state=call.state, contenders=contenders,
        places=None if places is None else max(0, int(places)),
        budget=None if budget is None else max(0, Money.of(budget, pack.currency).cents),
        short=ranking.short, at=at,
    )  # fmt: skip


def _of_all(expression: Expression | None, law: Mapping[str, Any]) -> Number | None:
    if expression is None:
        return None
    value = expression.value(law)
    if not is_number(value):
        raise ExpressionFailed(f"'{expression.source}' is no number")
    number: Number = value
    return number


def _number(expression: Expression, seen: Mapping[str, Any], call: Ranked, case_ref: str) -> Number | None:
    """A number of a case; None where it is not known, which is noted for the operator."""
    try:
        value = expression.value(seen)
    except ExpressionFailed as problem:
        rounds.note("rank_cases", problem, service=call.service.service, case=case_ref)
        return None
    return value if is_number(value) else None


def _class(expression: Expression | None, seen: Mapping[str, Any]) -> str:
    if expression is None:
        return ""
    try:
        value = expression.value(seen)
    except ExpressionFailed:
        return ""
    return "" if value is None else str(value)


def _is_barred(ranking: Ranking, service: str, person_ref: str, today: date, seen: Mapping[str, Any]) -> bool:
    """Whether an entry that the person holds excludes them, by itself or by what it says."""
    if not ranking.bar:
        return False
    barring = {(bar.service or service, bar.register_in) for bar in ranking.bar}
    held = registers.of_holder(person_ref, limit=500)
    standing = [e for e in held if (e.service, e.register) in barring and e.state(today) == "in-force"]
    inside = registers.inside(standing) if standing and any(bar.when for bar in ranking.bar) else {}
    for entry in standing:
        known = inside[entry.ref].known if entry.ref in inside else {}
        said = {"entry": entries.found_facts(entry, {**entry.values, **known}, today, None)}
        for bar in ranking.bar:
            here = (bar.service or service, bar.register_in) == (entry.service, entry.register)
            if here and (bar.when is None or bar.when.holds({**seen, **said})):
                return True
    return False


def _settle_all(call: Ranked, ref: str, *, at: datetime) -> int:
    """Let the next cases go on that waited for the ranking. Those that fail stay, and are in nobody's way."""
    count = 0
    for waiting in call.waiting():
        # Somebody who withdraws at this very moment goes before the ranking.
        with by_itself("rank_cases", service=call.service.service, case=waiting.ref), suppress(cases.CaseMoved):
            standing = rankings.place_in(ref, waiting.ref)
            case = cases.case(waiting.ref)
            own = load.compiled(case.service, case.version).flow.states[call.state].ranking or call.word
            acting.send_on(case, own.won if standing is not None and standing.won else own.lost, at=at)
            count += 1
        if count >= SLICE:
            break
    return count


def of_service(service: Service) -> list[tuple[Ranked, rankings.Made]]:
    """The rankings of every version of a service that were made, the newest first; no story's."""
    versions = services.versions_that_wait_for_all(service.service).get(service.service, ())
    made_of_calls = [
        (call, rankings.made(ref_of(call))) for call in calls.of_service(service, versions, words.rankings, _day)
    ]
    return sorted(((c, made) for c, made in made_of_calls if made), key=lambda pair: pair[1].made_at, reverse=True)


def oldest_due(*, at: datetime) -> datetime | None:
    """Since when the first ranking is due that is not made, or whose cases have not all gone on."""
    return min((moment for moment, _ in _waiting(at)), default=None)


def overdue(*, at: datetime) -> list[Late]:
    """The rankings that should have been made by now and were not: an operator must look."""
    return [
        Late(call.service.service, call.state, call.word.on, "judging" if _still_judged(call) else "")
        for moment, call in _waiting(at)
        if moment + PATIENCE < at and rankings.made(ref_of(call)) is None
    ]


def _waiting(at: datetime) -> Iterable[tuple[datetime, Ranked]]:
    for _, waiting_calls in calls.every(words.rankings, _day):
        for call in waiting_calls:
            moment = load.pack().calendar.moment(call.word.on, MORNING)
            if moment <= at and (rankings.made(ref_of(call)) is None or call.waiting()):
                yield moment, call
