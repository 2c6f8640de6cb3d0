"""Drafts: the answers of a person so far. A person reaches only their own; every other reference counts as unknown."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction

from praya.blocks.forms import adapters, models, store
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.rounds import by_itself
from praya.kernel.rows import one_or_none, row_by, walk

KEEP_DRAFTS = timedelta(days=90)
Typed = dict[str, dict[str, list[str]]]
"""Page -> field -> values as they were typed, stored while the page has errors."""


class NoDraft(Exception):
    """The person has no such draft."""


class SavedMeanwhile(Exception):
    """The draft was saved elsewhere, perhaps in another tab, after it was read. `draft` is its present content."""

    def __init__(self, draft: "Draft") -> None:
        super().__init__(draft.ref)
        self.draft = draft


class HeldMeanwhile(Exception):
    """Meanwhile the draft got another booking, was submitted or was discarded."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An application being filled in."""

    ref: str
    person_ref: str
    service: str
    version: int
    language: str
    answers: dict[str, Any]
    typed: Typed
    seen: frozenset[str]
    updated_at: datetime
    booking_ref: str = ""
    case_ref: str = ""
    subject_ref: str = ""
    revision: int = 0
    """Incremented by every save."""
    saved_from: Mapping[str, str] = field(default_factory=dict)
    """Page -> identifier of the browser form that saved it last."""


def start(*, person_ref: str, service: str, version: int, language: str, subject_ref: str = "", at: datetime) -> Draft:
    """The person's open draft for this version and subject; created if there is none."""
    begun = models.Draft.objects.filter(
        person_ref=person_ref, service=service, version=version, subject_ref=subject_ref, case_ref="", once_key=None
    )
    row = begun.first()
    if row is None:
        try:
            return _started(person_ref, service, version, language, subject_ref, "", at)
        except IntegrityError:
            # Another tab has created it at the same moment.
            row = begun.get()
    return _draft(row)


def start_for_key(
    *,
    person_ref: str,
    service: str,
    version: int,
    language: str,
    subject_ref: str = "",
    once_key: str,
    at: datetime,
    part: str = "",
    about_ref: str = "",
) -> Draft:
    """The draft of an application that arrives in one API call; the same person and key give the same draft.

    With `part`, the draft is a party's section in the case of the applicant `about_ref`, and is not listed in `drafts`.
    """
    key = vault.blind_index("apply", f"{person_ref}:{once_key}")
    known = row_by(models.Draft, once_key=key)
    if known is None:
        try:
            return _started(person_ref, service, version, language, subject_ref, key, at, part, about_ref)
        except IntegrityError:
            # The same call arrived twice at once, and the other one was first.
            known = models.Draft.objects.get(once_key=key)
    return _draft(known)


def _started(
    person_ref: str,
    service: str,
    version: int,
    language: str,
    subject_ref: str,
    key: str,
    at: datetime,
    part: str = "",
    about_ref: str = "",
) -> Draft:
    ref = opaque()
    with transaction.atomic():
        row = models.Draft.objects.create(
            ref=ref,
            person_ref=person_ref,
            service=service,
            version=version,
            language=language,
            answers=_sealed({}, owners_of_draft(person_ref, about_ref), "answers", ref),
            part=part,
            about_ref=about_ref,
            created_at=at,
            updated_at=at,
            subject_ref=subject_ref,
            once_key=key or None,
        )
        journal.record(event="draft_started", at=at, by=f"person:{person_ref}", subject=ref, service=service)
    return _draft(row)


def draft(ref: str, *, person_ref: str) -> Draft:
    """The person's draft. Raises NoDraft."""
    row = store.draft_row(ref, person_ref)
    if row is None:
        raise NoDraft(ref)
    try:
        return _draft(row)
    except vault.Forgotten:
        raise NoDraft(ref) from None


def drafts(person_ref: str) -> list[Draft]:
    """The person's open drafts, the newest first; none once the person is erased."""
    rows = models.Draft.objects.filter(person_ref=person_ref, case_ref="", part="").order_by("-updated_at")
    try:
        return [_draft(row) for row in rows[:50]]
    except vault.Forgotten:
        return []


def save(
    *,
    ref: str,
    person_ref: str,
    answers: Mapping[str, Any],
    page: str,
    typed: Mapping[str, list[str]] | None,
    at: datetime,
    revision: int | None = None,
    saved_from: str = "",
) -> Draft:
    """Merge the answers of one page into the draft; None removes an answer.

    `typed` holds the fields of a page with errors; it is stored, and the page counts as incomplete. Two devices may
    save different pages at once, since each save merges into the present answers. `saved_from` identifies the browser
    form. Raises NoDraft; SavedMeanwhile when a `revision` is given and the draft has another one.
    """
    with transaction.atomic():
        row = locked_row(ref, person_ref)
        old = _draft(row)
        if revision is not None and row.revision != revision:
            raise SavedMeanwhile(old)
        merged = {k: v for k, v in {**old.answers, **answers}.items() if v is not None}
        words = {name: fields for name, fields in old.typed.items() if name != page}
        if typed:
            words[page] = dict(typed)
        row.answers = _sealed(merged, owners_of_draft(person_ref, row.about_ref), "answers", ref)
        row.typed = _sealed(words, owners_of_draft(person_ref, row.about_ref), "typed", ref) if words else None
        complete = old.seen - {page} if typed else old.seen | {page}
        row.seen = " ".join(sorted(complete))
        row.updated_at = at
        row.revision += 1
        copies = {**old.saved_from, page: saved_from}
        row.saved_from = " ".join(f"{name}:{copy}" for name, copy in copies.items() if copy)
        row.save(update_fields=["answers", "typed", "seen", "updated_at", "revision", "saved_from"])
    return replace(
        old, answers=merged, typed=words, seen=complete, updated_at=at, revision=row.revision, saved_from=copies
    )


def hold_booking(*, ref: str, person_ref: str, booking_ref: str, instead_of: str, at: datetime) -> None:
    """Set the booking of a draft if its present one is `instead_of`: a draft never has two. Raises HeldMeanwhile."""
    rows = models.Draft.objects.filter(ref=ref, person_ref=person_ref, case_ref="")
    if not rows.filter(booking_ref__in=(instead_of, booking_ref)).update(booking_ref=booking_ref, updated_at=at):
        raise HeldMeanwhile(ref)


def close(*, ref: str, person_ref: str, case_ref: str, at: datetime) -> None:
    """Record that the draft was submitted as a case. Raises NoDraft."""
    rows = models.Draft.objects.filter(ref=ref, person_ref=person_ref)
    if not rows.update(case_ref=case_ref, updated_at=at):
        raise NoDraft(ref)


def discard(*, ref: str, person_ref: str, at: datetime) -> None:
    """Delete an open draft and its files. Raises NoDraft, also for a submitted draft."""
    with transaction.atomic():
        row = locked_row(ref, person_ref)
        if row.case_ref:
            raise NoDraft(ref)
        refs = list(row.uploads.values_list("ref", flat=True))
        row.delete()
        journal.record(event="draft_discarded", at=at, by=f"person:{person_ref}", subject=ref, service=row.service)
        transaction.on_commit(lambda: remove_files(refs))


def forget_old(*, before: datetime) -> int:
    """Delete every open draft not touched since `before`, one transaction each; return how many."""
    count = 0
    rows = models.Draft.objects.filter(case_ref="", updated_at__lt=before).only("ref", "updated_at")
    for old in walk(rows, "updated_at"):
        with by_itself("forget_drafts", draft=old.ref), transaction.atomic():
            # Its person may have continued it meanwhile.
            for row in models.Draft.objects.select_for_update().filter(ref=old.ref, case_ref="", updated_at__lt=before):
                _delete(row)
                count += 1
    return count


def oldest_draft() -> datetime | None:
    """The moment at which the open draft untouched for longest was last touched."""
    return models.Draft.objects.filter(case_ref="").order_by("updated_at").values_list("updated_at", flat=True).first()


def forget_part(*, part: str) -> None:
    """Delete the open draft of a party's section."""
    for row in models.Draft.objects.filter(part=part, case_ref=""):
        _delete(row)


def forget_of_case(*, case_ref: str) -> None:
    """Delete the draft and the files of a case whose retention period is over."""
    for row in models.Draft.objects.filter(case_ref=case_ref):
        _delete(row)


def _delete(row: models.Draft) -> None:
    """Delete a draft, and its files after the commit."""
    refs = list(row.uploads.values_list("ref", flat=True))
    row.delete()
    transaction.on_commit(partial(remove_files, refs))


def locked_row(ref: str, person_ref: str) -> models.Draft:
    """The row of a person's draft, locked until the end of the transaction. Raises NoDraft."""
    row = one_or_none(models.Draft.objects.select_for_update().filter(ref=ref, person_ref=person_ref))
    if row is None:
        raise NoDraft(ref)
    return row


def owners_of_draft(person_ref: str, about_ref: str) -> vault.Subject:
    """Whose keys encrypt a draft: its person's and, for a party's section, also the applicant's."""
    return (about_ref, person_ref) if about_ref else person_ref


def _sealed(value: Any, owners: vault.Subject, column: str, ref: str) -> bytes:
    return vault.seal_json(value, subject=owners, place=f"forms.draft.{column}", row=ref)


def _draft(row: models.Draft | store.DraftRow) -> Draft:
    owners = owners_of_draft(row.person_ref, row.about_ref)
    answers = vault.unseal_json(row.answers, subject=owners, place="forms.draft.answers", row=row.ref)
    typed: Typed = {}
    if row.typed:
        typed = vault.unseal_json(row.typed, subject=owners, place="forms.draft.typed", row=row.ref)
    return Draft(
        row.ref,
        row.person_ref,
        row.service,
        row.version,
        row.language,
        answers,
        typed,
        frozenset(row.seen.split()),
        row.updated_at,
        row.booking_ref,
        row.case_ref,
        row.subject_ref,
        row.revision,
        dict(one.split(":", 1) for one in row.saved_from.split()),
    )


def remove_files(refs: list[str]) -> None:
    """Delete the files of these uploads from the file store."""
    for ref in refs:
        adapters.file_store().remove(ref)
