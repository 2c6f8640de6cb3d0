from django.apps import AppConfig


class InstallationConfig(AppConfig):
    """The one-row table that stamps a database with its mode."""

    name = "praya.project.installation"
    label = "installation"
    default_auto_field = "django.db.models.BigAutoField"
