"""How much may be applied for together: counted as cases open, under a lock that many processes share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q, Sum

from praya.blocks.cases import models
from praya.kernel.crypto import vault

MILLION = 1_000_000
# A case that ends so gives back what it took.
GIVES_BACK = frozenset({"refused", "withdrawn", "lapsed"})


@dataclass(frozen=True, slots=True)
class Claim:
    """What an application takes of one limit: amounts in millionths, `until` when they count no more."""

    limit: int
    key: str
    amount: int
    at_most: int
    until: datetime | None


class OverLimit(Exception):
    """An application takes more than is left; carries the claim and what others have taken."""

    def __init__(self, claim: Claim, used: int) -> None:
        super().__init__(claim.limit)
        self.claim, self.used = claim, used


def key_of(counted: str, value: str) -> str:
    """The keyed hash under which the uses of one value are counted; the value itself is never stored."""
    return vault.blind_index("limit", f"{counted}:{value}")


def look(claims: Sequence[Claim], *, at: datetime) -> None:
    """Raise OverLimit when a claim takes more than is left now. Only `take` decides."""
    for claim in claims:
        uses = models.Use.objects.filter(Q(until__gt=at) | Q(until__isnull=True), key=claim.key)
        used = uses.aggregate(used=Sum("amount"))["used"] or 0
        if used + claim.amount > claim.at_most:
            raise OverLimit(claim, used)


def lock(claims: Sequence[Claim]) -> None:
    """Let nobody else count under these keys until the transaction ends; always in one order."""
    # On SQLite a transaction that writes is alone from its beginning.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for key in sorted({claim.key for claim in claims}):
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(key[:15], 16)])


def take(case: models.Case, claims: Sequence[Claim]) -> None:
    """Note what a case takes, in the transaction that holds the lock and looked."""
    models.Use.objects.bulk_create(
        models.Use(case=case, key=claim.key, amount=claim.amount, until=claim.until) for claim in claims
    )


def respell(ref: str, keys: Mapping[str, str]) -> None:
    """Count what a case takes under other keys, old -> new."""
    for old, new in keys.items():
        models.Use.objects.filter(case_id=ref, key=old).update(key=new)


def give_back(case: models.Case) -> None:
    """Whatever the case took is free again."""
    models.Use.objects.filter(case=case).delete()
