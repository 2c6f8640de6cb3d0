"""The Django application."""

from django.apps import AppConfig


class Identity(AppConfig):
    """The block."""

    name = "praya.blocks.identity"
    label = "identity"
