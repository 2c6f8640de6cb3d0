"""The Django application."""

from django.apps import AppConfig


class Services(AppConfig):
    """The services block."""

    name = "praya.blocks.services"
    label = "services"
