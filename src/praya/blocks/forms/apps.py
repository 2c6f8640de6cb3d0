"""The Django application."""

from django.apps import AppConfig


class Forms(AppConfig):
    """The forms block."""

    name = "praya.blocks.forms"
    label = "forms"
