"""Indexes by which old drafts, and the drafts of a case, are found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("forms", "0004_saved_from")]
    operations = [
        migrations.AddIndex(
            "Draft", models.Index(fields=["updated_at"], name="forms_draft_old", condition=models.Q(case_ref=""))
        ),
        migrations.AddIndex(
            "Draft", models.Index(fields=["case_ref"], name="forms_draft_case", condition=~models.Q(case_ref=""))
        ),
    ]
