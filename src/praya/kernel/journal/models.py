"""Tables of the journal, private to the kernel. Database triggers refuse changes and deletions (migration 0002)."""

from django.db import models


class JournalEntry(models.Model):
    """One fact. `position` is its place in the sealed order; the sealer assigns it once."""

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
            # A fold reads its own events, in the sealed order.
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
    """The last position that a fold has passed, and the positions that it must skip, separated by spaces."""

    name = models.CharField(max_length=60, primary_key=True)
    position = models.BigIntegerField(default=0)
    left_out = models.TextField(blank=True, default="")

    class Meta:
        db_table = "journal_cursor"


class JournalKey(models.Model):
    """The key pair that signs checkpoints: the private key encrypted by the vault, the public key as text."""

    sealed = models.BinaryField()
    public = models.TextField()

    class Meta:
        db_table = "journal_key"
