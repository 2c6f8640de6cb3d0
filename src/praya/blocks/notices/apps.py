"""The Django application."""

from django.apps import AppConfig


class Notices(AppConfig):
    """The block."""

    name = "praya.blocks.notices"
    label = "notices"
