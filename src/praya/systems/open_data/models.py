"""Tables of open data. Private; everything in them comes from the journal."""

from django.db import models


class Count(models.Model):
    """How often something happened on a day, by the service's dimensions."""

    service = models.CharField(max_length=60)
    day = models.DateField()
    measure = models.CharField(max_length=30)
    by = models.TextField(blank=True)
    count = models.BigIntegerField(default=0)
    days = models.BigIntegerField(default=0)

    class Meta:
        db_table = "open_data_count"
        constraints = [
            models.UniqueConstraint(fields=["service", "day", "measure", "by"], name="open_data_cell"),
        ]
