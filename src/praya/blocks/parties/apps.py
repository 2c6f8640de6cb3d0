"""The Django application."""

from django.apps import AppConfig


class Parties(AppConfig):
    """The block."""

    name = "praya.blocks.parties"
    label = "parties"
