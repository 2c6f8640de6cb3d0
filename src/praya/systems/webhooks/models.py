"""Tables of the webhooks. Private: others use the api."""

from django.db import models

WAITING = models.Q(state="waiting")


class Endpoint(models.Model):
    """A receiver of a department. `secret` is encrypted; `position` is the last fact of the journal queued for it."""

    ref = models.CharField(max_length=32, primary_key=True)
    department = models.CharField(max_length=60)
    url = models.CharField(max_length=600)
    # Names of services, with spaces between; empty for every service of the department.
    services = models.TextField(blank=True)
    # active, paused; removed until its rows are deleted.
    state = models.CharField(max_length=10, default="active")
    secret = models.BinaryField()
    overlap_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    position = models.BigIntegerField()
    leased_until = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    failed_since = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    # Why it is paused: asked, failing, gone.
    why = models.CharField(max_length=10, blank=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhooks_endpoint"
        indexes = [models.Index(fields=["department", "created_at"], name="webhooks_of_department")]


class Delivery(models.Model):
    """An event for an endpoint. `status` is the last answer's, 0 for none; `failure` a code without personal data."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    position = models.BigIntegerField()
    event = models.CharField(max_length=40)
    service = models.CharField(max_length=60, blank=True)
    subject = models.CharField(max_length=40)
    at = models.DateTimeField()
    state = models.CharField(max_length=10, default="waiting")
    attempts = models.PositiveIntegerField(default=0)
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    status = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=40, blank=True)

    class Meta:
        db_table = "webhooks_delivery"
        constraints = [models.UniqueConstraint(fields=["endpoint", "position"], name="webhooks_once")]
        indexes = [
            models.Index(fields=["endpoint", "attempts", "position"], name="webhooks_next", condition=WAITING),
            models.Index(fields=["endpoint", "subject", "position"], name="webhooks_in_order", condition=WAITING),
            models.Index(fields=["queued_at"], name="webhooks_ended", condition=~WAITING),
            models.Index(fields=["endpoint", "state", "position"], name="webhooks_listed"),
        ]
