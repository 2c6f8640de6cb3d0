"""Rows of endpoints and deliveries: queries, writes, encryption of secrets."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery

from praya.kernel.crypto import vault
from praya.kernel.rows import one_or_none
from praya.systems.webhooks.models import Delivery, Endpoint
from praya.systems.webhooks.rules import Health

OURS = "@webhooks"
"""The subject whose key encrypts the secrets."""
_SECRET = "webhooks.endpoint.secret"  # noqa: S105 (a place, not a secret)
SLICE = 500


def sealed(secrets: Sequence[str], ref: str) -> bytes:
    """Secrets, the newest first, encrypted."""
    vault.new_key(OURS)
    return vault.seal_json(list(secrets), subject=OURS, place=_SECRET, row=ref)


def secrets_of(row: Endpoint) -> list[str]:
    """The secrets of an endpoint, the newest first."""
    opened: list[str] = vault.unseal_json(row.secret, subject=OURS, place=_SECRET, row=row.ref)
    return opened


def _kept() -> QuerySet[Endpoint]:
    """The endpoints that were not removed."""
    return Endpoint.objects.exclude(state="removed")


def endpoint(ref: str, departments: Collection[str], *, lock: bool = False) -> Endpoint | None:
    """An endpoint of one of these departments; with `lock` nobody else changes it until the transaction ends."""
    rows = _kept().select_for_update() if lock else _kept()
    return one_or_none(rows.filter(ref=ref, department__in=list(departments)))


def endpoints(departments: Collection[str] | None) -> list[Endpoint]:
    """The endpoints of these departments, or all, the oldest first."""
    rows = _kept() if departments is None else _kept().filter(department__in=list(departments))
    return list(rows.order_by("department", "created_at", "ref"))


def waiting(refs: Collection[str]) -> dict[str, tuple[int, datetime]]:
    """For each of these endpoints how many events wait, and since when the oldest."""
    rows = Delivery.objects.filter(endpoint_id__in=list(refs), state="waiting").values_list("endpoint_id")
    counted = rows.annotate(n=Count("id"), since=Min("queued_at")).order_by()
    return {ref: (number, since) for ref, number, since in counted}


def receivers() -> dict[str, list[Endpoint]]:
    """The endpoints by department."""
    found: dict[str, list[Endpoint]] = {}
    for row in _kept().defer("secret").order_by("ref"):
        found.setdefault(row.department, []).append(row)
    return found


def queue(rows: Sequence[Delivery], positions: Mapping[str, int]) -> None:
    """Queue events, each once for an endpoint, and note how far each endpoint's are queued."""
    with transaction.atomic():
        Delivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=SLICE)
        for ref, position in positions.items():
            Endpoint.objects.filter(ref=ref, position__lt=position).update(position=position)


def queue_test(row: Endpoint, event: str, at: datetime) -> None:
    """Queue an event that is about no case; its position is below nought. The endpoint is locked."""
    lowest = Delivery.objects.filter(endpoint=row).aggregate(lowest=Min("position"))["lowest"] or 0
    Delivery.objects.create(
        endpoint=row, position=min(lowest, 0) - 1, event=event, subject="", at=at, queued_at=at, due_at=at
    )


# Sending


def _first(at: datetime) -> QuerySet[Delivery]:
    """The events that may be sent: they are due, and no earlier one of the same case waits."""
    before = Delivery.objects.filter(
        endpoint=OuterRef("endpoint"), subject=OuterRef("subject"), state="waiting", position__lt=OuterRef("position")
    )
    return Delivery.objects.filter(state="waiting", due_at__lte=at).exclude(Exists(before))


def ready(*, failing: bool, at: datetime, limit: int) -> list[Endpoint]:
    """Endpoints for which something is due: those in good health, or those that fail and may be tried again."""
    rows = Endpoint.objects.filter(state="active", leased_until__lte=at)
    may_be_tried = Q(failures__gt=0) & (Q(retry_at__isnull=True) | Q(retry_at__lte=at))
    rows = rows.filter(may_be_tried if failing else Q(failures=0))
    due = _first(at).filter(endpoint=OuterRef("ref"))
    return list(rows.filter(Exists(due)).order_by("leased_until")[:limit])


def lease(row: Endpoint, *, at: datetime, until: datetime) -> bool:
    """Reserve an endpoint, so that no other worker sends to it; False when another has it."""
    free = Endpoint.objects.filter(ref=row.ref, state="active", leased_until__lte=at)
    return free.update(leased_until=until) == 1


def batch(row: Endpoint, *, at: datetime, limit: int) -> list[Delivery]:
    """The next events of an endpoint: of each case the first that waits, and as many after it as there is room for.

    Cases whose first event was never tried come first, so that one that is refused again and again holds up no other.
    """
    first = list(_first(at).filter(endpoint=row).order_by("attempts", "position")[:limit])
    if limit == 1:
        return first
    after = Delivery.objects.filter(endpoint=row, state="waiting", subject__in=[one.subject for one in first])
    return list(after.order_by("position")[:limit])


def note(
    row: Endpoint,
    *,
    delivered: Iterable[tuple[Delivery, int]],
    failed: Iterable[tuple[Delivery, int, str, datetime | None]],
    health: Health,
    at: datetime,
) -> list[tuple[Delivery, int]]:
    """Record what became of a batch, and free the endpoint; return the events that were given up, with their status.

    Of what failed: status, code, and when it is due again, None when it is given up.
    """
    with _alone_with(row.ref):
        done: dict[int, list[int]] = {}
        for one, status in delivered:
            done.setdefault(status, []).append(one.pk)
        for status, keys in done.items():
            Delivery.objects.filter(pk__in=keys, state="waiting").update(
                state="delivered", status=status, failure="", done_at=at, attempts=F("attempts") + 1
            )
        given_up = []
        for one, status, failure, due_at in failed:
            values: dict[str, Any] = {"status": status, "failure": failure[:40], "attempts": F("attempts") + 1}
            values |= {"due_at": due_at} if due_at else {"state": "failed", "done_at": at}
            given_up += [] if due_at else [(one, status)]
            Delivery.objects.filter(pk=one.pk, state="waiting").update(**values)
        values = {
            "failures": health.failures, "failed_since": health.failed_since, "retry_at": health.retry_at,
            "leased_until": at,
        }  # fmt: skip
        if done:
            values["delivered_at"] = at
        Endpoint.objects.filter(ref=row.ref).update(**values)
    return given_up


@contextmanager
def _alone_with(ref: str) -> Iterator[None]:
    """Lock an endpoint before several of its deliveries are changed: two who change them never wait for each other."""
    with transaction.atomic():
        list(Endpoint.objects.select_for_update().filter(ref=ref).values_list("ref"))
        yield


def pause(ref: str, *, why: str, at: datetime) -> bool:
    """Pause an active endpoint; False when it is paused already."""
    return Endpoint.objects.filter(ref=ref, state="active").update(state="paused", why=why, paused_at=at) == 1


def resume(ref: str, *, at: datetime) -> bool:
    """Let a paused endpoint go on; what waits is due now and counts its age anew."""
    paused = Endpoint.objects.filter(ref=ref, state="paused")
    with _alone_with(ref):
        if not paused.update(state="active", why="", paused_at=None, failures=0, failed_since=None, retry_at=None):
            return False
        Delivery.objects.filter(endpoint_id=ref, state="waiting").update(due_at=at, queued_at=at, attempts=0)
    return True


def remove(ref: str) -> bool:
    """Remove an endpoint with its secrets; False when it is removed already. Its rows are deleted later."""
    return _kept().filter(ref=ref).update(state="removed", secret=b"") == 1


def delete_removed() -> int:
    """Delete some deliveries of removed endpoints, then the endpoints; return how many rows."""
    rows = Delivery.objects.filter(endpoint__state="removed")
    keys = list(rows.values_list("pk", flat=True)[:SLICE])
    if keys:
        return Delivery.objects.filter(pk__in=keys).delete()[0]
    return Endpoint.objects.filter(state="removed").delete()[0]


# Looking, and sending again


def listed(ref: str, *, state: str, before: int | None, limit: int) -> list[Delivery]:
    """A page of deliveries, the newest event first, beginning below the position `before`."""
    rows = Delivery.objects.filter(endpoint_id=ref)
    rows = rows.filter(state=state) if state else rows
    rows = rows if before is None else rows.filter(position__lt=before)
    return list(rows.order_by("-position")[:limit])


def again(ref: str, *, at: datetime, position: int | None = None, since: datetime | None = None) -> int:
    """Send deliveries again: that of one event, or all of events since a moment; return how many."""
    rows = Delivery.objects.filter(endpoint_id=ref).exclude(state="waiting")
    rows = rows.filter(position=position) if position is not None else rows.filter(at__gte=since)
    with _alone_with(ref):
        return rows.update(state="waiting", queued_at=at, due_at=at, done_at=None, attempts=0, failure="", status=0)


def forget(*, before: datetime) -> int:
    """Delete some deliveries that were queued before this moment and no longer wait; return how many."""
    with transaction.atomic():
        # What somebody sends again at this moment is passed over.
        old = _ended().filter(queued_at__lt=before).order_by("queued_at").select_for_update(skip_locked=True)
        keys = list(old.values_list("pk", flat=True)[:SLICE])
        return Delivery.objects.filter(pk__in=keys).delete()[0] if keys else 0


def oldest() -> datetime | None:
    """The moment at which the oldest delivery was queued that no longer waits."""
    return _ended().order_by("queued_at").values_list("queued_at", flat=True).first()


def _ended() -> QuerySet[Delivery]:
    return Delivery.objects.exclude(state="waiting")


def oldest_due() -> datetime | None:
    """Since when the oldest event is due that was never tried, of those for endpoints in good health."""
    first = Delivery.objects.filter(endpoint=OuterRef("ref"), state="waiting", attempts=0).order_by("position")
    healthy = Endpoint.objects.filter(state="active", failures=0).annotate(due=Subquery(first.values("due_at")[:1]))
    oldest_at: datetime | None = healthy.aggregate(oldest=Min("due"))["oldest"]
    return oldest_at
