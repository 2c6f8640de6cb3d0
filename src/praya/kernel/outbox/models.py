"""Tables of the outbox. Private to the kernel."""

from django.db import models


class Effect(models.Model):
    """Something to be done after commit. `ref` is the idempotency key that the outside world is given."""

    ref = models.CharField(max_length=32, primary_key=True)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=40)
    state = models.CharField(max_length=10, default="waiting")
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "outbox_effect"
        indexes = [models.Index(fields=["due_at"], name="outbox_due", condition=models.Q(state="waiting"))]
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="outbox_once")]


class Periodic(models.Model):
    """When a periodic job is due next."""

    name = models.CharField(max_length=60, primary_key=True)
    due_at = models.DateTimeField()

    class Meta:
        db_table = "outbox_periodic"
