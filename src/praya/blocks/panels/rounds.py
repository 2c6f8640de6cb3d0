"""Rounds of judging and their entries: open a round, give its entries to members, take entries out."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from praya.blocks.panels import rules
from praya.blocks.panels.conflicts import has_conflict
from praya.blocks.panels.members import members
from praya.blocks.panels.models import ConflictRow, EntryRow, RoundRow, SeatRow
from praya.blocks.panels.rows import LIVE, entry_from, round_from
from praya.blocks.panels.rules import ticket
from praya.blocks.panels.values import Entry, NoSeat, Round
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none


def open_round(
    *, ref: str, panel_ref: str, service: str, version: int, state: str, closes_at: datetime, blind: bool, at: datetime
) -> Round:
    """Open a round; a round that exists is returned as it is."""
    row, made = RoundRow.objects.get_or_create(
        ref=ref,
        defaults={
            "panel_ref": panel_ref, "service": service, "version": version, "state": state, "opened_at": at,
            "closes_at": closes_at, "blind": blind,
        },
    )  # fmt: skip
    if made:
        journal.record(event="judging_opened", at=at, by="system", subject=ref, service=service, facts={"state": state})
    return round_from(row)


def round_of(ref: str) -> Round | None:
    """A round by its reference."""
    row = one_or_none(RoundRow.objects.filter(ref=ref))
    return round_from(row) if row else None


def open_rounds(panel_refs: Collection[str]) -> list[Round]:
    """The open rounds of panels, in the order in which they close."""
    rows = RoundRow.objects.filter(panel_ref__in=list(panel_refs), closed_at__isnull=True)
    return [round_from(row) for row in rows.order_by("closes_at", "ref")]


def rounds_of_panel(panel_ref: str, *, limit: int = 20) -> list[Round]:
    """The rounds of a panel, the newest first."""
    return [
        round_from(row) for row in RoundRow.objects.filter(panel_ref=panel_ref).order_by("-opened_at", "ref")[:limit]
    ]


def rounds_of_service(service: str, *, limit: int = 20) -> list[Round]:
    """The rounds of a service, the newest first."""
    rows = RoundRow.objects.filter(service=service)
    return [round_from(row) for row in rows.order_by("-opened_at", "ref")[:limit]]


def unclosed(*, before: datetime) -> list[Round]:
    """The open rounds that were due to close before a moment."""
    rows = RoundRow.objects.filter(closed_at__isnull=True, closes_at__lt=before)
    return [round_from(row) for row in rows.order_by("closes_at")]


def fill(
    *,
    round_ref: str,
    cases: Mapping[str, tuple[str, int]],
    judges: int | None,
    barred: Mapping[str, Collection[str]],
    at: datetime,
) -> list[str]:
    """Update the entries of an open round to the present `cases`, and give every entry to as many members as it needs.

    `cases` are the cases now in the round's state, each with its applicant and version; entries of other cases leave
    the round. `barred` are, by case, the persons who applied or are a party. Returns the persons to whom entries were
    given, once for each entry.
    """
    with transaction.atomic():
        row = RoundRow.objects.select_for_update().get(ref=round_ref)
        if row.closed_at is not None:
            return []
        known = {one.case_ref: one for one in row.entries.all()}
        gone = [one.pk for ref, one in known.items() if ref not in cases and one.left_at is None]
        if gone:
            EntryRow.objects.filter(pk__in=gone).update(left_at=at)
            SeatRow.objects.filter(entry_id__in=gone, state__in=("given", "declared")).update(state="left")
        back = [one.pk for ref, one in known.items() if ref in cases and one.left_at is not None]
        if back:
            EntryRow.objects.filter(pk__in=back).update(left_at=None)
            SeatRow.objects.filter(entry_id__in=back, state="left").update(state="given")
        first = (row.entries.aggregate(last=Max("number"))["last"] or 0) + 1
        new = sorted((ref for ref in cases if ref not in known), key=lambda ref: ticket(round_ref, ref))
        EntryRow.objects.bulk_create(
            [
                EntryRow(
                    round=row, case_ref=ref, applicant_ref=cases[ref][0], version=cases[ref][1], number=first + place
                )
                for place, ref in enumerate(new)
            ],
            batch_size=500,
        )
        return _seat_all(row, judges, barred, at)


def _seat_all(row: RoundRow, judges: int | None, barred: Mapping[str, Collection[str]], at: datetime) -> list[str]:
    present = {one.case_ref: one for one in row.entries.filter(left_at__isnull=True)}
    people = [one.person_ref for one in members(row.panel_ref)]
    seated: dict[str, list[str]] = {ref: [] for ref in present}
    last: dict[str, int] = dict.fromkeys(present, 0)
    load: dict[str, int] = {}
    out: dict[str, set[str]] = {ref: set(barred.get(ref, ())) for ref in present}
    for case_ref, person, state, number in SeatRow.objects.filter(
        round_ref=row.ref, entry__left_at__isnull=True
    ).values_list("entry__case_ref", "person_ref", "state", "number"):
        last[case_ref] = max(last[case_ref], number)
        seated[case_ref].append(person)
        if state in LIVE:
            load[person] = load.get(person, 0) + 1
        else:
            out[case_ref].add(person)
    for case_ref, person in ConflictRow.objects.filter(person_ref__in=people).values_list("case_ref", "person_ref"):
        if case_ref in out:
            out[case_ref].add(person)
    pairs = rules.given_out(present, people, judges=judges, seated=seated, barred=out, load=load)
    fresh = []
    for case_ref, person in pairs:
        last[case_ref] += 1
        fresh.append(
            SeatRow(
                ref=opaque(), entry=present[case_ref], round_ref=row.ref, person_ref=person, number=last[case_ref],
                given_at=at,
            )
        )  # fmt: skip
    SeatRow.objects.bulk_create(fresh, batch_size=500)
    if fresh:
        facts = {"given": len(fresh), "entries": len(present)}
        journal.record(event="entries_given", at=at, by="system", subject=row.ref, service=row.service, facts=facts)
    return [person for _, person in pairs]


def entries(round_ref: str, *, after: int = 0, limit: int | None = None) -> list[Entry]:
    """A page of the entries of a round by number, after the number `after`; those that left the round are left out."""
    rows = EntryRow.objects.filter(round_id=round_ref, left_at__isnull=True, number__gt=after).order_by("number")
    return [entry_from(row) for row in (rows if limit is None else rows[:limit])]


def entry(round_ref: str, number: int, *, person_ref: str = "") -> Entry:
    """An entry by its number. Raises NoSeat, also when the person has a conflict in it."""
    row = one_or_none(EntryRow.objects.filter(round_id=round_ref, number=number, left_at__isnull=True))
    if row is None or (person_ref and has_conflict(case_ref=row.case_ref, person_ref=person_ref)):
        raise NoSeat(round_ref)
    return entry_from(row)


def judged(case_ref: str) -> dict[str, tuple[Round, Entry]]:
    """The rounds in which a case is or was, by state; of several rounds of one state, the newest."""
    rows = EntryRow.objects.filter(case_ref=case_ref).select_related("round").order_by("round__opened_at", "id")
    return {row.round.state: (round_from(row.round), entry_from(row)) for row in rows}


def leave(*, case_ref: str, at: datetime) -> None:
    """Remove a case from its open rounds, because it was withdrawn or moved on; nobody has to judge it any more."""
    rows = EntryRow.objects.filter(case_ref=case_ref, left_at__isnull=True, round__closed_at__isnull=True)
    rows.update(left_at=at)


def went_on(round_ref: str) -> bool:
    """Whether every case of a closed round was moved on."""
    return RoundRow.objects.filter(ref=round_ref, went_on_at__isnull=False).exists()


def note_went_on(round_ref: str, *, at: datetime) -> None:
    """Record that every case of a closed round was moved on."""
    RoundRow.objects.filter(ref=round_ref).update(went_on_at=at)


def forget_of_case(*, case_ref: str) -> None:
    """Delete the entries and conflicts of a case whose retention is over. The journal records the case's erasure."""
    EntryRow.objects.filter(case_ref=case_ref).delete()
    ConflictRow.objects.filter(case_ref=case_ref).delete()
