"""The Django application."""

from django.apps import AppConfig


class Cases(AppConfig):
    """The cases block."""

    name = "praya.blocks.cases"
    label = "cases"
