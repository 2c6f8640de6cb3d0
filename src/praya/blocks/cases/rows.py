"""Rows of the tables as values, and values as they are kept: sealed for the person whose case it is."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from praya.blocks.cases import models
from praya.blocks.cases.values import (
    Case,
    Content,
    Fee,
    Referral,
    Review,
)
from praya.kernel.crypto import vault

Sealed = bytes | memoryview


def fees_written(fees: Sequence[Fee]) -> str:
    """Fees as they are kept."""
    return json.dumps([asdict(fee) for fee in fees], ensure_ascii=False, separators=(",", ":"))


def fees_of(written: str) -> tuple[Fee, ...]:
    """What `fees_written` wrote, also before a part could be given back: then it was the whole."""
    return tuple(
        Fee(**{"returned": fee["cents"] if fee["state"] == "refunded" else 0, **fee}) for fee in json.loads(written)
    )


def add_step(
    row: models.Case,
    at: datetime,
    kind: str,
    by: str,
    department: str,
    action: str,
    to: str,
    text: str,
    once_key: str | None,
) -> None:
    """Add a step to the history of a case."""
    models.Step.objects.create(
        case=row,
        at=at,
        kind=kind,
        actor=by,
        department=department,
        action=action,
        to_state=to,
        text=sealed_text(row, text),
        once_key=once_key,
    )


def sealed_text(row: models.Case, text: str) -> bytes | None:
    """Words about a case, sealed for its person; None for none."""
    return vault.seal(text.encode(), subject=row.person_ref, place="cases.text", row=row.ref) if text else None


def opened_text(row: models.Case, sealed: Sealed | None) -> str:
    """What `sealed_text` sealed; empty when the person was erased."""
    if not sealed:
        return ""
    try:
        return vault.unseal(sealed, subject=row.person_ref, place="cases.text", row=row.ref).decode()
    except vault.Forgotten:
        # The person was erased; what happened and when stays.
        return ""


def content_of(ref: str, person_ref: str, answers: Sealed, findings: Sealed | None) -> Content:
    """The answers and findings of a case. Raises vault.Forgotten when the person was erased."""
    answered = vault.unseal_json(answers, subject=person_ref, place="cases.case.answers", row=ref)
    found: dict[str, Any] = {}
    if findings:
        found = vault.unseal_json(findings, subject=person_ref, place="cases.case.findings", row=ref)
    return Content(answered, found)


def review_of(row: models.Review) -> Review:
    """What one of several officers found."""
    owner, ref = row.case.person_ref, row.case_id
    findings = vault.unseal_json(row.findings, subject=owner, place="cases.review.findings", row=ref)
    text = opened_text(row.case, row.text)
    return Review(row.action, row.since, row.actor, row.needed, row.given_at, findings, text)


def referral_of(row: models.Referral) -> Referral:
    """A department that was asked."""
    sees = None if row.sees is None else tuple(json.loads(row.sees))
    return Referral(row.department, row.asked_at, row.due_at, row.replied_at, row.result, row.over_at, sees)


def case_of(row: models.Case, *, referrals: bool = False) -> Case:
    """A case, with the departments that were asked when it is wanted."""
    return Case(
        ref=row.ref,
        person_ref=row.person_ref,
        service=row.service,
        version=row.version,
        department=row.department,
        language=row.language,
        state=row.state,
        state_since=row.state_since,
        due_at=row.due_at,
        waits_for_applicant=row.waits_for_applicant,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        result=row.result,
        fees=fees_of(row.fees),
        booking_ref=row.booking_ref,
        assigned_to=row.assigned_to,
        revision=row.revision,
        once_key=row.once_key,
        timer_at=row.timer_at,
        timers_done=row.timers_done,
        subject_ref=row.subject_ref,
        rank=row.rank,
        drawn_among=row.drawn_among,
        referrals=tuple(referral_of(r) for r in row.referrals.order_by("id")) if referrals else (),
    )


def round_of(row: models.Case) -> datetime:
    """What tells the reviews of this stay in a state from those of another: its beginning.

    Whoever comes back at the very same moment begins another round, a microsecond later.
    """
    entered = row.steps.filter(kind__in=("opened", "moved"), to_state=row.state, at=row.state_since).count()
    return row.state_since + timedelta(microseconds=max(0, entered - 1))
