"""Tide tables: files of the pack."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction

from praya.definition.pack import Pack
from praya.definition.source import Broken, Message, read


def read_table(path: Path, pack: Pack) -> tuple[str, int]:
    """The name and the highest height of a table. Raises Broken."""
    source = read(path)
    highest = source.data.get("highest") if isinstance(source.data, dict) else None
    if not isinstance(highest, int):
        raise Broken([source.problem(("highest",), Message("wrong-kind", "'highest' must be a number of centimetres"))])
    return path.stem, highest


def publish(values: Sequence[tuple[str, int]], *, at: datetime, by: str) -> None:
    """Replace the published tables by these."""
    from tide_gauge.models import Table

    with transaction.atomic():
        Table.objects.all().delete()
        Table.objects.bulk_create(Table(name=name, highest=highest) for name, highest in values)
