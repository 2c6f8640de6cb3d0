"""Fixtures of the tests of the web."""

from tests.published import pack_is_live

__all__ = ["pack_is_live"]
