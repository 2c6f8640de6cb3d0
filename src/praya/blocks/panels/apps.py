"""The Django application."""

from django.apps import AppConfig


class Panels(AppConfig):
    """The block."""

    name = "praya.blocks.panels"
    label = "panels"
