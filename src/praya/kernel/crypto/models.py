"""The table of wrapped data keys, private to the kernel."""

from django.db import models


class SubjectKey(models.Model):
    """The key of one subject (a person, or `@purpose`), wrapped by a master key. Deleting it erases the subject."""

    subject = models.CharField(max_length=64, primary_key=True)
    wrapped = models.BinaryField()
    master = models.CharField(max_length=40)

    class Meta:
        db_table = "crypto_subject_key"
        indexes = [models.Index(fields=["master"], name="crypto_master")]
