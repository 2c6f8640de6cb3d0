"""The Django application."""

from django.apps import AppConfig


class Crypto(AppConfig):
    """Keys of subjects."""

    name = "praya.kernel.crypto"
    label = "crypto"
