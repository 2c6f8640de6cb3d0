"""The Django application."""

from django.apps import AppConfig


class Rankings(AppConfig):
    """The block."""

    name = "praya.blocks.rankings"
    label = "rankings"
