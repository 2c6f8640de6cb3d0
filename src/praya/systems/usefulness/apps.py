"""The Django application."""

from django.apps import AppConfig


class Usefulness(AppConfig):
    """Was this useful?"""

    name = "praya.systems.usefulness"
    label = "usefulness"
