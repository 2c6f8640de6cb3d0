"""Tables of the block. Private to it. What a public register says is public by law, so it is stored as it is said."""

from django.db import models


class EntryRow(models.Model):
    """One entry. `facts` is JSON; `searched` and `stands_by` are made from it."""

    ref = models.CharField(max_length=32, primary_key=True)
    service = models.CharField(max_length=60)
    register = models.CharField(max_length=60)
    case_ref = models.CharField(max_length=40)
    facts = models.TextField()
    searched = models.TextField()
    stands_by = models.CharField(max_length=120)
    from_date = models.DateField()
    until_date = models.DateField(null=True)
    entered_at = models.DateTimeField()
    struck_at = models.DateTimeField(null=True)
    struck_because = models.CharField(max_length=200, blank=True)
    once_key = models.CharField(max_length=160, unique=True)

    class Meta:
        db_table = "registers_entry"
        indexes = [
            # A register is read in this order, page by page, without sorting.
            models.Index(fields=["service", "register", "stands_by", "ref"], name="registers_in_order"),
            models.Index(fields=["case_ref"], name="registers_of_case"),
        ]


class EarlierRow(models.Model):
    """What an entry said before it was amended."""

    entry = models.ForeignKey(EntryRow, on_delete=models.CASCADE, related_name="earlier")
    facts = models.TextField()
    from_date = models.DateField()
    until_date = models.DateField(null=True)
    amended_at = models.DateTimeField()

    class Meta:
        db_table = "registers_earlier"
