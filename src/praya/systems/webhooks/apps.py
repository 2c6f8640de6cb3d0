"""The Django application."""

from django.apps import AppConfig


class Webhooks(AppConfig):
    """Webhooks."""

    name = "praya.systems.webhooks"
    label = "webhooks"
