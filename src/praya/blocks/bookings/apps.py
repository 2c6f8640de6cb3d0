"""The Django application."""

from django.apps import AppConfig


class Bookings(AppConfig):
    """The bookings block."""

    name = "praya.blocks.bookings"
    label = "bookings"
