"""Fixtures of the tests of journeys."""

from tests.installations import *  # noqa: F403
