"""The ground of these tests."""

from tests.ground import *  # noqa: F403
