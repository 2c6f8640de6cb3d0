"""Tables of the alerts. Private: others use the api."""

from django.db import models


class Alert(models.Model):
    """An alert that stands: one of the pack by its name, or one with a text of its own (`title`, `text` as JSON)."""

    name = models.CharField(max_length=60, primary_key=True)
    kind = models.CharField(max_length=10)
    title = models.JSONField()
    text = models.JSONField(null=True)
    raised_at = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "alerts_alert"
