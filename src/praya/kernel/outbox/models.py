"""Tables of the outbox and of the worker's parts. Private to the kernel."""

from django.db import models

WAITING = models.Q(state="waiting")


class Effect(models.Model):
    """Something to be done after commit. `ref` is the idempotency key that the outside world is given.

    `lane` says who does it: a sign-in code (`urgent`) never waits behind letters, nor a letter (`normal`) behind the
    letters of a draw (`slow`). `queued_at` is when it was queued, or an operator asked for it again: its age counts
    from there.
    """

    ref = models.CharField(max_length=32, primary_key=True)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=40)
    lane = models.CharField(max_length=10, default="normal")
    state = models.CharField(max_length=10, default="waiting")
    attempts = models.PositiveIntegerField(default=0)
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "outbox_effect"
        indexes = [
            models.Index(fields=["kind", "lane", "due_at"], name="outbox_due", condition=WAITING),
            models.Index(fields=["lane", "queued_at"], name="outbox_oldest", condition=WAITING),
            models.Index(fields=["lane", "done_at"], name="outbox_failed", condition=models.Q(state="failed")),
            models.Index(fields=["done_at"], name="outbox_done", condition=models.Q(state="done")),
        ]
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="outbox_once")]


class PartRow(models.Model):
    """A part of the worker: when it is due next, and how it fares.

    `beat_at` is when a worker last saw that it neither hangs nor is gone; `failures` counts those in a row, and
    `failure` says the last of them without personal data; `overdue_at` is since when the oldest thing that it should
    have done is due, as it last saw.
    """

    name = models.CharField(max_length=60, primary_key=True)
    due_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    overdue_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "outbox_part"


class Clock(models.Model):
    """The one row that holds the last moment at which the clock was believed."""

    believed_at = models.DateTimeField()

    class Meta:
        db_table = "outbox_clock"
