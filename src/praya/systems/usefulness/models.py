"""Tables. Private: others use the api."""

from django.db import models


class Count(models.Model):
    """How many said yes and no about a service in a month (its first day). Nothing about who said it."""

    service = models.CharField(max_length=60)
    month = models.DateField()
    yes = models.PositiveIntegerField(default=0)
    no = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "usefulness_count"
        constraints = [models.UniqueConstraint(fields=["service", "month"], name="usefulness_once")]
