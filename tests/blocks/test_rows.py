"""Rows that are read without making the text of the query each time are those of the ORM, on both databases."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from praya.blocks.cases import models
from praya.kernel.rows import row_by, rows_by, values_by

AT = datetime(2026, 11, 30, 12, 30, 15, 123456, tzinfo=UTC)


def case(ref: str) -> models.Case:
    """A case with something in columns of every kind."""
    return models.Case.objects.create(
        ref=ref, person_ref="p1", service="fair", version=2, department="dh", language="zh-hant", state="received",
        state_since=AT, opened_at=AT, due_at=AT, answers=b"\x00sealed", findings=b"", fees='[{"name": "fee"}]',
        once_key=f"key-{ref}", searchable=True, line=None,
    )  # fmt: skip


def columns_of(row: models.Case) -> dict[str, object]:
    return {
        field.attname: bytes(value) if isinstance(value := getattr(row, field.attname), memoryview) else value
        for field in row._meta.concrete_fields
    }


@pytest.mark.django_db
def test_a_row_is_that_of_the_orm_to_the_column() -> None:
    for ref in ("QC-2222-2222", "QC-3333-3333"):
        case(ref)
        found = row_by(models.Case, ref=ref)
        assert found is not None
        assert columns_of(found) == columns_of(models.Case.objects.get(ref=ref))
        assert found == models.Case.objects.get(ref=ref)
        assert not found._state.adding
    assert row_by(models.Case, ref="QC-4444-4444") is None
    assert row_by(models.Case, ref="QC-2222-2222", person_ref="p2") is None


@pytest.mark.django_db
def test_what_is_read_can_be_changed_and_saved() -> None:
    case("QC-2222-2222")
    row = row_by(models.Case, ref="QC-2222-2222")
    assert row is not None
    row.state = "granted"
    row.save(update_fields=["state"])
    assert values_by(models.Case, "state", "opened_at", ref="QC-2222-2222") == ("granted", AT)
    assert values_by(models.Case, "state", ref="nothing") is None


@pytest.mark.django_db
def test_rows_come_in_order_and_of_one_column_only() -> None:
    for ref in ("QC-4444-4444", "QC-2222-2222", "QC-3333-3333"):
        case(ref)
    models.Case.objects.filter(ref="QC-3333-3333").update(person_ref="p2")
    assert [row.ref for row in rows_by(models.Case, "ref", person_ref="p1")] == ["QC-2222-2222", "QC-4444-4444"]
    assert [row.ref for row in rows_by(models.Case, "-ref", person_ref="p1")] == ["QC-4444-4444", "QC-2222-2222"]
    for typed in ("' OR 1=1 --", "%s", "%(ref)s", "\u3000"):
        assert rows_by(models.Case, "ref", person_ref=typed) == []
    with CaptureQueriesContext(connection) as queries:
        rows_by(models.Case, "ref", person_ref="p1")
    assert len(queries) == 1


@pytest.mark.django_db
def test_a_column_that_is_no_text_is_refused() -> None:
    with pytest.raises((ValueError, TypeError)):
        rows_by(models.Case, version="2")
