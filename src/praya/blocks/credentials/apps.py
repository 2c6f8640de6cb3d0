"""The Django application."""

from django.apps import AppConfig


class Credentials(AppConfig):
    """The block."""

    name = "praya.blocks.credentials"
    label = "credentials"
