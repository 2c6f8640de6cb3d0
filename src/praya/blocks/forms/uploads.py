"""Uploads: files are checked as they arrive, stored encrypted, and in quarantine until they are scanned."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Sum

from praya.blocks.forms import adapters, models, photographs, structure
from praya.blocks.forms.drafts import NoDraft, locked_row, owners_of_draft, remove_files
from praya.blocks.forms.sniff import MEDIA, Unwelcome, kind_of
from praya.definition.questions import FileQuestion
from praya.kernel import disk, reading
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.rounds import Stuck, breathe, is_of_the_database, note

NAME_LENGTH = 120
"""The longest name of a file that is stored."""


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
        row = locked_row(draft_ref, person_ref)
        if row.uploads.filter(question=path).count() >= question.max_files:
            raise Unwelcome("too_many_files")
        return _store(row, path, name, kind, data, at)


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
        return _store(row, path, name, kind, data, at)


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


def _store(row: models.Draft, path: str, name: str, kind: str, data: bytes, at: datetime) -> Upload:
    ref = opaque()
    owners = owners_of_draft(row.person_ref, row.about_ref)
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
        row = locked_row(to_ref, person_ref)
        for one in models.Upload.objects.filter(draft_id=from_ref, person_ref=person_ref).select_related("draft"):
            if one.question.partition(".")[0] not in names:
                continue
            try:
                sealed = adapters.file_store().read(one.ref)
                data = vault.unseal(sealed, subject=_owners_of(one), place="forms.upload.bytes", row=one.ref)
            except FileNotFoundError:
                continue
            _store(row, one.question, _upload(one).name, one.kind, data, at)


def remove_upload(*, draft_ref: str, person_ref: str, ref: str) -> None:
    """Delete a file of an open draft."""
    rows = models.Upload.objects.filter(ref=ref, draft_id=draft_ref, person_ref=person_ref, draft__case_ref="")
    if rows.delete()[0]:
        remove_files([ref])


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
    transaction.on_commit(partial(remove_files, refs))
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
    return _opened(ref, draft__case_ref=case_ref)


def open_own_upload(ref: str, *, person_ref: str, draft_ref: str = "", case_ref: str = "") -> tuple[Upload, bytes, str]:
    """The same of the person's own file, of a draft or of a case. Raises NoUpload."""
    where = {"draft_id": draft_ref} if draft_ref else {"draft__case_ref": case_ref}
    return _opened(ref, person_ref=person_ref, draft__part="", **where)


def _opened(ref: str, **where: str) -> tuple[Upload, bytes, str]:
    rows = models.Upload.objects.filter(ref=ref, state="clean", **where)
    row = rows.select_related("draft").first()
    if row is None:
        raise NoUpload(ref)
    try:
        sealed = adapters.file_store().read(ref)
        data = vault.unseal(sealed, subject=_owners_of(row), place="forms.upload.bytes", row=ref)
    except (FileNotFoundError, vault.Forgotten):
        raise NoUpload(ref) from None
    return _upload(row), data, MEDIA[row.kind]


def oldest_unscanned(*, at: datetime | None = None) -> datetime | None:  # noqa: ARG001 (every part takes it)
    """The moment at which the oldest unscanned file arrived."""
    waiting = models.Upload.objects.filter(state="quarantined").order_by("created_at")
    return waiting.values_list("created_at", flat=True).first()


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


def _owners_of(row: models.Upload) -> vault.Subject:
    return owners_of_draft(row.person_ref, row.draft.about_ref)


def _upload(row: models.Upload) -> Upload:
    try:
        name = vault.unseal(row.name, subject=_owners_of(row), place="forms.upload.name", row=row.ref).decode()
    except vault.Forgotten:
        name = ""
    return Upload(row.ref, row.question, name, row.kind, row.size, row.state)


def _safe(name: str) -> str:
    """The file name without folders, at most 120 characters with its ending; `_` replaces control characters."""
    last = reading.line(reading.without_controls(name.replace("\\", "/").rsplit("/", 1)[-1], "_"))
    stem, dot, ending = last.rpartition(".")
    if len(last) <= NAME_LENGTH or len(ending) > 20:
        return reading.shortened(last, NAME_LENGTH) or "file"
    return reading.shortened(stem, NAME_LENGTH - len(dot + ending)) + dot + ending
