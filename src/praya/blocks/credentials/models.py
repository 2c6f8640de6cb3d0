"""Tables of the credentials block. Private."""

from django.db import models


class SigningKey(models.Model):
    """A key that signs records. One key is current; earlier keys still verify, unless they are distrusted."""

    kid = models.CharField(max_length=43, primary_key=True)
    public = models.TextField()
    private = models.BinaryField(null=True)
    current = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    distrusted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "credentials_key"
        constraints = [
            models.UniqueConstraint(fields=["current"], name="credentials_one_key", condition=models.Q(current=True))
        ]


class RecordRow(models.Model):
    """An issued record. Its token is encrypted with the person's key; the SHA-256 of its signature is stored.

    `about_ref` is an opaque reference to the thing that it certifies; by it a later record replaces this one.
    """

    ref = models.CharField(max_length=32, primary_key=True)
    person_ref = models.CharField(max_length=40)
    case_ref = models.CharField(max_length=40)
    about_ref = models.CharField(max_length=60, blank=True)
    service = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    token = models.BinaryField()
    signature_index = models.CharField(max_length=64)
    once_key = models.CharField(max_length=160, unique=True)
    issued_at = models.DateTimeField()
    valid_until = models.DateField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_because = models.CharField(max_length=200, blank=True)
    replaced_by = models.CharField(max_length=32, blank=True)

    class Meta:
        db_table = "credentials_record"
        indexes = [
            models.Index(fields=["person_ref", "-issued_at"], name="credentials_of_person"),
            models.Index(fields=["case_ref"], name="credentials_of_case"),
            models.Index(fields=["about_ref"], name="credentials_about", condition=~models.Q(about_ref="")),
            models.Index(
                fields=["revoked_at"], name="credentials_revoked", condition=models.Q(revoked_at__isnull=False)
            ),
        ]
