"""The interface of parties. Only the invited person can open an invitation.

The answers of a party are encrypted with two keys, the applicant's and the party's: they are about the one and were
written by the other. So erasing either person makes them unreadable, without further steps.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from praya.blocks.parties.models import InvitationRow
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none, walk

_ANSWERS, _REASON = "parties.invitation.answers", "parties.invitation.reason"


class NoInvitation(LookupError):
    """There is no such invitation, or it is addressed to another person."""


class NotWaiting(Exception):
    """The invitation was answered, or it has lapsed."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation to fill a section, without the answers. `number` counts from 1 if a party has several people.

    `state` is waiting, given, declined or lapsed; `person_ref` is empty while no address is known.
    """

    ref: str
    case_ref: str
    service: str
    version: int
    party: str
    number: int
    applicant_ref: str
    person_ref: str
    state: str
    invited_at: datetime
    lapses_at: datetime | None
    ended_at: datetime | None
    letters: int

    def open_at(self, at: datetime) -> bool:
        """Whether it can be answered at this moment."""
        return self.state == "waiting" and (self.lapses_at is None or at < self.lapses_at)


def invite(
    *,
    case_ref: str,
    service: str,
    version: int,
    party: str,
    number: int,
    applicant_ref: str,
    person_ref: str,
    lapses_at: datetime | None,
    at: datetime,
    by: str,
) -> Invitation:
    """Invite a person (empty: not known yet) to fill a section; a waiting invitation is returned instead."""
    waiting = InvitationRow.objects.filter(case_ref=case_ref, party=party, number=number, state="waiting")
    known = waiting.first()
    if known is not None:
        return _invitation(known)
    try:
        with transaction.atomic():
            row = InvitationRow.objects.create(
                ref=opaque(),
                case_ref=case_ref,
                service=service,
                version=version,
                party=party,
                number=number,
                applicant_ref=applicant_ref,
                person_ref=person_ref,
                lapses_at=lapses_at,
                invited_at=at,
            )
            _record("party_invited", row, at, by)
    except IntegrityError:
        # Another request invited them at the same moment.
        row = waiting.get()
    return _invitation(row)


def readdress(*, ref: str, person_ref: str, at: datetime, by: str) -> Invitation:
    """Address a waiting invitation to another person. Raises NoInvitation, NotWaiting."""
    with transaction.atomic():
        row = _waiting(ref, at)
        row.person_ref = person_ref
        row.save(update_fields=["person_ref"])
        _record("party_readdressed", row, at, by)
    return _invitation(row)


def count_letter(ref: str) -> int:
    """Count a letter sent for an invitation; return the new number."""
    InvitationRow.objects.filter(ref=ref).update(letters=F("letters") + 1)
    return InvitationRow.objects.values_list("letters", flat=True).get(ref=ref)


def give(*, ref: str, person_ref: str, answers: Mapping[str, Any], at: datetime) -> Invitation:
    """Store the answers of the invited person, once. Raises NoInvitation, NotWaiting, vault.Forgotten."""
    with transaction.atomic():
        row = _waiting(ref, at, person_ref)
        row.answers = vault.seal_json(dict(answers), subject=_owners(row), place=_ANSWERS, row=ref)
        return _ended(row, "given", at, f"person:{person_ref}")


def decline(*, ref: str, person_ref: str, reason: str, at: datetime) -> Invitation:
    """Record that the invited person declines; officers see the reason.

    Raises NoInvitation, NotWaiting, vault.Forgotten.
    """
    with transaction.atomic():
        row = _waiting(ref, at, person_ref)
        row.reason = vault.seal(reason.encode(), subject=_owners(row), place=_REASON, row=ref) if reason else None
        return _ended(row, "declined", at, f"person:{person_ref}")


def lapse(*, ref: str, at: datetime) -> Invitation:
    """Record that nobody answered in time. Raises NoInvitation, NotWaiting."""
    with transaction.atomic():
        row = _locked(ref)
        if row.state != "waiting":
            raise NotWaiting(ref)
        return _ended(row, "lapsed", at, "system")


def end_of_case(*, case_ref: str, at: datetime) -> None:
    """End all waiting invitations of a case that ended."""
    for ref in InvitationRow.objects.filter(case_ref=case_ref, state="waiting").values_list("ref", flat=True):
        lapse(ref=ref, at=at)


def invitation(ref: str, *, person_ref: str) -> Invitation:
    """The invitation of a person. Raises NoInvitation, also when it is somebody else's."""
    row = InvitationRow.objects.filter(ref=ref, person_ref=person_ref).first() if person_ref else None
    if row is None:
        raise NoInvitation(ref)
    return _invitation(row)


def of_person(person_ref: str, *, limit: int | None = 50) -> list[Invitation]:
    """The invitations of a person, the newest first; all of them with `limit=None`."""
    rows = InvitationRow.objects.filter(person_ref=person_ref).order_by("-invited_at", "ref")
    return [_invitation(row) for row in rows[:limit]]


def cases_of(person_ref: str, *, states: Collection[str]) -> set[str]:
    """The cases to which a person has an invitation in one of these states."""
    rows = InvitationRow.objects.filter(person_ref=person_ref, state__in=list(states))
    return set(rows.values_list("case_ref", flat=True)) if person_ref else set()


def parts_of(person_refs: Collection[str], *, states: Collection[str]) -> dict[str, set[str]]:
    """The cases to which these persons have invitations in one of these states, each with the persons; one query."""
    rows = InvitationRow.objects.filter(person_ref__in=[ref for ref in person_refs if ref], state__in=list(states))
    found: dict[str, set[str]] = {}
    for case_ref, person_ref in rows.values_list("case_ref", "person_ref"):
        found.setdefault(case_ref, set()).add(person_ref)
    return found


def of_case(case_ref: str) -> list[Invitation]:
    """All invitations of a case in order of time, including repeated ones."""
    rows = InvitationRow.objects.filter(case_ref=case_ref).defer("answers", "reason")
    # Two invitations may have the same moment: the one that has ended was the earlier.
    return [_invitation(row) for row in rows.order_by("invited_at", F("ended_at").asc(nulls_last=True))]


def answers_of_case(case_ref: str) -> dict[str, dict[str, Any]]:
    """The answers of parties in a case, by invitation; those of erased persons are left out."""
    answers = {}
    for row in InvitationRow.objects.filter(case_ref=case_ref, answers__isnull=False):
        try:
            answers[row.ref] = vault.unseal_json(row.answers or b"", subject=_owners(row), place=_ANSWERS, row=row.ref)
        except vault.Forgotten:
            continue
    return answers


def reasons(case_ref: str) -> dict[str, str]:
    """The reasons of parties who declined, by invitation, for officers."""
    texts = {}
    for row in InvitationRow.objects.filter(case_ref=case_ref, reason__isnull=False):
        try:
            texts[row.ref] = vault.unseal(row.reason or b"", subject=_owners(row), place=_REASON, row=row.ref).decode()
        except vault.Forgotten:
            continue
    return texts


def newest(invitations: Sequence[Invitation]) -> list[Invitation]:
    """The newest invitation for each party and number, in order."""
    latest = {(invitation.party, invitation.number): invitation for invitation in invitations}
    return sorted(latest.values(), key=lambda one: (one.party, one.number))


def lapsing(*, at: datetime, case_ref: str = "") -> Iterator[Invitation]:
    """Waiting invitations that should lapse, the longest overdue first, each once even if it stays."""
    rows = InvitationRow.objects.filter(state="waiting", lapses_at__lte=at)
    if case_ref:
        rows = rows.filter(case_ref=case_ref)
    return (_invitation(row) for row in walk(rows, "lapses_at"))


def oldest_waiting() -> datetime | None:
    """The earliest moment at which a waiting invitation lapses."""
    rows = InvitationRow.objects.filter(state="waiting", lapses_at__isnull=False).order_by("lapses_at")
    return rows.values_list("lapses_at", flat=True).first()


def forget_of_case(*, case_ref: str) -> None:
    """Delete the invitations of a case whose retention period is over. The journal records the erasure of the case."""
    InvitationRow.objects.filter(case_ref=case_ref).delete()


def _locked(ref: str) -> InvitationRow:
    row = one_or_none(InvitationRow.objects.select_for_update().filter(ref=ref))
    if row is None:
        raise NoInvitation(ref)
    return row


def _waiting(ref: str, at: datetime, person_ref: str | None = None) -> InvitationRow:
    row = _locked(ref)
    if person_ref is not None and (not person_ref or row.person_ref != person_ref):
        raise NoInvitation(ref)
    if not _invitation(row).open_at(at):
        raise NotWaiting(ref)
    return row


def _ended(row: InvitationRow, state: str, at: datetime, by: str) -> Invitation:
    row.state, row.ended_at = state, at
    row.save()
    _record(f"party_{state}", row, at, by)
    return _invitation(row)


def _record(event: str, row: InvitationRow, at: datetime, by: str) -> None:
    facts = {"party": row.party, "number": row.number}
    journal.record(event=event, at=at, by=by, subject=row.case_ref, service=row.service, facts=facts)


def _owners(row: InvitationRow) -> vault.Subject:
    return (row.applicant_ref, row.person_ref)


def _invitation(row: InvitationRow) -> Invitation:
    return Invitation(
        ref=row.ref,
        case_ref=row.case_ref,
        service=row.service,
        version=row.version,
        party=row.party,
        number=row.number,
        applicant_ref=row.applicant_ref,
        person_ref=row.person_ref,
        state=row.state,
        invited_at=row.invited_at,
        lapses_at=row.lapses_at,
        ended_at=row.ended_at,
        letters=row.letters,
    )
