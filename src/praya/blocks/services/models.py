"""Tables of the services block. Private."""

from django.db import models


class Published(models.Model):
    """One published version of a service: its whole definition as canonical JSON, and its card."""

    service = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    document = models.TextField()
    published_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    card = models.TextField(default="")
    waits_for_all = models.BooleanField(default=False)

    class Meta:
        db_table = "services_published"
        constraints = [models.UniqueConstraint(fields=["service", "version"], name="services_version")]
        indexes = [
            # A covering index for the current version of each service: no document needs to be read.
            models.Index(fields=["service", "version", "withdrawn_at"], name="services_standing"),
            models.Index(
                fields=["service", "version"], condition=models.Q(waits_for_all=True), name="services_waits_for_all"
            ),
        ]


class Edition(models.Model):
    """One row: a stamp that changes with every publication and withdrawal, and the most used services (JSON)."""

    stamp = models.CharField(max_length=64)
    popular = models.TextField(default="[]")

    class Meta:
        db_table = "services_edition"
