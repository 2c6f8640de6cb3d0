"""The Django application."""

from django.apps import AppConfig


class Outbox(AppConfig):
    """The outbox."""

    name = "praya.kernel.outbox"
    label = "outbox"
