"""The Django application."""

from django.apps import AppConfig


class OpenID(AppConfig):
    """The OpenID provider."""

    name = "praya.systems.openid"
    label = "openid"
