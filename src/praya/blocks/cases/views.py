"""Saved views of the desk: the filters and columns of a list under a name. `api` re-exports the public functions."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from praya.blocks.cases import models
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none

MOST_VIEWS, OF_A_DEPARTMENT = 50, 200
"""Saved views of an officer, and shared ones of a department."""
_OURS, _PLACE = "@desk", "cases.view.name"


class NoView(LookupError):
    """There is no such view, or it is another officer's."""


class TooManyViews(Exception):
    """The officer, or the department, has the maximum number of views."""


@dataclass(frozen=True, slots=True)
class View:
    """A saved view. `filters` are the query parameters of the list; it is shared with `department`, if any."""

    ref: str
    officer_ref: str
    department: str
    name: str
    filters: dict[str, str]


def save_view(*, officer_ref: str, name: str, filters: Mapping[str, str], at: datetime, by: str) -> View:
    """Save a view for an officer. Raises TooManyViews."""
    with transaction.atomic():
        if models.View.objects.filter(officer_ref=officer_ref).count() >= MOST_VIEWS:
            raise TooManyViews
        vault.new_key(_OURS)
        ref = opaque()
        row = models.View.objects.create(
            ref=ref,
            officer_ref=officer_ref,
            name=vault.seal(name.encode(), subject=_OURS, place=_PLACE, row=ref),
            filters=json.dumps(dict(filters), sort_keys=True),
            saved_at=at,
        )
        journal.record(event="view_saved", at=at, by=by, subject=ref)
    return _view(row)


def share_view(*, ref: str, officer_ref: str, department: str, at: datetime, by: str) -> View:
    """Share an officer's view with a department; an empty one ends the sharing. Raises NoView, TooManyViews."""
    with transaction.atomic():
        row = _own(ref, officer_ref)
        if department and models.View.objects.filter(department=department).count() >= OF_A_DEPARTMENT:
            raise TooManyViews
        row.department = department
        row.save(update_fields=["department"])
        journal.record(event="view_shared", at=at, by=by, subject=ref, facts={"department": department})
    return _view(row)


def delete_view(*, ref: str, officer_ref: str, at: datetime, by: str) -> None:
    """Delete an officer's view, for the department that shares it as well. Raises NoView."""
    with transaction.atomic():
        _own(ref, officer_ref).delete()
        journal.record(event="view_deleted", at=at, by=by, subject=ref)


def views(officer_ref: str, departments: Collection[str]) -> list[View]:
    """The views of an officer and those shared with their departments, the oldest first."""
    mine = Q(officer_ref=officer_ref)
    shared = Q(department__in=list(departments)) & ~Q(department="")
    # A union of two queries, because no index serves a condition on either column.
    rows = models.View.objects.filter(mine).union(models.View.objects.filter(shared)).order_by("saved_at", "ref")
    return [_view(row) for row in rows[: MOST_VIEWS + OF_A_DEPARTMENT]]


def view(ref: str, *, officer_ref: str, departments: Collection[str]) -> View:
    """A view of the officer or shared with one of the departments. Raises NoView."""
    row = one_or_none(models.View.objects.filter(ref=ref))
    if row is None or not (row.officer_ref == officer_ref or (row.department and row.department in departments)):
        raise NoView(ref)
    return _view(row)


def _own(ref: str, officer_ref: str) -> models.View:
    row = one_or_none(models.View.objects.select_for_update().filter(ref=ref, officer_ref=officer_ref))
    if row is None:
        raise NoView(ref)
    return row


def _view(row: models.View) -> View:
    name = vault.unseal(row.name, subject=_OURS, place=_PLACE, row=row.ref).decode()
    return View(row.ref, row.officer_ref, row.department, name, json.loads(row.filters))
