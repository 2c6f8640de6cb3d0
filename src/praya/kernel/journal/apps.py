"""The Django application."""

from django.apps import AppConfig


class Journal(AppConfig):
    """The journal."""

    name = "praya.kernel.journal"
    label = "journal"
