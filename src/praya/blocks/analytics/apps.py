"""The Django application."""

from django.apps import AppConfig


class Analytics(AppConfig):
    """The analytics block."""

    name = "praya.blocks.analytics"
    label = "analytics"
