"""An index by which the rows of old codes are found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_shortened")]
    operations = [
        migrations.AddIndex(
            "DeliveryRow",
            models.Index(fields=["created_at"], name="notices_codes", condition=models.Q(notice__isnull=True)),
        ),
    ]
