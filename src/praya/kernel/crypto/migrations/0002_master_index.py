"""An index by which the master keys in use are found without reading every key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crypto", "0001_initial")]
    operations = [
        migrations.AddIndex(
            model_name="subjectkey",
            index=models.Index(fields=["master"], name="crypto_master"),
        ),
    ]
