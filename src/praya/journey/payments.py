"""Grants that are paid by themselves: on which day next, and each payment once.

The days are worked out from what happened, never carried on: those of a series that begins with a day of the
definition, on which the case was in one of the states. `pay_done` tells up to which moment they were made, and a grant
is never paid twice for one day.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from praya.blocks.cases import api as cases
from praya.definition.chapters.fees import Fee
from praya.definition.chapters.payments import Payments
from praya.definition.expression_context import worked_out_anew
from praya.definition.flow import Effects
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.definition.trials import is_trial
from praya.journey import case_context, entries, load
from praya.journey.chapter import Picture
from praya.journey.chapters import fees as chapter
from praya.journey.effects import carry_out
from praya.kernel import rounds
from praya.kernel.calendar import MORNING, Length, Span
from praya.kernel.expression import Expression, ExpressionFailed

MOST = 6000
"""So many days of a series are looked through at most: a hundred years of weeks."""


def scheduled(service: Service) -> list[tuple[Fee, Payments]]:
    """The grants of a service that are paid by themselves."""
    return [(fee, fee.pays) for fee in service.fees if fee.pays is not None]


def reckon(case: cases.Case, service: Service, pack: Pack) -> cases.Case:
    """Store when the next payment of a case is due, after anything happened to it."""
    if not scheduled(service) or case.closed_at is not None:
        return case
    due = _next(case, service, pack, _done(case))
    at = due[0][0] if due else None
    if at != case.pay_at:
        cases.set_payment(ref=case.ref, at=at)
    return replace(case, pay_at=at)


def pay_due(case: cases.Case, service: Service, pack: Pack, *, at: datetime) -> cases.Case:
    """Make every payment that is due by now, before the case moves on."""
    for _ in range(MOST):
        if case.pay_at is None or case.pay_at > at or case.closed_at is not None:
            break
        case = pay(case, service, pack)
    return case


def pay(case: cases.Case, service: Service, pack: Pack) -> cases.Case:
    """Make the payments of a case that are due first, once, as of the moment when they were due."""
    moment = case.pay_at
    with transaction.atomic():
        cases.lock(case.ref)
        case = cases.case(case.ref)
        if moment is None or case.pay_at != moment or case.closed_at is not None:
            # Somebody else made them, or what they were set by has changed.
            return case
        due = [one for one in _next(case, service, pack, _done(case)) if one[0] == moment]
        seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(moment))
        grants = [grant for _, fee, day in due for grant in _grants(fee, day, seen, pack, moment)]
        paid = cases.pay_by_itself(ref=case.ref, grants=grants, done=moment, at=moment)
        for _, fee, day in due:
            if fee.pays is not None and fee.pays.notify and any(one.name == fee.name for one in paid):
                letters = Effects(notify=fee.pays.notify)
                mark = f"pay:{fee.name}:{day.isoformat()}"
                carry_out(letters, cases.case(case.ref), service, pack, mark=mark, at=moment, by="system")
        return reckon(cases.case(case.ref), service, pack)


def _grants(fee: Fee, day: date, seen: Picture, pack: Pack, moment: datetime) -> list[cases.Fee]:
    """What is paid of a grant on a day: nothing where it is not due, or cannot be worked out, which officers see."""
    pays, case, service = fee.pays, seen.case, seen.service
    if pays is None or not _stands(pays, case, service, day):
        return []
    law = day if pays.law == "today" else pack.calendar.day_of(case.opened_at)
    context = law_of(day, seen) if pays.law == "today" else seen.context
    try:
        if pays.when is not None and not pays.when.holds(context):
            return []
        return [replace(one, day=day.isoformat()) for one in chapter.worked_out([fee], service, context, pack, law)]
    except ExpressionFailed as problem:
        rounds.note("pay", problem, service=case.service, case=case.ref)
        cases.note_clock(ref=case.ref, kind="not_paid", who=fee.name or "", what="pays", at=moment)
        return []


def _stands(pays: Payments, case: cases.Case, service: Service, day: date) -> bool:
    """Whether the entry of the case stands on which the payment depends."""
    if pays.entry is None:
        return True
    made = [*entries.all_of_case(case.ref, case.subject_ref, service)]
    return any(entry.register == pays.entry and entry.state(day) == "in-force" for entry in made)


def law_of(day: date, seen: Picture) -> Mapping[str, Any]:
    """What expressions see of a case by the law of a day: as its newest version has it."""
    service = seen.service
    territory = load.territory()
    card = (territory.trials if is_trial(service.service) else territory.known).get(service.service)
    newest = load.definition(card) if card is not None else service
    later = {name: value for name, value in newest.parameters_on(day).items() if value is not None}
    parameters = {**service.parameters_on(day), **{n: v for n, v in later.items() if n in service.parameters}}
    return worked_out_anew(service, {**seen.context, "parameters": parameters}, day)


def _done(case: cases.Case) -> datetime:
    """Up to which moment payments were made; a case may be paid in the moment when it is opened."""
    return case.pay_done or case.opened_at - timedelta(microseconds=1)


# On which days


def _next(case: cases.Case, service: Service, pack: Pack, done: datetime) -> list[tuple[datetime, Fee, date]]:
    """The payments of each grant that are due next after a moment, the earliest first."""
    visited = cases.visited(case.ref)
    spans = {fee.name: _spans(visited, pays.states) for fee, pays in scheduled(service)}
    if not any(spans.values()):
        return []
    context = case_context.of_case(case, service, pack, today=pack.calendar.day_of(done)).context
    due = []
    for fee, pays in scheduled(service):
        known = {one.day for one in case.fees if one.name == fee.name and one.day}
        first, until = _day(pays.first, context), _day(pays.until, context)
        found = _first_after(pays.every, first, until, spans[fee.name], known, done, pack)
        if found is not None:
            due.append((found[0], fee, found[1]))
    return sorted(due, key=lambda one: one[0])


def _first_after(
    every: Length, first: date | None, until: date | None, spans: Sequence[Span], known: set[str], done: datetime,
    pack: Pack,
) -> tuple[datetime, date] | None:  # fmt: skip
    """The first day of a series that is due after a moment, on which the case was in its states."""
    if first is None or not spans:
        return None
    # A case that left its states for good has no day after the last of them.
    last = pack.calendar.day_of(spans[-1][1]) if spans[-1][1] is not None else None
    for day in _series(every, first, pack, since=pack.calendar.day_of(done)):
        if (until is not None and day > until) or (last is not None and day > last):
            return None
        moment = _moment(day, spans, pack)
        if moment is not None and moment > done and day.isoformat() not in known:
            return moment, day
    return None


def _series(every: Length, first: date, pack: Pack, *, since: date) -> Iterator[date]:
    """The days of a series from about a day on; each is counted from the first, so that the 31st comes back."""
    longest = {"days": 1, "weeks": 7, "months": 31, "years": 366}[every.unit] * every.count
    start = max(0, (since - first).days // longest - 1)
    for number in range(start, start + MOST):
        yield pack.calendar.date_after(first, Length(number * every.count, every.unit))


def _moment(day: date, spans: Sequence[Span], pack: Pack) -> datetime | None:
    """When a day is paid: at nine, or later on that day when the case comes into its states; None where it never is."""
    morning = pack.calendar.moment(day, MORNING)
    evening = pack.calendar.moment(day + timedelta(days=1), time())
    for since, over in spans:
        if since <= morning and (over is None or over > morning):
            return morning
        if morning < since < evening:
            return since
    return None


def _spans(visited: Sequence[tuple[str, datetime]], states: Sequence[str]) -> list[Span]:
    """When a case was in one of these states, one stay after another."""
    spans: list[Span] = []
    for name, at in visited:
        inside = bool(spans) and spans[-1][1] is None
        if name in states and not inside:
            spans.append((at, None))
        elif name not in states and inside:
            spans[-1] = (spans[-1][0], at)
    return spans


def _day(expression: Expression | None, context: Mapping[str, Any]) -> date | None:
    try:
        value = expression.value(context) if expression is not None else None
    except ExpressionFailed:
        return None
    return value.date() if isinstance(value, datetime) else None
