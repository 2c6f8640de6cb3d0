"""The Django application."""

from django.apps import AppConfig


class FormDirectory(AppConfig):
    """The directory of forms."""

    name = "praya.systems.form_directory"
    label = "form_directory"
