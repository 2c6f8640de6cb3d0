"""The Django application."""

from django.apps import AppConfig


class Stocks(AppConfig):
    """The block."""

    name = "praya.blocks.stocks"
    label = "stocks"
