"""Tables of the block. Private to it."""

from django.db import models


class PersonRow(models.Model):
    """A person. Personal columns are encrypted with the key of `ref`; only the empty row of an erased person remains.

    `epoch` counts how often all sessions were ended.
    """

    ref = models.CharField(max_length=32, primary_key=True)
    email = models.BinaryField(null=True)
    email_index = models.CharField(max_length=32, unique=True, null=True)
    name = models.BinaryField(null=True)
    language = models.CharField(max_length=10)
    epoch = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_person"
        indexes = [models.Index(fields=["-created_at"], name="identity_person_newest")]


class OfficerRow(models.Model):
    """An officer. `epoch` counts how often all sessions were ended."""

    ref = models.CharField(max_length=32, primary_key=True)
    name = models.BinaryField()
    email = models.BinaryField()
    email_index = models.CharField(max_length=32, unique=True)
    epoch = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_officer"


class NameRow(models.Model):
    """The beginning of a word of an officer's name, as a keyed hash, by which colleagues are searched."""

    officer = models.ForeignKey(OfficerRow, on_delete=models.CASCADE, related_name="beginnings")
    beginning = models.CharField(max_length=32)

    class Meta:
        db_table = "identity_officer_name"
        constraints = [models.UniqueConstraint(fields=["beginning", "officer"], name="identity_name_once")]


class RoleRow(models.Model):
    """A role of an officer in one department.

    For a role of a system `department` is `system:<name>`, for one of a community `community:<name>`.
    """

    officer = models.ForeignKey(OfficerRow, on_delete=models.CASCADE, related_name="roles")
    department = models.CharField(max_length=68)
    role = models.CharField(max_length=40)

    class Meta:
        db_table = "identity_role"
        constraints = [models.UniqueConstraint(fields=["officer", "department", "role"], name="identity_role_once")]


class Challenge(models.Model):
    """A code that was sent. `number` counts the challenges of an address and is unique, so that of two concurrent
    requests one must count again.

    `known` is true when the requesting browser had signed in with the address before; `network_index` is a keyed hash
    of the network that the request came from.
    """

    ref = models.CharField(max_length=32, primary_key=True)
    email = models.BinaryField()
    email_index = models.CharField(max_length=32)
    number = models.PositiveIntegerField()
    code_index = models.CharField(max_length=32)
    language = models.CharField(max_length=10)
    for_officer = models.BooleanField()
    known = models.BooleanField(default=False)
    network_index = models.CharField(max_length=32, default="")
    created_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_challenge"
        constraints = [models.UniqueConstraint(fields=["email_index", "number"], name="identity_challenge_once")]


class SessionRow(models.Model):
    """A session on a device. Deleting the row ends the session.

    `holder` is `person:<ref>` or `officer:<ref>`, `device` the names of browser and operating system. `seen_at` is
    accurate to a quarter of an hour. `level` is the assurance level of the sign-in, reached at `level_at`; `way` is how
    somebody signed in: `code` or `passkey`.
    """

    ref = models.CharField(max_length=32, primary_key=True)
    holder = models.CharField(max_length=48)
    device = models.CharField(max_length=40)
    began_at = models.DateTimeField(db_index=True)
    seen_at = models.DateTimeField()
    level = models.PositiveSmallIntegerField(default=1)
    level_at = models.DateTimeField(null=True)
    way = models.CharField(max_length=10, default="code")

    class Meta:
        db_table = "identity_session"
        indexes = [models.Index(fields=["holder", "-began_at"], name="identity_session_of")]


class PasskeyRow(models.Model):
    """A passkey of `person:<ref>` or `officer:<ref>`. What it is and its name are encrypted with the key of that ref.

    `counter` is the authenticator's count of its uses, 0 where it does not count. `synced` says that the authenticator
    may copy the key to other devices. From `counts_from` on it reaches more than a code by e-mail does.
    """

    ref = models.CharField(max_length=32, primary_key=True)
    holder = models.CharField(max_length=48, db_index=True)
    credential_index = models.CharField(max_length=32, unique=True)
    credential = models.BinaryField()
    name = models.BinaryField()
    counter = models.BigIntegerField(default=0)
    synced = models.BooleanField()
    created_at = models.DateTimeField()
    counts_from = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_passkey"


class UsedChallenge(models.Model):
    """The hash of a passkey challenge that was answered, so that no answer counts twice."""

    hash = models.CharField(max_length=64, primary_key=True)
    used_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "identity_used_challenge"


class CounterCode(models.Model):
    """A code that a person shows at a counter, by which an officer finds their account. Only its keyed hash is kept."""

    code_index = models.CharField(max_length=32, primary_key=True)
    person = models.CharField(max_length=32, unique=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "identity_counter_code"


class ProofRow(models.Model):
    """The proof of a person's identity: which officer saw which kind of document, for which department.

    `born`, the date of birth on the document, is encrypted with the person's key. `guardian` is the person who approved
    for somebody under 18.
    """

    person = models.CharField(max_length=32, primary_key=True)
    officer = models.CharField(max_length=32)
    department = models.CharField(max_length=40)
    document = models.CharField(max_length=20)
    born = models.BinaryField()
    guardian = models.CharField(max_length=32, default="")
    proven_at = models.DateTimeField()

    class Meta:
        db_table = "identity_proof"
