"""Fixtures of the tests of the directory of forms."""

from tests.published import pack_is_live
from tests.systems.search.conftest import own_index

__all__ = ["own_index", "pack_is_live"]
