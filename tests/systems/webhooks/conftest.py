"""A department with a service, and a receiver."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.installations import _append_only_again, committed  # noqa: F401
from tests.systems.webhooks.receiver import Receiver, certificate, receiving
from tests.web.test_visits import World

from praya.journey import load
from praya.kernel import clock, plug
from praya.kernel.crypto import vault
from praya.kernel.posting import PostingSettings


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch, pem: Path) -> Iterator[World]:
    found = World()
    monkeypatch.setattr(clock, "now", lambda: found.now)
    monkeypatch.setitem(plug._settings, "webhooks", PostingSettings(networks="127.0.0.0/8", ca_file=pem, seconds=1))
    yield found
    load.forget()
    vault.reset_memory()


@pytest.fixture
def receiver(pem: Path) -> Iterator[Receiver]:
    with receiving(pem) as server:
        yield server
