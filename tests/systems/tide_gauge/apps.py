"""The Django application."""

from django.apps import AppConfig


class TideGauge(AppConfig):
    """Heights of the tide."""

    name = "tide_gauge"
    label = "tide_gauge"
