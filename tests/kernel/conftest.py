"""Fixtures of the tests of the kernel."""

from tests.installations import *  # noqa: F403
