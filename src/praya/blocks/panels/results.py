"""Results: the score that a chair sets, the marks that count, and the closing of a round."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q

from praya.blocks.panels import rules
from praya.blocks.panels.conflicts import has_conflict
from praya.blocks.panels.models import EntryRow, RoundRow, SeatRow
from praya.blocks.panels.rows import (
    LIVE,
    SCORE_PLACE,
    judgement_from,
    round_from,
)
from praya.blocks.panels.rules import Marks, Result, Scale, ticket
from praya.blocks.panels.values import NoSeat, NotOpen, NotWhole, Round
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.number import Number, rounded, written
from praya.kernel.rows import one_or_none


def set_score(
    *, round_ref: str, number: int, score: Number | None, reason: str, at: datetime, by: str, person_ref: str = ""
) -> None:
    """Store the score that the chair sets for an entry; None removes it. Raises NoSeat, NotOpen."""
    with transaction.atomic():
        row = one_or_none(
            EntryRow.objects.select_for_update().filter(round_id=round_ref, number=number, left_at__isnull=True)
        )
        if row is None or (person_ref and has_conflict(case_ref=row.case_ref, person_ref=person_ref)):
            raise NoSeat(round_ref)
        if RoundRow.objects.filter(ref=round_ref, closed_at__isnull=False).exists():
            raise NotOpen(round_ref)
        row.set_score = "" if score is None else written(score)
        row.set_by, row.set_at = (by, at) if score is not None else ("", None)
        sealed = vault.seal(
            reason.encode(), subject=row.applicant_ref, place=SCORE_PLACE, row=f"{round_ref}:{row.case_ref}"
        )
        row.reason = sealed if score is not None else None
        row.save()
        journal.record(
            event="score_set" if score is not None else "score_set_back", at=at, by=by, subject=row.case_ref,
            facts={"score": row.set_score},
        )  # fmt: skip


def reason_of(round_ref: str, case_ref: str) -> str:
    """The chair's reason for the score that they set; empty if they set none. Raises vault.Forgotten."""
    row = one_or_none(EntryRow.objects.filter(round_id=round_ref, case_ref=case_ref, reason__isnull=False))
    if row is None:
        return ""
    place = f"{round_ref}:{case_ref}"
    return vault.unseal(row.reason or b"", subject=row.applicant_ref, place=SCORE_PLACE, row=place).decode()


def scores(round_ref: str) -> list[Marks]:
    """All marks of a round that count. Those of erased applicants are left out."""
    rows = SeatRow.objects.filter(round_ref=round_ref, state="marked", entry__left_at__isnull=True)
    marks = []
    marked_seats = list(rows.select_related("entry"))
    vault.gather(row.entry.applicant_ref for row in marked_seats)
    for row in marked_seats:
        try:
            judgement = judgement_from(row)
        except vault.Forgotten:
            continue
        marks.append(Marks(row.entry.case_ref, row.person_ref, judgement.marks))
    return marks


def lacking_quorum(round_ref: str, quorum: int | None) -> int:
    """The number of entries with fewer marks than `quorum`; if that is None, with a member who gave no marks."""
    present = EntryRow.objects.filter(round_id=round_ref, left_at__isnull=True)
    counted = present.annotate(
        live=Count("seats", filter=Q(seats__state__in=LIVE)), done=Count("seats", filter=Q(seats__state="marked"))
    ).values_list("live", "done")
    return sum(done < max(1, live if quorum is None else quorum) for live, done in counted)


def close(*, round_ref: str, scales: Sequence[Scale], how: str, quorum: int | None, at: datetime) -> Round:
    """Close a round and store the result of each entry. Raises NotWhole; a closed round is returned as it is.

    The digest is the SHA-256 of a line for each entry, `ticket score`, in the order of the tickets.
    """
    with transaction.atomic():
        row = RoundRow.objects.select_for_update().get(ref=round_ref)
        if row.closed_at is not None:
            return round_from(row)
        if lacking := lacking_quorum(round_ref, quorum):
            raise NotWhole(lacking)
        results = rules.results(scores(round_ref), scales, how)
        present = list(row.entries.filter(left_at__isnull=True))
        lines = {}
        for one in present:
            result = results.get(one.case_ref)
            if result is not None:
                one.score, one.spread, one.given = written(result.score), written(result.spread), result.marks_given
                one.means = json.dumps({name: written(mean) for name, mean in result.means.items()}, sort_keys=True)
            lines[ticket(one.case_ref)] = one.set_score or one.score
        EntryRow.objects.bulk_update(present, ["score", "spread", "given", "means"], batch_size=200)
        row.closed_at, row.digest = at, rules.digest(lines)
        row.save(update_fields=["closed_at", "digest"])
        facts = {"entries": len(present), "digest": row.digest}
        journal.record(event="judging_closed", at=at, by="system", subject=round_ref, service=row.service, facts=facts)
    return round_from(row)


def worked_out(marks: Iterable[Marks], scales: Sequence[Scale], how: str) -> dict[str, Result]:
    """The result of each case that has marks, by reference, as `close` computes it."""
    return rules.results(marks, scales, how)


def total_of(marks: Marks, scales: Sequence[Scale]) -> Number:
    """The total of a member's marks for an entry, from 0 to 100."""
    return rounded(rules.total(marks.by, scales), rules.DECIMALS)
