"""Tables of the block. Private to it. What is public is stored as it is said; what is not is sealed for the holder."""

from django.db import models


class EntryRow(models.Model):
    """One entry. `facts` is JSON of what is public; `searched` and `stands_by` are made from it.

    `sealed` holds the facts that are not public and every value as expressions know it; `marks` are keyed hashes of
    the words of the former, by which officers find the entry. `number` is what people read, write and type; `item`
    counts the entries that one case made of a repeat, from 1, and is 0 for an entry of the whole case.
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

    class Meta:
        db_table = "registers_entry"
        indexes = [
            # A register is read in this order, page by page, without sorting.
            models.Index(fields=["service", "register", "stands_by", "ref"], name="registers_in_order"),
            models.Index(fields=["case_ref"], name="registers_of_case"),
            models.Index(fields=["holder_ref", "-entered_at"], name="registers_of_holder"),
            models.Index(fields=["remind_on"], name="registers_remind", condition=models.Q(remind_on__isnull=False)),
        ]


class EarlierRow(models.Model):
    """What an entry said before it was renewed, amended or transferred, and the case that did it."""

    entry = models.ForeignKey(EntryRow, on_delete=models.CASCADE, related_name="earlier")
    kind = models.CharField(max_length=20, default="amended")
    case_ref = models.CharField(max_length=40, blank=True)
    holder_ref = models.CharField(max_length=32, blank=True)
    facts = models.TextField()
    sealed = models.BinaryField(null=True)
    from_date = models.DateField()
    until_date = models.DateField(null=True)
    amended_at = models.DateTimeField()

    class Meta:
        db_table = "registers_earlier"
