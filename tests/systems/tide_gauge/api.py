"""The functions of the system."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.db import transaction

from praya.blocks.registers.api import Value
from praya.kernel import plug
from praya.kernel.ids import opaque
from praya.kernel.journal import api as journal
from praya.kernel.number import Number
from praya.kernel.outbox import api as outbox
from praya.kernel.plug import DataSet, Document
from praya.kernel.text import Text
from tide_gauge import models

NAME = Text({"en": "Tides of the harbour", "zh-hant": "海港潮汐"})
cached: list[int] = []
"""A cache of the database, which a restore must empty."""


def note(centimetres: int, *, service: str = "", at: datetime, by: str) -> str:
    """Note a height; people are warned of a flood."""
    with transaction.atomic():
        row = models.Height.objects.create(ref=opaque(), centimetres=centimetres, measured_at=at)
        journal.record(event="tide_noted", at=at, by=by, subject=row.ref, service=service)
        if centimetres >= plug.settings_of("tide_gauge").flood:
            outbox.send(kind="tide_warning", subject=row.ref, at=at, lane="urgent")
    return row.ref


def latest() -> int | None:
    """The height noted last."""
    if not cached:
        row = models.Height.objects.order_by("measured_at").last()
        if row is None:
            return None
        cached.append(row.centimetres)
    return cached[0]


def forget() -> None:
    """Empty the cache."""
    cached.clear()


def drop_odd(*, at: datetime) -> int:
    """Delete heights that no sea has."""
    return models.Height.objects.filter(centimetres__gt=5000).delete()[0]


def warn(subject: str, ref: str, at: datetime) -> None:
    """Warn people of a flood."""
    folder = next(store.folder for store in plug.stores() if store.name == "tide-tiles")
    (folder / f"warned-{subject}").write_text(ref)


def erase_charts(person_ref: str) -> None:
    """Delete the charts of a person."""
    folder = next(store.folder for store in plug.stores() if store.name == "tide-charts")
    (folder / person_ref).unlink(missing_ok=True)


def documents() -> Iterator[Document]:
    """The documents for the search."""
    yield Document("tides", NAME, Text({"en": "Heights by the hour", "zh-hant": "每小時水位"}), words=("springtide",))


def documents_edition() -> str:
    """Changes with the documents."""
    return "1"


def data_sets() -> Iterator[DataSet]:
    """The set of open data."""
    yield DataSet("tides", NAME, {"json": "/tide-data/heights.json"})


def in_centimetres(service: str, register: str, bare: Mapping[str, Number]) -> dict[str, Value]:
    """The heights among the facts of an entry, with their unit."""
    return {name: f"{number} cm" for name, number in bare.items() if name == "tide"}
