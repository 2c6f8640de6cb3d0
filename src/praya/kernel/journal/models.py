"""Tables of the journal. Private to the kernel; the database itself refuses changes and deletions."""

from django.db import models


class Entry(models.Model):
    """One fact. `position` is its place in the sealed order, given once by the sealer."""

    seq = models.BigAutoField(primary_key=True)
    position = models.BigIntegerField(null=True, unique=True)
    at = models.DateTimeField()
    event = models.CharField(max_length=40)
    service = models.CharField(max_length=60, blank=True)
    subject = models.CharField(max_length=40, blank=True)
    actor = models.CharField(max_length=60)
    facts = models.TextField(default="{}")

    class Meta:
        db_table = "journal_entry"
        indexes = [
            models.Index(fields=["subject", "seq"], name="journal_subject"),
            # A fold reads the events that it names, in the sealed order.
            models.Index(fields=["event", "position"], name="journal_event"),
            models.Index(fields=["seq"], name="journal_unsealed", condition=models.Q(position__isnull=True)),
        ]


class Checkpoint(models.Model):
    """The root of the tree over the first `size` entries, as a signed note (C2SP tlog-checkpoint)."""

    size = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    note = models.TextField()
    frontier = models.TextField()

    class Meta:
        db_table = "journal_checkpoint"


class Cursor(models.Model):
    """How far a fold has read, and the positions that an operator let it leave out, with blanks between."""

    name = models.CharField(max_length=60, primary_key=True)
    position = models.BigIntegerField(default=0)
    left_out = models.TextField(blank=True, default="")

    class Meta:
        db_table = "journal_cursor"


class JournalKey(models.Model):
    """The key that signs checkpoints: the private half sealed, the public half as text."""

    sealed = models.BinaryField()
    public = models.TextField()

    class Meta:
        db_table = "journal_key"
