"""Draws: the ranks that cases drew, and the published tickets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from praya.blocks.cases import models
from praya.blocks.cases.values import DrawnAlready
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none


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


def set_numbers(draw_ref: str, numbers: Mapping[str, str]) -> None:
    """Store the number of lots or points of each case in a draw, replacing earlier ones."""
    rows = [models.Entrant(draw_ref=draw_ref, case_id=ref, number=number) for ref, number in numbers.items()]
    models.Entrant.objects.bulk_create(
        rows, batch_size=500, update_conflicts=True, unique_fields=["draw_ref", "case"], update_fields=["number"]
    )


def numbers(draw_ref: str) -> dict[str, str]:
    """The number of lots or points of every case in a draw, by reference."""
    return dict(models.Entrant.objects.filter(draw_ref=draw_ref).values_list("case_id", "number"))


def number_in_draw(case_ref: str) -> str | None:
    """The number of lots or points of a case in its last draw."""
    return models.Entrant.objects.filter(case_id=case_ref).order_by("-id").values_list("number", flat=True).first()


def waiting_in_order(*, service: str, state: str, draws: Sequence[str]) -> list[str]:
    """The open cases in a state that were in one of these draws, by draw in this order and then by rank.

    Behind them come those that were in no draw, by the day on which they came.
    """
    rows = models.Case.objects.filter(service=service, state=state, closed_at__isnull=True)
    found: list[str] = []
    for draw_ref in draws:
        found += rows.filter(draw_ref=draw_ref).order_by("rank", "ref").values_list("ref", flat=True)
    return [*found, *rows.filter(draw_ref="").order_by("opened_at", "ref").values_list("ref", flat=True)]
