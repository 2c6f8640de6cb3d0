"""A case that another case opens in a service for the same person: its answers, and what it is about."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.registers import api as registers
from praya.definition.chapters.opened_cases import OpenedCase
from praya.definition.model import Several
from praya.definition.questions import Answered
from praya.definition.service import Service
from praya.definition.trials import real_name
from praya.journey import case_context, entries, load, new_cases
from praya.journey.acting.transition import LONGEST_WAY
from praya.journey.chapter import Picture
from praya.journey.chapters.opened_cases import ITEM
from praya.journey.items import each
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.syntax import named

REFUSED = (new_cases.Incomplete, new_cases.NotEligible, new_cases.LimitReached, entries.NoSubject, ExpressionFailed)
"""Why a service takes no case, as it takes no application."""


class NotOpened(Exception):
    """The case is not opened: its service does not take it; carries why, without anything of the person."""


def store(cause: cases.Case, what: str, *, key: str, at: datetime) -> tuple[cases.Case, Service] | None:
    """Store the case that `cause` opens, once for each `key`; None where there is nothing to open.

    `what` is its name in `opened_cases`, and for an item of a repeat `#` with the item's number.
    Its first state is not entered yet. Raises NotOpened.
    """
    own, pack = load.compiled(cause.service, cause.version), load.pack()
    today = pack.calendar.day_of(at)
    name, _, number = what.partition(ITEM)
    one, seen = own.opened_cases[name], case_context.of_case(cause, own, pack, today=today)
    if number:
        seen = dict(each(Several(several=one.several), seen)).get(int(number), replace(seen, person=None))
    if seen.person is None or (one.when is not None and not one.when.holds(seen.context)):
        return None
    service = _open_service(one, cause)
    if _generations(cause, at) > LONGEST_WAY:
        raise NotOpened("cases open each other for ever")
    try:
        case, new = new_cases.create(
            service, pack, person_ref=cause.person_ref, language=cause.language,
            answers=_answers(one, service, seen), booking_ref="",
            subject_ref=_subject(service, cause, today, int(number or 0)),
            once_key=key[:120], at=at, opened_from=cause.ref, opened_as=what,
        )  # fmt: skip
    except REFUSED as refused:
        raise NotOpened(type(refused).__name__) from None
    return (case, service) if new else None


def _open_service(one: OpenedCase, cause: cases.Case) -> Service:
    """The live definition of the service that is opened, which lets this one open its cases. Raises NotOpened."""
    territory = load.territory()
    card = territory.live.get(one.service) or territory.trials.get(one.service)
    service = load.definition(card) if card is not None else None
    if service is None:
        raise NotOpened("there is no such service")
    if real_name(cause.service) not in service.for_cases_of:
        raise NotOpened("its service does not let it")
    return service


def _generations(cause: cases.Case, at: datetime) -> int:
    """How many cases opened one another at this moment, up to this one."""
    count = 1
    while cause.opened_from and cause.opened_at == at and count <= LONGEST_WAY:
        cause, count = cases.case(cause.opened_from), count + 1
    return count


def _subject(service: Service, cause: cases.Case, today: date, item: int) -> str:
    """What the new case is about: what `cause` made, for an item of a repeat that item's, or is about.

    Raises entries.NoSubject where it does not stand.
    """
    if service.about is not None:
        wanted = (service.about.service, service.about.publication)
    elif service.subject is not None:
        wanted = (service.subject.service or service.service, service.subject.register_in)
    else:
        return ""
    held = [registers.entry(cause.subject_ref)] if cause.subject_ref else []
    for entry in reversed([*held, *registers.of_case(cause.ref)]):
        of_item = not item or not entry.item or entry.item == item or entry.ref == cause.subject_ref
        if (entry.service, entry.register) == wanted and entry.state(today) == "in-force" and of_item:
            return entry.ref
    raise entries.NoSubject(service.service)


def _answers(one: OpenedCase, service: Service, seen: Picture) -> dict[str, Any]:
    """The answers that are handed on, in the form in which answers are kept."""
    given = {name: _kept(expression, seen) for name, expression in one.answers.items()}
    return {name: value for name, value in given.items() if value is not None and name in service.questions}


def _kept(expression: Expression, seen: Picture) -> Any:
    """An answer as it was given, where the expression is its name; otherwise the value, a day as 2026-03-01."""
    root, name = named(expression.node) or ("", "")
    item = seen.context.get("item")
    of_item = item.stored if isinstance(item, Answered) else {}
    own: Mapping[str, Any] = {"answers": seen.answers, "findings": seen.findings, "item": of_item}.get(root, {})
    if root in {"answers", "findings", "item"}:
        return own.get(name)
    value = expression.value(seen.context)
    return value.date().isoformat() if isinstance(value, datetime) else entries.stored_value(value)
