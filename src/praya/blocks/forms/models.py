"""Tables of the forms block. Private."""

from django.db import models


class Draft(models.Model):
    """An application being filled in. `answers` and `typed` are encrypted with the person's key.

    It may also be a party's section in another person's case: `part` is then the invitation, and the columns are
    encrypted with the key of the applicant `about_ref` as well.
    """

    ref = models.CharField(max_length=32, primary_key=True)
    person_ref = models.CharField(max_length=32)
    service = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=10)
    answers = models.BinaryField()
    typed = models.BinaryField(null=True)
    seen = models.TextField(blank=True)
    booking_ref = models.CharField(max_length=32, blank=True)
    subject_ref = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    case_ref = models.CharField(max_length=20, blank=True)
    once_key = models.CharField(max_length=32, unique=True, null=True)
    revision = models.PositiveIntegerField(default=0)
    saved_from = models.TextField(blank=True, default="")
    part = models.CharField(max_length=32, blank=True)
    about_ref = models.CharField(max_length=32, blank=True)

    class Meta:
        db_table = "forms_draft"
        indexes = [
            models.Index(fields=["person_ref", "-updated_at"], name="forms_draft_person"),
            models.Index(fields=["part"], name="forms_draft_part", condition=~models.Q(part="")),
            models.Index(fields=["updated_at"], name="forms_draft_old", condition=models.Q(case_ref="")),
            models.Index(fields=["case_ref"], name="forms_draft_case", condition=~models.Q(case_ref="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person_ref", "service", "version", "subject_ref"],
                name="forms_one_open_draft",
                condition=models.Q(case_ref="", once_key__isnull=True),
            )
        ]


class Upload(models.Model):
    """An uploaded file. Its bytes are in the file store, encrypted; it cannot be opened before it is `clean`."""

    ref = models.CharField(max_length=32, primary_key=True)
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="uploads")
    person_ref = models.CharField(max_length=32)
    question = models.CharField(max_length=120)
    name = models.BinaryField()
    kind = models.CharField(max_length=10)
    size = models.PositiveBigIntegerField()
    state = models.CharField(max_length=12, default="quarantined")
    created_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "forms_upload"
        indexes = [
            models.Index(fields=["created_at"], name="forms_unscanned", condition=models.Q(state="quarantined")),
            models.Index(fields=["person_ref", "created_at"], name="forms_upload_person"),
        ]


class UntakenForm(models.Model):
    """A submitted form that could not be accepted. Only the browser has the key; `browser` is its hash."""

    browser = models.CharField(max_length=32)
    page = models.CharField(max_length=400)
    sealed = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "forms_untaken"
        constraints = [models.UniqueConstraint(fields=["browser", "page"], name="forms_untaken_page")]
        indexes = [models.Index(fields=["created_at"], name="forms_untaken_age")]
