"""Conversion between table rows and values. Marks are encrypted with the key of the applicant."""

import json
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from praya.blocks.panels.models import ConflictRow, EntryRow, MemberRow, RoundRow, SeatRow
from praya.blocks.panels.values import Entry, Judgement, Member, NoSeat, NotOpen, Round, Seat
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.number import Number, plain
from praya.kernel.rows import one_or_none

LIVE = ("given", "declared", "marked")
"""The states of a seat whose member judges its entry or has judged it."""
MARKS_PLACE, CONFLICT_PLACE, SCORE_PLACE = "panels.seat.said", "panels.conflict.reason", "panels.entry.reason"
"""The names under which `vault` encrypts marks, the reason of a conflict, and the reason of a set score."""


def own_seats(person_ref: str) -> Any:
    """The seats of a person, except in cases in which they have a conflict."""
    conflict = ConflictRow.objects.filter(case_ref=OuterRef("entry__case_ref"), person_ref=person_ref)
    rows = SeatRow.objects.filter(person_ref=person_ref, state__in=LIVE, entry__left_at__isnull=True)
    return rows.filter(~Exists(conflict)).select_related("entry") if person_ref else rows.none()


def open_seat(ref: str, person_ref: str) -> SeatRow:
    """The locked seat of a person in an open round. Raises NoSeat, NotOpen."""
    row: SeatRow | None = one_or_none(own_seats(person_ref).select_for_update(of=("self",)).filter(ref=ref))
    if row is None:
        raise NoSeat(ref)
    if RoundRow.objects.filter(ref=row.round_ref, closed_at__isnull=False).exists():
        raise NotOpen(ref)
    return row


def record(event: str, row: SeatRow, at: datetime) -> None:
    """Record in the journal an event that the member of a seat caused."""
    facts = {"round": row.round_ref}
    journal.record(event=event, at=at, by=f"person:{row.person_ref}", subject=row.entry.case_ref, facts=facts)


def judgement_from(row: SeatRow) -> Judgement:
    """The marks and comments of a seat that has some. Raises vault.Forgotten when the applicant was erased."""
    whole = vault.unseal_json(row.said or b"", subject=row.entry.applicant_ref, place=MARKS_PLACE, row=row.ref)
    return Judgement({name: plain(value) for name, value in whole["marks"].items()}, whole["comments"])


def member_from(row: MemberRow) -> Member:
    """The member that a row holds."""
    return Member(row.ref, row.panel_ref, row.person_ref, row.chair, row.invited)


def round_from(row: RoundRow) -> Round:
    """The round that a row holds."""
    return Round(
        row.ref, row.panel_ref, row.service, row.version, row.state, row.opened_at, row.closes_at, row.closed_at,
        row.digest,
    )  # fmt: skip


def _number(text: str) -> Number | None:
    return plain(text) if text else None


def entry_from(row: EntryRow) -> Entry:
    """The entry that a row holds. The score that counts is that of the chair where one was set."""
    worked_out, chosen = _number(row.score), _number(row.set_score)
    counted = None if worked_out is None else chosen if chosen is not None else worked_out
    means = {name: plain(value) for name, value in json.loads(row.means).items()}
    return Entry(
        row.round_id, row.case_ref, row.applicant_ref, row.version, row.number, counted, worked_out,
        _number(row.spread), row.given, means, chosen, row.set_by, row.left_at is not None,
    )  # fmt: skip


def seat_from(row: SeatRow) -> Seat:
    """The seat that a row holds, whose entry was selected with it."""
    entry = row.entry
    return Seat(
        row.ref, row.round_ref, entry.case_ref, entry.applicant_ref, entry.version, entry.number, row.person_ref,
        row.number, row.state,
    )  # fmt: skip
