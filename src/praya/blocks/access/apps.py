"""The Django application."""

from django.apps import AppConfig


class Access(AppConfig):
    """The block."""

    name = "praya.blocks.access"
    label = "access"
