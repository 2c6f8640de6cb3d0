"""Conversion between table rows and values. Personal columns are encrypted with the key of the applicant."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from praya.blocks.cases import models
from praya.blocks.cases.values import Case, Content, Fee, NoCase, Referral, Review
from praya.kernel.crypto import vault
from praya.kernel.rows import one_or_none, rows_by

Sealed = bytes | memoryview
_OF_A_FEE = tuple(one.name for one in dataclass_fields(Fee))


def fees_written(fees: Sequence[Fee]) -> str:
    """Fees as JSON text."""
    # Without copies of the labels: a grant that is paid each week for twenty years has a thousand of these.
    rows = [{name: getattr(fee, name) for name in _OF_A_FEE} for fee in fees]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=16)
def fees_of(written: str) -> tuple[Fee, ...]:
    """Parse the text of `fees_written`. Old texts lack `returned`: then a refund returned the whole fee.

    One step of a case reads the same text several times.
    """
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
    """Text about a case, encrypted with its person's key; None for an empty text."""
    return vault.seal(text.encode(), subject=row.person_ref, place="cases.text", row=row.ref) if text else None


def opened_text(row: models.Case, sealed: Sealed | None) -> str:
    """Decrypt the result of `sealed_text`; empty when the person was erased."""
    if not sealed:
        return ""
    try:
        return vault.unseal(sealed, subject=row.person_ref, place="cases.text", row=row.ref).decode()
    except vault.Forgotten:
        # Only the text is lost: the step and its moment stay.
        return ""


def content_of(ref: str, person_ref: str, answers: Sealed, findings: Sealed | None) -> Content:
    """The answers and findings of a case. Raises vault.Forgotten when the person was erased."""
    opened_answers = vault.unseal_json(answers, subject=person_ref, place="cases.case.answers", row=ref)
    opened_findings: dict[str, Any] = {}
    if findings:
        opened_findings = vault.unseal_json(findings, subject=person_ref, place="cases.case.findings", row=ref)
    return Content(opened_answers, opened_findings)


def sealed_line(ref: str, person_ref: str, line: Mapping[str, Any]) -> bytes | None:
    """What a list tells of a case, encrypted with its person's key; None for nothing. Raises vault.Forgotten."""
    return vault.seal_json(dict(line), subject=person_ref, place="cases.case.line", row=ref) if line else None


def line_of(row: models.Case) -> dict[str, Any]:
    """Decrypt the result of `sealed_line`; empty when the person was erased."""
    if not row.line:
        return {}
    try:
        opened: dict[str, Any] = vault.unseal_json(
            row.line, subject=row.person_ref, place="cases.case.line", row=row.ref
        )
    except vault.Forgotten:
        return {}
    return opened


def review_of(row: models.Review) -> Review:
    """The review that a row holds."""
    owner, ref = row.case.person_ref, row.case_id
    findings = vault.unseal_json(row.findings, subject=owner, place="cases.review.findings", row=ref)
    text = opened_text(row.case, row.text)
    return Review(row.action, row.since, row.actor, row.needed, row.given_at, findings, text)


def referral_of(row: models.Referral) -> Referral:
    """The referral that a row holds."""
    sees = None if row.sees is None else tuple(json.loads(row.sees))
    return Referral(
        row.department, row.asked_at, row.due_at, row.replied_at, row.result, row.over_at, sees, row.within,
        row.remind, row.binding, row.arbiter, row.belongs_to,
    )  # fmt: skip


def case_of(row: models.Case, *, referrals: bool = False) -> Case:
    """The case that a row holds, with its referrals if `referrals`."""
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
        draw_ref=row.draw_ref,
        drawn_among=row.drawn_among,
        held=row.held,
        promise_at=row.promise_at,
        stopped_at=row.stopped_at,
        clock_at=row.clock_at,
        clock_done=row.clock_done,
        reckoned=row.reckoned,
        opened_from=row.opened_from,
        opened_as=row.opened_as,
        pay_at=row.pay_at,
        pay_done=row.pay_done,
        referrals=tuple(referral_of(r) for r in rows_by(models.Referral, "id", case_id=row.ref)) if referrals else (),
    )


def round_of(row: models.Case) -> datetime:
    """The identifier of the present stay in a state, to which its reviews belong: the moment of entering it.

    A case that re-enters the state at the same moment gets an identifier one microsecond later.
    """
    entered = row.steps.filter(kind__in=("opened", "moved"), to_state=row.state, at=row.state_since).count()
    return row.state_since + timedelta(microseconds=max(0, entered - 1))


def lock(ref: str) -> None:
    """Lock a case until the transaction ends. Whoever changes something that belongs to it takes this lock first."""
    list(models.Case.objects.select_for_update().filter(ref=ref).values_list("ref"))


def locked(ref: str) -> models.Case:
    """The row of a case, locked until the transaction ends. Raises NoCase."""
    row = one_or_none(models.Case.objects.select_for_update().filter(ref=ref))
    if row is None:
        raise NoCase(ref)
    return row
