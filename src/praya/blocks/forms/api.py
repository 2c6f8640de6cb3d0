"""The interface of drafts and uploads. A person reaches only their own; every other reference counts as unknown."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum

from praya.blocks.forms import adapters, models, photographs, store, structure
from praya.blocks.forms.rules import (
    Context,
    Read,
    all_refusals,
    asked,
    asked_in_items,
    pruned,
    read_page,
    refusals,
    settled,
    signed,
)
from praya.blocks.forms.sniff import MEDIA, Unwelcome, kind_of
from praya.blocks.forms.untaken import MOST_PAGES as MOST_UNTAKEN
from praya.blocks.forms.untaken import Untaken
from praya.blocks.forms.untaken import drop as drop_untaken
from praya.blocks.forms.untaken import find as untaken
from praya.blocks.forms.untaken import forget as forget_untaken
from praya.blocks.forms.untaken import keep as keep_untaken
from praya.blocks.forms.untaken import new_key as new_browser_key
from praya.blocks.forms.untaken import oldest as oldest_untaken
from praya.definition.questions import FileQuestion
from praya.kernel import disk, reading
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.rounds import Stuck, breathe, by_itself, is_of_the_database, note
from praya.kernel.rows import one_or_none, walk

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


class NoUpload(Exception):
    """There is no such upload, or it may not be opened yet."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file, without its bytes."""

    ref: str
    question: str
    name: str
    kind: str
    size: int
    state: str


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
    known = one_or_none(models.Draft.objects.filter(once_key=key))
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
            answers=_sealed({}, _owners(person_ref, about_ref), "answers", ref),
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
        row = _locked(ref, person_ref)
        old = _draft(row)
        if revision is not None and row.revision != revision:
            raise SavedMeanwhile(old)
        merged = {k: v for k, v in {**old.answers, **answers}.items() if v is not None}
        words = {name: fields for name, fields in old.typed.items() if name != page}
        if typed:
            words[page] = dict(typed)
        row.answers = _sealed(merged, _owners(person_ref, row.about_ref), "answers", ref)
        row.typed = _sealed(words, _owners(person_ref, row.about_ref), "typed", ref) if words else None
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
        row = _locked(ref, person_ref)
        if row.case_ref:
            raise NoDraft(ref)
        refs = list(row.uploads.values_list("ref", flat=True))
        row.delete()
        journal.record(event="draft_discarded", at=at, by=f"person:{person_ref}", subject=ref, service=row.service)
        transaction.on_commit(lambda: _remove(refs))


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


def oldest_unscanned(*, at: datetime | None = None) -> datetime | None:  # noqa: ARG001 (every part takes it)
    """The moment at which the oldest unscanned file arrived."""
    waiting = models.Upload.objects.filter(state="quarantined").order_by("created_at")
    return waiting.values_list("created_at", flat=True).first()


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
    transaction.on_commit(partial(_remove, refs))


def keep_upload(
    *, draft_ref: str, person_ref: str, question: FileQuestion, path: str, name: str, data: bytes, at: datetime
) -> Upload:
    """Store a file, encrypted and in quarantine until it is scanned.

    The metadata of a photograph (place, time, camera) are removed.

    Raises Unwelcome (`file_kind`, `file_too_large`, `file_not_what_it_says`, `file_empty`, `file_locked`,
    `file_formulas`, `file_no_room`, `file_too_much`, `too_many_files`), NoDraft.
    """
    kind, data = _welcome(question, name, data, person_ref, at)
    with transaction.atomic():
        row = _locked(draft_ref, person_ref)
        if row.uploads.filter(question=path).count() >= question.max_files:
            raise Unwelcome("too_many_files")
        return _kept(row, path, name, kind, data, at)


def keep_case_upload(
    *, case_ref: str, person_ref: str, question: FileQuestion, path: str, name: str, data: bytes, at: datetime
) -> Upload:
    """Store a file that an action on the person's case asks for. Raises the same as `keep_upload`."""
    kind, data = _welcome(question, name, data, person_ref, at)
    with transaction.atomic():
        row = models.Draft.objects.select_for_update().filter(case_ref=case_ref, person_ref=person_ref, part="").first()
        if row is None:
            raise NoDraft(case_ref)
        if row.uploads.filter(question=path).count() >= question.max_files * 10:
            raise Unwelcome("too_many_files")
        return _kept(row, path, name, kind, data, at)


def _welcome(question: FileQuestion, name: str, data: bytes, person_ref: str, at: datetime) -> tuple[str, bytes]:
    """Check a file; return its kind and the bytes to store. Raises Unwelcome."""
    if len(data) > question.max_mb * 1024 * 1024:
        raise Unwelcome("file_too_large")
    kind = kind_of(name, data)
    if kind not in question.accept:
        raise Unwelcome("file_kind")
    if kind in {"jpg", "png"}:
        try:
            data = photographs.bare(kind, data)
        except photographs.NotAPhotograph:
            raise Unwelcome("file_not_what_it_says") from None
    elif kind == "csv" and structure.has_formulas(data):
        raise Unwelcome("file_formulas")
    elif kind == "pdf" and b"/Encrypt" in data and structure.examine(kind, data) == "locked":
        raise Unwelcome("file_locked")
    if not disk.space().holds(len(data)):
        raise Unwelcome("file_no_room")
    if _sent_since(person_ref, at - timedelta(days=1)) + len(data) > settings.PRAYA.uploads_a_day_mb * 1024 * 1024:
        raise Unwelcome("file_too_much")
    return kind, data


def _sent_since(person_ref: str, since: datetime) -> int:
    """The total size of the files that a person has sent since then and that still exist."""
    sent = models.Upload.objects.filter(person_ref=person_ref, created_at__gt=since).aggregate(Sum("size"))
    return sent["size__sum"] or 0


def _kept(row: models.Draft, path: str, name: str, kind: str, data: bytes, at: datetime) -> Upload:
    ref = opaque()
    owners = _owners(row.person_ref, row.about_ref)
    sealed = vault.seal(data, subject=owners, place="forms.upload.bytes", row=ref)
    adapters.file_store().write(ref, sealed)
    upload = models.Upload.objects.create(
        ref=ref,
        draft=row,
        person_ref=row.person_ref,
        question=path,
        name=vault.seal(_safe(name).encode(), subject=owners, place="forms.upload.name", row=ref),
        kind=kind,
        size=len(data),
        created_at=at,
    )
    return _upload(upload)


def copy_uploads(*, from_ref: str, to_ref: str, person_ref: str, names: Collection[str], at: datetime) -> None:
    """Copy the files of the questions in `names` from one draft of a person to another. Raises NoDraft."""
    with transaction.atomic():
        row = _locked(to_ref, person_ref)
        for one in models.Upload.objects.filter(draft_id=from_ref, person_ref=person_ref).select_related("draft"):
            if one.question.partition(".")[0] not in names:
                continue
            try:
                sealed = adapters.file_store().read(one.ref)
                data = vault.unseal(sealed, subject=_owners_of(one), place="forms.upload.bytes", row=one.ref)
            except FileNotFoundError:
                continue
            _kept(row, one.question, _upload(one).name, one.kind, data, at)


def remove_upload(*, draft_ref: str, person_ref: str, ref: str) -> None:
    """Delete a file of an open draft."""
    rows = models.Upload.objects.filter(ref=ref, draft_id=draft_ref, person_ref=person_ref, draft__case_ref="")
    if rows.delete()[0]:
        _remove([ref])


def drop_item_uploads(*, draft_ref: str, person_ref: str, at: str, index: int) -> None:
    """Delete the files of one item of a repeat in an open draft, and renumber those of the items after it."""
    rows = models.Upload.objects.filter(draft_id=draft_ref, person_ref=person_ref, draft__case_ref="")
    for row in rows.filter(question__startswith=f"{at}."):
        number, _, rest = row.question.removeprefix(f"{at}.").partition(".")
        if not number.isdecimal() or int(number) < index:
            continue
        if int(number) == index:
            remove_upload(draft_ref=draft_ref, person_ref=person_ref, ref=row.ref)
        else:
            models.Upload.objects.filter(ref=row.ref).update(question=f"{at}.{int(number) - 1}.{rest}")


def erase_uploads(*, person_ref: str) -> int:
    """Delete the files of an erased person and their sizes; return how many. Their rows remain, as `erased`."""
    theirs = models.Upload.objects.filter(Q(person_ref=person_ref) | Q(draft__about_ref=person_ref))
    refs = list(theirs.exclude(state="erased").values_list("ref", flat=True))
    models.Upload.objects.filter(ref__in=refs).update(state="erased", size=0)
    transaction.on_commit(partial(_remove, refs))
    return len(refs)


def uploads(draft_ref: str, *, person_ref: str) -> list[Upload]:
    """The files of a draft, in order of arrival."""
    rows = models.Upload.objects.filter(draft_id=draft_ref, person_ref=person_ref).select_related("draft")
    rows = rows.order_by("created_at", "ref")
    return [_upload(row) for row in rows]


def uploads_of_case(case_ref: str, *, with_parts: bool = False) -> list[Upload]:
    """The files of a submitted application; `with_parts`, also those of its parties."""
    rows = models.Upload.objects.filter(draft__case_ref=case_ref).select_related("draft")
    rows = (rows if with_parts else rows.filter(draft__part="")).order_by("created_at", "ref")
    return [_upload(row) for row in rows]


def open_upload(ref: str, *, case_ref: str) -> tuple[Upload, bytes, str]:
    """A clean file of a case: its description, bytes and media type. Raises NoUpload."""
    rows = models.Upload.objects.filter(ref=ref, draft__case_ref=case_ref, state="clean")
    row = rows.select_related("draft").first()
    if row is None:
        raise NoUpload(ref)
    try:
        sealed = adapters.file_store().read(ref)
        data = vault.unseal(sealed, subject=_owners_of(row), place="forms.upload.bytes", row=ref)
    except (FileNotFoundError, vault.Forgotten):
        raise NoUpload(ref) from None
    return _upload(row), data, MEDIA[row.kind]


def scan(*, at: datetime, limit: int = 20) -> int:
    """Scan quarantined files, the oldest first; return how many got a verdict.

    Raises Stuck when the scanner does not work: the part then rests, instead of trying each waiting file.
    """
    count = 0
    scanner = adapters.scanner()
    waiting = models.Upload.objects.filter(state="quarantined").select_related("draft")
    # Files whose scan failed go behind the others, so that a few bad files cannot block the rest.
    for row in waiting.order_by(F("looked_at").asc(nulls_first=True), "created_at")[:limit]:
        breathe()
        try:
            sealed = adapters.file_store().read(row.ref)
            data = vault.unseal(sealed, subject=_owners_of(row), place="forms.upload.bytes", row=row.ref)
            verdict = scanner.look(row.kind, data)
        except FileNotFoundError:
            # The file is missing, so it can never be opened.
            verdict = "lost"
        except Exception as problem:
            if is_of_the_database(problem):
                raise
            # One bad file must not stop the scan of the others.
            models.Upload.objects.filter(ref=row.ref).update(looked_at=at)
            if isinstance(problem, adapters.NoScanner):
                raise Stuck("virus_scanner_down") from None
            if not isinstance(problem, vault.Forgotten):
                note("scan", problem, upload=row.ref)
            continue
        count += models.Upload.objects.filter(ref=row.ref, state="quarantined").update(state=verdict)
        if verdict != "clean":
            journal.record(event="upload_refused", at=at, by="system", subject=row.draft_id, facts={"verdict": verdict})
    return count


def _locked(ref: str, person_ref: str) -> models.Draft:
    row = one_or_none(models.Draft.objects.select_for_update().filter(ref=ref, person_ref=person_ref))
    if row is None:
        raise NoDraft(ref)
    return row


def _owners(person_ref: str, about_ref: str) -> vault.Subject:
    """Whose keys encrypt a draft: its person's and, for a party's section, also the applicant's."""
    return (about_ref, person_ref) if about_ref else person_ref


def _owners_of(row: models.Upload) -> vault.Subject:
    return _owners(row.person_ref, row.draft.about_ref)


def _sealed(value: Any, owners: vault.Subject, column: str, ref: str) -> bytes:
    return vault.seal_json(value, subject=owners, place=f"forms.draft.{column}", row=ref)


def _draft(row: models.Draft | store.DraftRow) -> Draft:
    owners = _owners(row.person_ref, row.about_ref)
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


def _upload(row: models.Upload) -> Upload:
    try:
        name = vault.unseal(row.name, subject=_owners_of(row), place="forms.upload.name", row=row.ref).decode()
    except vault.Forgotten:
        name = ""
    return Upload(row.ref, row.question, name, row.kind, row.size, row.state)


def _remove(refs: list[str]) -> None:
    for ref in refs:
        adapters.file_store().remove(ref)


def _safe(name: str) -> str:
    """The file name without folders, at most 120 characters with its ending; `_` replaces control characters."""
    last = reading.line(reading.without_controls(name.replace("\\", "/").rsplit("/", 1)[-1], "_"))
    stem, dot, ending = last.rpartition(".")
    if len(last) <= NAME_LENGTH or len(ending) > 20:
        return reading.shortened(last, NAME_LENGTH) or "file"
    return reading.shortened(stem, NAME_LENGTH - len(dot + ending)) + dot + ending


NAME_LENGTH = 120
KEEP_DRAFTS = timedelta(days=90)

__all__ = [
    "KEEP_DRAFTS",
    "MOST_UNTAKEN",
    "Context",
    "Draft",
    "HeldMeanwhile",
    "NoDraft",
    "NoUpload",
    "Read",
    "SavedMeanwhile",
    "Untaken",
    "Unwelcome",
    "Upload",
    "all_refusals",
    "asked",
    "asked_in_items",
    "close",
    "copy_uploads",
    "discard",
    "draft",
    "drafts",
    "drop_item_uploads",
    "drop_untaken",
    "erase_uploads",
    "forget_of_case",
    "forget_old",
    "forget_part",
    "forget_untaken",
    "hold_booking",
    "keep_case_upload",
    "keep_untaken",
    "keep_upload",
    "new_browser_key",
    "oldest_draft",
    "oldest_unscanned",
    "oldest_untaken",
    "open_upload",
    "pruned",
    "read_page",
    "refusals",
    "remove_upload",
    "save",
    "scan",
    "settled",
    "signed",
    "start",
    "start_for_key",
    "untaken",
    "uploads",
    "uploads_of_case",
]
