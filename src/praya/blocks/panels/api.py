"""The interface of panels: members, rounds, the entries given to each member, marks, conflicts and results.

Whoever has declared a conflict in a case gets nothing of it: every function that is asked for a seat, an entry or a
count by a person leaves these out. Marks and comments are encrypted with the applicant's key, as officers' findings.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Q

from praya.blocks.panels import rules
from praya.blocks.panels.models import ConflictRow, EntryRow, MemberRow, RoundRow, SeatRow
from praya.blocks.panels.rules import Marks, Result, Scale, ticket
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.number import Number, plain, rounded, written
from praya.kernel.rows import one_or_none

__all__ = [
    "Entry", "Marks", "Member", "NoSeat", "NotOpen", "NotWhole", "Result", "Round", "Said", "Scale", "Seat",
    "add_member", "close", "conflicts_in", "declare", "declared_by", "entries", "entry", "fill",
    "forget_of_case", "given_to", "has_conflict", "has_quorum", "judged", "judges", "leave", "mark", "members",
    "memberships", "note_went_on", "open_round", "open_rounds", "panels_of", "reason_of", "remove_member",
    "round_of", "rounds_of_panel", "rounds_of_service", "said", "scores", "seat", "seats", "seats_of",
    "set_score", "shuts_out", "ticket", "total_of", "unclosed", "went_on", "worked_out", "worklist",
]  # fmt: skip

LIVE = ("given", "declared", "marked")
_SAID, _REASON, _SET = "panels.seat.said", "panels.conflict.reason", "panels.entry.reason"


class NoSeat(LookupError):
    """There is no such entry for this person: it was not given to them, or they have a conflict in it."""


class NotOpen(Exception):
    """The round is closed, or the entry has left it."""


class NotWhole(Exception):
    """An entry has fewer marks than its quorum; carries how many entries have."""

    def __init__(self, lacking: int) -> None:
        super().__init__(f"{lacking} entries lack their quorum")
        self.lacking = lacking


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a panel; `invited` by e-mail and not by a role."""

    ref: str
    panel_ref: str
    person_ref: str
    chair: bool
    invited: bool


@dataclass(frozen=True, slots=True)
class Round:
    """The judging of the cases in a state."""

    ref: str
    panel_ref: str
    service: str
    version: int
    state: str
    opened_at: datetime
    closes_at: datetime
    closed_at: datetime | None
    digest: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A case in a round. `score` is what counts: the chair's, where one was set; None before the round is closed.

    `worked_out` is what the marks came to.
    """

    round_ref: str
    case_ref: str
    applicant_ref: str
    version: int
    number: int
    score: Number | None
    worked_out: Number | None
    spread: Number | None
    given: int
    means: Mapping[str, Number]
    set_score: Number | None
    set_by: str
    left: bool


@dataclass(frozen=True, slots=True)
class Seat:
    """An entry that is given to a member. `state`: given, declared, marked, conflict or left."""

    ref: str
    round_ref: str
    case_ref: str
    applicant_ref: str
    version: int
    entry_number: int
    person_ref: str
    number: int
    state: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a member gave an entry: marks by criterion, and comments by criterion."""

    marks: Mapping[str, Number]
    comments: Mapping[str, str]


# Members


def add_member(
    *, panel_ref: str, person_ref: str, chair: bool, invited: bool, service: str, at: datetime, by: str
) -> Member:
    """Let a person be a member of a panel, or change whether they chair it."""
    row = one_or_none(MemberRow.objects.filter(panel_ref=panel_ref, person_ref=person_ref))
    if row is not None and row.left_at is None and row.chair == chair:
        return _member(row)
    with transaction.atomic():
        row, _ = MemberRow.objects.update_or_create(
            panel_ref=panel_ref,
            person_ref=person_ref,
            defaults={"chair": chair, "invited": invited, "left_at": None},
            create_defaults={"ref": opaque(), "chair": chair, "invited": invited, "added_at": at},
        )
        journal.record(event="panel_member_added", at=at, by=by, subject=row.ref, service=service)
    return _member(row)


def remove_member(*, panel_ref: str, person_ref: str, service: str, at: datetime, by: str) -> None:
    """Let a person be a member no more. Entries without marks are given to others at the next `fill`."""
    with transaction.atomic():
        for row in MemberRow.objects.select_for_update().filter(
            panel_ref=panel_ref, person_ref=person_ref, left_at__isnull=True
        ):
            row.left_at = at
            row.save(update_fields=["left_at"])
            rounds = RoundRow.objects.filter(panel_ref=panel_ref, closed_at__isnull=True).values("ref")
            SeatRow.objects.filter(round_ref__in=rounds, person_ref=person_ref, state__in=("given", "declared")).update(
                state="left"
            )
            journal.record(event="panel_member_removed", at=at, by=by, subject=row.ref, service=service)


def members(panel_ref: str) -> list[Member]:
    """The members of a panel now, the longest-serving first."""
    rows = MemberRow.objects.filter(panel_ref=panel_ref, left_at__isnull=True)
    return [_member(row) for row in rows.order_by("added_at", "ref")]


def memberships(person_ref: str) -> list[Member]:
    """The panels of which a person is a member now."""
    rows = MemberRow.objects.filter(person_ref=person_ref, left_at__isnull=True)
    return [_member(row) for row in rows.order_by("-added_at", "ref")] if person_ref else []


def panels_of(person_ref: str) -> dict[str, bool]:
    """The panels of a person, each with whether they chair it."""
    return {one.panel_ref: one.chair for one in memberships(person_ref)}


# Rounds and entries


def open_round(
    *, ref: str, panel_ref: str, service: str, version: int, state: str, closes_at: datetime, blind: bool, at: datetime
) -> Round:
    """Open a round, once."""
    row, made = RoundRow.objects.get_or_create(
        ref=ref,
        defaults={
            "panel_ref": panel_ref, "service": service, "version": version, "state": state, "opened_at": at,
            "closes_at": closes_at, "blind": blind,
        },
    )  # fmt: skip
    if made:
        journal.record(event="judging_opened", at=at, by="system", subject=ref, service=service, facts={"state": state})
    return _round(row)


def round_of(ref: str) -> Round | None:
    """A round by its reference."""
    row = one_or_none(RoundRow.objects.filter(ref=ref))
    return _round(row) if row else None


def open_rounds(panel_refs: Collection[str]) -> list[Round]:
    """The open rounds of panels, those that close first before others."""
    rows = RoundRow.objects.filter(panel_ref__in=list(panel_refs), closed_at__isnull=True)
    return [_round(row) for row in rows.order_by("closes_at", "ref")]


def rounds_of_panel(panel_ref: str, *, limit: int = 20) -> list[Round]:
    """The rounds of a panel, the newest first."""
    return [_round(row) for row in RoundRow.objects.filter(panel_ref=panel_ref).order_by("-opened_at", "ref")[:limit]]


def rounds_of_service(service: str, *, limit: int = 20) -> list[Round]:
    """The rounds of a service, the newest first."""
    return [_round(row) for row in RoundRow.objects.filter(service=service).order_by("-opened_at", "ref")[:limit]]


def unclosed(*, before: datetime) -> list[Round]:
    """The open rounds that should have been closed before a moment."""
    rows = RoundRow.objects.filter(closed_at__isnull=True, closes_at__lt=before)
    return [_round(row) for row in rows.order_by("closes_at")]


def fill(
    *,
    round_ref: str,
    cases: Mapping[str, tuple[str, int]],
    judges: int | None,
    barred: Mapping[str, Collection[str]],
    at: datetime,
) -> list[str]:
    """Take the cases into a round that are not in it, and give every entry to the members that it lacks.

    `cases` are those in the state now, each with its applicant and version; entries that are not among them leave.
    `barred` are persons for whom a case is their own. Returns the persons to whom entries were given now, one for each
    entry.
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
    """The entries of a round by number, without those that left; a page of them from the number `after` on."""
    rows = EntryRow.objects.filter(round_id=round_ref, left_at__isnull=True, number__gt=after).order_by("number")
    return [_entry(row) for row in (rows if limit is None else rows[:limit])]


def entry(round_ref: str, number: int, *, person_ref: str = "") -> Entry:
    """An entry by its number. Raises NoSeat, also when the person has a conflict in it."""
    row = one_or_none(EntryRow.objects.filter(round_id=round_ref, number=number, left_at__isnull=True))
    if row is None or (person_ref and has_conflict(case_ref=row.case_ref, person_ref=person_ref)):
        raise NoSeat(round_ref)
    return _entry(row)


def judged(case_ref: str) -> dict[str, tuple[Round, Entry]]:
    """The rounds in which a case was or is, by state; of several of one state the newest."""
    rows = EntryRow.objects.filter(case_ref=case_ref).select_related("round").order_by("round__opened_at", "id")
    return {row.round.state: (_round(row.round), _entry(row)) for row in rows}


def judges(case_ref: str) -> int:
    """To how many members a case is given in its open rounds."""
    rows = SeatRow.objects.filter(entry__case_ref=case_ref, state__in=LIVE, entry__left_at__isnull=True)
    return rows.filter(entry__round__closed_at__isnull=True).count()


# What members do


def worklist(round_ref: str, person_ref: str, *, after: int = 0, limit: int | None = None) -> list[Seat]:
    """The entries of a round that a member has to judge or has judged, by number."""
    rows = _own(person_ref).filter(round_ref=round_ref, entry__number__gt=after).order_by("entry__number")
    return [_seat(row) for row in (rows if limit is None else rows[:limit])]


def seats(person_ref: str) -> dict[str, tuple[int, int]]:
    """For each open round of a person: how many entries they have, and how many of these have their marks."""
    rows = _own(person_ref).filter(entry__round__closed_at__isnull=True).values("round_ref")
    counted = rows.annotate(all=Count("ref"), done=Count("ref", filter=Q(state="marked")))
    return {one["round_ref"]: (one["all"], one["done"]) for one in counted}


def seat(ref: str, *, person_ref: str) -> Seat:
    """An entry as it is given to a person. Raises NoSeat, also when it is somebody else's or they have a conflict."""
    row = one_or_none(_own(person_ref).filter(ref=ref))
    if row is None:
        raise NoSeat(ref)
    return _seat(row)


def _own(person_ref: str) -> Any:
    """The seats of a person without those of cases in which they have a conflict."""
    conflict = ConflictRow.objects.filter(case_ref=OuterRef("entry__case_ref"), person_ref=person_ref)
    rows = SeatRow.objects.filter(person_ref=person_ref, state__in=LIVE, entry__left_at__isnull=True)
    return rows.filter(~Exists(conflict)).select_related("entry") if person_ref else rows.none()


def seats_of(case_ref: str, round_ref: str) -> list[Seat]:
    """The members to whom a case was ever given in a round, in order; for those who look after it."""
    rows = SeatRow.objects.filter(entry__case_ref=case_ref, round_ref=round_ref).select_related("entry")
    return [_seat(row) for row in rows.order_by("number")]


def declare(*, ref: str, person_ref: str, conflict: bool, reason: str = "", at: datetime) -> None:
    """Record that a member has a conflict of interest in an entry, or none.

    With a conflict they have no way to the case any more, in this round and every other, and what they said of it
    counts nowhere. Raises NoSeat, NotOpen, vault.Forgotten.
    """
    with transaction.atomic():
        row = _open_seat(ref, person_ref)
        of = row.entry
        if not conflict:
            if row.state == "given":
                row.state = "declared"
                row.save(update_fields=["state"])
                _record("no_conflict_declared", row, at)
            return
        sealed = vault.seal(reason.encode(), subject=of.applicant_ref, place=_REASON, row=f"{of.case_ref}:{person_ref}")
        ConflictRow.objects.get_or_create(
            case_ref=of.case_ref,
            person_ref=person_ref,
            defaults={"applicant_ref": of.applicant_ref, "declared_at": at, "reason": sealed if reason else None},
        )
        opened = SeatRow.objects.filter(
            entry__case_ref=of.case_ref, person_ref=person_ref, entry__round__closed_at__isnull=True
        )
        opened.update(state="conflict", said=None, marked_at=None)
        _record("conflict_declared", row, at)


def mark(
    *,
    ref: str,
    person_ref: str,
    marks: Mapping[str, Number],
    comments: Mapping[str, str],
    at: datetime,
) -> None:
    """Store the marks of a member, in place of any they gave before. Raises NoSeat, NotOpen, vault.Forgotten.

    Raises PermissionError when the member has not declared yet that they have no conflict.
    """
    with transaction.atomic():
        row = _open_seat(ref, person_ref)
        if row.state == "given":
            raise PermissionError("a conflict of interest, or none, is declared first")
        said = {"marks": {name: written(value) for name, value in marks.items()}, "comments": dict(comments)}
        row.said = vault.seal_json(said, subject=row.entry.applicant_ref, place=_SAID, row=row.ref)
        row.state, row.marked_at = "marked", at
        row.save()
        _record("entry_marked", row, at)


def said(ref: str) -> Said | None:
    """What a member said of an entry; None where they said nothing. Raises vault.Forgotten."""
    row = one_or_none(SeatRow.objects.filter(ref=ref).select_related("entry"))
    return _said(row) if row is not None and row.said is not None else None


def set_score(
    *, round_ref: str, number: int, score: Number | None, reason: str, at: datetime, by: str, person_ref: str = ""
) -> None:
    """Let the chair set the score of an entry, or with None take that back. Raises NoSeat, NotOpen."""
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
        sealed = vault.seal(reason.encode(), subject=row.applicant_ref, place=_SET, row=f"{round_ref}:{row.case_ref}")
        row.reason = sealed if score is not None else None
        row.save()
        journal.record(
            event="score_set" if score is not None else "score_set_back", at=at, by=by, subject=row.case_ref,
            facts={"score": row.set_score},
        )  # fmt: skip


def reason_of(round_ref: str, case_ref: str) -> str:
    """The chair's reason for the score that they set; empty where there is none. Raises vault.Forgotten."""
    row = one_or_none(EntryRow.objects.filter(round_id=round_ref, case_ref=case_ref, reason__isnull=False))
    if row is None:
        return ""
    place = f"{round_ref}:{case_ref}"
    return vault.unseal(row.reason or b"", subject=row.applicant_ref, place=_SET, row=place).decode()


# Conflicts


def has_conflict(*, case_ref: str, person_ref: str) -> bool:
    """Whether a person declared a conflict of interest in a case."""
    return ConflictRow.objects.filter(case_ref=case_ref, person_ref=person_ref).exists()


def shuts_out(*, case_ref: str, person_ref: str) -> bool:
    """Whether a person has a conflict in a case, or judges it now without knowing who applied."""
    if has_conflict(case_ref=case_ref, person_ref=person_ref):
        return True
    rows = SeatRow.objects.filter(entry__case_ref=case_ref, person_ref=person_ref, state__in=LIVE)
    return rows.filter(
        entry__left_at__isnull=True, entry__round__closed_at__isnull=True, entry__round__blind=True
    ).exists()


def declared_by(person_ref: str) -> set[str]:
    """The cases in which a person declared a conflict."""
    return set(ConflictRow.objects.filter(person_ref=person_ref).values_list("case_ref", flat=True))


def conflicts_in(case_refs: Collection[str]) -> dict[str, list[str]]:
    """The persons who declared a conflict in each of these cases."""
    found: dict[str, list[str]] = {}
    for case_ref, person in (
        ConflictRow.objects.filter(case_ref__in=list(case_refs)).order_by("declared_at", "id")
    ).values_list("case_ref", "person_ref"):
        found.setdefault(case_ref, []).append(person)
    return found


# Results


def scores(round_ref: str) -> list[Marks]:
    """All marks of a round that count; those of erased applicants are left out."""
    rows = SeatRow.objects.filter(round_ref=round_ref, state="marked", entry__left_at__isnull=True)
    found = []
    sealed = list(rows.select_related("entry"))
    vault.gather(row.entry.applicant_ref for row in sealed)
    for row in sealed:
        try:
            whole = _said(row)
        except vault.Forgotten:
            continue
        found.append(Marks(row.entry.case_ref, row.person_ref, whole.marks))
    return found


def has_quorum(round_ref: str, quorum: int | None) -> int:
    """How many entries of a round lack their quorum: so many marks, or with None those of all to whom it is given."""
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
            return _round(row)
        if lacking := has_quorum(round_ref, quorum):
            raise NotWhole(lacking)
        found = rules.results(scores(round_ref), scales, how)
        present = list(row.entries.filter(left_at__isnull=True))
        lines = {}
        for one in present:
            result = found.get(one.case_ref)
            if result is not None:
                one.score, one.spread, one.given = written(result.score), written(result.spread), result.given
                one.means = json.dumps({name: written(mean) for name, mean in result.means.items()}, sort_keys=True)
            lines[ticket(one.case_ref)] = one.set_score or one.score
        EntryRow.objects.bulk_update(present, ["score", "spread", "given", "means"], batch_size=200)
        row.closed_at, row.digest = at, rules.digest(lines)
        row.save(update_fields=["closed_at", "digest"])
        facts = {"entries": len(present), "digest": row.digest}
        journal.record(event="judging_closed", at=at, by="system", subject=round_ref, service=row.service, facts=facts)
    return _round(row)


def leave(*, case_ref: str, at: datetime) -> None:
    """Take a case out of its open rounds: it was withdrawn, or went on. Nobody has it to judge any more."""
    rows = EntryRow.objects.filter(case_ref=case_ref, left_at__isnull=True, round__closed_at__isnull=True)
    rows.update(left_at=at)


def went_on(round_ref: str) -> bool:
    """Whether every case of a closed round was led on."""
    return RoundRow.objects.filter(ref=round_ref, went_on_at__isnull=False).exists()


def note_went_on(round_ref: str, *, at: datetime) -> None:
    """Record that every case of a closed round was led on."""
    RoundRow.objects.filter(ref=round_ref).update(went_on_at=at)


def given_to(round_ref: str) -> dict[str, int]:
    """To how many members each case of a round is given."""
    rows = SeatRow.objects.filter(round_ref=round_ref, state__in=LIVE, entry__left_at__isnull=True)
    return dict(rows.values_list("entry__case_ref").annotate(Count("ref")))


def worked_out(given: Iterable[Marks], scales: Sequence[Scale], how: str) -> dict[str, Result]:
    """The result of each case that has marks, by its reference, as `close` works it out."""
    return rules.results(given, scales, how)


def total_of(given: Marks, scales: Sequence[Scale]) -> Number:
    """What the marks of a member come to, from 0 to 100."""
    return rounded(rules.total(given.by, scales), rules.DECIMALS)


def forget_of_case(*, case_ref: str) -> None:
    """Delete what panels keep of a case whose retention is over. The journal records the erasure of the case."""
    EntryRow.objects.filter(case_ref=case_ref).delete()
    ConflictRow.objects.filter(case_ref=case_ref).delete()


def _open_seat(ref: str, person_ref: str) -> SeatRow:
    row: SeatRow | None = one_or_none(_own(person_ref).select_for_update(of=("self",)).filter(ref=ref))
    if row is None:
        raise NoSeat(ref)
    if RoundRow.objects.filter(ref=row.round_ref, closed_at__isnull=False).exists():
        raise NotOpen(ref)
    return row


def _record(event: str, row: SeatRow, at: datetime) -> None:
    facts = {"round": row.round_ref}
    journal.record(event=event, at=at, by=f"person:{row.person_ref}", subject=row.entry.case_ref, facts=facts)


def _said(row: SeatRow) -> Said:
    whole = vault.unseal_json(row.said or b"", subject=row.entry.applicant_ref, place=_SAID, row=row.ref)
    return Said({name: plain(value) for name, value in whole["marks"].items()}, whole["comments"])


def _member(row: MemberRow) -> Member:
    return Member(row.ref, row.panel_ref, row.person_ref, row.chair, row.invited)


def _round(row: RoundRow) -> Round:
    return Round(
        row.ref, row.panel_ref, row.service, row.version, row.state, row.opened_at, row.closes_at, row.closed_at,
        row.digest,
    )  # fmt: skip


def _number(text: str) -> Number | None:
    return plain(text) if text else None


def _entry(row: EntryRow) -> Entry:
    worked_out, chosen = _number(row.score), _number(row.set_score)
    counted = None if worked_out is None else chosen if chosen is not None else worked_out
    means = {name: plain(value) for name, value in json.loads(row.means).items()}
    return Entry(
        row.round_id, row.case_ref, row.applicant_ref, row.version, row.number, counted, worked_out,
        _number(row.spread), row.given, means, chosen, row.set_by, row.left_at is not None,
    )  # fmt: skip


def _seat(row: SeatRow) -> Seat:
    of = row.entry
    return Seat(
        row.ref, row.round_ref, of.case_ref, of.applicant_ref, of.version, of.number, row.person_ref, row.number,
        row.state,
    )  # fmt: skip
