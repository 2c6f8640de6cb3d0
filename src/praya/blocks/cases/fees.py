"""Fees and grants of a case: charge, change, settle."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from praya.blocks.cases import models
from praya.blocks.cases.rows import add_step, fees_of, fees_written
from praya.blocks.cases.rules import Settling
from praya.blocks.cases.values import Fee
from praya.kernel.journal import api as journal


def charge(*, ref: str, fees: Sequence[Fee], at: datetime, by: str) -> None:
    """Add fees, or grants that are promised, to a case.

    Its revision does not change, so that officers who are writing can still submit.
    """
    with transaction.atomic():
        row = models.Case.objects.select_for_update().get(ref=ref)
        models.Case.objects.filter(ref=ref).update(fees=fees_written((*fees_of(row.fees), *fees)))
        for fee in fees:
            _note_fee("grant_promised" if fee.is_grant else "fee_charged", row, fee, at, by)


def pay_by_itself(*, ref: str, grants: Sequence[Fee], done: datetime, at: datetime) -> list[Fee]:
    """Record grants as paid, each once for its `day`, and that payments were made until `done`; return what is new.

    Whoever comes second, as after a kill, finds them paid.
    """
    with transaction.atomic():
        row = models.Case.objects.select_for_update().get(ref=ref)
        before = fees_of(row.fees)
        known = {(fee.name, fee.day) for fee in before if fee.day}
        new = [replace(fee, state="paid") for fee in grants if (fee.name, fee.day) not in known]
        models.Case.objects.filter(ref=ref).update(fees=fees_written((*before, *new)), pay_done=done)
        for fee in new:
            _note_fee("grant_paid", row, fee, at, "system")
    return new


def set_payment(*, ref: str, at: datetime | None) -> None:
    """Record when the next payment is due that is made by itself; None for none."""
    models.Case.objects.filter(ref=ref).update(pay_at=at)


def change_fees(*, ref: str, fees: Sequence[Fee], at: datetime, by: str) -> None:
    """Change fees that are owed: of each name, or label where there is no name, the one charged last.

    A fee that is no longer owed is left unchanged. A new amount of 0 removes the fee.
    """
    if not fees:
        return
    with transaction.atomic():
        row = models.Case.objects.select_for_update().get(ref=ref)
        after = list(fees_of(row.fees))
        for fee in fees:
            same = [n for n, one in enumerate(after) if (one.name, one.label) == (fee.name, fee.label)]
            if same and after[same[-1]].state == "owed":
                changed = replace(after[same[-1]], cents=fee.cents, reference=fee.reference)
                after[same[-1] : same[-1] + 1] = [changed] if fee.cents else []
                _note_fee("fee_changed", row, changed, at, by)
        models.Case.objects.filter(ref=ref).update(fees=fees_written(after))


def settle(
    *, ref: str, how: Settling, names: Sequence[str] | None, at: datetime, by: str, most: int | None = None
) -> None:
    """Record what became of fees and grants (`how`): of those in `names`, or of all when it is None.

    At most `most` cents are given back, beginning with the fee charged last. A fee that cannot change in this way, such
    as one that was settled before, is left unchanged (`rules.settled`).
    """
    with transaction.atomic():
        row = models.Case.objects.select_for_update().get(ref=ref)
        before = fees_of(row.fees)
        after = list(before)
        for number, fee in reversed([*enumerate(before)]):
            if names is None or fee.name in names:
                after[number] = fee.after(how, most)
                most = most if most is None else most - after[number].returned + fee.returned
        models.Case.objects.filter(ref=ref).update(fees=fees_written(after))
        for was, fee in zip(before, after, strict=True):
            if was.state != fee.state:
                _note_fee(f"{'grant' if fee.is_grant else 'fee'}_{fee.state}", row, fee, at, by)


def note_refund(*, ref: str, paid_in: str, fee: str, cents: int, at: datetime, by: str) -> None:
    """Note with a case that it gave back `cents` of a fee that the case `paid_in` had paid."""
    with transaction.atomic():
        row = models.Case.objects.get(ref=ref)
        add_step(row, at, "refunded", by, "", f"{paid_in} {fee}", "", "", None)
        facts = {"of": paid_in, "fee": fee, "returned": cents}
        journal.record(event="case_refunded", at=at, by=by, subject=ref, service=row.service, facts=facts)


def _note_fee(event: str, row: models.Case, fee: Fee, at: datetime, by: str) -> None:
    facts = {"fee": fee.name, "kind": fee.kind, "cents": fee.cents}
    if fee.state in {"refunded", "returned"}:
        facts["returned"] = fee.returned
    journal.record(event=event, at=at, by=by, subject=row.ref, service=row.service, facts=facts)
