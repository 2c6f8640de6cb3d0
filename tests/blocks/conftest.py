"""Fixtures of the tests of blocks."""

from tests.installations import *  # noqa: F403
