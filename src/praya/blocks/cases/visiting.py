"""The cases that are visited: bookings of an officer's cases, and cases with what a visitor has to know of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from praya.blocks.cases import models, store
from praya.blocks.cases.events import note_read
from praya.blocks.cases.rows import case_of, content_of
from praya.blocks.cases.values import Access, Case, Content
from praya.kernel.crypto import vault

MOST_OF_OFFICER = 5000


@dataclass(frozen=True, slots=True)
class Visited:
    """A case with its answers and findings; `content` is None when its person was erased."""

    case: Case
    content: Content | None


def bookings_of_officer(officer_ref: str, *, within: Access) -> list[str]:
    """The bookings of the open cases that are assigned to an officer, up to MOST_OF_OFFICER of them."""
    mine = models.Case.objects.filter(
        assigned_to=officer_ref, closed_at__isnull=True, department__in=list(within.departments)
    )
    rows = store.not_shut(mine, within).exclude(booking_ref="").order_by("due_at", "ref")
    return list(rows.values_list("booking_ref", flat=True)[:MOST_OF_OFFICER])


def visited_by_bookings(refs: Collection[str], *, within: Access, assigned_to: str) -> dict[str, Visited]:
    """The open cases of the departments that have these bookings and that officer, by booking; two queries.

    `assigned_to` is empty for cases that nobody has.
    """
    rows = list(
        store.not_shut(models.Case.objects.filter(booking_ref__in=[ref for ref in refs if ref]), within).filter(
            department__in=list(within.departments), closed_at__isnull=True, assigned_to=assigned_to
        )
    )
    vault.gather(row.person_ref for row in rows)
    return {row.booking_ref: Visited(case_of(row), _content(row)) for row in rows}


def _content(row: models.Case) -> Content | None:
    try:
        return content_of(row.ref, row.person_ref, row.answers, row.findings)
    except vault.Forgotten:
        return None


def note_visited(visited: Collection[Case], *, by: str, at: datetime) -> None:
    """Record in the journal that an officer read where these cases are visited."""
    for case in visited:
        note_read(ref=case.ref, service=case.service, by=by, at=at, what="visit")
