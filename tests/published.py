"""The pack's services, read once for all tests of a process and published once for all tests of a module."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from praya.definition.service import Service
from praya.journey import load

PACK = Path(__file__).parents[1] / "packs" / "hongkong"
AT = datetime(2026, 1, 5, 10, tzinfo=ZoneInfo("Asia/Hong_Kong"))


@cache
def services_of_the_pack() -> list[Service]:
    """Every service of the pack."""
    return load.read_services(PACK, load.pack())


def publish_pack() -> None:
    """Publish every service of the pack, unless the module has them live."""
    load.forget()
    if not load.territory().live:
        for service in services_of_the_pack():
            load.publish(service, at=AT, by="system")
        load.forget()


@contextmanager
def _around_the_tests(blocker: Any) -> Iterator[None]:
    """A transaction that those of the tests lie within, rolled back at the end."""
    around = transaction.atomic()
    with blocker.unblock():
        around.__enter__()
        publish_pack()
    yield
    with blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)
        load.forget()


@pytest.fixture(scope="module")
def pack_is_live(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The pack's services are live in every test of the module that uses `db`; ask for this before `db`.

    Publishing them took a third of the time of the tests of the desk and of the API.
    """
    with _around_the_tests(django_db_blocker):
        yield
