"""The door of the directory: replace it by a list, read it, and give it to the search."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from praya.journey import load
from praya.kernel.journal import api as journal
from praya.kernel.plug import Document
from praya.kernel.text import Text
from praya.systems.form_directory import links, models, rules
from praya.systems.form_directory.rules import Finding, Form

BATCH = 500


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did: the forms it took, and what is wrong with rows."""

    forms: int
    changed: bool
    findings: Sequence[Finding]


def replace(rows: Any, *, check_links: bool, at: datetime, by: str) -> Report:
    """Replace the directory by the forms of a list; rows that are wrong are left out and reported.

    A list without any form leaves the directory as it is. The same list twice changes nothing.
    """
    forms, findings = rules.read(rows)
    if check_links:
        addresses = list(dict.fromkeys(address for form in forms for address in form.address.values()))
        dead = links.dead(addresses)
        findings += [
            Finding(form.row, f"{address}: {dead[address]}", refused=False)
            for form in forms
            for address in dict.fromkeys(form.address.values())
            if address in dead
        ]
    if not forms:
        return Report(0, changed=False, findings=findings)
    digest = rules.digest(forms)
    with transaction.atomic():
        if edition() == digest:
            return Report(len(forms), changed=False, findings=findings)
        names = {department.title.words["en"]: name for name, department in load.pack().departments.items()}
        models.Form.objects.all().delete()
        models.Form.objects.bulk_create(
            [
                models.Form(
                    ref=form.ref,
                    title=dict(form.title),
                    department_title=dict(form.department),
                    address=dict(form.address),
                    department=names.get(form.department["en"], ""),
                    position=position,
                )
                for position, form in enumerate(forms)
            ],
            batch_size=BATCH,
        )
        models.Edition.objects.update_or_create(id=1, defaults={"digest": digest, "imported_at": at})
        journal.record(event="forms_imported", at=at, by=by, facts={"forms": len(forms), "digest": digest})
    return Report(len(forms), changed=True, findings=findings)


def form(ref: str) -> Form | None:
    """A form, or None."""
    row = models.Form.objects.filter(ref=ref).first()
    return _read(row) if row else None


def page(after: int, most: int) -> list[tuple[int, Form]]:
    """The forms behind a position, in the order of the list, each with its position."""
    rows = models.Form.objects.filter(position__gt=after).order_by("position")[:most]
    return [(row.position, _read(row)) for row in rows]


def count() -> int:
    """How many forms there are."""
    return models.Form.objects.count()


def _read(row: models.Form) -> Form:
    return Form(row.ref, row.title, row.department_title, row.address)


def documents() -> Iterator[Document]:
    """The forms, for the search."""
    for row in models.Form.objects.order_by("position").iterator(BATCH):
        words = tuple(row.department_title.values())
        yield Document(
            f"forms/{row.ref}",
            Text(row.title),
            Text(row.department_title),
            words,
            kind="form",
            department=row.department,
        )


def edition() -> str:
    """Changes with the forms."""
    return models.Edition.objects.values_list("digest", flat=True).first() or ""


def findings(rows: Any) -> Sequence[Finding]:
    """What is wrong with a list."""
    return rules.read(rows)[1]
