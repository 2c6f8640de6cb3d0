"""Tables of the system."""

from django.db import models


class Height(models.Model):
    """A height that was measured, in centimetres."""

    ref = models.CharField(max_length=32, primary_key=True)
    centimetres = models.IntegerField()
    measured_at = models.DateTimeField()

    class Meta:
        db_table = "tide_gauge_height"


class Total(models.Model):
    """How often a height was noted, counted from the journal."""

    name = models.CharField(max_length=10, primary_key=True)
    number = models.IntegerField(default=0)

    class Meta:
        db_table = "tide_gauge_total"


class Table(models.Model):
    """A tide table that was published from a file of the pack."""

    name = models.CharField(max_length=40, primary_key=True)
    highest = models.IntegerField()

    class Meta:
        db_table = "tide_gauge_table"
