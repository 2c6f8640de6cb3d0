"""The tables of the rankings block. Private."""

from django.db import models


class RankingRow(models.Model):
    """A ranking that was made. `lines` are its published lines; they stay when the cases are deleted."""

    ref = models.CharField(max_length=32, primary_key=True)
    service = models.CharField(max_length=60)
    state = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    lines = models.TextField()

    class Meta:
        db_table = "rankings_ranking"
        indexes = [models.Index(fields=["service", "-made_at"], name="rankings_of_service")]


class PlaceRow(models.Model):
    """The place of a case in a ranking, and its award from the budget in cents.

    `place_in_class` is null for a ranking made before places in a class were stored.
    """

    ranking = models.ForeignKey(RankingRow, on_delete=models.CASCADE, related_name="places")
    case_ref = models.CharField(max_length=20)
    place = models.PositiveIntegerField()
    place_in_class = models.PositiveIntegerField(null=True)
    entries = models.PositiveIntegerField()
    won = models.BooleanField()
    cents = models.BigIntegerField(null=True)

    class Meta:
        db_table = "rankings_place"
        indexes = [models.Index(fields=["case_ref"], name="rankings_case")]
        constraints = [models.UniqueConstraint(fields=["ranking", "case_ref"], name="rankings_place_once")]
