"""Payees by the thousand, paid on one day; `House.call` runs these in a process in a house."""

import os
import signal
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from tests.journeys.test_payments import ALLOWANCE, AT, allowance, small

DAY = datetime(2026, 1, 31, 4, tzinfo=UTC)
"""The first day of payment, at noon."""


def prepare(number: int) -> None:
    """So many cases whose first payment is due on one day: one that was handed in, and copies of it."""
    from praya.blocks.cases.models import Case, Step
    from praya.kernel.crypto import vault

    first = Case.objects.get(ref=allowance(small()))
    assert first.pay_at is not None
    steps = list(Step.objects.filter(case=first))
    rows, histories = [], []
    for copy in range(1, number):
        ref = f"SA-{copy:06}"
        answers = vault.seal_json({"name": "Holder"}, subject=first.person_ref, place="cases.case.answers", row=ref)
        values = {field.attname: getattr(first, field.attname) for field in Case._meta.fields}
        rows.append(Case(**values | {"ref": ref, "answers": answers, "once_key": ref}))
        for step in steps:
            values = {field.attname: getattr(step, field.attname) for field in Step._meta.fields}
            histories.append(Step(**values | {"id": None, "case_id": ref, "once_key": None}))
    Case.objects.bulk_create(rows, batch_size=2000)
    Step.objects.bulk_create(histories, batch_size=2000)


def pay(kill_at: int = 0) -> int:
    """Pay what is due, or be killed in the middle of the payment of this number; answers how many cases were due."""
    from praya.journey import jobs, payments

    reckon, seen = payments.reckon, [0]

    def counted(*given: Any) -> Any:
        seen[0] += 1
        if seen[0] == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return reckon(*given)

    payments.reckon = counted
    return jobs.run_timers(at=DAY)


def paid() -> dict[str, Any]:
    """How many cases were paid how often, what letters and journal tell of it, and how many are still due."""
    from praya.blocks.cases import api as cases
    from praya.blocks.cases.models import Case
    from praya.blocks.notices.models import NoticeRow
    from praya.kernel.journal.models import JournalEntry

    times = Counter(len(cases.fees(ref)) for ref in Case.objects.values_list("ref", flat=True))
    letters = Counter(Counter(NoticeRow.objects.values_list("case_ref", flat=True)).values())
    told = JournalEntry.objects.filter(event="grant_paid")
    return {
        "cases": dict(times), "letters": dict(letters),
        "told": [told.count(), told.values("subject").distinct().count()],
        "due": Case.objects.filter(pay_at__lte=DAY).count(),
    }  # fmt: skip


__all__ = ["ALLOWANCE", "AT", "paid", "pay", "prepare"]
