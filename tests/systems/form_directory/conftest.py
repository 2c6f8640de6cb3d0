"""Fixtures of the tests of the directory of forms."""

from tests.published import pack_is_live

__all__ = ["pack_is_live"]
