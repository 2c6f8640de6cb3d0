"""Tables of the block. Private to it. Of a token only the SHA-256 is kept, of a key and a payload only keyed hashes."""

from django.db import models


class TokenRow(models.Model):
    """A department's token. Its name is used once for ever, because the journal names it."""

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
    """What was answered to a token's idempotency key; no personal data is in an answer."""

    key = models.CharField(max_length=32, primary_key=True)
    payload = models.CharField(max_length=32)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(default="")
    answered_at = models.DateTimeField()

    class Meta:
        db_table = "access_answered"
        indexes = [models.Index(fields=["answered_at"], name="access_answered_at")]
