"""Move a case from state to state, and store the findings of several reviewers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from praya.blocks.cases import limits, models, search, versions
from praya.blocks.cases.rows import add_step, case_of, content_of, locked, round_of, sealed_text
from praya.blocks.cases.values import Case, CaseMoved, Reviewed, Transition
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal


def move(transition: Transition, *, ref: str, revision: int, at: datetime, by: str) -> Case:
    """Move a case to the state `transition.to`, which may be its present one.

    Raises CaseMoved when the case has changed since `revision` was read, NoCase when it does not exist.
    """
    to, action, result = transition.to, transition.action, transition.result
    with transaction.atomic():
        row = locked(ref)
        if row.revision != revision:
            raise CaseMoved(ref)
        was = row.state
        row.revision += 1
        if to != was:
            row.state, row.state_since, row.due_at = to, at, transition.due_at
            row.waits_for_applicant, row.held = transition.waits_for_applicant, transition.held
            row.timer_at, row.timers_done = None, 0
            row.reckoned = transition.reckoned
        if result:
            row.result, row.closed_at, row.due_at, row.held = result, at, None, False
            row.clock_at = row.stopped_at = row.pay_at = None
        if transition.findings:
            old = content_of(row.ref, row.person_ref, row.answers, row.findings)
            merged = {
                name: value for name, value in {**old.findings, **transition.findings}.items() if value is not None
            }
            if any(merged.get(name) != value for name, value in old.findings.items()):
                versions.add_version(row, at=at, by=by, action=action)
            row.findings = vault.seal_json(merged, subject=row.person_ref, place="cases.case.findings", row=row.ref)
        row.save()
        if result:
            # A case that ended awaits no replies; the departments that were asked lose access to it.
            row.referrals.filter(over_at__isnull=True).update(over_at=at)
            search.end_terms_of_asked(row)
        kind = "moved" if to != was else "acted"
        add_step(row, at, kind, by, transition.department, action, to, transition.text, transition.once_key)
        facts: dict[str, Any] = {"action": action, "from": was, "to": to}
        journal.record(event="case_moved", at=at, by=by, subject=ref, service=row.service, facts=facts)
        if result:
            note_closing(row, transition.dimensions, transition.promise, at, by)
    return case_of(row, referrals=True)


def note_closing(
    row: models.Case, dimensions: Mapping[str, str | Sequence[str]], promise: str, at: datetime, by: str
) -> None:
    """Record in the journal that a case has ended. If it was unsuccessful, give back what it took of limits."""
    if row.result in limits.GIVES_BACK:
        limits.give_back(row)
    facts: dict[str, Any] = {"result": row.result, "days": (at - row.opened_at).days, "by": dict(dimensions)}
    if promise:
        facts["promise"] = promise
    journal.record(event="case_closed", at=at, by=by, subject=row.ref, service=row.service, facts=facts)


def review(
    *,
    ref: str,
    revision: int,
    action: str,
    needed: int,
    findings: Mapping[str, Any],
    text: str,
    department: str,
    at: datetime,
    by: str,
    once_key: str,
) -> int:
    """Store the findings of one of several reviewers; return how many reviewers have given theirs.

    The revision of the case does not change, so that other reviewers who are writing can still submit.
    Raises CaseMoved, Reviewed, NoCase.
    """
    with transaction.atomic():
        row = locked(ref)
        since = round_of(row)
        given = row.reviews.filter(action=action, since=since)
        if row.revision != revision or len(given) >= needed:
            raise CaseMoved(ref)
        if any(other.actor == by for other in given):
            raise Reviewed(action)
        row.reviews.create(
            action=action,
            since=since,
            actor=by,
            needed=needed,
            given_at=at,
            findings=vault.seal_json(dict(findings), subject=row.person_ref, place="cases.review.findings", row=ref),
            text=sealed_text(row, text),
        )
        count = len(given) + 1
        if count < needed:
            # The text stays with the findings, which the other reviewers do not see yet.
            add_step(row, at, "reviewed", by, department, action, "", "", once_key)
        facts = {"action": action, "given": count, "needed": needed}
        journal.record(event="case_reviewed", at=at, by=by, subject=ref, service=row.service, facts=facts)
    return count
