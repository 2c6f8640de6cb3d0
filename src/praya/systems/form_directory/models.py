"""Tables. Private: others use the api."""

from django.db import models


class Form(models.Model):
    """A form: titles, departments and addresses by language. `department` is the pack's name of it, if it has one."""

    ref = models.CharField(max_length=16, primary_key=True)
    title = models.JSONField()
    department_title = models.JSONField()
    address = models.JSONField()
    department = models.CharField(max_length=60)
    position = models.PositiveIntegerField()

    class Meta:
        db_table = "form_directory_form"
        indexes = [models.Index(fields=["position"], name="form_directory_in_order")]


class Edition(models.Model):
    """What the directory holds: one row, changed with every import."""

    digest = models.CharField(max_length=64)
    imported_at = models.DateTimeField()

    class Meta:
        db_table = "form_directory_edition"
