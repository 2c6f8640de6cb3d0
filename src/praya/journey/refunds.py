"""Giving fees back of the case that was paid for an entry, whichever case asks for it, each once."""

from collections.abc import Callable, Iterable
from datetime import datetime

from praya.blocks.cases import api as cases
from praya.blocks.registers import api as registers
from praya.definition.chapters.lookups import OnEntries
from praya.definition.trials import real_name
from praya.journey import load
from praya.kernel.expression import Expression

GIVES = frozenset({"paid", "refunded"})


def lock(entries: Iterable[registers.Entry]) -> None:
    """Lock the cases that made and changed these entries until the transaction ends, before the entries are locked."""
    for ref in sorted({ref for entry in entries for ref in _cases_of(entry)}):
        cases.lock(ref)


def give_back(
    entry: registers.Entry,
    done: OnEntries,
    default: str,
    cents_of: Callable[[Expression, cases.Case], int],
    *,
    by_case: cases.Case,
    at: datetime,
    by: str,
) -> None:
    """Give back what `done` says of the case of `paid_in`, or of the service `default`, that was paid for an entry.

    `cents_of` works out an amount that reads the fees of that case.

    The history of the case that asks for it says whose money it was, or that there was nothing to give back.
    """
    found = _paid(entry, done.paid_in or default)
    for name in done.refund:
        payer = next((one for one in found if _newest(one, name) is not None), None)
        returned = 0
        if payer is not None and _lets(payer, name, real_name(by_case.service)):
            part = done.refund[name] if isinstance(done.refund, dict) else None
            most = cents_of(part, payer) if part is not None else None
            before = _returned(payer.ref, name)
            cases.settle(ref=payer.ref, how="refund", names=[name], most=most, at=at, by=by)
            returned = _returned(payer.ref, name) - before
        if payer is not None and returned:
            cases.note_refund(ref=by_case.ref, paid_in=payer.ref, fee=name, cents=returned, at=at, by=by)
        else:
            cases.note_clock(ref=by_case.ref, kind="not_refunded", who=name, what="entry", at=at)


def _cases_of(entry: registers.Entry) -> list[str]:
    """The cases that made and changed an entry, the newest first, each once."""
    changed = [one.case_ref for one in registers.earlier(entry.ref)]
    return list(dict.fromkeys(ref for ref in (*reversed(changed), entry.case_ref) if ref))


def _paid(entry: registers.Entry, service: str) -> list[cases.Case]:
    found = []
    for ref in _cases_of(entry):
        try:
            cases.lock(ref)
            case = cases.case(ref)
        except cases.NoCase:
            continue
        if real_name(case.service) == real_name(service):
            found.append(case)
    return found


def _newest(case: cases.Case, name: str) -> cases.Fee | None:
    """The fee of this name that was paid and not given back, the newest."""
    return next((fee for fee in reversed(cases.fees(case.ref)) if fee.name == name and fee.state == "paid"), None)


def _returned(ref: str, name: str) -> int:
    return sum(fee.returned for fee in cases.fees(ref) if fee.name == name and fee.state in GIVES)


def _lets(payer: cases.Case, name: str, service: str) -> bool:
    owner = load.compiled(payer.service, payer.version)
    own = real_name(payer.service) == service
    return any(fee.name == name and (own or service in fee.for_cases_of) for fee in owner.fees)
