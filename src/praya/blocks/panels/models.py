"""The tables of the panels block. Private."""

from django.db import models


class MemberRow(models.Model):
    """A member of a panel. `panel_ref` distinguishes the panel of a service from its copies in stories."""

    ref = models.CharField(max_length=32, primary_key=True)
    panel_ref = models.CharField(max_length=32)
    person_ref = models.CharField(max_length=32)
    chair = models.BooleanField(default=False)
    invited = models.BooleanField(default=False)
    added_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "panels_member"
        indexes = [models.Index(fields=["person_ref"], name="panels_member_person")]
        constraints = [models.UniqueConstraint(fields=["panel_ref", "person_ref"], name="panels_member_once")]


class RoundRow(models.Model):
    """A round: the cases in one state of a service are judged. `digest` is that of its results, once it is closed.

    `went_on_at` is the moment at which the last of its cases was moved on after the closing.
    """

    ref = models.CharField(max_length=32, primary_key=True)
    panel_ref = models.CharField(max_length=32)
    service = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    blind = models.BooleanField(default=True)
    closed_at = models.DateTimeField(null=True)
    went_on_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "panels_round"
        indexes = [
            models.Index(fields=["panel_ref", "-opened_at"], name="panels_round_panel"),
            models.Index(fields=["service", "-opened_at"], name="panels_round_service"),
            models.Index(fields=["closes_at"], name="panels_round_open", condition=models.Q(closed_at__isnull=True)),
        ]


class EntryRow(models.Model):
    """A case in a round, with its result once the round is closed. Members see its `number`.

    `means` is the mean of each criterion, as JSON. `set_score` is the score that the chair set, with an encrypted
    `reason`.
    """

    round = models.ForeignKey(RoundRow, on_delete=models.CASCADE, related_name="entries")
    case_ref = models.CharField(max_length=20)
    applicant_ref = models.CharField(max_length=32)
    version = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    left_at = models.DateTimeField(null=True)
    score = models.CharField(max_length=40, blank=True)
    spread = models.CharField(max_length=40, blank=True)
    given = models.PositiveIntegerField(default=0)
    means = models.TextField(default="{}")
    set_score = models.CharField(max_length=40, blank=True)
    set_by = models.CharField(max_length=60, blank=True)
    set_at = models.DateTimeField(null=True)
    reason = models.BinaryField(null=True)

    class Meta:
        db_table = "panels_entry"
        indexes = [models.Index(fields=["case_ref"], name="panels_entry_case")]
        constraints = [
            models.UniqueConstraint(fields=["round", "case_ref"], name="panels_entry_once"),
            models.UniqueConstraint(fields=["round", "number"], name="panels_entry_number"),
        ]


class SeatRow(models.Model):
    """An entry that is given to a member. `state`: `given`, `declared` (no conflict), `marked`, `conflict` or `left`.

    `said` holds marks and comments, encrypted with the applicant's key. `number` counts the members of an entry.
    """

    ref = models.CharField(max_length=32, primary_key=True)
    entry = models.ForeignKey(EntryRow, on_delete=models.CASCADE, related_name="seats")
    round_ref = models.CharField(max_length=32)
    person_ref = models.CharField(max_length=32)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default="given")
    given_at = models.DateTimeField()
    marked_at = models.DateTimeField(null=True)
    said = models.BinaryField(null=True)

    class Meta:
        db_table = "panels_seat"
        indexes = [models.Index(fields=["round_ref", "person_ref", "state"], name="panels_seat_person")]
        constraints = [
            models.UniqueConstraint(fields=["entry", "person_ref"], name="panels_seat_once"),
            models.UniqueConstraint(fields=["entry", "number"], name="panels_seat_number"),
        ]


class ConflictRow(models.Model):
    """A conflict of interest of a person in a case, for every round. The reason is encrypted for the applicant."""

    case_ref = models.CharField(max_length=20)
    person_ref = models.CharField(max_length=32)
    applicant_ref = models.CharField(max_length=32)
    declared_at = models.DateTimeField()
    reason = models.BinaryField(null=True)

    class Meta:
        db_table = "panels_conflict"
        indexes = [models.Index(fields=["person_ref"], name="panels_conflict_person")]
        constraints = [models.UniqueConstraint(fields=["case_ref", "person_ref"], name="panels_conflict_once")]
