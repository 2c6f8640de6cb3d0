from collections.abc import Iterator

import pytest
from tests.web.api.world import World, forget


@pytest.fixture
def world(pack_is_live: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    forget()
