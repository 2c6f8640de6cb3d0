"""The interface of rankings: make a ranking, once, and read the places of a case in rankings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from praya.blocks.rankings import rules
from praya.blocks.rankings.models import PlaceRow, RankingRow
from praya.blocks.rankings.rules import Contender, Place, ticket
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none

__all__ = [
    "Contender",
    "Made",
    "MadeAlready",
    "Place",
    "Standing",
    "forget_of_case",
    "last_in", "last_of",
    "made",
    "make",
    "of_service",
    "place_in",
    "ticket",
]  # fmt: skip


class MadeAlready(Exception):
    """The ranking was already made, possibly by another worker at the same moment."""


@dataclass(frozen=True, slots=True)
class Made:
    """A ranking that was made. `digest` is the SHA-256 of `lines`."""

    ref: str
    service: str
    state: str
    made_at: datetime
    digest: str
    lines: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The place of a case in a ranking and the number of entries; `cents` is its award from the budget.

    `place_in_class` is its place among the entries of its class; None for rankings by earlier versions of Praya.
    """

    ranking_ref: str
    state: str
    place: int
    entries: int
    won: bool
    cents: int | None
    place_in_class: int | None


def make(
    *,
    ref: str,
    service: str,
    state: str,
    contenders: Sequence[Contender],
    places: int | None,
    budget: int | None,
    short: str,
    at: datetime,
) -> Made:
    """Rank cases and award places and budget, in one transaction. Raises MadeAlready, and then nothing is changed.

    `places` is the number for each class, `budget` the cents for all. The journal records the digest of the lines, the
    cents awarded and the number of winners.
    """
    given = rules.awarded(contenders, places=places, budget=budget, short=short)
    lines = rules.lines(contenders, given)
    digest = rules.digest(lines)
    try:
        with transaction.atomic():
            row = RankingRow.objects.create(
                ref=ref, service=service, state=state, made_at=at, digest=digest, lines=lines
            )
            PlaceRow.objects.bulk_create(
                [
                    PlaceRow(
                        ranking=row, case_ref=one.case_ref, place=one.place, entries=len(given), won=one.won,
                        cents=one.cents, place_in_class=one.place_in_class,
                    )
                    for one in given
                ],
                batch_size=500,
            )  # fmt: skip
            facts = {
                "state": state, "entries": len(given), "won": sum(one.won for one in given), "digest": digest,
                "cents": sum(one.cents or 0 for one in given),
            }  # fmt: skip
            journal.record(event="ranking_made", at=at, by="system", subject=ref, service=service, facts=facts)
    except IntegrityError:
        raise MadeAlready(ref) from None
    return _made(row)


def made(ref: str) -> Made | None:
    """A ranking; None before it is made."""
    row = one_or_none(RankingRow.objects.filter(ref=ref))
    return _made(row) if row else None


def of_service(service: str, *, limit: int = 50) -> list[Made]:
    """The rankings of a service, the newest first."""
    return [_made(row) for row in RankingRow.objects.filter(service=service).order_by("-made_at", "ref")[:limit]]


def place_in(ref: str, case_ref: str) -> Standing | None:
    """The place of a case in a ranking; None when it is not in it."""
    row = one_or_none(PlaceRow.objects.filter(ranking_id=ref, case_ref=case_ref).select_related("ranking"))
    return _standing(row) if row else None


def last_of(case_ref: str) -> Standing | None:
    """The place of a case in its last ranking."""
    rows = PlaceRow.objects.filter(case_ref=case_ref).select_related("ranking").order_by("-ranking__made_at", "-id")
    row = one_or_none(rows)
    return _standing(row) if row else None


def last_in(case_ref: str, state: str) -> Standing | None:
    """The place of a case in the last ranking of a state."""
    rows = PlaceRow.objects.filter(case_ref=case_ref, ranking__state=state).select_related("ranking")
    row = one_or_none(rows.order_by("-ranking__made_at", "-id"))
    return _standing(row) if row else None


def forget_of_case(*, case_ref: str) -> None:
    """Delete the places of a case whose retention is over. The published lines, with its ticket, stay."""
    PlaceRow.objects.filter(case_ref=case_ref).delete()


def _made(row: RankingRow) -> Made:
    return Made(row.ref, row.service, row.state, row.made_at, row.digest, row.lines)


def _standing(row: PlaceRow) -> Standing:
    return Standing(row.ranking_id, row.ranking.state, row.place, row.entries, row.won, row.cents, row.place_in_class)
