from django.db import models


class Installation(models.Model):
    """The stamp. One row at most: its key is always 1."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    mode = models.CharField(max_length=12)
    territory = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    sampled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="installation_one_row"),
            models.CheckConstraint(
                condition=models.Q(mode__in=["demo", "preview", "production", "test"]), name="installation_mode"
            ),
        ]
