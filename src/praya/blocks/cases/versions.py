"""Earlier versions of the findings of a case, and earlier cases of the same person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from praya.blocks.cases import models
from praya.blocks.cases.rows import case_of, content_of
from praya.blocks.cases.values import Case, NoCase
from praya.kernel.crypto import vault
from praya.kernel.rows import row_by

EARLIER = 10
"""How many earlier cases are offered for comparison."""
_PLACE = "cases.version.findings"


@dataclass(frozen=True, slots=True)
class Version:
    """A change of a case's findings: `action`, performed by `actor`, replaced or removed some of them."""

    number: int
    at: datetime
    actor: str
    action: str


def add_version(row: models.Case, *, at: datetime, by: str, action: str) -> None:
    """Store the findings of a case as they are in `row`, before they change."""
    sealed = content_of(row.ref, row.person_ref, row.answers, row.findings).findings
    row.versions.create(
        at=at, actor=by, action=action,
        findings=vault.seal_json(sealed, subject=row.person_ref, place=_PLACE, row=row.ref),
    )  # fmt: skip


def versions_of(ref: str, *, limit: int = 50) -> list[Version]:
    """The newest changes of a case's findings, the newest first."""
    rows = models.Version.objects.filter(case_id=ref).order_by("-id")
    return [Version(*values) for values in rows.values_list("id", "at", "actor", "action")[:limit]]


def version_contents(ref: str, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The findings of a case before a change and after it. Raises NoCase, vault.Forgotten."""
    two = list(models.Version.objects.filter(case_id=ref, id__gte=number).order_by("id")[:2])
    row = row_by(models.Case, ref=ref)
    if row is None or not two or two[0].id != number:
        raise NoCase(ref)
    before, *later = [
        vault.unseal_json(one.findings, subject=row.person_ref, place=_PLACE, row=ref) for one in two
    ]  # fmt: skip
    after = later[0] if later else content_of(ref, row.person_ref, row.answers, row.findings).findings
    return before, after


def earlier_of(case: Case) -> list[Case]:
    """Earlier cases of the same person for the same service in the same department, the newest first; at most 10."""
    rows = models.Case.objects.filter(person_ref=case.person_ref, opened_at__lt=case.opened_at)
    rows = rows.filter(service=case.service, department=case.department).defer("answers", "findings")
    return [case_of(row) for row in rows.order_by("-opened_at", "ref")[:EARLIER]]
