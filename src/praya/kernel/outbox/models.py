"""Tables of the outbox and of the worker's parts. Private to the kernel."""

from django.db import models

WAITING = models.Q(state="waiting")


class Effect(models.Model):
    """Something to be performed after commit. `ref` is the idempotency key that the receiver gets.

    `lane` is the queue it waits in: a sign-in code (`urgent`) never waits behind letters, and a letter (`normal`) never
    behind the letters of a draw (`slow`). `queued_at` is when it was queued, or when an operator asked for another
    attempt; its age counts from that moment.
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
    """A part of the worker: when it is due next, and its status.

    `beat_at` is when a worker last confirmed that the part runs and does not hang; `failures` counts consecutive
    failures, and `failure` describes the last one without personal data; `overdue_at` is the moment since which its
    oldest task is due, as of the last check.
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
    """One row: the last moment at which the system clock was trusted."""

    believed_at = models.DateTimeField()

    class Meta:
        db_table = "outbox_clock"
