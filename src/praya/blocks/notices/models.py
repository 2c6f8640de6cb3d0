"""Tables of the notices block. Private."""

from django.db import models


class NoticeRow(models.Model):
    """A notice in a person's inbox. Its content is encrypted with the person's key."""

    ref = models.CharField(max_length=32, primary_key=True)
    person_ref = models.CharField(max_length=40)
    case_ref = models.CharField(max_length=40, blank=True)
    service = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=60)
    language = models.CharField(max_length=10)
    content = models.BinaryField()
    once_key = models.CharField(max_length=160, unique=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    # The names of the parts that were shortened: subject, body, sms.
    shortened = models.CharField(max_length=20, blank=True, default="")
    # The appointments of the case in its calendar file: days and times by name, as JSON.
    appointments = models.TextField(blank=True, default="", db_default="")

    class Meta:
        db_table = "notices_notice"
        indexes = [
            models.Index(fields=["person_ref", "-created_at"], name="notices_inbox"),
            models.Index(fields=["case_ref", "created_at"], name="notices_of_case"),
            models.Index(fields=["person_ref"], name="notices_unread", condition=models.Q(read_at__isnull=True)),
        ]


class DeliveryRow(models.Model):
    """A message to an address. Without a notice it is a sign-in code, encrypted with the block's own key."""

    ref = models.CharField(max_length=32, primary_key=True)
    notice = models.ForeignKey(NoticeRow, on_delete=models.CASCADE, null=True, related_name="deliveries")
    channel = models.CharField(max_length=10)
    language = models.CharField(max_length=10)
    message = models.BinaryField(null=True)
    state = models.CharField(max_length=10, default="waiting")
    failure = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notices_delivery"
        indexes = [
            models.Index(fields=["-created_at"], name="notices_delivery_newest"),
            models.Index(fields=["created_at"], name="notices_codes", condition=models.Q(notice__isnull=True)),
        ]
