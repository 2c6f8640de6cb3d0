"""The Django application."""

from django.apps import AppConfig


class OpenData(AppConfig):
    """Open data and statistics."""

    name = "praya.systems.open_data"
    label = "open_data"
