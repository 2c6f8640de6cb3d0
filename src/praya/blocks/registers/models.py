"""Tables of the registers block. Private. Public facts are plain text; others are encrypted with the holder's key."""

from django.db import models


class EntryRow(models.Model):
    """One entry. `facts` is the JSON of its public facts, from which `searched` and the sort key `stands_by` follow.

    `values` is the JSON of the values of the public facts for expressions. `sealed` contains the private facts, and the
    values of all facts; `marks` are keyed hashes of the words of the private facts, for the
    search by officers. `number` is the reference for people; `item` counts, from 1, the entries that a case made of the
    items of a repeat, and is 0 for an entry of the whole case. `unique_key` is a keyed hash of the facts by which the
    entry is unique among those that are live; it is null where there are none, and once the entry is over.
    """

    ref = models.CharField(max_length=32, primary_key=True)
    number = models.CharField(max_length=20, unique=True)
    item = models.PositiveSmallIntegerField(default=0)
    service = models.CharField(max_length=60)
    register = models.CharField(max_length=60)
    case_ref = models.CharField(max_length=40)
    holder_ref = models.CharField(max_length=32, blank=True)
    facts = models.TextField()
    sealed = models.BinaryField(null=True)
    searched = models.TextField()
    marks = models.TextField(blank=True)
    stands_by = models.CharField(max_length=120)
    from_date = models.DateField()
    until_date = models.DateField(null=True)
    entered_at = models.DateTimeField()
    struck_at = models.DateTimeField(null=True)
    struck_because = models.CharField(max_length=200, blank=True)
    struck_case = models.CharField(max_length=40, blank=True)
    remind_on = models.DateField(null=True)
    reminded = models.PositiveSmallIntegerField(default=0)
    once_key = models.CharField(max_length=160, unique=True)
    values = models.TextField(default="{}")
    unique_key = models.CharField(max_length=40, null=True)

    class Meta:
        db_table = "registers_entry"
        indexes = [
            # A register is read in this order, page by page, without sorting.
            models.Index(fields=["service", "register", "stands_by", "ref"], name="registers_in_order"),
            models.Index(fields=["case_ref"], name="registers_of_case"),
            models.Index(fields=["holder_ref", "-entered_at"], name="registers_of_holder"),
            models.Index(fields=["remind_on"], name="registers_remind", condition=models.Q(remind_on__isnull=False)),
            models.Index(fields=["holder_ref", "service", "register", "-entered_at"], name="registers_own"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["service", "register", "unique_key"], name="registers_unique"),
        ]


class EarlierRow(models.Model):
    """A version of an entry before a case renewed, amended or transferred it."""

    entry = models.ForeignKey(EntryRow, on_delete=models.CASCADE, related_name="earlier")
    kind = models.CharField(max_length=20, default="amended")
    case_ref = models.CharField(max_length=40, blank=True)
    holder_ref = models.CharField(max_length=32, blank=True)
    facts = models.TextField()
    sealed = models.BinaryField(null=True)
    from_date = models.DateField()
    until_date = models.DateField(null=True)
    amended_at = models.DateTimeField()
    values = models.TextField(default="{}")

    class Meta:
        db_table = "registers_earlier"


class KeyRow(models.Model):
    """A search key of an entry that is not struck off, for a group of facts; `facts` is their names, joined by `+`.

    `key` is a hash of the values, a keyed one if a fact is not public; for a place it includes the square of the map.
    If the last fact is a number or a day, it is stored in `number` (a day as a count of days) and is not part of `key`.
    `until_date` repeats that of the entry; it is the last possible day if the entry has none.
    """

    entry = models.ForeignKey(EntryRow, on_delete=models.CASCADE, related_name="keys")
    service = models.CharField(max_length=60)
    register = models.CharField(max_length=60)
    facts = models.CharField(max_length=200)
    key = models.CharField(max_length=40)
    number = models.DecimalField(max_digits=28, decimal_places=6, null=True)
    is_sealed = models.BooleanField(default=False)
    until_date = models.DateField()

    class Meta:
        db_table = "registers_key"
        indexes = [
            models.Index(fields=["service", "register", "facts", "key", "until_date"], name="registers_key_of"),
            models.Index(
                fields=["service", "register", "facts", "key", "number"], name="registers_key_number",
                condition=models.Q(number__isnull=False),
            ),
        ]  # fmt: skip
