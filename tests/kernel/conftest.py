"""The ground of these tests."""

from tests.installations import *  # noqa: F403
