"""Tables of the provider. Private: others use the api."""

from django.db import models


class Client(models.Model):
    """A service that people sign in to. `ref` is its client_id; `details` is the JSON of `rules.clients.Details`.

    `proposed` are details that wait for a second person, and `proposed_by` the officer who asked. `edition` counts the
    purposes that people were told; `sector` is for whom the pseudonyms of persons are made.
    """

    ref = models.CharField(max_length=32, primary_key=True)
    department = models.CharField(max_length=60)
    # sandbox, live; closed for ever.
    state = models.CharField(max_length=10, default="sandbox")
    details = models.TextField()
    proposed = models.TextField(blank=True)
    proposed_by = models.CharField(max_length=48, blank=True)
    sector = models.CharField(max_length=320)
    edition = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    live_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "openid_client"
        indexes = [models.Index(fields=["department", "created_at"], name="openid_of_department")]


class Purpose(models.Model):
    """For what a client asked for which fields: the text of one edition, which receipts name. Never changed."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="purposes")
    edition = models.PositiveIntegerField()
    text = models.TextField()
    told_at = models.DateTimeField()

    class Meta:
        db_table = "openid_purpose"
        constraints = [models.UniqueConstraint(fields=["client", "edition"], name="openid_purpose_once")]


class Credential(models.Model):
    """A public key or a hashed secret, by which a client proves who it is. `warned` is the last warning, in days."""

    ref = models.CharField(max_length=32, primary_key=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="credentials")
    # key, secret
    kind = models.CharField(max_length=10)
    value = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    warned = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "openid_credential"


class Asked(models.Model):
    """An authorization request that waits for the browser (`pushed`) or for the person.

    `session` is the reference of the session with which the person came, before signing in anew.
    """

    ref = models.CharField(max_length=32, primary_key=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    request = models.TextField()
    pushed = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    session = models.CharField(max_length=32, blank=True)

    class Meta:
        db_table = "openid_asked"


class Grant(models.Model):
    """What a person granted a client at one sign-in: the code, and the family of tokens that follows from it.

    No token is stored. `round` counts refreshes; access tokens of a round below `access_from` are refused. `fields`
    and `in_id_token` have spaces between names; `key_thumbprint` is that of the DPoP key that the tokens are bound to.
    """

    ref = models.CharField(max_length=32, primary_key=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    person = models.CharField(max_length=32)
    epoch = models.PositiveIntegerField()
    session = models.CharField(max_length=32)
    scopes = models.CharField(max_length=200)
    fields = models.CharField(max_length=400, blank=True)
    in_id_token = models.CharField(max_length=400, blank=True)
    acr = models.CharField(max_length=40)
    level = models.PositiveSmallIntegerField()
    level_at = models.DateTimeField()
    nonce = models.TextField(blank=True)
    redirect_uri = models.CharField(max_length=500)
    challenge = models.CharField(max_length=43)
    key_thumbprint = models.CharField(max_length=43, blank=True)
    created_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    round = models.PositiveIntegerField(default=0)
    access_from = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "openid_grant"
        indexes = [
            models.Index(fields=["person", "client"], name="openid_of_person"),
            models.Index(fields=["session"], name="openid_of_session"),
        ]


class Receipt(models.Model):
    """What a person answered about one field: `given` or `refused`; `over_at` since it was withdrawn or asked anew."""

    ref = models.CharField(max_length=32, primary_key=True)
    person = models.CharField(max_length=32)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    field = models.CharField(max_length=40)
    edition = models.PositiveIntegerField()
    answer = models.CharField(max_length=10)
    at = models.DateTimeField()
    over_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "openid_receipt"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "client", "field"], condition=models.Q(over_at=None), name="openid_receipt_once"
            )
        ]


class Once(models.Model):
    """Something that may be used once: the hash of a `jti`, until it would be refused for its age anyway."""

    hash = models.CharField(max_length=32, primary_key=True)
    until = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "openid_once"


class SigningKey(models.Model):
    """A key that signs. `public` is a JWK, `private` encrypted, and empty once the key signs no more."""

    number = models.PositiveIntegerField(primary_key=True)
    public = models.TextField()
    private = models.BinaryField()
    made_at = models.DateTimeField()
    signs_from = models.DateTimeField()

    class Meta:
        db_table = "openid_signing_key"


class Farewell(models.Model):
    """A client that must be told that a session is over (back-channel logout)."""

    grant = models.OneToOneField(Grant, on_delete=models.CASCADE, primary_key=True, related_name="+")
    due_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "openid_farewell"
