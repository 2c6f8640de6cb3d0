"""Seats: the entries that are given to a member, and the marks that the member gives them."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q

from praya.blocks.panels.models import SeatRow
from praya.blocks.panels.rows import LIVE, MARKS_PLACE, judgement_from, open_seat, own_seats, record, seat_from
from praya.blocks.panels.values import Judgement, NoSeat, Seat
from praya.kernel.crypto import vault
from praya.kernel.number import Number, written
from praya.kernel.rows import one_or_none


def judges(case_ref: str) -> int:
    """The number of members to whom a case is given in its open rounds."""
    rows = SeatRow.objects.filter(entry__case_ref=case_ref, state__in=LIVE, entry__left_at__isnull=True)
    return rows.filter(entry__round__closed_at__isnull=True).count()


def worklist(round_ref: str, person_ref: str, *, after: int = 0, limit: int | None = None) -> list[Seat]:
    """A page of a member's seats in a round, judged or not, by the number of the entry."""
    rows = own_seats(person_ref).filter(round_ref=round_ref, entry__number__gt=after).order_by("entry__number")
    return [seat_from(row) for row in (rows if limit is None else rows[:limit])]


def seats(person_ref: str) -> dict[str, tuple[int, int]]:
    """For each open round of a person, how many entries they have, and how many of these they have marked."""
    rows = own_seats(person_ref).filter(entry__round__closed_at__isnull=True).values("round_ref")
    counted = rows.annotate(all=Count("ref"), done=Count("ref", filter=Q(state="marked")))
    return {one["round_ref"]: (one["all"], one["done"]) for one in counted}


def seat(ref: str, *, person_ref: str) -> Seat:
    """A seat of a person. Raises NoSeat, also when it is another person's or they have a conflict in the case."""
    row = one_or_none(own_seats(person_ref).filter(ref=ref))
    if row is None:
        raise NoSeat(ref)
    return seat_from(row)


def seats_of(case_ref: str, round_ref: str) -> list[Seat]:
    """All seats of a case in a round, also those that have ended, in order; for the department."""
    rows = SeatRow.objects.filter(entry__case_ref=case_ref, round_ref=round_ref).select_related("entry")
    return [seat_from(row) for row in rows.order_by("number")]


def mark(
    *,
    ref: str,
    person_ref: str,
    marks: Mapping[str, Number],
    comments: Mapping[str, str],
    at: datetime,
) -> None:
    """Store the marks of a member, replacing earlier ones. Raises NoSeat, NotOpen, vault.Forgotten.

    Raises PermissionError when the member has not yet declared that they have no conflict.
    """
    with transaction.atomic():
        row = open_seat(ref, person_ref)
        if row.state == "given":
            raise PermissionError("a conflict of interest, or none, is declared first")
        judgement = {"marks": {name: written(value) for name, value in marks.items()}, "comments": dict(comments)}
        row.said = vault.seal_json(judgement, subject=row.entry.applicant_ref, place=MARKS_PLACE, row=row.ref)
        row.state, row.marked_at = "marked", at
        row.save()
        record("entry_marked", row, at)


def judgement(ref: str) -> Judgement | None:
    """The marks and comments of a seat; None before the member gave any. Raises vault.Forgotten."""
    row = one_or_none(SeatRow.objects.filter(ref=ref).select_related("entry"))
    return judgement_from(row) if row is not None and row.said is not None else None


def given_to(round_ref: str) -> dict[str, int]:
    """The number of members to whom each case of a round is given, by case."""
    rows = SeatRow.objects.filter(round_ref=round_ref, state__in=LIVE, entry__left_at__isnull=True)
    return dict(rows.values_list("entry__case_ref").annotate(Count("ref")))
