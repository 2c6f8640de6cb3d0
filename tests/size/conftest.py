"""Fixtures of the tests at a city's size."""

from tests.installations import *  # noqa: F403
