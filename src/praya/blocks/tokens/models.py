"""Tables of the tokens block. Private. Only the SHA-256 of a token and keyed hashes of keys and payloads are stored."""

from django.db import models


class TokenRow(models.Model):
    """A department's token. Its name is never used again, because the journal refers to it."""

    name = models.CharField(max_length=40, primary_key=True)
    digest = models.CharField(max_length=64, unique=True)
    department = models.CharField(max_length=60)
    scopes = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_date = models.DateField(null=True)

    class Meta:
        db_table = "access_token"


class AnsweredRow(models.Model):
    """The answer to a request with an idempotency key. Answers contain no personal data."""

    key = models.CharField(max_length=32, primary_key=True)
    payload = models.CharField(max_length=32)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(default="")
    answered_at = models.DateTimeField()

    class Meta:
        db_table = "access_answered"
        indexes = [models.Index(fields=["answered_at"], name="access_answered_at")]
