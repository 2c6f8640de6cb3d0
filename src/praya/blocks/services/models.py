"""Tables of the services block. Private."""

from django.db import models


class Published(models.Model):
    """One published version of a service: its whole definition as canonical JSON."""

    service = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    document = models.TextField()
    published_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "services_published"
        constraints = [models.UniqueConstraint(fields=["service", "version"], name="services_version")]
