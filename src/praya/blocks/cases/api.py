"""The interface of cases: open, move, review, refer, charge and read them.

An officer reaches a case only if it belongs to one of their departments, or one of these is asked about it. A change
writes the case, a step of its history and a fact of the journal in one transaction. A change that depends on what an
officer read names the `revision` of the case, and fails when the case has changed since.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from praya.blocks.cases import limits, models, search
from praya.blocks.cases.batches import (
    Batch,
    NoBatch,
    add_items,
    batch,
    batch_content,
    batch_counts,
    batch_items,
    batch_runs,
    batches,
    end_batch,
    end_item,
    lead_batch,
    oldest_batch,
    open_batch,
    open_batches,
    standing,
    take_back,
    take_item,
)
from praya.blocks.cases.batches import Item as BatchItem
from praya.blocks.cases.errands import errands, errands_of, oldest_errand, send_errands, take_errand
from praya.blocks.cases.exports import (
    Export,
    NoExport,
    TooManyExports,
    add_export_part,
    ask_export,
    begin_export,
    end_export,
    export,
    export_data,
    exports,
    forget_exports,
    note_export,
    oldest_export,
    oldest_export_to_forget,
    refuse_export,
    waiting_exports,
)
from praya.blocks.cases.exports import Kind as ExportKind
from praya.blocks.cases.limits import MILLION, Claim, OverLimit
from praya.blocks.cases.limits import key_of as limit_key
from praya.blocks.cases.limits import look as look_at_limits
from praya.blocks.cases.limits import respell as respell_uses
from praya.blocks.cases.reading import (
    Which,
    about,
    asked_before,
    case,
    closed_before,
    comments,
    content,
    counted,
    done_before,
    done_by,
    ended,
    entrants,
    fees,
    first_closed,
    found,
    handed_in,
    history,
    in_state,
    linked,
    loads,
    next_in_order,
    not_reckoned,
    of_bookings,
    of_person,
    of_refs,
    oldest_timer,
    open_about,
    open_versions,
    places_kept,
    queue,
    reads,
    refs_of_person,
    replies,
    reviewed,
    reviews,
    steps,
    tally,
    tally_about,
    timers_due,
    totals,
    visible,
    visible_refs,
    visited,
    waiting,
)
from praya.blocks.cases.reading import reply as reply_of
from praya.blocks.cases.rows import add_step, case_of, content_of, fees_of, fees_written, round_of, sealed_text
from praya.blocks.cases.rules import (
    Clock,
    Milestone,
    Settling,
    clock,
    due,
    left_to,
    milestones,
    onward,
    open_actions,
    ways_to_good_ends,
)
from praya.blocks.cases.search import (
    not_searchable,
    oldest_not_searchable,
    set_search_terms,
    write_search_terms_anew,
)
from praya.blocks.cases.values import (
    ASSUMED,
    DECIDED,
    NOT_OURS,
    CannotRefuse,
    Case,
    CaseMoved,
    Content,
    DrawnAlready,
    Ended,
    Errand,
    Fee,
    KeyReused,
    Load,
    Narrowed,
    NewCase,
    NoCase,
    NotAsked,
    Queue,
    Referral,
    Replies,
    Reply,
    Review,
    Reviewed,
    Row,
    Step,
    Steps,
    Tally,
    Transition,
    Waiting,
)
from praya.blocks.cases.views import (
    NoView,
    TooManyViews,
    View,
    delete_view,
    save_view,
    share_view,
    view,
    views,
)
from praya.kernel.crypto import vault
from praya.kernel.ids import reference
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none


def open_case(new: NewCase, *, at: datetime) -> tuple[Case, bool]:
    """Open a case, once for each `once_key`; return the case and whether it was opened now.

    Raises KeyReused when the key was used with other answers, OverLimit when a claim exceeds what its limit has left.
    """
    fingerprint = vault.blind_index("case", f"{new.service}:{journal.canonical(new.answers)}")
    known = one_or_none(models.Case.objects.filter(once_key=new.once_key))
    if known is not None:
        return _again(known, fingerprint), False
    actor = f"person:{new.person_ref}"
    try:
        with transaction.atomic():
            if new.claims:
                limits.lock(new.claims)
                known = one_or_none(models.Case.objects.filter(once_key=new.once_key))
                if known is not None:
                    # The same request arrived twice at once: the claims of the first must not make the second fail.
                    return _again(known, fingerprint), False
                limits.look(new.claims, at=at)
            row = _insert(new, fingerprint, at)
            limits.take(row, new.claims)
            if new.search is not None:
                search.write_terms(row, new.search)
            models.Step.objects.create(case=row, at=at, kind="opened", actor=actor, to_state=new.state)
            facts = {
                "version": new.version,
                "state": new.state,
                "by": dict(new.dimensions),
                "fee": sum(fee.cents for fee in new.fees),
            }
            journal.record(event="case_opened", at=at, by=actor, subject=row.ref, service=new.service, facts=facts)
    except IntegrityError:
        known = one_or_none(models.Case.objects.filter(once_key=new.once_key))
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
            fees=fees_written(new.fees),
            booking_ref=new.booking_ref,
            subject_ref=new.subject_ref,
            reckoned=new.reckoned,
            once_key=new.once_key,
            fingerprint=fingerprint,
            searchable=new.search is not None,
            answers=vault.seal_json(new.answers, subject=new.person_ref, place="cases.case.answers", row=ref),
        )
    raise RuntimeError("no free reference was found")


def _again(row: models.Case, fingerprint: str) -> Case:
    """The case that the same request has opened before. Raises KeyReused when its answers were different."""
    if row.fingerprint != fingerprint:
        raise KeyReused(row.service)
    return case_of(row)


def move(transition: Transition, *, ref: str, revision: int, at: datetime, by: str) -> Case:
    """Move a case to the state `transition.to`, which may be its present one.

    Raises CaseMoved when the case has changed since `revision` was read, NoCase when it does not exist.
    """
    to, action, result = transition.to, transition.action, transition.result
    with transaction.atomic():
        row = _locked(ref)
        if row.revision != revision:
            raise CaseMoved(ref)
        was = row.state
        row.revision += 1
        if to != was:
            row.state, row.state_since, row.due_at = to, at, transition.due_at
            row.waits_for_applicant = transition.waits_for_applicant
            row.timer_at, row.timers_done = None, 0
            row.reckoned = transition.reckoned
        if result:
            row.result, row.closed_at, row.due_at = result, at, None
            row.clock_at = row.stopped_at = None
        if transition.findings:
            old = content_of(row.ref, row.person_ref, row.answers, row.findings)
            merged = {
                name: value for name, value in {**old.findings, **transition.findings}.items() if value is not None
            }
            row.findings = vault.seal_json(merged, subject=row.person_ref, place="cases.case.findings", row=row.ref)
        row.save()
        if result:
            # A case that ended awaits no replies; the departments that were asked lose access to it.
            row.referrals.filter(over_at__isnull=True).update(over_at=at)
            search.end_terms_of_asked(row)
        if result in limits.GIVES_BACK:
            limits.give_back(row)
        kind = "moved" if to != was else "acted"
        add_step(row, at, kind, by, transition.department, action, to, transition.text, transition.once_key)
        facts: dict[str, Any] = {"action": action, "from": was, "to": to}
        journal.record(event="case_moved", at=at, by=by, subject=ref, service=row.service, facts=facts)
        if result:
            days = (at - row.opened_at).days
            closing: dict[str, Any] = {"result": result, "days": days, "by": dict(transition.dimensions)}
            if transition.promise:
                closing["promise"] = transition.promise
            journal.record(event="case_closed", at=at, by=by, subject=ref, service=row.service, facts=closing)
    return case_of(row, referrals=True)


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
        row = _locked(ref)
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


def set_booking(*, ref: str, booking_ref: str) -> None:
    """Record the booking of a case. The journal has the booking's own facts."""
    models.Case.objects.filter(ref=ref).update(booking_ref=booking_ref)


def set_timer(*, ref: str, done: int, at: datetime | None) -> None:
    """Record how many timers of the present state have fired, and when the next one is due."""
    models.Case.objects.filter(ref=ref).update(timers_done=done, timer_at=at)


def draw(
    *,
    service: str,
    ballot: str,
    ranks: Mapping[str, int],
    among: int,
    tickets: Sequence[str] = (),
    facts: Mapping[str, Any],
    at: datetime,
) -> None:
    """Store the ranks of a draw, from 1, and record the draw under the reference `ballot`.

    `tickets`, in the order of the draw, are published (`draw_tickets`). All ranks are written in one transaction,
    whatever their number, so half a draw is never visible. Raises DrawnAlready, and then nothing is changed.
    """
    ranking = [(ballot, rank, among, ref) for ref, rank in sorted(ranks.items())]
    try:
        with transaction.atomic():
            models.Draw.objects.create(
                ref=ballot, service=service, at=at, tickets="".join(f"{ticket}\n" for ticket in tickets)
            )
            with connection.cursor() as cursor:
                cursor.executemany(
                    "UPDATE cases_case SET draw_ref = %s, rank = %s, drawn_among = %s WHERE ref = %s", ranking
                )
            journal.record(event="ballot_drawn", at=at, by="system", subject=ballot, service=service, facts=facts)
    except IntegrityError:
        raise DrawnAlready(ballot) from None


def draw_tickets(ballot: str) -> str | None:
    """The tickets of a draw in their order, each followed by a line feed; None before the draw."""
    return one_or_none(models.Draw.objects.filter(ref=ballot).values_list("tickets", flat=True))


def note_timer(*, ref: str, at: datetime, stopped: bool = False) -> None:
    """Record that a timer acted on a case without moving it, or that it could not and is not tried again."""
    row, what = models.Case.objects.get(ref=ref), "timer_stopped" if stopped else "reminded"
    with transaction.atomic():
        add_step(row, at, what, "system", row.department, "", "", "", None)
        journal.record(event=f"case_{what}", at=at, by="system", subject=ref, service=row.service)


def refer(
    *,
    ref: str,
    departments: Sequence[str],
    due_at: datetime | None,
    sees: Sequence[str] | None = None,
    within: str = "",
    remind: str = "",
    binding: bool = False,
    arbiter: bool = False,
    at: datetime,
    by: str,
) -> None:
    """Refer a case to other departments, except those that were asked and have not replied yet.

    Until it replies, a department may read the answers named in `sees`; if that is None, those that follow from the
    definition. `within` and `remind` are lengths of time, by which `due_at` is set anew when the calendar
    changes. A department that is asked again after it refused cannot refuse again, nor when it is `binding`.
    """
    with transaction.atomic():
        row = models.Case.objects.select_for_update().get(ref=ref)
        waiting = set(row.referrals.filter(replied_at__isnull=True).values_list("department", flat=True))
        refused = set(row.referrals.filter(result=NOT_OURS).values_list("department", flat=True))
        for department in dict.fromkeys(departments):
            if department in waiting:
                continue
            row.referrals.create(
                department=department, service=row.service, asked_at=at, due_at=due_at,
                sees=None if sees is None else json.dumps([*sees]), over_at=at if row.closed_at else None,
                within=within, remind=remind, binding=binding or department in refused, arbiter=arbiter,
            )  # fmt: skip
            add_step(row, at, "referred", by, department, "", "", "", None)
            journal.record(
                event="case_referred",
                at=at,
                by=by,
                subject=ref,
                service=row.service,
                facts={"department": department},
            )
        models.Case.objects.filter(ref=ref).update(revision=F("revision") + 1)


def reply(*, ref: str, department: str, result: str, comment: str, belongs_to: str = "", at: datetime, by: str) -> Case:
    """Store the reply of a department; an arbiter says to which the case `belongs_to`.

    Raises NotAsked, also when the case has meanwhile ended, and CannotRefuse when it must answer.
    """
    with transaction.atomic():
        row = one_or_none(models.Case.objects.select_for_update().filter(ref=ref, closed_at__isnull=True))
        asked = row.referrals.filter(department=department, replied_at__isnull=True).first() if row else None
        if row is None or asked is None:
            raise NotAsked(ref)
        if result == NOT_OURS and (asked.binding or asked.arbiter):
            raise CannotRefuse(ref)
        if asked.arbiter != (result == DECIDED):
            raise NotAsked(ref)
        asked.belongs_to = belongs_to
        asked.replied_at, asked.over_at, asked.result = at, at, result
        asked.comment = sealed_text(row, comment)
        asked.save()
        search.end_terms_of_asked(row, [department])
        add_step(row, at, "replied", by, department, result, "", comment, None)
        row.revision += 1
        row.save(update_fields=["revision"])
        facts = {"department": department, "result": result, "days": (at - asked.asked_at).days}
        journal.record(event="referral_replied", at=at, by=by, subject=ref, service=row.service, facts=facts)
    return case_of(row, referrals=True)


def set_clocks(
    *,
    ref: str,
    due_at: datetime | None,
    promise_at: datetime | None,
    stopped_at: datetime | None,
    clock_at: datetime | None,
    clock_done: datetime | None,
    reckoned: str,
) -> None:
    """Record when the clocks of a case end, since when they stand still, and when they next have something to do."""
    models.Case.objects.filter(ref=ref).update(
        due_at=due_at, promise_at=promise_at, stopped_at=stopped_at, clock_at=clock_at, clock_done=clock_done,
        reckoned=reckoned,
    )  # fmt: skip


def set_reply_due(*, ref: str, department: str, due_at: datetime) -> None:
    """Set anew until when a department that is asked has time."""
    open_ones = models.Referral.objects.filter(case_id=ref, department=department, replied_at__isnull=True)
    open_ones.update(due_at=due_at)


def note_clock(
    *,
    ref: str,
    kind: Literal["warned", "escalated", "late", "asked_again", "not_done"],
    who: str,
    what: str,
    at: datetime,
) -> None:
    """Record that a clock warned or escalated to a role `who`, or that a department is late or was reminded.

    `what` is the clock: `state`, `promise` or `reply`.
    """
    row = models.Case.objects.get(ref=ref)
    with transaction.atomic():
        add_step(row, at, kind, "system", who if what == "reply" else row.department, who, "", "", None)
        facts = {"who": who, "clock": what}
        journal.record(event=f"case_{kind}", at=at, by="system", subject=ref, service=row.service, facts=facts)


def lock(ref: str) -> None:
    """Lock a case until the transaction ends. Whoever changes something that belongs to it takes this lock first."""
    list(models.Case.objects.select_for_update().filter(ref=ref).values_list("ref"))


def _locked(ref: str) -> models.Case:
    """The row of a case, locked until the transaction ends. Raises NoCase."""
    row = one_or_none(models.Case.objects.select_for_update().filter(ref=ref))
    if row is None:
        raise NoCase(ref)
    return row


def note_event(
    *,
    ref: str,
    kind: Literal["invited", "given", "declined", "lapsed", "rebooked", "assisted"],
    party: str,
    at: datetime,
    by: str,
) -> Case:
    """Record what an invited party did, that the applicant moved the booking, or that an officer applied for them.

    Raises NoCase.
    """
    with transaction.atomic():
        row = _locked(ref)
        add_step(row, at, kind, by, "", party, "", "", None)
        if kind == "assisted":
            journal.record(event="case_assisted", at=at, by=by, subject=ref, service=row.service, facts={})
        if kind != "invited":
            # A decision must take this event into account, so decisions on the old revision fail.
            row.revision += 1
            row.save(update_fields=["revision"])
    return case_of(row, referrals=True)


def note(*, ref: str, text: str, at: datetime, by: str, department: str, once_key: str | None = None) -> None:
    """Store an officer's note, which the applicant does not see. Raises NoCase."""
    with transaction.atomic():
        row = _locked(ref)
        if once_key and done_before(once_key):
            return
        add_step(row, at, "noted", by, department, "", "", text, once_key)
        journal.record(event="case_noted", at=at, by=by, subject=ref, service=row.service)


def assign(*, ref: str, officer_ref: str, at: datetime, by: str) -> None:
    """Assign a case to an officer, or to nobody when the reference is empty. Raises NoCase."""
    with transaction.atomic():
        if not models.Case.objects.filter(ref=ref).update(assigned_to=officer_ref):
            raise NoCase(ref)
        row = models.Case.objects.get(ref=ref)
        add_step(row, at, "assigned", by, row.department, "", "", "", None)
        journal.record(event="case_assigned", at=at, by=by, subject=ref, service=row.service)


def note_read(*, ref: str, service: str, by: str, at: datetime, what: str) -> None:
    """Record in the journal that an officer read personal data of a case."""
    journal.record(event="case_read", at=at, by=by, subject=ref, service=service, facts={"what": what})


def erase(*, ref: str, at: datetime) -> None:
    """Delete a case whose retention period is over. The journal records that it existed."""
    with transaction.atomic():
        row = one_or_none(models.Case.objects.filter(ref=ref))
        if row is not None:
            journal.record(event="case_erased", at=at, by="system", subject=ref, service=row.service)
            row.delete()


def charge(*, ref: str, fees: Sequence[Fee], at: datetime, by: str) -> None:
    """Add fees to a case. Its revision does not change, so that officers who are writing can still submit."""
    with transaction.atomic():
        row = models.Case.objects.select_for_update().get(ref=ref)
        models.Case.objects.filter(ref=ref).update(fees=fees_written((*fees_of(row.fees), *fees)))
        for fee in fees:
            _note_fee("fee_charged", row, fee, at, by)


def change_fees(*, ref: str, fees: Sequence[Fee], at: datetime, by: str) -> None:
    """Let fees that are owed be these: of each name, and of each label without a name, the one charged last.

    A fee that is owed no more stays as it is. One of nothing is left out.
    """
    if not fees:
        return
    with transaction.atomic():
        row = models.Case.objects.select_for_update().get(ref=ref)
        after = list(fees_of(row.fees))
        for fee in fees:
            same = [n for n, one in enumerate(after) if (one.name, one.label) == (fee.name, fee.label)]
            if same and after[same[-1]].state == "owed":
                changed = replace(after[same[-1]], cents=fee.cents, reference=fee.reference)
                after[same[-1] : same[-1] + 1] = [changed] if fee.cents else []
                _note_fee("fee_changed", row, changed, at, by)
        models.Case.objects.filter(ref=ref).update(fees=fees_written(after))


def claim_anew(*, ref: str, instead_of: Sequence[Claim], claims: Sequence[Claim], at: datetime) -> None:
    """Let a case take `claims` of its limits instead of what it took by the claims `instead_of`. Raises OverLimit."""
    with transaction.atomic():
        limits.exchange(ref, instead_of, claims, at=at)


def free(*, ref: str, keys: Sequence[str], amount: int, limit: str, at: datetime, by: str) -> None:
    """Let others take `amount` millionths of what a case took under each of these keys; less where it took less."""
    with transaction.atomic():
        row = models.Case.objects.select_for_update().get(ref=ref)
        freed = limits.free(ref, keys, amount)
        if freed:
            journal.record(event="limit_freed", at=at, by=by, subject=ref, service=row.service,
                           facts={"limit": limit, "millionths": freed})  # fmt: skip


def settle(
    *, ref: str, how: Settling, names: Sequence[str] | None, at: datetime, by: str, most: int | None = None
) -> None:
    """Record that fees were paid, waived, refunded or forfeited: the fees in `names`, or all when it is None.

    At most `most` cents are refunded, beginning with the fee charged last. A fee that cannot change in this way, such
    as one that was settled before, is left unchanged (`rules.settled`).
    """
    with transaction.atomic():
        row = models.Case.objects.select_for_update().get(ref=ref)
        before = fees_of(row.fees)
        after = list(before)
        for number, fee in reversed([*enumerate(before)]):
            if names is None or fee.name in names:
                after[number] = fee.after(how, most)
                most = most if most is None else most - after[number].returned + fee.returned
        models.Case.objects.filter(ref=ref).update(fees=fees_written(after))
        for was, fee in zip(before, after, strict=True):
            if was.state != fee.state:
                _note_fee(f"fee_{fee.state}", row, fee, at, by)


def _note_fee(event: str, row: models.Case, fee: Fee, at: datetime, by: str) -> None:
    facts = {"fee": fee.name, "kind": fee.kind, "cents": fee.cents}
    if fee.state == "refunded":
        facts["returned"] = fee.returned
    journal.record(event=event, at=at, by=by, subject=row.ref, service=row.service, facts=facts)


__all__ = [
    "ASSUMED",
    "DECIDED",
    "MILLION",
    "NOT_OURS",
    "Batch",
    "BatchItem",
    "CannotRefuse",
    "Case",
    "CaseMoved",
    "Claim",
    "Clock",
    "Content",
    "DrawnAlready",
    "Ended",
    "Errand",
    "Export",
    "ExportKind",
    "Fee",
    "KeyReused",
    "Load",
    "Milestone",
    "Narrowed",
    "NewCase",
    "NoBatch",
    "NoCase",
    "NoExport",
    "NoView",
    "NotAsked",
    "OverLimit",
    "Queue",
    "Referral",
    "Replies",
    "Reply",
    "Review",
    "Reviewed",
    "Row",
    "Step",
    "Steps",
    "Tally",
    "TooManyExports",
    "TooManyViews",
    "Transition",
    "View",
    "Waiting",
    "Which",
    "about",
    "add_export_part",
    "add_items",
    "ask_export",
    "asked_before",
    "assign",
    "batch",
    "batch_content",
    "batch_counts",
    "batch_items",
    "batch_runs",
    "batches",
    "begin_export",
    "case",
    "charge",
    "clock",
    "closed_before",
    "comments",
    "content",
    "counted",
    "delete_view",
    "done_before",
    "done_by",
    "due",
    "end_batch",
    "end_export",
    "end_item",
    "ended",
    "entrants",
    "erase",
    "errands",
    "errands_of",
    "export",
    "export_data",
    "exports",
    "fees",
    "first_closed",
    "forget_exports",
    "found",
    "handed_in",
    "history",
    "in_state",
    "lead_batch",
    "left_to",
    "limit_key",
    "linked",
    "loads",
    "lock",
    "look_at_limits",
    "milestones",
    "move",
    "next_in_order",
    "not_reckoned",
    "not_searchable",
    "note",
    "note_clock",
    "note_event",
    "note_export",
    "note_read",
    "note_timer",
    "of_bookings",
    "of_person",
    "of_refs",
    "oldest_batch",
    "oldest_errand",
    "oldest_export",
    "oldest_export_to_forget",
    "oldest_not_searchable",
    "oldest_timer",
    "onward",
    "open_about",
    "open_actions",
    "open_batch",
    "open_batches",
    "open_case",
    "open_versions",
    "places_kept",
    "queue",
    "reads",
    "refer",
    "refs_of_person",
    "refuse_export",
    "replies",
    "reply",
    "reply_of",
    "respell_uses",
    "review",
    "reviewed",
    "reviews",
    "save_view",
    "send_errands",
    "set_booking",
    "set_clocks",
    "set_reply_due",
    "set_search_terms",
    "set_timer",
    "settle",
    "share_view",
    "standing",
    "steps",
    "take_back",
    "take_errand",
    "take_item",
    "tally",
    "tally_about",
    "timers_due",
    "totals",
    "view",
    "views",
    "visible",
    "visible_refs",
    "visited",
    "waiting",
    "waiting_exports",
    "ways_to_good_ends",
    "write_search_terms_anew",
]
