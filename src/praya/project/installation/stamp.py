"""Stamping a database with its mode, and refusing to run it as anything else."""

from contextlib import nullcontext
from datetime import datetime

from django.db import DatabaseError, connection, transaction

from praya.kernel.rows import one_or_none
from praya.project.installation.models import Installation
from praya.project.refusal import Refused


def read() -> Installation | None:
    """The stamp of this database, None where it was never made ready."""
    # A transaction of its own waits on SQLite until nobody writes, and a readiness check must not wait.
    inside = transaction.atomic() if connection.in_atomic_block else nullcontext()
    try:
        with inside:
            return one_or_none(Installation.objects.filter(pk=1))
    except DatabaseError:
        return None


def make(*, mode: str, territory: str, at: datetime) -> Installation:
    """Stamp a new database, or insist that an existing stamp has this mode.

    Raises Refused when the database was made in another mode.
    """
    mark, _ = Installation.objects.get_or_create(
        pk=1, defaults={"mode": mode, "territory": territory, "created_at": at}
    )
    _same(mark, mode)
    return mark


def insist(*, mode: str) -> Installation:
    """Insist that this database was made ready in this mode.

    Raises Refused when it was made in another mode, or never.
    """
    mark = read()
    if mark is None:
        how = "`praya demo` makes it ready, or `praya migrate`" if mode == "demo" else "Run `praya migrate` first"
        raise Refused(f"This database was never made ready. {how}.")
    _same(mark, mode)
    return mark


def refuse_other(*, mode: str) -> None:
    """Raise Refused for a database of another mode; one without a stamp passes. Call it before anything is written."""
    mark = read()
    if mark is not None:
        _same(mark, mode)


def _same(mark: Installation, mode: str) -> None:
    if mark.mode != mode:
        raise Refused(
            f"This database was made in {mark.mode} mode and cannot be used in {mode} mode. "
            "Give each its own DATABASE_URL or PRAYA_DATA_DIR."
        )
