"""The search index of cases: keyed hashes of names, numbers and addresses. `api` re-exports the public functions.

Each row states that a department can find a case by a key. The key is a keyed hash of the department and of the search
form of a word. So a query of one department matches no row of another, and a copy of the table does not reveal whether
two departments have cases of the same person.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from praya.blocks.cases import models, store
from praya.blocks.cases.rows import case_of, sealed_line
from praya.blocks.cases.values import Access, Case
from praya.kernel.crypto import vault
from praya.kernel.rows import one_or_none, walk

SLICE = 500
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


def key_of(department: str, form: str) -> str:
    """The key of a search form for a department."""
    return vault.blind_index("cases.search", f"{department}:{form}")


def write_terms(row: models.Case, terms: Mapping[str, Collection[str]]) -> None:
    """Write the rows of a case that has none yet: by department, the forms by which it can find the case."""
    models.SearchTerm.objects.bulk_create(
        models.SearchTerm(case=row, department=department, key=key_of(department, form), opened_at=row.opened_at)
        for department, forms in terms.items()
        for form in sorted(forms)
    )


def set_search_terms(ref: str, terms: Mapping[str, Collection[str]], line: Mapping[str, Any] | None = None) -> None:
    """Replace the search terms of a case, by department the forms, and the answers that lists tell of it (`line`).

    Does nothing when the case does not exist.
    """
    with transaction.atomic():
        row = one_or_none(
            models.Case.objects.select_for_update().filter(ref=ref).only("ref", "opened_at", "person_ref", "line")
        )
        if row is None:
            return
        wanted = {key_of(department, form): department for department, forms in terms.items() for form in forms}
        known = dict(models.SearchTerm.objects.filter(case=row).values_list("key", "id"))
        gone = [number for key, number in known.items() if key not in wanted]
        if gone:
            models.SearchTerm.objects.filter(id__in=gone).delete()
        models.SearchTerm.objects.bulk_create(
            models.SearchTerm(case=row, department=department, key=key, opened_at=row.opened_at)
            for key, department in sorted(wanted.items())
            if key not in known
        )
        sealed = sealed_line(ref, row.person_ref, line or {})
        if sealed is not None or row.line is not None:
            models.Case.objects.filter(ref=ref).update(line=sealed)
        models.Case.objects.filter(ref=ref, searchable=False).update(searchable=True)


def end_terms_of_asked(row: models.Case, departments: Collection[str] | None = None) -> None:
    """Delete the search terms of departments that were asked about a case: of these, or of all but its owner."""
    rows = models.SearchTerm.objects.filter(case=row).exclude(department=row.department)
    if departments is not None:
        rows = rows.filter(department__in=list(departments))
    rows.delete()


def places_with_terms(within: Access, forms: Collection[str], *, mark: str, limit: int) -> store.Places:
    """One page of the places of cases that have one of these forms as a search term, the newest first."""
    ours = sorted(set(within.departments))
    keys = [(key_of(department, form), department) for department in ours for form in sorted(forms)]
    return store.page_with_terms(keys, within, mark=mark, limit=limit)


def linked_places(ref: str, within: Access, *, limit: int) -> store.Places:
    """The places of other cases that share a search term with this one, the newest first."""
    terms = models.SearchTerm.objects.filter(case_id=ref, department__in=list(within.departments)).order_by("key")
    matches = store.page_with_terms(list(terms.values_list("key", "department")[:40]), within, mark="", limit=limit + 1)
    return store.Places(tuple(place for place in matches.rows if place.ref != ref)[:limit], "")


def not_searchable() -> Iterator[Case]:
    """The cases whose search terms were not written yet, each once."""
    rows = models.Case.objects.filter(searchable=False)
    return (case_of(row, referrals=True) for row in walk(rows, "opened_at", size=100))


def oldest_not_searchable() -> datetime | None:
    """The opening moment of the oldest case whose search terms were not written yet."""
    # No case is older than LONG_AGO; the condition gives the index its starting point.
    rows = models.Case.objects.filter(searchable=False, opened_at__gt=LONG_AGO).order_by("opened_at", "ref")
    return rows.values_list("opened_at", flat=True).first()


def write_search_terms_anew() -> int:
    """Mark every case for its search terms to be written again, in slices; return how many."""
    count, last = 0, ""
    while refs := list(models.Case.objects.filter(ref__gt=last).order_by("ref").values_list("ref", flat=True)[:SLICE]):
        count += models.Case.objects.filter(ref__in=refs).update(searchable=False)
        last = refs[-1]
    return count
