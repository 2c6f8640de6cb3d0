"""Open a case: once for each request, within its limits, under a new reference."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from praya.blocks.cases import limits, models, search
from praya.blocks.cases.rows import case_of, fees_written, sealed_line
from praya.blocks.cases.transitions import note_closing
from praya.blocks.cases.values import Case, KeyReused, NewCase
from praya.kernel.crypto import vault
from praya.kernel.ids import reference
from praya.kernel.journal import api as journal
from praya.kernel.rows import row_by


def open_case(new: NewCase, *, at: datetime) -> tuple[Case, bool]:
    """Open a case, once for each `once_key`; return the case and whether it was opened now.

    Raises KeyReused when the key was used with other answers, OverLimit when a claim exceeds what its limit has left.
    """
    fingerprint = vault.blind_index("case", f"{new.service}:{journal.canonical(new.answers)}")
    known = row_by(models.Case, once_key=new.once_key)
    if known is not None:
        return _again(known, fingerprint), False
    actor = "system" if new.opened_from else f"person:{new.person_ref}"
    try:
        with transaction.atomic():
            if new.claims:
                limits.lock(new.claims)
                known = row_by(models.Case, once_key=new.once_key)
                if known is not None:
                    # The same request arrived twice at once: the claims of the first must not make the second fail.
                    return _again(known, fingerprint), False
                limits.look(new.claims, at=at)
            row = _insert(new, fingerprint, at)
            limits.take(row, new.claims)
            if new.search is not None:
                search.write_terms(row, new.search)
            models.Step.objects.create(case=row, at=at, kind="opened", actor=actor, to_state=new.state)
            facts: dict[str, Any] = {
                "version": new.version,
                "state": new.state,
                "by": dict(new.dimensions),
                "fee": sum(fee.cents for fee in new.fees),
            }
            if new.opened_from:
                facts["opened_from"] = new.opened_from
            journal.record(event="case_opened", at=at, by=actor, subject=row.ref, service=new.service, facts=facts)
            if new.result:
                note_closing(row, new.dimensions, new.promise, at, actor)
    except IntegrityError:
        known = row_by(models.Case, once_key=new.once_key)
        if known is None:
            raise
        return _again(known, fingerprint), False
    return case_of(row), True


def _insert(new: NewCase, fingerprint: str, at: datetime) -> models.Case:
    """Insert the row of a case under a new reference; if that is in use, under another one."""
    for _ in range(5):
        ref = reference(new.prefix)
        if models.Case.objects.filter(ref=ref).exists():
            continue
        return models.Case.objects.create(
            ref=ref,
            person_ref=new.person_ref,
            service=new.service,
            version=new.version,
            department=new.department,
            language=new.language,
            state=new.state,
            state_since=at,
            opened_at=at,
            due_at=new.due_at,
            waits_for_applicant=new.waits_for_applicant,
            held=new.held and not new.result,
            fees=fees_written(new.fees),
            booking_ref=new.booking_ref,
            subject_ref=new.subject_ref,
            opened_from=new.opened_from,
            opened_as=new.opened_as,
            result=new.result,
            closed_at=at if new.result else None,
            reckoned=new.reckoned,
            once_key=new.once_key,
            fingerprint=fingerprint,
            searchable=new.search is not None,
            line=sealed_line(ref, new.person_ref, new.line),
            answers=vault.seal_json(new.answers, subject=new.person_ref, place="cases.case.answers", row=ref),
        )
    raise RuntimeError("no free reference was found")


def _again(row: models.Case, fingerprint: str) -> Case:
    """The case that the same request has opened before. Raises KeyReused when its answers were different."""
    if row.fingerprint != fingerprint:
        raise KeyReused(row.service)
    return case_of(row)
