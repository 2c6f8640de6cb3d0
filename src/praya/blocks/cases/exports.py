"""Exports: lists of cases as files. An officer requests one, the worker makes it, and it is deleted after a day.

A file is stored in parts, each encrypted with the key of the officer who requested it. `api` re-exports the public
functions.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db import transaction

from praya.blocks.cases import models
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none

KEEP_EXPORTS = timedelta(days=1)
MOST_WAITING = 5
"""Files that one officer may have waiting."""
Kind = Literal["csv", "xlsx"]
_PLACE = "cases.export.data"


class NoExport(LookupError):
    """There is no such file, it is another officer's, or it has expired."""


class TooManyExports(Exception):
    """The officer has the maximum number of files waiting."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file of cases. `state` is waiting, made or refused; only cases of `departments` may be in it."""

    ref: str
    officer_ref: str
    departments: tuple[str, ...]
    filters: dict[str, str]
    view_ref: str
    language: str
    kind: Kind
    asked_at: datetime
    until: datetime
    state: str
    rows: int


def ask_export(
    *,
    officer_ref: str,
    departments: Sequence[str],
    filters: Mapping[str, str],
    view_ref: str,
    language: str,
    kind: Kind,
    at: datetime,
) -> Export:
    """Request a file. Raises TooManyExports."""
    with transaction.atomic():
        if models.Export.objects.filter(officer_ref=officer_ref, state="waiting").count() >= MOST_WAITING:
            raise TooManyExports
        row = models.Export.objects.create(
            ref=opaque(),
            officer_ref=officer_ref,
            departments=json.dumps(sorted(departments)),
            filters=json.dumps(dict(filters), sort_keys=True),
            view_ref=view_ref,
            language=language,
            kind=kind,
            asked_at=at,
            until=at + KEEP_EXPORTS,
        )
    return _export(row)


def waiting_exports() -> list[Export]:
    """The files that were requested and not made yet, the longest waiting first."""
    rows = models.Export.objects.filter(state="waiting").order_by("asked_at", "ref")
    return [_export(row) for row in rows[:100]]


def oldest_export() -> datetime | None:
    """The moment since which the oldest request has waited."""
    rows = models.Export.objects.filter(state="waiting").order_by("asked_at")
    return rows.values_list("asked_at", flat=True).first()


def begin_export(ref: str) -> None:
    """Delete the parts of a file that a worker began and, because it died, did not complete."""
    models.ExportPart.objects.filter(export_id=ref).delete()


def add_export_part(export: Export, number: int, data: bytes) -> None:
    """Store a part of a file. Raises vault.Forgotten."""
    sealed = vault.seal(data, subject=export.officer_ref, place=_PLACE, row=f"{export.ref}:{number}")
    models.ExportPart.objects.create(export_id=export.ref, number=number, data=sealed)


def end_export(export: Export, *, rows: int, at: datetime) -> None:
    """Record that a file was made, with its number of cases, here and in the journal."""
    with transaction.atomic():
        ended = models.Export.objects.filter(ref=export.ref, state="waiting").update(state="made", rows=rows)
        if ended:
            note_export(
                officer_ref=export.officer_ref, filters=export.filters, view_ref=export.view_ref, kind=export.kind,
                rows=rows, at=at, subject=export.ref,
            )  # fmt: skip


def refuse_export(ref: str) -> None:
    """Record that a file is not made, because the officer who requested it may no longer have it."""
    models.Export.objects.filter(ref=ref).update(state="refused")
    models.ExportPart.objects.filter(export_id=ref).delete()


def note_export(
    *,
    officer_ref: str,
    filters: Mapping[str, str],
    view_ref: str,
    kind: Kind,
    rows: int,
    at: datetime,
    subject: str = "",
) -> None:
    """Record in the journal who exported which list, and how many cases."""
    facts = {"filters": dict(filters), "view": view_ref, "kind": kind, "rows": rows}
    journal.record(event="cases_exported", at=at, by=f"officer:{officer_ref}", subject=subject, facts=facts)


def exports(officer_ref: str, *, at: datetime) -> list[Export]:
    """The files of an officer that have not expired, the newest first."""
    rows = models.Export.objects.filter(officer_ref=officer_ref, until__gt=at).order_by("-asked_at", "ref")
    return [_export(row) for row in rows[:50]]


def export(ref: str, *, officer_ref: str, at: datetime) -> Export:
    """An officer's file, which has been made. Raises NoExport."""
    row = one_or_none(models.Export.objects.filter(ref=ref, officer_ref=officer_ref, state="made", until__gt=at))
    if row is None:
        raise NoExport(ref)
    return _export(row)


def export_data(export: Export) -> Iterator[bytes]:
    """The bytes of a file, part by part."""
    number = 0
    while row := one_or_none(models.ExportPart.objects.filter(export_id=export.ref, number=number)):
        yield vault.unseal(row.data, subject=export.officer_ref, place=_PLACE, row=f"{export.ref}:{number}")
        number += 1


def forget_exports(*, at: datetime) -> int:
    """Delete the files that have expired; return how many."""
    count = 0
    while refs := list(models.Export.objects.filter(until__lte=at).values_list("ref", flat=True)[:20]):
        models.Export.objects.filter(ref__in=refs).delete()
        count += len(refs)
    return count


def oldest_export_to_forget() -> datetime | None:
    """The moment since which the oldest file should have been deleted."""
    return models.Export.objects.order_by("until").values_list("until", flat=True).first()


def _export(row: models.Export) -> Export:
    return Export(
        row.ref, row.officer_ref, tuple(json.loads(row.departments)), json.loads(row.filters), row.view_ref,
        row.language, "csv" if row.kind == "csv" else "xlsx", row.asked_at, row.until, row.state, row.rows,
    )  # fmt: skip
