"""The Django application."""

from django.apps import AppConfig


class Tokens(AppConfig):
    """Tokens of machines. The label is the one under which the tables were made."""

    name = "praya.blocks.tokens"
    label = "access"
