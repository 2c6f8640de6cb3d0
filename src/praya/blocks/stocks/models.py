"""Tables of the stocks block. Private. A database constraint prevents that a thing is given twice."""

from django.db import models


class GivenRow(models.Model):
    """A thing that was given to a case. `case_ref` is empty once the case was deleted; the thing stays given."""

    stock = models.CharField(max_length=32)
    thing = models.CharField(max_length=60)
    case_ref = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "stocks_given"
        constraints = [models.UniqueConstraint(fields=["stock", "thing"], name="stocks_thing_once")]
        indexes = [models.Index(fields=["case_ref"], name="stocks_case")]


class WaitRow(models.Model):
    """The place of a case in a line: it waits, has had its turn since `called_at`, or is `over`.

    `number` counts from 1 and is null until it is assigned.
    """

    line = models.CharField(max_length=32)
    case_ref = models.CharField(max_length=20)
    number = models.PositiveIntegerField(null=True)
    joined_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True)
    over = models.BooleanField(default=False)

    class Meta:
        db_table = "stocks_wait"
        constraints = [models.UniqueConstraint(fields=["line", "case_ref"], name="stocks_once_in_line")]
        indexes = [
            models.Index(fields=["case_ref"], name="stocks_wait_case"),
            models.Index(
                fields=["line", "number"],
                name="stocks_waiting",
                condition=models.Q(called_at__isnull=True, over=False),
            ),
            models.Index(
                fields=["line", "number"],
                name="stocks_turns",
                condition=models.Q(called_at__isnull=False, over=False),
            ),
        ]
