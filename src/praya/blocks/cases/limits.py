"""Limits (quotas): how much all applications together may take of something.

Each case stores what it takes (`Use`) under a keyed hash of the limited value. An application is admitted under a lock
that all processes share, so that two applications cannot both take the last of a limit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q, Sum

from praya.blocks.cases import models
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal

MILLION = 1_000_000
# A case with one of these results no longer counts against its limits.
GIVES_BACK = frozenset({"refused", "withdrawn", "lapsed"})


@dataclass(frozen=True, slots=True)
class Claim:
    """What an application takes of one limit. Amounts are in millionths; it counts until `until`, or for ever."""

    limit: int
    key: str
    amount: int
    at_most: int
    until: datetime | None


class OverLimit(Exception):
    """A claim exceeds what its limit has left; `used` is what other cases have taken."""

    def __init__(self, claim: Claim, used: int) -> None:
        super().__init__(claim.limit)
        self.claim, self.used = claim, used


def key_of(counted: str, value: str) -> str:
    """The keyed hash under which the uses of one value are added up. The value itself is never stored."""
    return vault.blind_index("limit", f"{counted}:{value}")


def look(claims: Sequence[Claim], *, at: datetime) -> None:
    """Check claims against what is left. Raises OverLimit. The result is certain only while the `lock` is held."""
    for claim in claims:
        uses = models.Use.objects.filter(Q(until__gt=at) | Q(until__isnull=True), key=claim.key)
        used = uses.aggregate(used=Sum("amount"))["used"] or 0
        if used + claim.amount > claim.at_most:
            raise OverLimit(claim, used)


def claim_anew(*, ref: str, instead_of: Sequence[Claim], claims: Sequence[Claim], at: datetime) -> None:
    """Replace what a case took by the claims `instead_of` with `claims`. Raises OverLimit.

    A case that has given everything back stays without claims.
    """
    with transaction.atomic():
        lock(claims)
        own = models.Use.objects.filter(case_id=ref, key__in=[claim.key for claim in instead_of])
        amounts = list(own.values_list("amount", flat=True))
        if not amounts:
            return
        own.delete()
        # What the case has given up since remains available to others.
        freed, reduced = sum(claim.amount for claim in instead_of) - sum(amounts), []
        for claim in claims:
            part = max(0, min(freed, claim.amount))
            freed -= part
            reduced.append(replace(claim, amount=claim.amount - part))
        look(reduced, at=at)
        models.Use.objects.bulk_create(
            models.Use(case_id=ref, key=claim.key, amount=claim.amount, until=claim.until) for claim in reduced
        )


def free(*, ref: str, keys: Sequence[str], amount: int, limit: str, at: datetime, by: str) -> None:
    """Give up to `amount` millionths of what a case took under each of these keys back to the limit."""
    with transaction.atomic():
        row = models.Case.objects.select_for_update().get(ref=ref)
        freed = 0
        for use in models.Use.objects.select_for_update().filter(case_id=ref, key__in=list(keys)).order_by("id"):
            part = max(0, min(amount, use.amount))
            models.Use.objects.filter(id=use.id).update(amount=use.amount - part)
            freed += part
        if freed:
            journal.record(event="limit_freed", at=at, by=by, subject=ref, service=row.service,
                           facts={"limit": limit, "millionths": freed})  # fmt: skip


def lock(claims: Sequence[Claim]) -> None:
    """Lock the keys of the claims, in sorted order to avoid deadlock, until the transaction ends."""
    # On SQLite a writing transaction excludes all others from its beginning.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for key in sorted({claim.key for claim in claims}):
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(key[:15], 16)])


def take(case: models.Case, claims: Sequence[Claim]) -> None:
    """Store what a case takes. The caller holds the `lock` and has called `look` in the same transaction."""
    models.Use.objects.bulk_create(
        models.Use(case=case, key=claim.key, amount=claim.amount, until=claim.until) for claim in claims
    )


def respell(ref: str, keys: Mapping[str, str]) -> None:
    """Replace the keys under which the uses of a case are counted, old -> new."""
    for old, new in keys.items():
        models.Use.objects.filter(case_id=ref, key=old).update(key=new)


def give_back(case: models.Case) -> None:
    """Delete the uses of a case, so that others can take what it took."""
    models.Use.objects.filter(case=case).delete()
