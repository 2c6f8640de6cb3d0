"""Referrals: ask other departments about a case, and store their replies."""

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from praya.blocks.cases import models, search
from praya.blocks.cases.rows import add_step, case_of, sealed_text
from praya.blocks.cases.values import DECIDED, NOT_OURS, CannotRefuse, Case, NotAsked
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none


def refer(
    *,
    ref: str,
    departments: Sequence[str],
    due_at: datetime | None,
    sees: Sequence[str] | None = None,
    within: str = "",
    remind: str = "",
    binding: bool = False,
    arbiter: bool = False,
    at: datetime,
    by: str,
) -> None:
    """Refer a case to other departments, except those that were asked before and have not replied yet.

    Until it replies, a department may read the answers named in `sees`; if that is None, those that follow from the
    definition. `within` and `remind` are lengths of time, from which `due_at` is computed again when the calendar
    changes. A department cannot refuse a `binding` referral, nor a case that it has refused before.
    """
    with transaction.atomic():
        row = models.Case.objects.select_for_update().get(ref=ref)
        waiting = set(row.referrals.filter(replied_at__isnull=True).values_list("department", flat=True))
        refused = set(row.referrals.filter(result=NOT_OURS).values_list("department", flat=True))
        for department in dict.fromkeys(departments):
            if department in waiting:
                continue
            row.referrals.create(
                department=department, service=row.service, asked_at=at, due_at=due_at,
                sees=None if sees is None else json.dumps([*sees]), over_at=at if row.closed_at else None,
                within=within, remind=remind, binding=binding or department in refused, arbiter=arbiter,
            )  # fmt: skip
            add_step(row, at, "referred", by, department, "", "", "", None)
            journal.record(
                event="case_referred",
                at=at,
                by=by,
                subject=ref,
                service=row.service,
                facts={"department": department},
            )
        models.Case.objects.filter(ref=ref).update(revision=F("revision") + 1)


def reply(*, ref: str, department: str, result: str, comment: str, belongs_to: str = "", at: datetime, by: str) -> Case:
    """Store the reply of a department; an arbiter says to which the case `belongs_to`.

    Raises NotAsked, also when the case has meanwhile ended, and CannotRefuse when it must answer.
    """
    with transaction.atomic():
        row = one_or_none(models.Case.objects.select_for_update().filter(ref=ref, closed_at__isnull=True))
        asked = row.referrals.filter(department=department, replied_at__isnull=True).first() if row else None
        if row is None or asked is None:
            raise NotAsked(ref)
        if result == NOT_OURS and (asked.binding or asked.arbiter):
            raise CannotRefuse(ref)
        if asked.arbiter != (result == DECIDED):
            raise NotAsked(ref)
        asked.belongs_to = belongs_to
        asked.replied_at, asked.over_at, asked.result = at, at, result
        asked.comment = sealed_text(row, comment)
        asked.save()
        search.end_terms_of_asked(row, [department])
        add_step(row, at, "replied", by, department, result, "", comment, None)
        row.revision += 1
        row.save(update_fields=["revision"])
        facts = {"department": department, "result": result, "days": (at - asked.asked_at).days}
        journal.record(event="referral_replied", at=at, by=by, subject=ref, service=row.service, facts=facts)
    return case_of(row, referrals=True)


def set_reply_due(*, ref: str, department: str, due_at: datetime) -> None:
    """Change the moment by which a department must reply to its open referral."""
    open_ones = models.Referral.objects.filter(case_id=ref, department=department, replied_at__isnull=True)
    open_ones.update(due_at=due_at)
