"""The Django application."""

from django.apps import AppConfig


class Registers(AppConfig):
    """The block."""

    name = "praya.blocks.registers"
    label = "registers"
