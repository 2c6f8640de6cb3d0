"""The door of cases. Officers reach only cases of their departments, or that their departments were asked about."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q

from praya.blocks.cases import limits, models, store
from praya.blocks.cases.limits import MILLION, Claim, OverLimit
from praya.blocks.cases.limits import key_of as limit_key
from praya.blocks.cases.limits import look as look_at_limits
from praya.blocks.cases.rules import (
    Clock,
    FeeState,
    Milestone,
    Settling,
    clock,
    due,
    left_to,
    milestones,
    onward,
    open_actions,
    settled,
)
from praya.kernel.crypto import vault
from praya.kernel.ids import reference
from praya.kernel.journal import api as journal

PAGE = 50
Which = store.Which


class NoCase(Exception):
    """There is no such case for whoever asks."""


class CaseMoved(Exception):
    """Somebody else moved the case meanwhile; look at it again."""


class KeyReused(Exception):
    """The idempotency key was used before for something else."""


class NotAsked(Exception):
    """The department was not asked, or has replied already."""


class Reviewed(Exception):
    """The officer has given their findings for this action already."""


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee or deposit that was charged: its label in each language, its amount in cents, and what became of it."""

    label: dict[str, str]
    cents: int
    reference: dict[str, str] = field(default_factory=dict)
    name: str = ""
    kind: str = "fee"
    state: FeeState = "owed"


@dataclass(frozen=True, slots=True)
class Referral:
    """A department that was asked."""

    department: str
    asked_at: datetime
    due_at: datetime | None
    replied_at: datetime | None
    result: str


@dataclass(frozen=True, slots=True)
class Case:
    """A case without its personal content."""

    ref: str
    person_ref: str
    service: str
    version: int
    department: str
    language: str
    state: str
    state_since: datetime
    due_at: datetime | None
    waits_for_applicant: bool
    opened_at: datetime
    closed_at: datetime | None
    result: str
    fees: tuple[Fee, ...]
    booking_ref: str
    assigned_to: str
    revision: int
    once_key: str
    timer_at: datetime | None = None
    timers_done: int = 0
    subject_ref: str = ""
    rank: int | None = None
    drawn_among: int = 0
    referrals: tuple[Referral, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """The personal content of a case."""

    answers: dict[str, Any]
    findings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Review:
    """What one of several officers found while the case was where it was `since` then."""

    action: str
    since: datetime
    actor: str
    needed: int
    given_at: datetime
    findings: dict[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a case."""

    at: datetime
    kind: str
    actor: str
    department: str
    action: str
    to_state: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the desk's queue."""

    case: Case
    referral: Referral | None


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the queue, and the mark from which the next one goes on."""

    rows: tuple[Row, ...]
    next_mark: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases of a service are open in a state, how many of them late, how many waiting for the applicant."""

    service: str
    state: str
    open: int
    late: int
    waiting: int


def open_case(
    *,
    prefix: str,
    person_ref: str,
    service: str,
    version: int,
    department: str,
    language: str,
    state: str,
    due_at: datetime | None,
    waits_for_applicant: bool,
    answers: Mapping[str, Any],
    fees: Sequence[Fee],
    booking_ref: str,
    subject_ref: str = "",
    once_key: str,
    dimensions: Mapping[str, str],
    claims: Sequence[Claim] = (),
    at: datetime,
) -> tuple[Case, bool]:
    """Open a case once for `once_key`; answers the case and whether it is new.

    Raises KeyReused when the key was used for other answers, OverLimit when a claim takes more than is left.
    """
    fingerprint = vault.blind_index("case", f"{service}:{journal.canonical(answers)}")
    known = models.Case.objects.filter(once_key=once_key).first()
    if known is not None:
        return _again(known, fingerprint), False
    try:
        with transaction.atomic():
            if claims:
                limits.lock(claims)
                known = models.Case.objects.filter(once_key=once_key).first()
                if known is not None:
                    # Sent twice at once: what the first took is not in the way of the second.
                    return _again(known, fingerprint), False
                limits.look(claims, at=at)
            row = _insert(
                prefix,
                person_ref=person_ref,
                service=service,
                version=version,
                department=department,
                language=language,
                state=state,
                state_since=at,
                opened_at=at,
                due_at=due_at,
                waits_for_applicant=waits_for_applicant,
                fees=_written(fees),
                booking_ref=booking_ref,
                subject_ref=subject_ref,
                once_key=once_key,
                fingerprint=fingerprint,
                sealing=answers,
            )
            limits.take(row, claims)
            models.Step.objects.create(case=row, at=at, kind="opened", actor=f"person:{person_ref}", to_state=state)
            facts = {"version": version, "state": state, "by": dict(dimensions), "fee": sum(f.cents for f in fees)}
            journal.record(
                event="case_opened",
                at=at,
                by=f"person:{person_ref}",
                subject=row.ref,
                service=service,
                facts=facts,
            )
    except IntegrityError:
        known = models.Case.objects.filter(once_key=once_key).first()
        if known is None:
            raise
        return _again(known, fingerprint), False
    return _case(row), True


def _insert(prefix: str, *, sealing: Mapping[str, Any], **columns: Any) -> models.Case:
    """A row under a new reference; of two that meet on one reference, the second takes another."""
    for _ in range(5):
        ref = reference(prefix)
        if models.Case.objects.filter(ref=ref).exists():
            continue
        answers = vault.seal_json(sealing, subject=columns["person_ref"], place="cases.case.answers", row=ref)
        return models.Case.objects.create(ref=ref, answers=answers, **columns)
    raise RuntimeError("no free reference was found")


def _again(row: models.Case, fingerprint: str) -> Case:
    if row.fingerprint != fingerprint:
        raise KeyReused(row.service)
    return _case(row)


def case(ref: str) -> Case:
    """The case, for the journey. Raises NoCase."""
    row = models.Case.objects.filter(ref=ref).first()
    if row is None:
        raise NoCase(ref)
    return _case(row, referrals=True)


def of_person(person_ref: str, *, limit: int = 50) -> list[Case]:
    """A person's cases, the newest first."""
    return [_case(row) for row in models.Case.objects.filter(person_ref=person_ref).order_by("-opened_at")[:limit]]


def content(ref: str) -> Content:
    """What the person answered and what officers found. Raises NoCase, vault.Forgotten."""
    row = models.Case.objects.filter(ref=ref).first()
    if row is None:
        raise NoCase(ref)
    return _content(row)


def visible(ref: str, *, departments: Sequence[str]) -> Case:
    """The case, if one of the departments owns it or was asked. Raises NoCase otherwise."""
    row = store.of_departments(departments).filter(ref=ref).first()
    if row is None:
        raise NoCase(ref)
    return _case(row, referrals=True)


def queue(
    *,
    departments: Sequence[str],
    which: store.Which = "owned",
    service: str = "",
    state: str = "",
    assigned_to: str = "",
    without: str = "",
    mark: str = "",
    limit: int = PAGE,
) -> Queue:
    """A page of one of the departments' lists: what is due first comes first, what ended last comes first.

    Services whose names begin with `without` are left out.
    """
    rows = store.listed(which, departments)
    if without:
        rows = rows.exclude(service__startswith=without)
    for column, value in (("service", service), ("state", state), ("assigned_to", assigned_to)):
        if value:
            rows = rows.filter(**{column: value})
    found = list(store.after(rows, which, mark)[: limit + 1])
    shown = found[:limit]
    referrals = store.open_referrals([row.ref for row in shown], departments)
    lines = tuple(Row(_case(row), _referral(referrals[row.ref]) if row.ref in referrals else None) for row in shown)
    return Queue(lines, store.mark(shown[-1], which) if len(found) > limit else "")


def of_bookings(booking_refs: Sequence[str]) -> dict[str, Case]:
    """The cases to which these bookings belong, by booking."""
    rows = models.Case.objects.filter(booking_ref__in=[ref for ref in booking_refs if ref])
    return {row.booking_ref: _case(row) for row in rows}


def about(subject_refs: Sequence[str], *, limit: int = 200) -> list[Case]:
    """The cases that are about one of these entries or publications, the newest first."""
    wanted = [ref for ref in subject_refs if ref]
    rows = models.Case.objects.filter(subject_ref__in=wanted).exclude(subject_ref="").order_by("-opened_at", "ref")
    return [_case(row) for row in rows[:limit]] if wanted else []


def tally(*, departments: Sequence[str], at: datetime) -> list[Tally]:
    """The open cases that the departments own, counted by service and state in one query."""
    rows = (
        models.Case.objects.filter(department__in=list(departments), closed_at__isnull=True)
        .values_list("service", "state")
        .annotate(
            open=Count("ref"),
            late=Count("ref", filter=Q(due_at__lt=at, waits_for_applicant=False)),
            waiting=Count("ref", filter=Q(waits_for_applicant=True)),
        )
        .order_by("service", "state")
    )
    return [Tally(*row) for row in rows]


def move(
    *,
    ref: str,
    revision: int,
    to: str,
    due_at: datetime | None,
    waits_for_applicant: bool,
    result: str,
    at: datetime,
    by: str,
    action: str = "",
    department: str = "",
    text: str = "",
    findings: Mapping[str, Any] | None = None,
    once_key: str | None = None,
    dimensions: Mapping[str, str] | None = None,
) -> Case:
    """Move a case that still is as it was when `revision` was read. `to` may be the state it is in.

    Raises CaseMoved when it is not, NoCase when it does not exist.
    """
    with transaction.atomic():
        row = models.Case.objects.select_for_update().filter(ref=ref).first()
        if row is None:
            raise NoCase(ref)
        if row.revision != revision:
            raise CaseMoved(ref)
        was = row.state
        row.revision += 1
        if to != was:
            row.state, row.state_since, row.due_at = to, at, due_at
            row.waits_for_applicant = waits_for_applicant
            row.timer_at, row.timers_done = None, 0
        if result:
            row.result, row.closed_at, row.due_at = result, at, None
        if findings:
            merged = {**_content(row).findings, **findings}
            row.findings = vault.seal_json(merged, subject=row.person_ref, place="cases.case.findings", row=row.ref)
        row.save()
        if result in limits.GIVES_BACK:
            limits.give_back(row)
        _step(row, at, "moved" if to != was else "acted", by, department, action, to, text, once_key)
        facts: dict[str, Any] = {"action": action, "from": was, "to": to}
        journal.record(event="case_moved", at=at, by=by, subject=ref, service=row.service, facts=facts)
        if result:
            days = (at - row.opened_at).days
            closing = {"result": result, "days": days, "by": dict(dimensions or {})}
            journal.record(event="case_closed", at=at, by=by, subject=ref, service=row.service, facts=closing)
    return _case(row, referrals=True)


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
    """Keep what one of several officers found, apart from what the others did; answers how many have given theirs.

    The case stays as it is, so that whoever is writing meanwhile can send theirs. Raises CaseMoved, Reviewed, NoCase.
    """
    with transaction.atomic():
        row = models.Case.objects.select_for_update().filter(ref=ref).first()
        if row is None:
            raise NoCase(ref)
        given = row.reviews.filter(action=action, since=row.state_since)
        if row.revision != revision or len(given) >= needed:
            raise CaseMoved(ref)
        if any(other.actor == by for other in given):
            raise Reviewed(action)
        row.reviews.create(
            action=action,
            since=row.state_since,
            actor=by,
            needed=needed,
            given_at=at,
            findings=vault.seal_json(dict(findings), subject=row.person_ref, place="cases.review.findings", row=ref),
            text=_sealed_text(row, text),
        )
        count = len(given) + 1
        if count < needed:
            # What they wrote stays with their findings, where the others do not see it yet.
            _step(row, at, "reviewed", by, department, action, "", "", once_key)
        facts = {"action": action, "given": count, "needed": needed}
        journal.record(event="case_reviewed", at=at, by=by, subject=ref, service=row.service, facts=facts)
    return count


def reviews(ref: str) -> list[Review]:
    """What officers found who review one after another, the oldest first; nothing once the person is erased."""
    rows = models.Review.objects.filter(case_id=ref).select_related("case").order_by("id")
    try:
        return [_review(row) for row in rows]
    except vault.Forgotten:
        return []


def reviewed(ref: str, *, since: datetime) -> list[tuple[str, str]]:
    """Action and officer of the reviews given since the case came into its state; not what they say."""
    return list(models.Review.objects.filter(case_id=ref, since=since).values_list("action", "actor"))


def done_by(ref: str, *, by: str) -> set[str]:
    """The actions that somebody ever did to the case, also as one of several."""
    rows = models.Step.objects.filter(case_id=ref, actor=by, kind__in=("moved", "acted", "reviewed"))
    return set(rows.values_list("action", flat=True))


def set_booking(*, ref: str, booking_ref: str) -> None:
    """Note the booking that a case was given; the booking itself is in the journal."""
    models.Case.objects.filter(ref=ref).update(booking_ref=booking_ref)


def set_timer(*, ref: str, done: int, at: datetime | None) -> None:
    """Note how many timers of its state a case has behind it, and when the next one is due."""
    models.Case.objects.filter(ref=ref).update(timers_done=done, timer_at=at)


def timers_due(*, at: datetime, limit: int = 200) -> list[Case]:
    """Open cases with a timer that is due, the longest due first."""
    rows = models.Case.objects.filter(timer_at__lte=at, closed_at__isnull=True).order_by("timer_at")
    return [_case(row) for row in rows[:limit]]


def entrants(*, service: str, state: str) -> list[str]:
    """The cases that wait in a state for the draw."""
    rows = models.Case.objects.filter(service=service, state=state, closed_at__isnull=True, rank__isnull=True)
    return list(rows.order_by("ref").values_list("ref", flat=True))


def draw(
    *, service: str, ballot: str, ranks: Mapping[str, int], among: int, facts: Mapping[str, Any], at: datetime
) -> None:
    """Give the cases their ranks, from 1, and journal the draw under the reference `ballot`."""
    with transaction.atomic():
        rows = list(models.Case.objects.select_for_update().filter(ref__in=ranks).order_by("ref"))
        for row in rows:
            row.rank, row.drawn_among = ranks[row.ref], among
        models.Case.objects.bulk_update(rows, ["rank", "drawn_among"], batch_size=500)
        journal.record(event="ballot_drawn", at=at, by="system", subject=ballot, service=service, facts=facts)


def in_state(*, service: str, state: str, limit: int = 200) -> list[Case]:
    """The open cases of a service in a state, the first ranks first."""
    rows = models.Case.objects.filter(service=service, state=state, closed_at__isnull=True)
    return [_case(row) for row in rows.order_by(F("rank").asc(nulls_last=True), "ref")[:limit]]


def places_kept(*, service: str, without: Collection[str], lost: str) -> int:
    """How many drawn cases have a place: those neither in the state `lost` nor ended in one of the results."""
    drawn = models.Case.objects.filter(service=service, rank__isnull=False).exclude(state=lost)
    return drawn.exclude(result__in=list(without)).count()


def note_timer(*, ref: str, at: datetime) -> None:
    """Journal that time did something to a case that stays where it is."""
    row = models.Case.objects.get(ref=ref)
    with transaction.atomic():
        _step(row, at, "reminded", "system", row.department, "", "", "", None)
        journal.record(event="case_reminded", at=at, by="system", subject=ref, service=row.service)


def done_before(once_key: str) -> bool:
    """Whether a step with this idempotency key was taken."""
    return models.Step.objects.filter(once_key=once_key).exists()


def refer(*, ref: str, departments: Sequence[str], due_at: datetime | None, at: datetime, by: str) -> None:
    """Ask other departments; one that was asked and has not replied is not asked again."""
    with transaction.atomic():
        row = models.Case.objects.select_for_update().get(ref=ref)
        waiting = set(row.referrals.filter(replied_at__isnull=True).values_list("department", flat=True))
        for department in dict.fromkeys(departments):
            if department in waiting:
                continue
            row.referrals.create(department=department, asked_at=at, due_at=due_at)
            _step(row, at, "referred", by, department, "", "", "", None)
            journal.record(
                event="case_referred",
                at=at,
                by=by,
                subject=ref,
                service=row.service,
                facts={"department": department},
            )
        models.Case.objects.filter(ref=ref).update(revision=F("revision") + 1)


def reply(*, ref: str, department: str, result: str, comment: str, at: datetime, by: str) -> Case:
    """A department's answer. Raises NotAsked."""
    with transaction.atomic():
        row = models.Case.objects.select_for_update().filter(ref=ref).first()
        asked = row.referrals.filter(department=department, replied_at__isnull=True).first() if row else None
        if row is None or asked is None:
            raise NotAsked(ref)
        asked.replied_at, asked.result = at, result
        asked.comment = _sealed_text(row, comment)
        asked.save()
        _step(row, at, "replied", by, department, result, "", comment, None)
        row.revision += 1
        row.save(update_fields=["revision"])
        facts = {"department": department, "result": result, "days": (at - asked.asked_at).days}
        journal.record(event="referral_replied", at=at, by=by, subject=ref, service=row.service, facts=facts)
    return _case(row, referrals=True)


def hold(ref: str) -> None:
    """Take the case for this transaction: whoever changes what belongs to it does so first, and waits in one line."""
    list(models.Case.objects.select_for_update().filter(ref=ref).values_list("ref"))


def heard(
    *, ref: str, kind: Literal["invited", "given", "declined", "lapsed"], party: str, at: datetime, by: str
) -> Case:
    """Note what came of a party that takes part; answers the case as it now is. Raises NoCase."""
    with transaction.atomic():
        row = models.Case.objects.select_for_update().filter(ref=ref).first()
        if row is None:
            raise NoCase(ref)
        _step(row, at, kind, by, "", party, "", "", None)
        if kind != "invited":
            # Whoever decides now must have seen it.
            row.revision += 1
            row.save(update_fields=["revision"])
    return _case(row, referrals=True)


def note(*, ref: str, text: str, at: datetime, by: str, department: str, once_key: str | None = None) -> None:
    """An officer's note; the applicant does not see it."""
    with transaction.atomic():
        row = models.Case.objects.select_for_update().filter(ref=ref).first()
        if row is None:
            raise NoCase(ref)
        if once_key and done_before(once_key):
            return
        _step(row, at, "noted", by, department, "", "", text, once_key)
        journal.record(event="case_noted", at=at, by=by, subject=ref, service=row.service)


def assign(*, ref: str, officer_ref: str, at: datetime, by: str) -> None:
    """Give the case to an officer, or to nobody with an empty reference."""
    with transaction.atomic():
        if not models.Case.objects.filter(ref=ref).update(assigned_to=officer_ref):
            raise NoCase(ref)
        row = models.Case.objects.get(ref=ref)
        _step(row, at, "assigned", by, row.department, "", "", "", None)
        journal.record(event="case_assigned", at=at, by=by, subject=ref, service=row.service)


def history(ref: str) -> list[Step]:
    """Everything that happened to a case, the oldest first."""
    row = models.Case.objects.filter(ref=ref).first()
    if row is None:
        raise NoCase(ref)
    return [
        Step(s.at, s.kind, s.actor, s.department, s.action, s.to_state, _opened_text(row, s.text))
        for s in row.steps.order_by("id")[:500]
    ]


def comments(ref: str) -> dict[str, str]:
    """What the departments that replied wrote, the newest of each."""
    row = models.Case.objects.get(ref=ref)
    replied = row.referrals.filter(replied_at__isnull=False).order_by("id")
    return {r.department: _opened_text(row, r.comment) for r in replied}


def visited(ref: str) -> list[tuple[str, datetime]]:
    """The states through which a case went, with the moment of each; no personal content."""
    rows = models.Step.objects.filter(case_id=ref).exclude(to_state="").order_by("id")
    return list(rows.values_list("to_state", "at"))


def note_read(*, ref: str, service: str, by: str, at: datetime, what: str) -> None:
    """Journal that an officer read personal data of a case."""
    journal.record(event="case_read", at=at, by=by, subject=ref, service=service, facts={"what": what})


def reads(ref: str) -> list[tuple[datetime, str]]:
    """When officers read the case, for the person to see: moment and `officer:REF`."""
    return [(fact.at, fact.actor) for fact in journal.about(ref, events=["case_read"], limit=50)]


def departments_of(ref: str) -> set[str]:
    """The departments that may see the case."""
    row = case(ref)
    return {row.department, *(r.department for r in row.referrals)}


def closed_before(*, service: str, result: str, before: datetime, limit: int = 200) -> list[Case]:
    """Cases whose retention is over."""
    rows = models.Case.objects.filter(service=service, result=result, closed_at__lt=before)
    return [_case(row) for row in rows[:limit]]


def erase(*, ref: str, at: datetime) -> None:
    """Delete a case whose retention is over; the journal keeps that it was."""
    with transaction.atomic():
        row = models.Case.objects.filter(ref=ref).first()
        if row is not None:
            journal.record(event="case_erased", at=at, by="system", subject=ref, service=row.service)
            row.delete()


def charge(*, ref: str, fees: Sequence[Fee], at: datetime, by: str) -> None:
    """Charge more fees of a case. It stays otherwise as it is, so nobody who is writing is in the way."""
    with transaction.atomic():
        row = models.Case.objects.select_for_update().get(ref=ref)
        models.Case.objects.filter(ref=ref).update(fees=_written((*_fees(row.fees), *fees)))
        for fee in fees:
            _note_fee("fee_charged", row, fee, at, by)


def settle(*, ref: str, how: Settling, names: Sequence[str] | None, at: datetime, by: str) -> None:
    """Note that fees were paid, waived, refunded or forfeited: those of these names, or all without.

    A fee of which this cannot be said, because it was settled before, stays as it is.
    """
    with transaction.atomic():
        row = models.Case.objects.select_for_update().get(ref=ref)
        before = _fees(row.fees)
        after = [
            replace(fee, state=settled(fee.state, how)) if names is None or fee.name in names else fee for fee in before
        ]
        models.Case.objects.filter(ref=ref).update(fees=_written(after))
        for was, fee in zip(before, after, strict=True):
            if was.state != fee.state:
                _note_fee(f"fee_{fee.state}", row, fee, at, by)


def fees(ref: str) -> tuple[Fee, ...]:
    """What was charged for a case, as it is now."""
    kept = models.Case.objects.filter(ref=ref).values_list("fees", flat=True).first()
    return _fees(kept or "[]")


def _note_fee(event: str, row: models.Case, fee: Fee, at: datetime, by: str) -> None:
    facts = {"fee": fee.name, "kind": fee.kind, "cents": fee.cents}
    journal.record(event=event, at=at, by=by, subject=row.ref, service=row.service, facts=facts)


def _written(fees: Sequence[Fee]) -> str:
    return json.dumps([asdict(fee) for fee in fees], ensure_ascii=False, separators=(",", ":"))


def _fees(written: str) -> tuple[Fee, ...]:
    return tuple(Fee(**fee) for fee in json.loads(written))


def _step(
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
    models.Step.objects.create(
        case=row,
        at=at,
        kind=kind,
        actor=by,
        department=department,
        action=action,
        to_state=to,
        text=_sealed_text(row, text),
        once_key=once_key,
    )


def _sealed_text(row: models.Case, text: str) -> bytes | None:
    return vault.seal(text.encode(), subject=row.person_ref, place="cases.text", row=row.ref) if text else None


def _opened_text(row: models.Case, sealed: bytes | memoryview | None) -> str:
    if not sealed:
        return ""
    try:
        return vault.unseal(sealed, subject=row.person_ref, place="cases.text", row=row.ref).decode()
    except vault.Forgotten:
        # The person was erased; what happened and when stays.
        return ""


def _content(row: models.Case) -> Content:
    answers = vault.unseal_json(row.answers, subject=row.person_ref, place="cases.case.answers", row=row.ref)
    findings: dict[str, Any] = {}
    if row.findings:
        findings = vault.unseal_json(row.findings, subject=row.person_ref, place="cases.case.findings", row=row.ref)
    return Content(answers, findings)


def _review(row: models.Review) -> Review:
    owner, ref = row.case.person_ref, row.case_id
    findings = vault.unseal_json(row.findings, subject=owner, place="cases.review.findings", row=ref)
    text = _opened_text(row.case, row.text)
    return Review(row.action, row.since, row.actor, row.needed, row.given_at, findings, text)


def _referral(row: models.Referral) -> Referral:
    return Referral(row.department, row.asked_at, row.due_at, row.replied_at, row.result)


def _case(row: models.Case, *, referrals: bool = False) -> Case:
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
        fees=_fees(row.fees),
        booking_ref=row.booking_ref,
        assigned_to=row.assigned_to,
        revision=row.revision,
        once_key=row.once_key,
        timer_at=row.timer_at,
        timers_done=row.timers_done,
        subject_ref=row.subject_ref,
        rank=row.rank,
        drawn_among=row.drawn_among,
        referrals=tuple(_referral(r) for r in row.referrals.order_by("id")) if referrals else (),
    )


__all__ = [
    "MILLION",
    "Case",
    "CaseMoved",
    "Claim",
    "Clock",
    "Content",
    "Fee",
    "KeyReused",
    "Milestone",
    "NoCase",
    "NotAsked",
    "OverLimit",
    "Queue",
    "Referral",
    "Review",
    "Reviewed",
    "Row",
    "Step",
    "Tally",
    "Which",
    "about",
    "assign",
    "case",
    "charge",
    "clock",
    "closed_before",
    "comments",
    "content",
    "departments_of",
    "done_before",
    "done_by",
    "due",
    "erase",
    "fees",
    "heard",
    "history",
    "hold",
    "left_to",
    "limit_key",
    "look_at_limits",
    "milestones",
    "move",
    "note",
    "note_read",
    "note_timer",
    "of_bookings",
    "of_person",
    "onward",
    "open_actions",
    "open_case",
    "queue",
    "reads",
    "refer",
    "reply",
    "review",
    "reviewed",
    "reviews",
    "set_booking",
    "set_timer",
    "settle",
    "tally",
    "timers_due",
    "visible",
    "visited",
]
