"""The table of the parties block. Private."""

from django.db import models


class InvitationRow(models.Model):
    """An invitation of one person to one section of a case. The answers are encrypted with both persons' keys."""

    ref = models.CharField(max_length=32, primary_key=True)
    case_ref = models.CharField(max_length=20)
    service = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    party = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    applicant_ref = models.CharField(max_length=32)
    person_ref = models.CharField(max_length=32, blank=True)
    state = models.CharField(max_length=10, default="waiting")
    invited_at = models.DateTimeField()
    lapses_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    letters = models.PositiveIntegerField(default=0)
    answers = models.BinaryField(null=True)
    reason = models.BinaryField(null=True)

    class Meta:
        db_table = "parties_invitation"
        indexes = [
            models.Index(fields=["case_ref"], name="parties_case"),
            models.Index(fields=["person_ref", "-invited_at"], name="parties_person"),
            models.Index(fields=["lapses_at"], name="parties_lapsing", condition=models.Q(state="waiting")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case_ref", "party", "number"], name="parties_asked_once", condition=models.Q(state="waiting")
            )
        ]
