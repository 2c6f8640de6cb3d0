"""Mentions: officers whom a note on a case names, and whether they have opened the case since."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from praya.blocks.cases import models, store
from praya.blocks.cases.values import Access
from praya.kernel.journal import api as journal

MOST = 1000
"""Mentions that are counted at most."""
PAGE = 50


@dataclass(frozen=True, slots=True)
class Mention:
    """An officer was named in a note on a case. `seen_at` is when they opened the case afterwards."""

    number: int
    case_ref: str
    by: str
    at: datetime
    seen_at: datetime | None


def add_mentions(row: models.Case, officers: Collection[str], *, at: datetime, by: str) -> None:
    """Record that a note names these officers."""
    models.Mention.objects.bulk_create(
        models.Mention(case=row, officer_ref=officer, actor=by, at=at) for officer in officers
    )
    facts = {"officers": sorted(officers)}
    journal.record(event="case_mentioned", at=at, by=by, subject=row.ref, service=row.service, facts=facts)


def mentions(officer_ref: str, *, before: int = 0, limit: int = PAGE) -> list[Mention]:
    """The newest mentions of an officer; with `before`, those numbered below it.

    The caller checks that the officer may still see each case.
    """
    rows = models.Mention.objects.filter(officer_ref=officer_ref)
    if before:
        rows = rows.filter(id__lt=before)
    return [Mention(row.id, row.case_id, row.actor, row.at, row.seen_at) for row in rows.order_by("-id")[:limit]]


def unseen_mentions(officer_ref: str, *, within: Access) -> int:
    """In how many cases that an officer may reach they were mentioned since they last opened them."""
    rows = models.Mention.objects.filter(officer_ref=officer_ref, seen_at__isnull=True)
    refs = set(rows.order_by("-id").values_list("case_id", flat=True)[:MOST])
    return store.reached(within).filter(ref__in=refs).count() if refs else 0


def see_mentions(ref: str, officer_ref: str, *, at: datetime) -> None:
    """Record that an officer opened a case in which they were mentioned."""
    models.Mention.objects.filter(case_id=ref, officer_ref=officer_ref, seen_at__isnull=True).update(seen_at=at)
