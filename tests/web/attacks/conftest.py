from collections.abc import Iterator

import pytest
from tests.web.attacks.world import World

from praya.journey import load
from praya.kernel.crypto import vault
from praya.web import rate_limits


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    load.forget()
    vault.reset_memory()
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()
    rate_limits._limiter.cache_clear()
