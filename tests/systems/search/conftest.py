"""Fixtures of the tests of the search."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.published import pack_is_live

from praya.systems.search import api

__all__ = ["pack_is_live"]


@pytest.fixture(autouse=True)
def own_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for the index of each test; a process forgets the index of the one before."""
    monkeypatch.setattr(api, "folder", lambda: tmp_path)
    api.forget()
    yield tmp_path
    api.forget()
