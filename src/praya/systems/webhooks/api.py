"""The door of the webhooks: register and change endpoints, look at deliveries, send again; and what the worker does.

An event says which case, what happened and when. It is sent at least once, those of one case in order, each with an
identifier by which a receiver recognises a repetition. Nothing of the person leaves: the receiver fetches the case.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.journey import load
from praya.kernel import plug, posting
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.journal import folds
from praya.kernel.journal.api import Fact
from praya.kernel.journal.folds import Fold
from praya.kernel.posting import Answer, Request
from praya.kernel.rounds import breathe
from praya.systems.webhooks import rules, store
from praya.systems.webhooks.models import Delivery as DeliveryRow
from praya.systems.webhooks.models import Endpoint as EndpointRow
from praya.systems.webhooks.rules import EVENTS, LONGEST_URL, MOST_ENDPOINTS, OVERLAP, Health, Unfit
from praya.web.words import translator

IN_A_ROUND = 400
"""Events for one endpoint in a round."""
AT_ONCE = 50
"""Endpoints in a round."""
BEGIN_WITHIN = 5.0
"""Seconds after which a round begins nothing more, so that all endpoints have their turn."""
MOST_TOLD = 20
"""Supervisors of a department that are told of a pause."""
log = structlog.get_logger("webhooks")

__all__ = [
    "EVENTS", "FOLDS", "LONGEST_URL", "Delivery", "Endpoint", "NoEndpoint", "TooMany", "Unfit", "deliveries",
    "endpoint", "endpoints", "failing", "forget", "oldest", "oldest_to_forget", "pause", "register", "remove", "replay",
    "resume", "rotate", "send", "test",
]  # fmt: skip


class NoEndpoint(LookupError):
    """There is no such endpoint, or it belongs to another department."""


class TooMany(Exception):
    """The department has as many endpoints as it may have."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint without its secret. `services` is empty for all services of the department.

    `state` is `active` or `paused`, and `why` then `asked`, `failing` or `gone`; `failures` counts those in a row.
    """

    ref: str
    department: str
    url: str
    services: tuple[str, ...]
    state: str
    why: str
    created_at: datetime
    failures: int
    failed_since: datetime | None
    retry_at: datetime | None
    delivered_at: datetime | None
    overlap_until: datetime | None
    waiting: int = 0
    waiting_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event for an endpoint: `waiting`, `delivered` or `failed`, with the status of the last answer."""

    sequence: int
    event: str
    service: str
    reference: str
    at: datetime
    state: str
    attempts: int
    due_at: datetime
    done_at: datetime | None
    status: int
    failure: str


def register(
    *, department: str, url: str, services: Collection[str] = (), at: datetime, by: str
) -> tuple[Endpoint, str]:
    """Register an endpoint; return it with its secret, which cannot be read again. It gets what happens from now on.

    Raises Unfit (with the code `url_...` or `services_unknown`), TooMany.
    """
    kept = rules.checked_url(url.strip(), _settings().networks)
    wanted = sorted(set(services))
    known = load.territory().known
    if any(name not in known or known[name].department != department for name in wanted):
        raise Unfit("services_unknown")
    ref, secret = opaque(), rules.new_secret(secrets.token_bytes(rules.SECRET_BYTES))
    with transaction.atomic():
        if len(store.endpoints([department])) >= MOST_ENDPOINTS:
            raise TooMany(department)
        row = EndpointRow.objects.create(
            ref=ref, department=department, url=kept, services=" ".join(wanted), secret=store.sealed([secret], ref),
            created_at=at, position=folds.place(FOLDS[0]).sealed, leased_until=at,
        )  # fmt: skip
        _note("webhook_registered", row, at, by, {"services": wanted})
    return _endpoint(row), secret


def rotate(ref: str, *, departments: Collection[str], at: datetime, by: str) -> str:
    """Make a new secret and return it; for OVERLAP the one before signs too. Raises NoEndpoint."""
    with transaction.atomic():
        row = _row(ref, departments, lock=True)
        secret = rules.new_secret(secrets.token_bytes(rules.SECRET_BYTES))
        row.secret = store.sealed([secret, store.secrets_of(row)[0]], ref)
        row.overlap_until = at + OVERLAP
        row.save(update_fields=["secret", "overlap_until"])
        _note("webhook_rotated", row, at, by)
    return secret


def pause(ref: str, *, departments: Collection[str], at: datetime, by: str) -> None:
    """Send nothing more until `resume`; events wait. Raises NoEndpoint."""
    with transaction.atomic():
        row = _row(ref, departments)
        if store.pause(ref, why="asked", at=at):
            _note("webhook_paused", row, at, by, {"why": "asked"})


def resume(ref: str, *, departments: Collection[str], at: datetime, by: str) -> None:
    """Send what waits, at once. Raises NoEndpoint."""
    with transaction.atomic():
        row = _row(ref, departments)
        if store.resume(ref, at=at):
            _note("webhook_resumed", row, at, by)


def remove(ref: str, *, departments: Collection[str], at: datetime, by: str) -> None:
    """Remove an endpoint; the worker deletes it with its deliveries. Raises NoEndpoint."""
    with transaction.atomic():
        row = _row(ref, departments)
        if store.remove(ref):
            _note("webhook_removed", row, at, by)


def test(ref: str, *, departments: Collection[str], at: datetime) -> None:
    """Queue an event `test`, which is about no case. Raises NoEndpoint."""
    with transaction.atomic():
        store.queue_test(_row(ref, departments, lock=True), rules.TEST, at)


def replay(
    ref: str,
    *,
    departments: Collection[str],
    sequence: int | None = None,
    since: datetime | None = None,
    at: datetime,
    by: str,
) -> int:
    """Send one event again, or all since a moment, also what was delivered; return how many. Raises NoEndpoint."""
    if sequence is None and since is None:
        raise ValueError("say which event, or since when")
    with transaction.atomic():
        row = _row(ref, departments)
        number = store.again(ref, at=at, position=sequence, since=since)
        _note("webhook_replayed", row, at, by, {"number": number})
    return number


def endpoints(departments: Collection[str] | None) -> list[Endpoint]:
    """The endpoints of departments, or of all when that is None, with what waits."""
    rows = store.endpoints(departments)
    waiting = store.waiting([row.ref for row in rows])
    return [_endpoint(row, *waiting.get(row.ref, (0, None))) for row in rows]


def endpoint(ref: str, *, departments: Collection[str]) -> Endpoint:
    """An endpoint of one of these departments. Raises NoEndpoint."""
    return _endpoint(_row(ref, departments), *store.waiting([ref]).get(ref, (0, None)))


def deliveries(
    ref: str, *, departments: Collection[str], state: str = "", before: int | None = None, limit: int = 50
) -> list[Delivery]:
    """A page of the deliveries of an endpoint, the newest event first, below `before`. Raises NoEndpoint."""
    _row(ref, departments)
    return [_delivery(row) for row in store.listed(ref, state=state, before=before, limit=limit)]


def failing() -> list[Endpoint]:
    """The endpoints that are paused because they failed, or fail now."""
    return [one for one in endpoints(None) if one.why in {"failing", "gone"} or one.failures >= rules.IN_A_ROW]


# The worker


def _apply(facts: Sequence[Fact]) -> None:
    receivers = store.receivers()
    if not receivers:
        return
    known, rows, positions = load.territory().known, [], dict[str, int]()
    for fact in facts:
        card = known.get(fact.service)
        for row in receivers.get(card.department, ()) if card is not None else ():
            position = fact.position or 0
            if position <= row.position or (row.services and fact.service not in row.services.split()):
                continue
            rows.append(
                DeliveryRow(
                    endpoint_id=row.ref, position=position, event=EVENTS[fact.event], service=fact.service,
                    subject=fact.subject, at=fact.at, queued_at=fact.at, due_at=fact.at,
                )
            )  # fmt: skip
            positions[row.ref] = position
    store.queue(rows, positions)


def _empty() -> None:
    """Keep what is queued: each endpoint knows how far it is, so a rebuild of the fold sends nothing a second time."""


FOLDS = (Fold(name="webhooks", events=frozenset(EVENTS), apply=_apply, empty=_empty),)
"""The queue of events; what was queued once is never queued again."""


def send(*, at: datetime, failing: bool) -> int:
    """Send what is due to endpoints in good health, or try one event of each that fails; return how many were tried.

    All endpoints of a round are sent to at once. Each is reserved first, so that workers share them.
    """
    timeout = _settings().seconds
    until = at + timedelta(seconds=BEGIN_WITHIN + 3 * timeout)
    mine = [row for row in store.ready(failing=failing, at=at, limit=AT_ONCE) if store.lease(row, at=at, until=until)]
    batches = [(row, store.batch(row, at=at, limit=1 if failing else IN_A_ROUND)) for row in mine]
    if not mine:
        return 0
    breathe()
    began = perf_counter()
    answers = posting.send(
        [[[request for _, request in chain] for chain in _chains(row, batch, at)] for row, batch in batches],
        context=posting.tls(_settings().ca_file),
        permitted=partial(posting.permitted, networks=_settings().networks),
        seconds=timeout,
        begin_within=BEGIN_WITHIN,
        most_failures=rules.IN_A_ROW,
    )
    after = at + timedelta(seconds=perf_counter() - began)
    for (row, batch), of_row in zip(batches, answers, strict=True):
        _end(row, _grouped(batch), of_row, after)
        breathe()
    return sum(len(of_row) for of_row in answers)


def _grouped(batch: Sequence[DeliveryRow]) -> list[list[DeliveryRow]]:
    """The events by case, each case's in order."""
    cases: dict[str, list[DeliveryRow]] = {}
    for one in batch:
        cases.setdefault(one.subject, []).append(one)
    return list(cases.values())


def _chains(row: EndpointRow, batch: Sequence[DeliveryRow], at: datetime) -> list[list[tuple[DeliveryRow, Request]]]:
    keys = store.secrets_of(row)
    keys = keys if row.overlap_until is not None and at < row.overlap_until else keys[:1]
    began = perf_counter()

    def request(one: DeliveryRow) -> Request:
        ref = rules.message_id(one.position)
        content = rules.body(
            event=one.event, at=one.at, service=one.service, reference=one.subject, sequence=max(one.position, 0)
        )

        def headers() -> dict[str, str]:
            moment = int(at.timestamp() + perf_counter() - began)
            return rules.headers(ref, content, secrets=keys, timestamp=moment)

        return Request(row.url, content, headers)

    return [[(one, request(one)) for one in chain] for chain in _grouped(batch)]


def _end(
    row: EndpointRow, chains: Sequence[Sequence[DeliveryRow]], answers: dict[tuple[int, int], Answer], at: datetime
) -> None:
    """Record what became of the events of a round, and of the endpoint."""
    delivered, failed, health = [], [], Health(row.failures, row.failed_since, row.retry_at)
    gone = False
    for (number, place), answer in answers.items():  # in the order in which they came
        one, verdict = chains[number][place], rules.verdict(answer.status)
        if verdict == "delivered":
            delivered.append((one, answer.status))
            health = Health()
            continue
        health = health.after_failure(at, wait=timedelta(seconds=answer.wait))
        gone = gone or verdict == "gone"
        lost = row.failed_since is None and rules.is_lost(at - one.queued_at, attempts=one.attempts + 1)
        failed.append((one, answer.status, answer.failure, None if lost else at + rules.RETRY.pause(one.attempts + 1)))
    with transaction.atomic():
        for one, status in store.note(row, delivered=delivered, failed=failed, health=health, at=at):
            facts = {"department": row.department, "sequence": one.position, "status": status}
            journal.record(event="webhook_given_up", at=at, by="system", subject=row.ref, facts=facts)
        why = "gone" if gone else "failing" if health.is_lost(at) else ""
        if why and store.pause(row.ref, why=why, at=at):
            _note("webhook_paused", row, at, "system", {"why": why})
            _tell(row, why, at)
    for one, status, failure, _ in failed:
        log.warning("webhook not taken", endpoint=row.ref, sequence=one.position, status=status, failure=failure)


def _tell(row: EndpointRow, why: str, at: datetime) -> None:
    """Write to the supervisors of a department that an endpoint is paused, in each language of theirs."""
    pack = load.pack()
    supervisors = (
        officer
        for officer in identity.holders(row.department, limit=500)
        if "supervisor" in pack.all_roles.with_included(r.role for r in officer.roles if r.department == row.department)
    )
    languages = pack.languages
    texts = [translator(language) for language in languages]
    said = {"host": row.url.partition("//")[2].partition("/")[0]}
    urls = {language: f"{settings.PRAYA.base_url}/{language}/desk/webhooks/{row.ref}" for language in languages}
    subject = " / ".join(t("webhooks.paused_subject", **said) for t in texts)
    lines = zip(texts, languages, strict=True)
    body = "\n\n".join(t(f"webhooks.paused_{why}", url=urls[language], **said) for t, language in lines)
    for _, officer in zip(range(MOST_TOLD), supervisors, strict=False):
        notices.send_memo(email=officer.email, language=languages[0], subject=subject, body=body, at=at)


def forget(*, at: datetime) -> int:
    """Delete removed endpoints, and deliveries that are older than KEEP and no longer wait; return how many rows."""
    count = 0
    while dropped := store.delete_removed() or store.forget(before=at - rules.KEEP):
        count += dropped
        breathe()
    return count


def oldest_to_forget(*, at: datetime) -> datetime | None:
    """The moment since which the oldest delivery should have been deleted."""
    oldest_at = store.oldest()
    return oldest_at + rules.KEEP if oldest_at is not None else None


def oldest(*, at: datetime) -> datetime | None:
    """The moment since which the oldest event waits that a healthy endpoint should have had."""
    return store.oldest_due()


def _settings() -> Any:
    return plug.settings_of("webhooks")


def _row(ref: str, departments: Collection[str], *, lock: bool = False) -> EndpointRow:
    row = store.endpoint(ref, departments, lock=lock)
    if row is None:
        raise NoEndpoint(ref)
    return row


def _note(event: str, row: EndpointRow, at: datetime, by: str, facts: dict[str, object] | None = None) -> None:
    journal.record(event=event, at=at, by=by, subject=row.ref, facts={"department": row.department, **(facts or {})})


def _endpoint(row: EndpointRow, waiting: int = 0, since: datetime | None = None) -> Endpoint:
    return Endpoint(
        row.ref, row.department, row.url, tuple(row.services.split()), row.state, row.why, row.created_at, row.failures,
        row.failed_since, row.retry_at, row.delivered_at, row.overlap_until, waiting, since,
    )  # fmt: skip


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        row.position, row.event, row.service, row.subject, row.at, row.state, row.attempts, row.due_at, row.done_at,
        row.status, row.failure,
    )  # fmt: skip
