"""The Django application."""

from django.apps import AppConfig


class Alerts(AppConfig):
    """Alerts."""

    name = "praya.systems.alerts"
    label = "alerts"
